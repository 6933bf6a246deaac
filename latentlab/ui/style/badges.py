"""The letters of selected images: A, B, C and so on, on a disc in the accent's colour."""

from __future__ import annotations

from string import ascii_uppercase

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from latentlab.ui.style import theme


def letter(index: int) -> str:
    """Give the letter of a selected image, counted from 0."""
    return ascii_uppercase[index]


def paint_letter(painter: QPainter, centre: QPointF, text: str, font: QFont, tip: QPointF | None = None) -> None:
    """Paint a letter in a font on its disc, which may point somewhere."""
    colours = theme.current()
    font = QFont(font)
    font.setBold(True)
    radius = disc_radius(font)
    disc = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colours.background), 1.5))
    painter.setBrush(QColor(colours.accent))
    shape = QPainterPath()
    shape.addEllipse(disc)
    if tip is not None:
        side = QPointF(0.6 * radius, 0)
        tail = QPainterPath(tip)
        tail.lineTo(centre - side)
        tail.lineTo(centre + side)
        tail.closeSubpath()
        shape = shape.united(tail)
    painter.drawPath(shape)
    painter.setFont(font)
    painter.setPen(QColor(colours.background if colours.dark else "#ffffff"))
    painter.drawText(disc, int(Qt.AlignmentFlag.AlignCenter), text)
    painter.restore()


def disc_radius(font: QFont) -> float:
    """Give the radius of the disc around a letter, in pixels."""
    return 0.62 * QFontMetricsF(font).height()
