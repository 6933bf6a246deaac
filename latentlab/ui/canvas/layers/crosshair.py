"""The crosshair that marks the pick."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsLineItem, QStyleOptionGraphicsItem, QWidget

from latentlab.ui.canvas.layer import Order
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme
from latentlab.ui.style.paint import KeptPicture

_RING = 8.0  # radius, in pixels


class Crosshair:
    """Four lines to the edges of the map, below its other markers, and above these a ring: each an item of its own.

    While a hand drags it, the map is painted anew only where it was and where it is: a tenth of its pixels.
    """

    def __init__(self, view: MapView) -> None:
        self._view = view
        self._lines = [QGraphicsLineItem(view.box) for _ in range(4)]
        self._ring = _Ring(view.box)
        for line in self._lines:
            line.setZValue(Order.CROSSHAIR)
        self.place(None)

    def place(self, local: QPointF | None) -> None:
        """Put its middle on the pixel of the view box that holds this place; nowhere for None."""
        for item in (*self._lines, self._ring):
            item.setVisible(local is not None)
        if local is None:
            return
        x, y = round(local.x()), round(local.y())
        rect = self._view.box.rect()
        colour = QColor(theme.current().foreground)
        colour.setAlpha(150)
        across, down = x + 0.5, y + 0.5  # the middle of the pixel
        ends = (
            (rect.left(), down, x - _RING, down),
            (x + _RING, down, rect.right(), down),
            (across, rect.top(), across, y - _RING),
            (across, y + _RING, across, rect.bottom()),
        )
        for line, each in zip(self._lines, ends, strict=True):
            line.setPen(QPen(colour, 1))
            line.setLine(*each)
        self._ring.setPos(x, y)


class _Ring(QGraphicsItem):
    """The ring in the middle of the crosshair, on whole pixels."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self._picture = KeptPicture()
        self.setZValue(Order.RING)

    def boundingRect(self) -> QRectF:
        half = _RING + 4
        return QRectF(-half, -half, 2 * half, 2 * half)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        self._picture.paint(painter, self.boundingRect(), (theme.current(),), _draw_ring)


def _draw_ring(painter: QPainter) -> None:
    colours = theme.current()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((colours.background, 5.0), (colours.foreground, 2.4)):
        painter.setPen(QPen(QColor(colour), width))
        painter.drawEllipse(QPointF(0.5, 0.5), _RING, _RING)  # a position falls on the middle of a pixel
