"""Images in an equation: A − B + C, what is decoded there, and the image of the data that is nearest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.ui.style import theme
from latentlab.ui.style.pixels import paint_image
from latentlab.ui.widgets.images.cells import ImageCells, Layout, spans

_SIGNS = ("−", "+", "=", "≈")
_LARGEST = 112.0


class Equation(ImageCells, QWidget):
    """Shows five images with signs between them; while there are none, what to do."""

    picked = Signal(int)
    """Which image was clicked, counted from 0."""

    def __init__(self, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._placeholder = placeholder
        self._captions: Sequence[str] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_terms(self, images: npt.NDArray[np.float32] | None, captions: Sequence[str] = ()) -> None:
        """Show float32 (5, C, H, W) in [0, 1] with a caption below each, or nothing."""
        self._set_images(np.empty((1, 0, 1, 1, 1)) if images is None else images[None])
        self._captions = captions
        self.update()

    def captions(self) -> Sequence[str]:
        """Give what is written below the images."""
        return self._captions

    def term(self, index: int) -> QRectF:
        """Give the place of an image."""
        return self._layout().cell(index)

    def sizeHint(self) -> QSize:
        """Prefer images one can see from afar."""
        return QSize(330, 90)

    def minimumSizeHint(self) -> QSize:
        """Stay legible."""
        return QSize(240, 60)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the images, signs and captions, or what to do."""
        colours = theme.current()
        painter = QPainter(self)
        centred = int(Qt.AlignmentFlag.AlignCenter)
        if not self._images:
            painter.setPen(QColor(colours.muted))
            painter.drawText(self.rect().adjusted(8, 0, -8, 0), centred | Qt.TextFlag.TextWordWrap, self._placeholder)
            return
        large = QFont(self.font())
        large.setPointSizeF(1.6 * large.pointSizeF())
        sign = self._sizes()[1]
        for index, image in enumerate(self._images):
            place = self.term(index)
            paint_image(painter, place, image)
            painter.setFont(self.font())
            painter.setPen(QColor(colours.foreground))
            line = self.fontMetrics().height()
            middle = place.center().x()
            wide = min(place.width() + sign, 2 * middle, 2 * (self.width() - middle))
            text = self._captions[index]
            if (advance := self.fontMetrics().horizontalAdvance(text)) > wide:
                narrow = QFont(self.font())
                narrow.setPointSizeF(narrow.pointSizeF() * wide / advance)
                painter.setFont(narrow)
            painter.drawText(QRectF(middle - wide / 2, place.bottom() + 2, wide, line), centred, text)
            if index:
                painter.setFont(large)
                between = (place.left() + self.term(index - 1).right()) / 2
                room = QRectF(between - sign, place.center().y() - sign, 2 * sign, 2 * sign)
                painter.drawText(room, centred, _SIGNS[index - 1])
        painter.end()

    def _pick(self, index: int) -> None:
        self.picked.emit(index)

    def _layout(self) -> Layout:
        tile, sign = self._sizes()
        image, room = self._images[0], self.height() - self.fontMetrics().height() - 4
        high = min(tile * image.height() / image.width(), room)
        wide = high * image.width() / image.height()
        left = (self.width() - 5 * tile - 4 * sign) / 2
        return Layout(spans(left + (tile - wide) / 2, tile + sign, wide, 5), [((room - high) / 2, high)])

    def _sizes(self) -> tuple[float, float]:
        """Give the width of an image and of a sign."""
        sign = min(1.6 * self.fontMetrics().height(), 0.06 * self.width())
        return min((self.width() - 4 * sign) / 5, _LARGEST), sign
