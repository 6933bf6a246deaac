"""The landscape behind the points: a button above the map, the key D, a line in the menu, and the layer."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

from latentlab.ui.canvas.layers.landscape_layer import LandscapeLayer
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.widgets.bar_button import bar_button
from latentlab.ui.window.menus import Menus

# The style's own shade of what is checked is lost on a dark bar.
_LOOK = (
    "QToolButton { border: 1px solid transparent; border-radius: 3px; padding: 2px; }"
    "QToolButton:hover, QToolButton:focus { border-color: palette(highlight); }"
    "QToolButton:checked { background: palette(highlight); color: palette(highlighted-text); }"
    "QToolButton:checked:hover, QToolButton:checked:focus { border-color: palette(text); }"
)


def wire_landscape(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Join the landscape to the session."""
    _Landscape(session, panel, menus)


class _Landscape(QObject):
    """Offers the landscape, and keeps its layer."""

    def __init__(self, session: Session, panel: CanvasPanel, menus: Menus) -> None:
        super().__init__(panel)
        landscape = session.map.landscape
        self._layer = layer = LandscapeLayer(panel.canvas.view)  # whose parent keeps Qt's part of it alone
        action = QAction(self.tr("Landscape"), self, checkable=True)
        action.setToolTip(
            self.tr("Show behind the points what the plane decodes to; zooming in shows ever finer steps (D)")
        )
        action.setShortcut(QKeySequence("D"))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        panel.addAction(action)
        menus.map.addSeparator()
        menus.map.addAction(action)
        button = bar_button("", "", "mapLandscapeButton")
        button.setDefaultAction(action)
        button.setStyleSheet(_LOOK)
        panel.bar.addWidget(button)
        action.toggled.connect(layer.set_on)
        panel.canvas.mouse.cursor_moved.connect(layer.set_cursor)
        layer.wanted.connect(landscape.look)
        landscape.shown.connect(layer.set_patches)
        landscape.progressed.connect(layer.set_progress)
        landscape.refused.connect(layer.show_problem)
        session.training.state_changed.connect(landscape.set_state)
