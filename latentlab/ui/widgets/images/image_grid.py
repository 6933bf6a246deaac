"""Rows and columns of small images as one picture, one of which can be picked."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.core.arrays import to_levels
from latentlab.ui.style import theme
from latentlab.ui.style.pixels import fitted, paint_image, to_image
from latentlab.ui.widgets.images.cells import BESIDE, ImageCells, Layout, names_width

_HEADER_GAP = 6
_GROUP_SHARE = 3  # of an image's height lies between two groups of rows


class ImageGrid(ImageCells, QWidget):
    """Shows images of one size side by side, as large as the widget allows.

    Parameters
    ----------
    gap : int
        Pixels of the images between two of them; 0 joins them to one surface.
    """

    picked = Signal(int, int)
    """Row and column of the image that was clicked or dragged over."""

    def __init__(self, gap: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gap = gap
        self._image = QImage()
        self._pitch = 1  # pixels from a row to the next one of its group
        self._lefts = self._tops = np.zeros(1, np.int64)  # pixels where columns and rows begin, and where all ends
        self._row_names: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 120)

    def set_images(
        self, images: npt.NDArray[np.float32] | None, row_names: tuple[str, ...] = (), group: int = 0
    ) -> None:
        """Show images, or nothing.

        Parameters
        ----------
        images : float32 (R, N, C, H, W) or None
            Rows and columns of images in [0, 1].
        row_names : tuple of str
            Of each row, written at its left.
        group : int
            Rows that belong together: after so many some space is left; 0 for no groups.
        """
        self._row_names = row_names
        if images is None or not images.size:
            self._image, self._shape = QImage(), (0, 0)
        else:
            rows, columns, channels, height, width = images.shape
            self._shape, self._pitch = (rows, columns), height + self._gap
            groups = np.arange(rows) // group if group else 0
            tops = np.arange(rows) * self._pitch + groups * (height // _GROUP_SHARE)
            mosaic = np.zeros((channels, tops[-1] + height, columns, width + self._gap), np.uint8)
            for top, row in zip(tops, to_levels(images), strict=True):
                mosaic[:, top : top + height, :, :width] = row.transpose(1, 2, 0, 3)
            joined = mosaic.reshape(*mosaic.shape[:2], -1)
            self._image = to_image(joined[..., : joined.shape[2] - self._gap])
            self._tops = np.append(tops, self._image.height())
            self._lefts = np.append(np.arange(columns) * (width + self._gap), self._image.width())
        self.update()

    def picture(self) -> QImage:
        """Give all the images in one, pixel for pixel."""
        return self._image

    def image_rect(self) -> QRectF:
        """Give where the images lie in the widget."""
        left = names_width(self._row_names, self.fontMetrics(), _HEADER_GAP)
        room = QRectF(left, 0, self.width() - left, self.height())
        return fitted(self._image.size().expandedTo(QSize(1, 1)), room)

    def sizeHint(self) -> QSize:
        """Prefer room for images one can see from afar."""
        return QSize(480, 480)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on picking while the button is held."""
        index = self._index_at(event.position())
        if event.buttons() & Qt.MouseButton.LeftButton and index is not None:
            self._pick(index)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the images and the names of their rows."""
        if self._image.isNull():
            return
        painter = QPainter(self)
        rect = self.image_rect()
        paint_image(painter, rect, self._image)
        painter.setPen(QColor(theme.current().foreground))
        high = self._pitch * rect.width() / self._image.width()
        for name, (top, _) in zip(self._row_names, self._layout().lines, strict=False):
            painter.drawText(QRectF(0, top, rect.left() - _HEADER_GAP, high), BESIDE, name)
        painter.end()

    def _pick(self, index: int) -> None:
        self.picked.emit(*divmod(index, self._shape[1]))

    def _layout(self) -> Layout:
        # With the gaps at their right and below them, so that a drag never leaves the images.
        rect = self.image_rect()
        scale = rect.width() / max(1, self._image.width())
        columns, lines = (
            [(start + one * scale, (other - one) * scale) for one, other in pairwise(edges.tolist())]
            for start, edges in ((rect.left(), self._lefts), (rect.top(), self._tops))
        )
        return Layout(columns, lines)
