"""The layer of trails: where selected points were in the epochs before the one that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPointF, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from latentlab.core.arrays import Floats, Integers
from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.canvas.points.points import PointsLayer
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme

_FAINTEST = 0.15  # of the opacity at the point itself: the start of a trail
_STEPS = 8  # of opacity, from the start of a trail to the point
_FARTHEST = 1e6  # pixels: beyond, Qt's painter loses its way


class TrailsLayer(Layer):
    """Draws a line from place to place, fainter the longer ago, which ends where the point is drawn now."""

    def __init__(self, view: MapView, points: PointsLayer) -> None:
        super().__init__(view, Order.TRAILS)
        self._points = points
        self._rows: Integers = np.empty(0, np.int64)
        self._places: Floats = np.empty((0, 0, 2), np.float32)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemClipsToShape)
        self.setVisible(False)

    @Slot(object, object)
    def set_trails(self, rows: Integers, places: Floats) -> None:
        """Draw the ways of points, by their rows (K,) of the map, through places float32 (K, T, 2), oldest first."""
        self._rows, self._places = rows, places
        self.setVisible(bool(places.size))
        self.update()

    def trails(self) -> Floats:
        """Give the places that are drawn: float32 (K, T, 2)."""
        return self._places if self.isVisible() else np.empty((0, 0, 2), np.float32)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the trails."""
        count = len(self._points.targets())
        if not self._places.size or int(self._rows.max()) >= count:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(0.5, 0.5)  # a position falls on the middle of a pixel, as for the points
        now = self._points.positions_of(self._rows)
        places = np.concatenate([self._places, now[:, None]], 1)
        pixels = self._view.to_pixels(places.reshape(-1, 2)).reshape(places.shape)
        pixels = np.clip(np.nan_to_num(pixels), -_FARTHEST, _FARTHEST)
        edges = np.unique(np.linspace(0, places.shape[1] - 1, _STEPS + 1).round().astype(int))
        colour = QColor(theme.current().foreground)
        for step, (begin, end) in enumerate(pairwise(edges), 1):
            colour.setAlphaF(_FAINTEST + (0.8 - _FAINTEST) * step / (len(edges) - 1))
            painter.setPen(QPen(colour, 1.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin))
            for line in pixels[:, begin : end + 1].tolist():
                painter.drawPolyline(_polygon(line))


def _polygon(line: Sequence[Sequence[float]]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in line])
