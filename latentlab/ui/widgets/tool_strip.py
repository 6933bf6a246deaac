"""A slim strip of buttons with icons: tools, of which one is in hand, and things to do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolBar, QToolButton, QWidget

from latentlab.ui.style.icons import icon


class ToolStrip(QToolBar):
    """Holds actions below each other; those that do not fit go into a menu at its end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOrientation(Qt.Orientation.Vertical)
        self.setMovable(False)

    def add(self, action: QAction, icon_name: str, name: str) -> QToolButton:
        """Add something to do, with the icon of a name, and give its button, which gets an object name."""
        action.setIcon(icon(icon_name))
        self.addAction(action)
        button = self.widgetForAction(action)
        assert isinstance(button, QToolButton)
        button.setObjectName(name)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setAccessibleName(action.iconText())
        return button
