"""Ways between images as strips, one below the other: the image it leaves, what is decoded, the image it reaches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.ui.style import theme
from latentlab.ui.style.badges import disc_radius, paint_letter
from latentlab.ui.style.pixels import to_image

_GAP = 1.0  # between what is decoded
_END_GAP = 8.0  # between that and the images of the data
_ROW_GAP = 10.0
_MARGIN = 8.0
_LARGEST = 96.0  # width of an image


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """A strip: its name, float32 (S, H, W) steps, (2, H, W) ends, and what is written on the ends."""

    name: str
    steps: npt.NDArray[np.float32]
    ends: npt.NDArray[np.float32]
    marks: tuple[str, str]


class PassageStrips(QWidget):
    """Shows strips as large as the widget is wide."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._strips: Sequence[Strip] = ()
        self._images: list[list[QImage]] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_strips(self, strips: Sequence[Strip]) -> None:
        """Show these, all of as many steps."""
        before = self._shape()
        self._strips = strips
        self._images = [
            [to_image(pixels) for pixels in (strip.ends[0], *strip.steps, strip.ends[1])] for strip in strips
        ]
        if self._shape() != before:
            self.updateGeometry()
        self.update()

    def strips(self) -> Sequence[Strip]:
        """Give what is shown."""
        return self._strips

    def picture(self) -> QImage:
        """Give the strips, each pixel of an image a square of whole pixels."""
        if not self._images:
            return QImage()
        image = self._images[0][0]
        scale = max(1, math.ceil(56 / image.width()))
        width = self._width_of(scale * image.width())
        picture = QImage(math.ceil(width), self._height_of(width), QImage.Format.Format_RGB32)
        picture.fill(QColor(theme.current().surface))
        painter = QPainter(picture)
        self._paint(painter, width)
        painter.end()
        return picture

    def hasHeightForWidth(self) -> bool:
        """Say that images keep their shape."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Give the height of all strips."""
        return self._height_of(width)

    def sizeHint(self) -> QSize:
        """Prefer what fits beside the other panels."""
        return QSize(520, self._height_of(520))

    def minimumSizeHint(self) -> QSize:
        """Stay legible."""
        return QSize(300, 40)

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and font."""
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.updateGeometry()
            self.update()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the strips."""
        painter = QPainter(self)
        self._paint(painter, self.width())
        painter.end()

    def _paint(self, painter: QPainter, width: float) -> None:
        tile, high = self._tile(width), self._tile_height(width)
        left = self._names_width()
        font = self._mark_font(tile)
        radius = disc_radius(font)
        for row, (strip, images) in enumerate(zip(self._strips, self._images, strict=True)):
            top = row * (high + _ROW_GAP) + _ROW_GAP / 2
            painter.setPen(QColor(theme.current().foreground))
            flags = int(Qt.AlignmentFlag.AlignRight) | int(Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(QRectF(0, top, left - _MARGIN, high), flags, strip.name)
            for column, image in enumerate(images):
                x = left + column * (tile + _GAP) + (column > 0) * _END_GAP + (column == len(images) - 1) * _END_GAP
                place = QRectF(x, top, tile, high)
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, tile < image.width())
                painter.drawImage(place, image)
                if column in (0, len(images) - 1):
                    corner = place.topLeft() + QPointF(radius, radius) * 0.7
                    paint_letter(painter, corner, strip.marks[column > 0], font)

    def _shape(self) -> tuple[int, ...]:
        if not self._images:
            return ()
        image = self._images[0][0]
        return len(self._images), len(self._images[0]), image.width(), image.height()

    def _mark_font(self, tile: float) -> QFont:
        """Give the font of the letters: they must leave most of an image in sight."""
        font = QFont(self.font())
        largest = 0.2 * tile / disc_radius(font)
        font.setPointSizeF(font.pointSizeF() * min(0.85, max(0.5, largest)))
        return font

    def _names_width(self) -> float:
        metrics = QFontMetricsF(self.font())
        return max((metrics.horizontalAdvance(strip.name) for strip in self._strips), default=0.0) + 2 * _MARGIN

    def _tile(self, width: float) -> float:
        columns = len(self._images[0]) if self._images else 1
        room = width - self._names_width() - _MARGIN - 2 * _END_GAP - (columns - 1) * _GAP
        return min(max(room / columns, 4.0), _LARGEST)

    def _width_of(self, tile: float) -> float:
        columns = len(self._images[0])
        return self._names_width() + _MARGIN + 2 * _END_GAP + (columns - 1) * _GAP + columns * tile

    def _tile_height(self, width: float) -> float:
        if not self._images:
            return 0.0
        image = self._images[0][0]
        return self._tile(width) * image.height() / image.width()

    def _height_of(self, width: float) -> int:
        return math.ceil(len(self._images) * (self._tile_height(width) + _ROW_GAP))
