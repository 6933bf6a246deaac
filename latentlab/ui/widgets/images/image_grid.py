"""Rows and columns of small images as one picture, one of which can be picked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.ui.style import theme

_HEADER_GAP = 6
_GROUP_SHARE = 3  # of an image's height lies between two groups of rows


class ImageGrid(QWidget):
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
        self._cells = (0, 0)
        self._cell_size = (1, 1)
        self._tops = np.zeros(1, np.int64)
        self._row_names: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 120)

    def set_images(
        self, images: npt.NDArray[np.float32] | None, row_names: tuple[str, ...] = (), group: int = 0
    ) -> None:
        """Show images, or nothing.

        Parameters
        ----------
        images : float32 (R, C, H, W) or None
            In [0, 1].
        row_names : tuple of str
            Of each row, written at its left.
        group : int
            Rows that belong together: after so many some space is left; 0 for no groups.
        """
        self._row_names = row_names
        if images is None or not images.size:
            self._image, self._cells = QImage(), (0, 0)
        else:
            rows, columns, height, width = images.shape
            gap = self._gap
            groups = np.arange(rows) // group if group else 0
            self._tops = np.arange(rows) * (height + gap) + groups * (height // _GROUP_SHARE)
            mosaic = np.zeros((int(self._tops[-1]) + height, columns, width + gap), np.uint8)
            levels = np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8).swapaxes(1, 2)
            for row, top in enumerate(self._tops):
                mosaic[top : top + height, :, :width] = levels[row]
            joined = mosaic.reshape(len(mosaic), columns * (width + gap))
            joined = np.ascontiguousarray(joined[:, : joined.shape[1] - gap])
            # copy(): QImage does not own the memory of a numpy array.
            grey = QImage.Format.Format_Grayscale8
            self._image = QImage(joined.data, joined.shape[1], joined.shape[0], joined.shape[1], grey).copy()
            self._cells, self._cell_size = (rows, columns), (height + gap, width + gap)
        self.update()

    def picture(self) -> QImage:
        """Give all the images in one, pixel for pixel."""
        return self._image

    def cells(self) -> tuple[int, int]:
        """Give how many rows and columns are shown."""
        return self._cells

    def image_rect(self) -> QRectF:
        """Give where the images lie in the widget."""
        left = self._names_width()
        width, height = max(1, self._image.width()), max(1, self._image.height())
        scale = min((self.width() - left) / width, self.height() / height)
        w, h = width * scale, height * scale
        return QRectF(left + (self.width() - left - w) / 2, (self.height() - h) / 2, w, h)

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Give where one image lies in the widget, with the gap below and at its right."""
        rect = self.image_rect()
        scale = rect.width() / max(1, self._image.width())
        height, width = (side * scale for side in self._cell_size)
        return QRectF(rect.left() + column * width, rect.top() + float(self._tops[row]) * scale, width, height)

    def sizeHint(self) -> QSize:
        """Prefer room for images one can see from afar."""
        return QSize(480, 480)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the image below the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pick(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on picking while the button is held."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._pick(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and font."""
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.update()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the images and the names of their rows."""
        if self._image.isNull():
            return
        painter = QPainter(self)
        rect = self.image_rect()
        shrinks = rect.width() < self._image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks)
        painter.drawImage(rect, self._image)
        painter.setPen(QColor(theme.current().foreground))
        flags = int(Qt.AlignmentFlag.AlignRight) | int(Qt.AlignmentFlag.AlignVCenter)
        for row, name in enumerate(self._row_names):
            cell = self.cell_rect(row, 0)
            painter.drawText(QRectF(0, cell.top(), rect.left() - _HEADER_GAP, cell.height()), flags, name)
        painter.end()

    def _pick(self, event: QMouseEvent) -> None:
        rect, (_, columns) = self.image_rect(), self._cells
        if self._image.isNull() or not rect.contains(event.position()):
            return
        place = event.position() - rect.topLeft()
        scale = rect.width() / self._image.width()
        row = int(np.searchsorted(self._tops, place.y() / scale, "right")) - 1
        self.picked.emit(row, min(int(place.x() / scale) // self._cell_size[1], columns - 1))

    def _names_width(self) -> float:
        if not self._row_names:
            return 0.0
        return max(self.fontMetrics().horizontalAdvance(name) for name in self._row_names) + 2.0 * _HEADER_GAP
