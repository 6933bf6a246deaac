"""A small picture of a map: its points, in the colours of their classes."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap, QPixmapCache
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.ui.style import theme
from latentlab.ui.style.looks import scaled
from latentlab.ui.style.map_paint import paint_points

_SIDE = 112  # pixels


class MapPicture(QWidget):
    """Shows points to scale: both axes alike, all of them in sight.

    Parameters
    ----------
    height : int, optional
        In pixels, of a picture as wide as there is room; a small square by default.
    """

    def __init__(self, parent: QWidget | None = None, *, height: int = 0) -> None:
        super().__init__(parent)
        self._points: npt.NDArray[np.float32] = np.empty((0, 2), np.float32)
        self._labels: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self._classes = 0
        self._digest = ""
        self._height = height or _SIDE
        across = QSizePolicy.Policy.Expanding if height else QSizePolicy.Policy.Fixed
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Be small."""
        return QSize(scaled(self._height), scaled(self._height))

    def set_points(self, points: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], classes: int) -> None:
        """Show points, float32 (N, 2), with their labels, int64 (N,): below `classes`, or -1 for none."""
        self._points, self._labels, self._classes = points, labels, classes
        self._digest = hashlib.blake2b(points.tobytes() + labels.tobytes(), digest_size=16).hexdigest()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the picture, which is painted once for each size and theme, whoever shows it."""
        colours, ratio = theme.current(), self.devicePixelRatioF()
        key = f"map {self._digest} {self._classes} {self.size().toTuple()} {ratio} {colours.dark}"
        picture = QPixmap()
        if not QPixmapCache.find(key, picture):
            picture = QPixmap(self.size() * ratio)
            picture.setDevicePixelRatio(ratio)
            self._paint(picture, colours)
            QPixmapCache.insert(key, picture)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, picture)
        painter.end()  # whoever keeps this frame, as a traceback does, would keep a painter of what is gone

    def _paint(self, picture: QPixmap, colours: theme.Theme) -> None:
        """Paint the points on the ground of the map."""
        picture.fill(QColor(colours.background))
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colours.muted))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        size = self.size().toSizeF()
        paint_points(painter, size, self._points, self._labels, self._classes, colours)
        painter.end()
