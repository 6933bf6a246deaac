"""Thousands of dots of one colour: one picture, painted at all their places in a single call."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from pyqtgraph.graphicsItems.ScatterPlotItem import renderSymbol
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget
from shiboken6 import Shiboken

_FIELDS = 10  # of a QPainter.PixmapFragment, all float64


class Crowd(pg.GraphicsObject):
    """Dots as large whatever the scale; pyqtgraph's own scatter asks for the look of each, 5 µs a dot."""

    def __init__(self) -> None:
        super().__init__()
        self._places = np.empty((0, 2))
        self._look = 0.0, QPen(), QColor()

    def set_dots(self, places: npt.NDArray[np.float64], size: float, edge: QPen, colour: QColor) -> None:
        """Show dots at these places, (N, 2), of so many pixels."""
        self._places, self._look = places, (size, edge, colour)
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        """Be as large as what is seen: what lies outside costs nothing."""
        return self.viewRect()

    def viewTransformChanged(self) -> None:
        """See more, or less."""
        super().viewTransformChanged()
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint all dots."""
        count, to = len(self._places), painter.transform()
        if not count:
            return
        scale = painter.device().devicePixelRatioF()
        size, edge, colour = self._look
        picture = QPixmap.fromImage(renderSymbol("o", size, edge, pg.mkBrush(colour), dpr=scale))
        fragments = np.zeros((count, _FIELDS))
        # Where it is painted, which part of the picture, how large, turned by how much, and how opaque.
        fragments[:, 0] = self._places[:, 0] * to.m11() + to.dx()
        fragments[:, 1] = self._places[:, 1] * to.m22() + to.dy()
        fragments[:, 4:] = picture.width(), picture.height(), 1 / scale, 1 / scale, 0, 1
        painter.resetTransform()
        first = Shiboken.wrapInstance(fragments.ctypes.data, QPainter.PixmapFragment)
        painter.drawPixmapFragments(first, count, picture)
