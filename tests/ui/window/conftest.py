"""A window with the menus and the map alone, which is made in a moment."""

import pytest
from PySide6.QtWidgets import QMainWindow

from latentlab.ui.settings import Settings
from tests.ui.lab import Lab


class Desk(Lab):
    """What the menus offer, the palette, the page of keys and the help; nothing else hears of it."""

    def __init__(self, qtbot, settings):
        from latentlab.ui.canvas.panel import CanvasPanel
        from latentlab.ui.window.commands.commands import join_keys, join_palette
        from latentlab.ui.window.help import join_help_menu
        from latentlab.ui.window.menus import Menus

        self.qtbot = qtbot
        self.window = QMainWindow()
        self.window.resize(1000, 700)
        qtbot.addWidget(self.window)
        panel = CanvasPanel()
        self.menus = Menus(self.window, panel)
        self.menus.tell(idle=True)
        self.window.setCentralWidget(panel)
        join_palette(self.window, self.menus, settings)
        join_keys(self.window, self.menus, settings)
        join_help_menu(self.window, self.menus)
        self.canvas = panel.canvas
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)


@pytest.fixture
def make_desk(qtbot):
    return lambda settings: Desk(qtbot, settings)


@pytest.fixture
def desk(make_desk):
    return make_desk(Settings())
