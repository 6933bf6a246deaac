"""A ring around the one point that is pointed at elsewhere, in a list."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.canvas.points.points import PointsLayer
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme

_SPACE = 5.0  # pixels between a point and its ring


class PointerLayer(Layer):
    """Draws the ring where the point is drawn at the moment, be it on its way."""

    def __init__(self, view: MapView, points: PointsLayer) -> None:
        super().__init__(view, Order.RING)
        self._points = points
        self._row = -1
        self.setVisible(False)

    def point_at(self, row: int) -> None:
        """Point at an image of the map; at none for -1."""
        self._row = row
        self.setVisible(row >= 0)
        self.update()

    def place(self) -> QPointF | None:
        """Give where the ring is, in pixels of the view box; None where there is none, or it is out of sight."""
        if not 0 <= self._row < len(self._points.targets()):
            return None
        ((x, y),) = self._view.to_pixels(self._points.positions_of(np.array([self._row])))
        return QPointF(x, y) if np.isfinite(x + y) and self.boundingRect().contains(x, y) else None

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the ring."""
        place = self.place()
        if place is None:
            return
        colours = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        radius = self._points.radius() + _SPACE
        for colour, width in ((colours.background, 5.0), (colours.accent, 2.6)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawEllipse(place + QPointF(0.5, 0.5), radius, radius)
