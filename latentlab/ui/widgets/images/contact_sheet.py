"""A contact sheet: images in rows, each of their pixels a whole number of the display's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from latentlab.ui.style import theme
from latentlab.ui.style.pixels import paint_image, to_image
from latentlab.ui.widgets.images.cells import Layout, ScrollingCells, spans

_WANTED = 64  # device-independent pixels that an image is about as large as
_GAP = 4
_ACROSS = 8  # images in a row, at most


class ContactSheet(ScrollingCells):
    """Shows images enlarged by one whole factor, as many in a row as there is room for; what is below scrolls."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setMinimumSize(150, 120)
        self._placeholder = ""

    def set_images(self, images: npt.NDArray[np.uint8], names: Sequence[str] = ()) -> None:
        """Show uint8 (N, C, H, W), none to show nothing; the names are told under the mouse."""
        self._images = [to_image(pixels) for pixels in images]
        self._shape, self._at = (1, len(self._images)), 0
        self._tips = tuple(names)
        self._fit()

    def set_placeholder(self, text: str) -> None:
        """Say this where there are no images."""
        self._placeholder = text
        self.viewport().update()

    def factor(self) -> int:
        """Give how many pixels of the display, across and down, a pixel of the images is."""
        width, height = self._size()
        return max(1, round(_WANTED * self.devicePixelRatioF() / max(width, height)))

    def sizeHint(self) -> QSize:
        """Prefer room for eight images in a row."""
        return QSize(_ACROSS * (_WANTED + _GAP) + _GAP, 7 * (_WANTED + _GAP))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the images that are in sight, and a frame around the one that the keys are on."""
        painter = QPainter(self.viewport())
        if not self._images:
            painter.setPen(QColor(theme.current().muted))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(self.viewport().rect().adjusted(24, 24, -24, -24), flags, self._placeholder)
        layout, room, edge = self._layout(), QRectF(self.viewport().rect()), QColor(theme.current().grid)
        for index, image in enumerate(self._images):
            cell = layout.cell(index)
            if cell.intersects(room):
                painter.fillRect(cell.adjusted(-1, -1, 1, 1), edge)  # of a white image on a white ground, too
                paint_image(painter, cell, image)
                if self.hasFocus() and index == self._at:
                    painter.setPen(QPen(QColor(theme.current().accent), 2))
                    painter.drawRect(cell.adjusted(-2, -2, 2, 2))
        painter.end()

    def _pick(self, index: int) -> None:
        self._walk_to(index)

    def _walk_to(self, index: int) -> None:
        super()._walk_to(index)
        self._reveal(self._layout().cell(index))

    def _beside(self, key: int) -> int:
        index = super()._beside(key)
        return index if index < len(self._images) else self._at

    def _size(self) -> tuple[int, int]:
        image = self._images[0] if self._images else None
        return (image.width(), image.height()) if image is not None else (1, 1)

    def _cell(self) -> tuple[float, float]:
        scale = self.factor() / self.devicePixelRatioF()
        width, height = self._size()
        return width * scale, height * scale

    def _columns(self) -> int:
        width, _ = self._cell()
        fitting = int((self.maximumViewportSize().width() - _GAP) // (width + _GAP))
        return max(1, min(fitting, _ACROSS, len(self._images)))

    def _layout(self) -> Layout:
        (width, height), columns = self._cell(), self._columns()
        lines = -(-len(self._images) // columns)
        left, top = _GAP - self.horizontalScrollBar().value(), _GAP - self.verticalScrollBar().value()
        return Layout(spans(left, width + _GAP, width, columns), spans(top, height + _GAP, height, lines), (_GAP, _GAP))

    def _fit(self) -> None:
        (width, height), columns = self._cell(), self._columns()
        lines = -(-len(self._images) // columns)
        whole = QSize(round(_GAP + columns * (width + _GAP)), round(_GAP + lines * (height + _GAP)))
        self._scroll_over(whole, QSize(round(width / 4), round(height / 4)))
