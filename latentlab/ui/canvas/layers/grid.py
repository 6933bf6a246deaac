"""The faint lines behind the points, at the axes' ticks."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme
from latentlab.ui.style.paint import KeptPicture

_LEAST_GAP = 36.0


class GridLayer(Layer):
    """Draws the grid; pyqtgraph's own costs 4 ms a frame, more than 10,000 points."""

    def __init__(self, view: MapView, bottom: pg.AxisItem, left: pg.AxisItem) -> None:
        super().__init__(view, Order.GRID)
        self._axes = (bottom, left)
        self._kept = KeptPicture()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw a line at each tick, a stronger one at zero."""
        self._kept.paint(painter, self.boundingRect(), (self._view.extent(), theme.current()), self._draw)

    def _draw(self, painter: QPainter) -> None:
        rect = self.boundingRect()
        colours = theme.current()
        faint, zero_line = QColor(colours.grid), QColor(colours.muted)
        zero_line.setAlpha(120)
        left, right, bottom, top = self._view.extent()
        for axis, low, high, size in ((0, left, right, rect.width()), (1, bottom, top, rect.height())):
            spacing = self._spacing(self._axes[axis], low, high, size)
            ticks = np.arange(np.ceil(low / spacing), np.floor(high / spacing) + 1)
            places = self._view.to_pixels(np.column_stack([ticks, ticks]) * spacing)[:, axis]
            # + 0.5: the middle of the pixel, as everywhere on the map.
            lines = [
                QLineF(at, 0, at, rect.height()) if axis == 0 else QLineF(0, at, rect.width(), at)
                for at in (np.rint(places) + 0.5).tolist()
            ]
            painter.setPen(QPen(faint, 1))
            painter.drawLines([line for line, tick in zip(lines, ticks, strict=True) if tick])
            painter.setPen(QPen(zero_line, 1))
            painter.drawLines([line for line, tick in zip(lines, ticks, strict=True) if not tick])

    def _spacing(self, axis: pg.AxisItem, low: float, high: float, size: float) -> float:
        # The ticks that bear numbers, as long as the lines do not crowd.
        spacings = [float(spacing) for spacing, _ in axis.tickSpacing(low, high, size)]
        roomy = [spacing for spacing in spacings if spacing / (high - low) * size >= _LEAST_GAP]
        return min(roomy, default=spacings[0])
