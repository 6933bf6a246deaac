from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QMainWindow, QToolButton

from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.window.menus import Menus


@pytest.fixture
def window(qtbot):
    window, panel = QMainWindow(), CanvasPanel()
    Menus(window, panel)
    window.setCentralWidget(panel)
    window.resize(700, 560)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    return window


@pytest.fixture
def panel(window):
    return window.centralWidget()


def test_choosing_images_says_which_and_how_many(panel, qtbot):
    source = panel.findChild(QComboBox, "mapSourceBox")
    count = panel.findChild(QComboBox, "mapCountBox")
    with qtbot.waitSignal(panel.layers.source_chosen) as chosen:
        qtbot.keyClick(source, Qt.Key.Key_Down)
    assert chosen.args == ["training", 10_000]
    with qtbot.waitSignal(panel.layers.source_chosen) as chosen:
        qtbot.keyClick(count, Qt.Key.Key_End)
    assert chosen.args == ["training", 0]


def test_everything_can_be_reached_and_says_what_it_does(panel):
    for kind in (QToolButton, QComboBox):
        for widget in panel.findChildren(kind):
            is_qts = widget.objectName() in ("qt_toolbar_ext_button", "ScrollLeftButton", "ScrollRightButton")
            if not is_qts and not isinstance(widget.parent(), QLineEdit):  # which has a button to clear it
                assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
                assert widget.toolTip()
