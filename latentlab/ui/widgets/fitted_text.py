"""Words in the middle of a place, as large as text is, or as they fit."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

_SMALLEST = 7.0  # points
_FLAGS = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)


def draw_fitted(painter: QPainter, room: QRectF, words: str) -> None:
    """Write words in lines, smaller where in the painter's font they would be cut off."""
    font = painter.font()
    while not room.contains(painter.boundingRect(room, _FLAGS, words)) and font.pointSizeF() > _SMALLEST:
        font.setPointSizeF(font.pointSizeF() - 1)
        painter.setFont(font)
    painter.drawText(room, _FLAGS, words)
