"""What keeps text readable above points: a card behind it, or a rim around its letters."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from latentlab.ui import theme

_ROUND = 6.0
_CARD_ALPHA, _RIM_ALPHA = 235, 215
_RIM = 4.0


def paint_card(painter: QPainter, place: QRectF) -> None:
    """Draw a card; what is written or drawn next is in the theme's foreground."""
    colours = theme.current()
    ground = QColor(colours.surface)
    ground.setAlpha(_CARD_ALPHA)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colours.grid), 1))
    painter.setBrush(ground)
    painter.drawRoundedRect(place, _ROUND, _ROUND)
    painter.setPen(QColor(colours.foreground))


def paint_rim(painter: QPainter, shape: QPainterPath) -> None:
    """Draw the rim of letters or lines, which are to be drawn on it."""
    rim = QColor(theme.current().background)
    rim.setAlpha(_RIM_ALPHA)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(rim, _RIM, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.drawPath(shape)
