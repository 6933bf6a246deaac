"""The crosshair that marks the pick."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsLineItem, QStyleOptionGraphicsItem, QWidget

from latentlab.ui import theme
from latentlab.ui.canvas.kept import KeptPicture
from latentlab.ui.canvas.view import MapView

_RING = 8.0  # radius, in pixels


class Crosshair(QGraphicsItem):
    """Four lines to the edges of the map and a ring, each an item of its own.

    While a hand drags it, the map is painted anew only where it was and where it is: a tenth of its pixels.
    """

    def __init__(self, view: MapView) -> None:
        super().__init__(view.box)
        self._view = view
        self._ring = _Ring(self)
        self._lines = [QGraphicsLineItem(self) for _ in range(4)]
        self.setZValue(19)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemClipsChildrenToShape)
        self.setVisible(False)

    def place(self, local: QPointF | None) -> None:
        """Put its middle on the pixel of the view box that holds this place; nowhere for None."""
        self.setVisible(local is not None)
        if local is None:
            return
        x, y = round(local.x()), round(local.y())
        rect = self.boundingRect()
        colour = QColor(theme.current().foreground)
        colour.setAlpha(150)
        middle = x + 0.5, y + 0.5
        for line, ends in zip(
            self._lines,
            (
                (rect.left(), middle[1], x - _RING, middle[1]),
                (x + _RING, middle[1], rect.right(), middle[1]),
                (middle[0], rect.top(), middle[0], y - _RING),
                (middle[0], y + _RING, middle[0], rect.bottom()),
            ),
            strict=True,
        ):
            line.setPen(QPen(colour, 1))
            line.setLine(*ends)
        self._ring.setPos(x, y)

    def boundingRect(self) -> QRectF:
        """Cover the view box."""
        return self._view.box.rect()


class _Ring(QGraphicsItem):
    """The ring in the middle of the crosshair, on whole pixels."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self._picture = KeptPicture()

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
