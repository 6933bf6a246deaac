"""Interpolations as strips, one below the other: the image each leaves, what is decoded, the image it reaches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.ui.style import theme
from latentlab.ui.style.badges import disc_radius, paint_letter
from latentlab.ui.style.pixels import paint_image, to_image
from latentlab.ui.widgets.images.cells import BESIDE, Layout, names_width, spans

_GAP = 1.0  # between what is decoded
_END_GAP = 8.0  # between that and the images of the data
_ROW_GAP = 10.0
_MARGIN = 8.0
_SMALLEST, _LARGEST = 4.0, 96.0  # width of an image


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """A strip: its name, float32 (S, C, H, W) steps, (2, C, H, W) ends, and what is written on the ends."""

    name: str
    steps: npt.NDArray[np.float32]
    ends: npt.NDArray[np.float32]
    marks: tuple[str, str]


class InterpolationStrips(QWidget):
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
        width = self._around() + len(self._images[0]) * scale * image.width()
        picture = QImage(math.ceil(width), self.heightForWidth(width), QImage.Format.Format_RGB32)
        picture.fill(QColor(theme.current().surface))
        painter = QPainter(picture)
        self._paint(painter, width)
        painter.end()
        return picture

    def heightForWidth(self, width: float) -> int:
        """Give the height of all strips."""
        if not self._images:
            return 0
        _, high = self._layout(width).lines[0]
        return math.ceil(len(self._images) * (high + _ROW_GAP))

    def sizeHint(self) -> QSize:
        """Prefer what fits beside the other panels."""
        return QSize(520, self.heightForWidth(520))

    def minimumSizeHint(self) -> QSize:
        """Stay legible."""
        return QSize(300, 40)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the strips."""
        if not self._images:
            return
        painter = QPainter(self)
        self._paint(painter, self.width())
        painter.end()

    def _paint(self, painter: QPainter, width: float) -> None:
        layout = self._layout(width)
        font = self._mark_font(layout.columns[0][1])
        inset = QPointF(1, 1) * disc_radius(font) * 0.7
        for strip, images, (top, high) in zip(self._strips, self._images, layout.lines, strict=True):
            places = [QRectF(left, top, tile, high) for left, tile in layout.columns]
            painter.setPen(QColor(theme.current().foreground))
            painter.drawText(QRectF(0, top, self._names_width() - _MARGIN, high), BESIDE, strip.name)
            for place, image in zip(places, images, strict=True):
                paint_image(painter, place, image)
            for place, mark in zip((places[0], places[-1]), strip.marks, strict=True):
                paint_letter(painter, place.topLeft() + inset, mark, font)

    def _layout(self, width: float) -> Layout:
        image, count = self._images[0][0], len(self._images[0])
        tile = min(max((width - self._around()) / count, _SMALLEST), _LARGEST)
        high = tile * image.height() / image.width()
        first, *steps, last = spans(self._names_width(), tile + _GAP, tile, count)
        columns = [first, *((left + _END_GAP, tile) for left, _ in steps), (last[0] + 2 * _END_GAP, tile)]
        return Layout(columns, spans(_ROW_GAP / 2, high + _ROW_GAP, high, len(self._images)))

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
        return names_width([strip.name for strip in self._strips], QFontMetricsF(self.font()), _MARGIN)

    def _around(self) -> float:
        """Give how much of the width images do not take."""
        return self._names_width() + _MARGIN + 2 * _END_GAP + (len(self._images[0]) - 1) * _GAP
