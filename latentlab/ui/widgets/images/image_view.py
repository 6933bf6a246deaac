"""An image shown large and crisp, which answers what it shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QGuiApplication, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

from latentlab.core.arrays import channels_last
from latentlab.ui.style import theme
from latentlab.ui.style.paint import paint_dots, paint_place
from latentlab.ui.style.picture_file import PictureError, save_picture
from latentlab.ui.style.pixels import fitted, paint_image, to_image
from latentlab.ui.style.texts import plain
from latentlab.ui.widgets.fitted_text import draw_fitted


class ImageView(QWidget):
    """Shows one image, its aspect kept, each pixel a square; its menu copies and saves it.

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
        self._is_waiting = False
        self.setMinimumSize(min(side, 28), min(side, 28))

    def set_side(self, side: int) -> None:
        """Prefer another side."""
        if side != self._side:
            self._side = side
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Prefer a square."""
        return QSize(self._side, self._side)

    def set_pixels(self, pixels: npt.NDArray[np.float32] | None) -> None:
        """Show float32 (C, H, W) in [0, 1], of one channel or three, or nothing."""
        self._pixels = None if pixels is None else np.array(pixels, np.float32)
        self._image = QImage() if self._pixels is None else to_image(self._pixels)
        self.update()

    def pixels(self) -> npt.NDArray[np.float32] | None:
        """Give what is shown: float32 (H, W), or (H, W, 3) in colour, in [0, 1], or None."""
        return None if self._pixels is None else channels_last(self._pixels).copy()

    def set_waiting(self, is_waiting: bool) -> None:
        """Say, by three dots in a corner, that another image is on its way: this one is no longer asked for."""
        if is_waiting != self._is_waiting:
            self._is_waiting = is_waiting
            self.setAccessibleDescription(self.tr("The next image is on its way.") if is_waiting else "")
            self.update()

    def is_waiting(self) -> bool:
        """Whether another image is on its way."""
        return self._is_waiting

    def set_placeholder(self, text: str) -> None:
        """Say what to do while there is no image."""
        self._placeholder = text
        self.update()

    def image_rect(self) -> QRectF:
        """Give where the image lies in the widget."""
        return fitted(self._image.size().expandedTo(QSize(1, 1)), QRectF(self.rect()))

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
        try:
            save_picture(self.shown_image(), path)
        except PictureError as error:
            kind, text = QMessageBox.Icon.Warning, plain(str(error))
            warning = QMessageBox(kind, self.tr("Save image"), text, QMessageBox.StandardButton.Ok, self)
            warning.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            warning.open()

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
        dialog = QFileDialog(self, self.tr("Save image"), filter=self.tr("Images (*.png *.jpg *.bmp)"))
        dialog.setObjectName("imageDialog")
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.selectFile("image.png")
        dialog.fileSelected.connect(lambda path: self.save(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the image, or the placeholder."""
        colours = theme.current()
        painter = QPainter(self)
        rect = self.image_rect()
        if self._pixels is None:
            paint_place(painter, rect)
            painter.setPen(QColor(colours.muted))
            draw_fitted(painter, rect.adjusted(8, 8, -8, -8), self._placeholder)
        else:
            paint_image(painter, rect, self._image)
        if self._is_waiting:
            paint_dots(painter, rect)
        painter.end()
