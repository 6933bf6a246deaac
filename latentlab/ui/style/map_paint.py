"""Small pictures of maps: points to scale, in the colours of their classes; painted on any thread."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from latentlab.ui.style import theme

_TOGETHER = 200  # points


def paint_points(
    painter: QPainter,
    size: QSizeF,
    points: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    classes: int,
    colours: theme.Theme,
    *,
    radius: float = 1.8,
    margin: float = 6,
) -> None:
    """Paint points, all of them in sight, both axes alike.

    Parameters
    ----------
    painter : QPainter
    size : QSizeF
        Of the picture, in pixels, as are `radius` and `margin`.
    points : float32 (N, 2)
    labels : int64 (N,)
        Below `classes`, or -1 for none.
    classes : int
    colours : Theme
    """
    if not len(points):
        return
    low, high = points.min(0), points.max(0)
    scale = (min(size.width(), size.height()) - 2 * margin) / max(float((high - low).max()), 1e-6)
    places = (points - (low + high) / 2) * scale * (1, -1) + (size.width() / 2, size.height() / 2)
    table = theme.class_colours(classes, dark=colours.dark) if classes else []
    # Some of each class at a time, so that none lies above all others; one by one they take ten times as long.
    for begin in range(0, len(places), _TOGETHER):
        together = labels[begin : begin + _TOGETHER]
        for label in np.unique(together).tolist():
            known = 0 <= label < len(table)
            colour = QColor(*table[label][:3].tolist()) if known else QColor(colours.muted)
            painter.setPen(QPen(colour, 2 * radius, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            seen = places[begin : begin + _TOGETHER][together == label]
            painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in seen.tolist()]))


def map_image(
    side: int,
    ratio: float,
    points: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    classes: int,
    colours: theme.Theme,
) -> QImage:
    """Give a square picture of points: see `paint_points`.

    Parameters
    ----------
    side : int
        Pixels of the window.
    ratio : float
        Pixels of the screen for each of them.
    """
    image = QImage(round(side * ratio), round(side * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(colours.background))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_points(painter, QSizeF(side, side), points, labels, classes, colours, radius=side / 60, margin=side / 14)
    painter.end()
    return image
