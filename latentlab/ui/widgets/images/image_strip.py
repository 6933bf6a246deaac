"""A strip of small images, one of which can be picked by mouse or keys."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.ui.style import theme
from latentlab.ui.style.paint import paint_dots, paint_place
from latentlab.ui.style.pixels import paint_image
from latentlab.ui.widgets.images.cells import ImageCells, Layout, spans

_BELOW = 2  # a line of images


class ImageStrip(ImageCells, QWidget):
    """Shows images side by side, in rows where they are many.

    Parameters
    ----------
    slots : int
        How many places are shown, empty while there are no images.
    per_row : int
        At most so many in a row.
    """

    picked = Signal(int)

    def __init__(self, slots: int, per_row: int = 13, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slots = slots
        self._per_row = per_row
        self._captions: Sequence[str] = ()
        self._framed: int | None = None
        self._hovered: int | None = None
        self._is_waiting = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_images(self, images: npt.NDArray[np.float32] | None) -> None:
        """Show float32 (N, C, H, W) in [0, 1], or empty places."""
        self._set_images(np.empty((1, 0, 1, 1, 1)) if images is None else images[None])
        if images is not None and len(images) != self._slots:
            self.set_slots(len(images))
        self.update()

    def set_waiting(self, is_waiting: bool) -> None:
        """Say, by three dots in a corner, that other images are on their way: these are no longer asked for."""
        if is_waiting != self._is_waiting:
            self._is_waiting = is_waiting
            self.update()

    def is_waiting(self) -> bool:
        """Whether other images are on their way."""
        return self._is_waiting

    def set_slots(self, slots: int) -> None:
        """Show so many places."""
        self._slots, self._at = slots, 0
        self._framed = self._hovered = None
        self.updateGeometry()
        self.update()

    def set_per_row(self, per_row: int) -> None:
        """Show at most so many in a row."""
        if per_row != self._per_row:
            self._per_row = per_row
            self.updateGeometry()
            self.update()

    def height_in_rows(self, width: int, per_row: int) -> int:
        """Give the height that the strip would have with at most so many in a row."""
        columns = _columns(self._slots, per_row)
        return math.ceil(self._slots / columns) * self._pitch(width, columns)

    def set_names(self, tips: Sequence[str], *, captions: bool) -> None:
        """Name the images: on hover, and below each where `captions`."""
        self._tips = tuple(tips)
        self._captions = self._tips if captions else ()
        self.updateGeometry()
        self.update()

    def set_framed(self, index: int | None) -> None:
        """Frame the image that is in force."""
        if index != self._framed:
            self._framed = index
            self.update()

    def image_count(self) -> int:
        """Give how many images are shown."""
        return len(self._images)

    def framed(self) -> int | None:
        """Give which image is framed."""
        return self._framed

    def tile(self, index: int) -> QRect:
        """Give the place of an image, without its caption."""
        return self._layout().cell(index).toRect()

    def heightForWidth(self, width: int) -> int:
        """Give the height of all rows."""
        return self.height_in_rows(width, self._per_row)

    def sizeHint(self) -> QSize:
        """Prefer tiles of 28-pixel images at their own size."""
        width = self._columns() * 34
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """Stay legible."""
        width = self._columns() * 18
        return QSize(width, self.heightForWidth(width))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Highlight what would be picked."""
        self._hover(self._index_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Drop the highlight."""
        self._hover(None)
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the images or their empty places, the frames and the captions."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index in range(self._slots):
            tile = self.tile(index)
            if index >= len(self._images):
                paint_place(painter, tile.adjusted(1, 1, -1, -1))
                continue
            paint_image(painter, tile.adjusted(2, 2, -2, -2), self._images[index])
            self._draw_frame(painter, index, tile)
            self._draw_caption(painter, index, tile)
        if self._is_waiting:
            paint_dots(painter, QRectF(self.rect()))
        painter.end()

    def _draw_frame(self, painter: QPainter, index: int, tile: QRect) -> None:
        colours = theme.current()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        by_keys = self.hasFocus() and index == self._at
        if index == self._framed:
            painter.setPen(QPen(QColor(colours.accent), 3))
        elif index == self._hovered:
            painter.setPen(QPen(QColor(colours.accent), 1.5))
        elif by_keys:
            painter.setPen(QPen(QColor(colours.foreground), 1.5, Qt.PenStyle.DotLine))
        else:
            return
        painter.drawRect(tile.adjusted(1, 1, -1, -1))

    def _draw_caption(self, painter: QPainter, index: int, tile: QRect) -> None:
        if index >= len(self._captions):
            return
        colours = theme.current()
        framed = index == self._framed
        font = self.font()
        font.setBold(framed)
        painter.setFont(font)
        painter.setPen(QColor(colours.foreground if framed else colours.muted))
        place = QRect(tile.left(), tile.bottom() + 1, tile.width(), self._caption_height())
        text = painter.fontMetrics().elidedText(self._captions[index], Qt.TextElideMode.ElideRight, tile.width())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), text)

    def _hover(self, index: int | None) -> None:
        if index != self._hovered:
            self._hovered = index
            if index is None:
                self.unsetCursor()
            else:
                self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.update()

    def _pick(self, index: int) -> None:
        self._walk_to(index)
        self.picked.emit(index)

    def _layout(self) -> Layout:
        columns = self._columns()
        side = _side(self.width(), columns)
        lefts = [round(self.width() * (column + 0.5) / columns - side / 2) for column in range(columns)]
        lines = spans(0, self._pitch(self.width(), columns), side, self._lines())
        return Layout([(left, side) for left in lefts], lines, around=(0, self._caption_height()))

    def _columns(self) -> int:
        return _columns(self._slots, self._per_row)

    def _lines(self) -> int:
        return max(1, math.ceil(self._slots / self._columns()))

    def _pitch(self, width: int, columns: int) -> int:
        """Give how far a line of images lies below the one before, in a strip of a width."""
        return _side(width, columns) + self._caption_height() + _BELOW

    def _caption_height(self) -> int:
        return self.fontMetrics().height() if self._captions else 0


def _columns(slots: int, per_row: int) -> int:
    """Give how many places lie beside each other, so that rows are as long as each other as they can be."""
    rows = max(1, math.ceil(slots / per_row))
    return max(1, math.ceil(slots / rows))


def _side(width: int, columns: int) -> int:
    # Never above 72: a strip must not push the large image away where the panel is wide.
    return max(12, min(72, width // columns - 2))
