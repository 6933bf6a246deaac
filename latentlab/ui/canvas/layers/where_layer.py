"""Where one is on the map: the coordinates under the mouse, and a bar that tells the scale."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Slot
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme
from latentlab.ui.style.paint import KeptPicture, RimmedText, paint_on_ground, paint_rim

_MARGIN = 10.0
_LONGEST = 120.0  # pixels of the bar
_TICK = 4.0


class WhereLayer(Layer):
    """Writes into the lower right corner of the map, beside the legend, with a rim that keeps it readable."""

    def __init__(self, view: MapView) -> None:
        super().__init__(view, Order.NOTE)
        self._cursor: QPointF | None = None
        self._length = RimmedText()
        self._bar = KeptPicture()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemClipsToShape)

    @Slot(object)
    def set_cursor(self, local: QPointF | None) -> None:
        """Tell where the mouse is, in pixels of the view box; None where it has left the map."""
        self._cursor = local
        self.update()

    def coordinates(self) -> str:
        """Give what is written of the place under the mouse."""
        if self._cursor is None:
            return ""
        left, right, _, _ = self._view.extent()
        digits = decimals((right - left) / max(self._view.box.rect().width(), 1.0))
        x, y = self._view.to_position(self._cursor)
        return f"({_number(x, digits)}, {_number(y, digits)})"

    def scale(self) -> tuple[float, float]:
        """Give how long the bar is: in units of the latent space, and in pixels."""
        left, right, _, _ = self._view.extent()
        per_pixel = (right - left) / max(self._view.box.rect().width(), 1.0)
        length = round_length(per_pixel * _LONGEST)
        return length, length / per_pixel

    def boundingRect(self) -> QRectF:
        """Cover the lower edge of the view box: the rest of the map is not painted anew with each move of the mouse."""
        rect = self._view.box.rect()
        height = 4 * QFontMetricsF(QGuiApplication.font()).height() + _MARGIN
        return rect.adjusted(0, max(rect.height() - height, 0), 0, 0)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the bar with its length, and the coordinates above it."""
        box = self._view.box.rect()
        if box.width() < 2 * _LONGEST:
            return
        font = QFont() if widget is None else QFont(widget.font())
        metrics = QFontMetricsF(font)
        length, pixels = self.scale()
        free = self._view.free_at_bottom(self.boundingRect().height())[1]
        right, bottom = min(box.right() - _MARGIN, free), box.bottom() - _MARGIN
        bar = QRectF(QPointF(right - pixels, bottom - _TICK), QPointF(right, bottom))
        self._length.paint(painter, f"{length:g}", font, QPointF(right - pixels / 2, bottom - _TICK))
        if said := self.coordinates():
            middle = right - metrics.horizontalAdvance(said) / 2
            painter.setFont(font)
            place = QPointF(middle, bottom - _TICK - 1.5 * metrics.height() - 4)
            paint_on_ground(painter, said, place, theme.current().foreground)
        room = bar.adjusted(-_MARGIN / 2, -_MARGIN / 2, _MARGIN / 2, _MARGIN / 2)
        self._bar.paint(painter, room, (bar.getRect(), theme.current()), lambda pen: _draw_bar(pen, bar))


def _draw_bar(painter: QPainter, bar: QRectF) -> None:
    path = QPainterPath(bar.topLeft())
    for corner in (bar.bottomLeft(), bar.bottomRight(), bar.topRight()):
        path.lineTo(corner)
    paint_rim(painter, path)
    painter.setPen(QPen(QColor(theme.current().foreground), 1.4))
    painter.drawPath(path)


def round_length(most: float) -> float:
    """Give the largest of 1, 2 and 5 times a power of ten that is not above a length."""
    power = 10.0 ** math.floor(math.log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most * (1 + 1e-9))


def decimals(step: float) -> int:
    """Give how many decimals tell two places apart that lie a step, such as a pixel, from each other."""
    return min(max(0, math.ceil(-math.log10(step))), 12)


def _number(value: float, digits: int) -> str:
    if abs(value) >= 1e6:
        return f"{value:.4g}"
    return f"{value:.{digits}f}".replace("-", "−")
