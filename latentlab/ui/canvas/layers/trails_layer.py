"""The layer of trails: where selected points were in the epochs before the one that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, Slot
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from latentlab.core.arrays import Floats, Integers
from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.canvas.points.points import PointsLayer
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme
from latentlab.ui.style.paint import KeptPicture, paint_on_ground

_FAINTEST, _STRONGEST = 0.15, 1.0  # opacity at the start of a trail, and at the point itself
_STEPS = 8  # of opacity, from the start of a trail to the point
_WORDS = 58  # pixels from the lower edge of the map: above hints, and far from names of curves, which are at the top
_FARTHEST = 1e6  # pixels: beyond, Qt's painter loses its way


class TrailsLayer(Layer):
    """Draws a line from place to place, fainter the longer ago, which ends where the point is drawn now.

    Each has the colour of its point.
    """

    def __init__(self, view: MapView, points: PointsLayer) -> None:
        super().__init__(view, Order.TRAILS)
        self._points = points
        self._rows: Integers = np.empty(0, np.int64)
        self._places: Floats = np.empty((0, 0, 2), np.float32)
        self._words = ""
        self._kept, self._number = KeptPicture(), 0
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemClipsToShape)
        self.setVisible(False)

    @Slot(object, object)
    def set_trails(self, rows: Integers, places: Floats) -> None:
        """Draw the ways of points, by their rows (K,) of the map, through places float32 (K, T, 2), oldest first."""
        self._rows, self._places, self._number = rows, places, self._number + 1
        self._follow()

    @Slot(str)
    def say(self, sentence: str) -> None:
        """Say what is not drawn, and why; nothing for an empty sentence."""
        self._words = sentence
        self._follow()

    def words(self) -> str:
        """Give what is said."""
        return self._words

    def trails(self) -> Floats:
        """Give the places that are drawn: float32 (K, T, 2)."""
        return self._places if self.isVisible() else np.empty((0, 0, 2), np.float32)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the trails; while points are on their way, and the view stays, only the last step of each anew."""
        if self._places.size and int(self._rows.max()) < len(self._points.targets()):
            colours = self._points.colours_of(self._rows)
            looks = (self._number, self._view.extent(), theme.current(), colours.tobytes())
            self._kept.paint(painter, self.boundingRect(), looks, lambda pen: self._draw(pen, colours))
            here = np.stack([self._places[:, -1], self._points.positions_of(self._rows)], 1)
            _draw_lines(painter, self._pixels(here), colours, 1.0)
        if self._words:
            painter.setFont(QFont() if widget is None else widget.font())
            middle = QPointF(self.boundingRect().center().x(), self.boundingRect().bottom() - _WORDS)
            paint_on_ground(painter, self._words, middle, theme.current().foreground)

    def _follow(self) -> None:
        self.setVisible(bool(self._places.size or self._words))
        self.update()

    def _draw(self, painter: QPainter, colours: npt.NDArray[np.uint8]) -> None:
        """Draw all but the last steps."""
        pixels = self._pixels(self._places)
        edges = np.unique(np.linspace(0, pixels.shape[1] - 1, _STEPS + 1).round().astype(int))
        for step, (begin, end) in enumerate(pairwise(edges), 1):
            _draw_lines(painter, pixels[:, begin : end + 1], colours, step / len(edges))

    def _pixels(self, places: Floats) -> npt.NDArray[np.float64]:
        """Give the middles of the pixels that places (K, T, 2) fall on, as for the points."""
        pixels = self._view.to_pixels(places.reshape(-1, 2)).reshape(places.shape) + 0.5
        return np.clip(np.nan_to_num(pixels), -_FARTHEST, _FARTHEST).astype(np.float64)


def _draw_lines(
    painter: QPainter, lines: npt.NDArray[np.float64], colours: npt.NDArray[np.uint8], share: float
) -> None:
    """Draw lines of pixels (K, T, 2), in a colour each (K, 3), that are this share of the way from their start."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for line, rgb in zip(lines.tolist(), colours.tolist(), strict=True):
        colour = QColor(*rgb)
        colour.setAlphaF(_FAINTEST + (_STRONGEST - _FAINTEST) * share**1.5)
        painter.setPen(QPen(colour, 1))  # wider ones take several times as long
        painter.drawPolyline(_polygon(line))


def _polygon(line: Sequence[Sequence[float]]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in line])
