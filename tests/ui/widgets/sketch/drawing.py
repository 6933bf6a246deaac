"""What a person does to a sketch pad: draws on it with the mouse, and drops something there."""

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication


def stroke(qtbot, pad, *points):
    """Draw with the mouse through points given as shares of the pad."""
    pixels = [QPoint(round(x * pad.width()), round(y * pad.height())) for x, y in points]
    qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=pixels[0])
    for pixel in pixels[1:]:
        qtbot.mouseMove(pad, pixel)
    qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=pixels[-1])


def dropped(pad, data):
    action, buttons, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), action, data, buttons, keys)
    QApplication.sendEvent(pad, enter)
    if enter.isAccepted():
        QApplication.sendEvent(pad, QDropEvent(QPointF(50, 50), action, data, buttons, keys))
    return enter.isAccepted()
