"""The layer of posteriors: the ellipses of 1 σ of selected points and of the one looked at, to scale."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from latentlab.core.map.posteriors import Posteriors
from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.canvas.layers.ellipse import unit_circle
from latentlab.ui.canvas.points.points import PointsLayer
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme

_FEW = 12  # that have a letter: these are drawn strong


class PosteriorsLayer(Layer):
    """Draws each ellipse around its point, wherever that is drawn while it moves."""

    def __init__(self, view: MapView, points: PointsLayer) -> None:
        super().__init__(view, Order.POSTERIORS)
        self._points = points
        self._posteriors: Posteriors | None = None
        self._is_on = True

    @Slot(bool)
    def set_on(self, is_on: bool) -> None:
        """Show ellipses, or show none."""
        self._is_on = is_on
        self.setVisible(is_on)

    @Slot(object)
    def set_posteriors(self, posteriors: Posteriors | None) -> None:
        """Show these."""
        self._posteriors = posteriors
        self.update()

    def ellipses(self) -> list[tuple[int, QTransform]]:
        """Give what is drawn: rows, and what maps the unit circle to their ellipses in pixels of the view box."""
        if self._posteriors is None or not self._is_on:
            return []
        is_there = self._posteriors.rows < len(self._points.targets())
        rows, covariances = self._posteriors.rows[is_there], self._posteriors.covariances[is_there]
        found = []
        for row, position, covariance in zip(rows.tolist(), self._points.positions_of(rows), covariances, strict=True):
            if np.isfinite(position).all():
                ((x, y),) = self._view.to_pixels(position[None])
                ellipse = unit_circle(self._view, QPointF(x, y), covariance)
                if ellipse is not None and max(abs(x), abs(y)) < 1e5:
                    found.append((row, ellipse))
        return found

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the ellipses: thin ones where there are many, or they would cover each other."""
        drawn = self.ellipses()
        if not drawn or self._posteriors is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self.boundingRect())
        painter.translate(0.5, 0.5)  # a position falls on the middle of a pixel, as for the points
        colours = theme.current()
        circle = QPainterPath()
        circle.addEllipse(QPointF(), 1.0, 1.0)
        is_few = len(drawn) <= _FEW
        for row, ellipse in drawn:
            path = ellipse.map(circle)
            is_strong = is_few or row == self._posteriors.pointed
            if is_strong:
                fill = QColor(colours.foreground)
                fill.setAlpha(26)
                painter.setBrush(fill)
                painter.setPen(QPen(QColor(colours.background), 3.4))
                painter.drawPath(path)
            line = QColor(colours.foreground)
            line.setAlpha(255 if is_strong else 150)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(line, 1.5 if is_strong else 0.8))
            painter.drawPath(path)
