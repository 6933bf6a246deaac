"""Keeps the mouse wheel for scrolling where a form scrolls."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget


class WheelGuard(QObject):
    """Passes the wheel on to what scrolls unless the editor has the focus: else a value changes unseen."""

    def __init__(self, editor: QWidget) -> None:
        super().__init__(editor)
        self._editor = editor
        editor.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        editor.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ignore the wheel, so that Qt offers it to the parents."""
        if event.type() == QEvent.Type.Wheel and not self._editor.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)
