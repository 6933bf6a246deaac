"""A hand on the program."""

from PySide6.QtCore import QElapsedTimer, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

PATIENCE = 20_000  # milliseconds: what a busy machine may take, not what anything should


class Hand(QtBot):
    """A hand on the program: it waits as long as a busy machine takes, and its mouse reaches the widget that is meant.

    QTest moves the pointer of the X server instead, which tells it late, and which another process of the tests may
    move away meanwhile.
    """

    def __init__(self, request):
        super().__init__(request)
        self._held = Qt.MouseButton.NoButton

    def waitUntil(self, condition, *, timeout=PATIENCE, pause=1):
        """Look again soon at first, then every ten milliseconds: most of what one waits for is there in a moment.

        As in pytest-qt an assertion that fails within the condition is to hold yet, and one that gives nothing asserts.
        """
        clock = QElapsedTimer()
        clock.start()
        while True:
            failed = None
            try:
                if condition() in (None, True):
                    return
            except AssertionError as error:
                failed = error
            if clock.hasExpired(timeout):
                raise TimeoutError(f"waited in vain for {timeout} milliseconds") from failed
            self.wait(pause)
            pause = min(2 * pause, 10)

    def waitSignal(self, signal, *, timeout=PATIENCE, **more):
        return super().waitSignal(signal, timeout=timeout, **more)

    def waitExposed(self, widget, *, timeout=PATIENCE):
        return super().waitExposed(widget, timeout=timeout)

    def show(self, widget, width, height):
        """Give a widget that is seen in a size until the test ends."""
        self.addWidget(widget)
        widget.resize(width, height)
        with self.waitExposed(widget):
            widget.show()
        return widget

    def mousePress(self, widget, button, *arguments, **more):
        self._held |= button
        super().mousePress(widget, button, *arguments, **more)

    def mouseRelease(self, widget, button, *arguments, **more):
        self._held &= ~button
        super().mouseRelease(widget, button, *arguments, **more)

    def mouseMove(self, widget, pos, modifiers=Qt.KeyboardModifier.NoModifier):
        at, none = QPointF(pos), Qt.MouseButton.NoButton
        event = QMouseEvent(QEvent.Type.MouseMove, at, widget.mapToGlobal(at), none, self._held, modifiers)
        QApplication.sendEvent(widget, event)

    def wheel(self, widget, notches, pos=None):
        """Turn the wheel away from oneself, or back where there are less than none."""
        at, turned = QPointF(pos or widget.rect().center()), QPoint(0, 120 * notches)
        none, plain, phase = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(at, widget.mapToGlobal(at), QPoint(), turned, none, plain, phase, False)
        QApplication.sendEvent(widget, event)

    def let_go(self):
        """Release the buttons that QTest would hold in the tests that follow."""
        for button in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton):
            if self._held & button:
                super().mouseRelease(QPushButton(), button)
