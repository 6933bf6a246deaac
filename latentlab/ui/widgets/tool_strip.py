"""A slim strip of buttons with icons: tools, of which one is in hand, and things to do."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QToolBar, QToolButton, QWidget

from latentlab.ui.style.icons import icon

_ICON = "icon_name"


class ToolStrip(QToolBar):
    """Holds actions below each other; those that do not fit go into a menu at its end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOrientation(Qt.Orientation.Vertical)
        self.setIconSize(QSize(20, 20))
        self.setMovable(False)
        self.setStyleSheet("QToolBar { border: none; spacing: 2px; }")
        self._tools = QActionGroup(self)

    def add_tool(self, name: str, icon_name: str, text: str, tip: str, key: str) -> QAction:
        """Add a tool: of all tools one is checked. `name` becomes the button's object name."""
        action = self.add(name, icon_name, text, tip, key)
        action.setCheckable(True)
        self._tools.addAction(action)
        return action

    def add(self, name: str, icon_name: str, text: str, tip: str, key: str = "") -> QAction:
        """Add something to do; a key of one letter works while the map has the keyboard, and is told in the tip."""
        action = QAction(icon(icon_name), text, self)
        action.setProperty(_ICON, icon_name)
        action.setToolTip(
            f"{tip} ({QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)})" if key else tip
        )
        if key:
            action.setShortcut(QKeySequence(key))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self.parentWidget().addAction(action)
        self.addAction(action)
        button = self.widgetForAction(action)
        assert isinstance(button, QToolButton)
        button.setObjectName(name)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setAccessibleName(text)
        return action

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for action in self.actions():
                if name := action.property(_ICON):
                    action.setIcon(icon(name))
