"""A slim strip of buttons with icons: tools, of which one is in hand, and things to do."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolBar, QToolButton, QWidget

from latentlab.ui.style import theme
from latentlab.ui.style.icons import icon


class ToolStrip(QToolBar):
    """Holds actions below each other; those that do not fit go into a menu at its end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOrientation(Qt.Orientation.Vertical)
        self.setIconSize(QSize(20, 20))
        self.setMovable(False)
        self._icons: dict[QAction, str] = {}
        self.dress()

    def add(self, action: QAction, icon_name: str, name: str) -> QToolButton:
        """Add something to do, with the icon of a name, and give its button, which gets an object name."""
        self._icons[action] = icon_name
        action.setIcon(icon(icon_name))
        self.addAction(action)
        button = self.widgetForAction(action)
        assert isinstance(button, QToolButton)
        button.setObjectName(name)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setAccessibleName(action.iconText())
        return button

    def dress(self) -> None:
        """Follow the theme, of which a widget with a style sheet of its own is not told."""
        self.setStyleSheet(
            "QToolBar { border: none; spacing: 2px; }"
            f"QToolBar::separator {{ background: {theme.current().grid}; height: 1px; margin: 3px 5px; }}"
        )
        for action, name in self._icons.items():
            action.setIcon(icon(name))
