"""Small pictures of maps: points to scale, in the colours of their classes; painted on any thread."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen, QPolygonF

from latentlab.ui.style import theme

_TOGETHER = 200  # points
_FEW = 3000  # points: more are painted smaller in a film


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
    extent: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]] | None = None,
) -> None:
    """Paint points, all of them in sight, or what lies between two corners, both axes alike.

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
    extent : tuple of float32 (2,), optional
        The lower left and the upper right corner.
    """
    if not len(points):
        return
    low, high = (points.min(0), points.max(0)) if extent is None else extent
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


def film_image(
    side: int,
    points: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    classes: int,
    colours: theme.Theme,
    extent: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]],
    caption: str,
) -> npt.NDArray[np.uint8]:
    """Give a square picture of points, uint8 (3, side, side), with a caption in its corner: see `paint_points`."""
    image = QImage(side, side, QImage.Format.Format_RGB888)
    image.fill(QColor(colours.background))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    known = np.isfinite(points).all(1)
    radius = 3.0 if len(points) < _FEW else 1.5
    size = QSizeF(side, side)
    paint_points(painter, size, points[known], labels[known], classes, colours, radius=radius, extent=extent, margin=24)
    font = QFont()
    font.setPixelSize(side // 22)
    painter.setFont(font)
    painter.setPen(QColor(colours.foreground))
    painter.drawText(QPointF(10, side - 10), caption)
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(side, image.bytesPerLine())[:, : 3 * side]
    return np.ascontiguousarray(pixels.reshape(side, side, 3).transpose(2, 0, 1))
