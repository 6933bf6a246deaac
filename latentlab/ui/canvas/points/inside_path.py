"""Which of very many points lie inside of a path."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

_INSIDE = 255
_EDGE = 128


def are_inside(path: QPainterPath, places: npt.NDArray[np.float64], bounds: QRectF) -> npt.NDArray[np.bool_]:
    """Tell which points lie inside of a path, and of bounds.

    The path is drawn; only a point on a pixel near its outline is asked for by itself. So the cost is about that of
    looking up a pixel for each point, and the answer is exact.

    Parameters
    ----------
    path : QPainterPath
        In pixels; what is open is taken as closed.
    places : float64 (N, 2)
        In pixels; not-a-number lies outside.
    bounds : QRectF

    Returns
    -------
    bool (N,)
    """
    area = path.boundingRect().intersected(bounds)
    inside = np.zeros(len(places), bool)
    if area.isEmpty():
        return inside
    x, y = places.T
    near = np.flatnonzero((x >= area.left()) & (x <= area.right()) & (y >= area.top()) & (y <= area.bottom()))
    pixels = area.toAlignedRect().adjusted(-1, -1, 1, 1)
    mask = _mask(path, pixels)
    rows, columns = ((part[near].astype(np.int64) - start) for part, start in ((y, pixels.top()), (x, pixels.left())))
    rows *= mask.shape[1]
    rows += columns
    found = np.take(mask, rows)
    inside[near[found == _INSIDE]] = True
    at_edge = near[found == _EDGE]
    inside[at_edge] = [path.contains(QPointF(x, y)) for x, y in places[at_edge].tolist()]
    return inside


def _mask(path: QPainterPath, pixels: QRect) -> npt.NDArray[np.uint8]:
    """Draw the path white on black, and grey all pixels through which its outline may go."""
    image = QImage(pixels.size(), QImage.Format.Format_Grayscale8)
    image.fill(0)
    painter = QPainter(image)
    painter.translate(-pixels.left(), -pixels.top())
    painter.fillPath(path, QColor(_INSIDE, _INSIDE, _INSIDE))
    grey = QColor(_EDGE, _EDGE, _EDGE)
    painter.setPen(QPen(grey, 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for polygon in path.toSubpathPolygons():
        painter.drawPolygon(polygon)
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].copy()
