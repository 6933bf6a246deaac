"""The area that a hand is drawing on the map, and how many points are in it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme
from latentlab.ui.style.paint import paint_card

_AWAY = QPointF(14, 10)  # of the badge from the mouse
_PADDING = 5.0
_SIGNS = {"select": "", "add": "+", "remove": "−"}


class AreaLayer(Layer):
    """Draws an outline that shows on any ground, and a badge beside the mouse."""

    def __init__(self, view: MapView) -> None:
        super().__init__(view, Order.AREA)
        self._area: QPainterPath | None = None
        self._cursor = QPointF()
        self._count = ""
        self.setVisible(False)

    def show_area(self, area: QPainterPath | None, cursor: QPointF) -> None:
        """Draw an area, in pixels of the view box, and the badge beside the mouse; None for nothing."""
        if area is None:
            self._count = ""
        self._area, self._cursor = area, cursor
        self.setVisible(area is not None)
        self.update()

    def set_count(self, count: int, mode: str) -> None:
        """Tell how many points are in the area, and what will be done with them."""
        self._count = f"{_SIGNS[mode]}{count:,}"
        self.update()

    def badge(self) -> str:
        """Give what the badge says."""
        return self._count if self.isVisible() else ""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the area and the badge."""
        if self._area is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self.boundingRect())
        colours = theme.current()
        accent = QColor(colours.accent)
        fill = QColor(accent)
        fill.setAlpha(36)
        painter.fillPath(self._area, fill)
        rim = QColor(colours.background)
        rim.setAlpha(220)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(rim, 3))
        painter.drawPath(self._area)
        dashes = QPen(accent, 1.5)
        dashes.setDashPattern([4, 2.5])
        painter.setPen(dashes)
        painter.drawPath(self._area)
        if self._count:
            self._paint_badge(painter, QFont() if widget is None else QFont(widget.font()))

    def _paint_badge(self, painter: QPainter, font: QFont) -> None:
        font.setBold(True)
        metrics = QFontMetricsF(font)
        size = metrics.boundingRect(self._count).size()
        card = QRectF(0, 0, size.width() + 3 * _PADDING, metrics.height() + _PADDING)
        card.moveTopLeft(self._cursor + _AWAY)
        # Where there is no room it hangs on the other side of the mouse.
        box = self.boundingRect()
        if card.right() > box.right():
            card.moveRight(self._cursor.x() - _AWAY.x())
        if card.bottom() > box.bottom():
            card.moveBottom(self._cursor.y() - _AWAY.y())
        paint_card(painter, card)
        painter.setFont(font)
        painter.drawText(card, int(Qt.AlignmentFlag.AlignCenter), self._count)
