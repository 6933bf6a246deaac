"""A grey image shown large and crisp, which answers what it shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QGuiApplication, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QSizePolicy, QWidget

from latentlab.ui.style import theme


class ImageView(QWidget):
    """Shows one grey image, its aspect kept, each pixel a square; its menu copies and saves it.

    Parameters
    ----------
    side : int
        Preferred side in device-independent pixels.
    placeholder : str
        Shown, centred, while there is no image.
    """

    def __init__(self, side: int = 112, placeholder: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self._placeholder = placeholder
        self._pixels: npt.NDArray[np.float32] | None = None
        self._image = QImage()
        self.setMinimumSize(min(side, 28), min(side, 28))
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setSizePolicy(policy)

    def set_side(self, side: int) -> None:
        """Prefer another side."""
        if side != self._side:
            self._side = side
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Prefer a square."""
        return QSize(self._side, self._side)

    def set_pixels(self, pixels: npt.NDArray[np.float32] | None) -> None:
        """Show float32 (H, W) in [0, 1], or nothing."""
        if pixels is None:
            self._pixels, self._image = None, QImage()
        else:
            self._pixels = np.array(pixels, np.float32)
            grey = np.ascontiguousarray(np.rint(np.clip(self._pixels, 0, 1) * 255).astype(np.uint8))
            height, width = grey.shape
            # copy(): QImage does not own the memory of a numpy array.
            self._image = QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
        self.update()

    def pixels(self) -> npt.NDArray[np.float32] | None:
        """Give what is shown: float32 (H, W) in [0, 1], or None."""
        return None if self._pixels is None else self._pixels.copy()

    def set_placeholder(self, text: str) -> None:
        """Say what to do while there is no image."""
        self._placeholder = text
        self.update()

    def image_rect(self) -> QRectF:
        """Give where the image lies in the widget."""
        height, width = (1, 1) if self._pixels is None else self._pixels.shape
        scale = min(self.width() / width, self.height() / height)
        w, h = width * scale, height * scale
        return QRectF((self.width() - w) / 2, (self.height() - h) / 2, w, h)

    def shown_image(self) -> QImage:
        """Give the image as large as it is shown, its pixels as squares: what is copied and saved."""
        size = self.image_rect().size().toSize() * self.devicePixelRatioF()
        size = size.expandedTo(self._image.size())
        return self._image.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.FastTransformation)

    def copy(self) -> None:
        """Put the image on the clipboard."""
        if self._pixels is not None:
            QGuiApplication.clipboard().setImage(self.shown_image())

    def save(self, path: Path) -> None:
        """Write the image to a file, of the kind that the suffix names; without one, PNG."""
        path = path if path.suffix else path.with_suffix(".png")
        if not self.shown_image().save(str(path)):
            text = self.tr("The image could not be written to {path}; choose a folder that can be written to.")
            QMessageBox.warning(self, self.tr("Save image"), text.format(path=path))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy and to save the image."""
        if self._pixels is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Copy image"), self.copy)
        menu.addAction(self.tr("Save image…"), self._ask_and_save)
        menu.popup(event.globalPos())

    def _ask_and_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save image"), "image.png", self.tr("Images (*.png *.jpg *.bmp)")
        )
        if path:
            self.save(Path(path))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the image, or the placeholder."""
        colours = theme.current()
        painter = QPainter(self)
        rect = self.image_rect()
        if self._pixels is None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(colours.grid), 1, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 6, 6)
            painter.setPen(QColor(colours.muted))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(rect.adjusted(8, 8, -8, -8), flags, self._placeholder)
        else:
            # Smooth only when pixels are many per point; enlarged ones stay squares, so that one sees pixels.
            shrinks = rect.width() < self._image.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks)
            painter.drawImage(rect, self._image)
        painter.end()
