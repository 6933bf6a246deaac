"""A hand that acts on a window, and an eye on when it is painted."""

from time import perf_counter

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication


class Hand:
    """A mouse over a widget."""

    def __init__(self, widget):
        self.widget = widget

    def _send(self, kind, at, button, buttons, modifiers=Qt.KeyboardModifier.NoModifier):
        place = self.widget.mapToGlobal(at)
        event = QMouseEvent(kind, at, place, button, buttons, modifiers)
        begin = perf_counter()
        QApplication.sendEvent(self.widget, event)
        return begin

    def press(self, at):
        return self._send(QEvent.Type.MouseButtonPress, at, Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton)

    def drag(self, at):
        return self._send(QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton)

    def point(self, at):
        """Move with no button, but Shift held."""
        none = Qt.MouseButton.NoButton
        return self._send(QEvent.Type.MouseMove, at, none, none, Qt.KeyboardModifier.ShiftModifier)

    def release(self, at):
        return self._send(QEvent.Type.MouseButtonRelease, at, Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton)


class Paints(QObject):
    """When a widget was painted last."""

    def __init__(self, widget):
        super().__init__(widget)
        self.last = 0.0
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            self.last = perf_counter()
        return False
