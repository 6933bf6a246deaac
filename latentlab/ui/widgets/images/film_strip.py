"""A film strip: frames in a row, in several lines where they are many; one of them is shown, and it is scrubbed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.ui.style import theme
from latentlab.ui.style.pixels import paint_image
from latentlab.ui.widgets.images.cells import ARROWS, BESIDE, Layout, ScrollingCells, names_width, spans

_GAP = 2
_SMALLEST, _SMALLEST_OF_MANY = 44, 32  # width of a frame: of one film, and of several below each other
_LARGEST = 160
_MARGIN = 6
_TOP = 2


class FilmStrip(ScrollingCells):
    """Shows films below each other, or one in as many lines as make it largest; what does not fit is scrolled to."""

    frame_chosen = Signal(int, int)
    """The film and the frame that the mouse or the keys are on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: Sequence[str] = ()
        self.viewport().setAutoFillBackground(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 56)

    def set_films(self, images: npt.NDArray[np.float32], names: Sequence[str] = ()) -> None:
        """Show float32 (R, S, C, H, W) in [0, 1]: named films, one in each row."""
        self._set_images(images)
        self._names = names
        self._fit()

    def set_frame(self, row: int, column: int) -> None:
        """Mark a frame, and scroll to it."""
        self._at = self._nearest(row, column)
        if self._images:
            self._reveal(self.tile(*self.frame()).adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN))

    def frame(self) -> tuple[int, int]:
        """Give the film and the frame that is marked."""
        return self._place()

    def tile(self, row: int, column: int) -> QRect:
        """Give where a frame lies in the viewport."""
        return self.cell_rect(row, column).toRect()

    def sizeHint(self) -> QSize:
        """Prefer frames one can see from afar."""
        return QSize(480, 108)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on while the button is held: with the nearest frame where the mouse has left them."""
        if event.buttons() & Qt.MouseButton.LeftButton and self._images:
            self._walk_to(min(self._layout().nearest(event.position()), len(self._images) - 1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk with the arrow keys, from film to film with those up and down; Home and End lead to a film's ends."""
        row, columns = self.frame()[0], self._shape[1]
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: columns - 1}
        if event.key() in ends and columns:
            self.frame_chosen.emit(row, ends[event.key()])
        elif event.key() in ARROWS:
            super().keyPressEvent(event)
        else:
            event.ignore()  # Space plays: it is the panel's

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frames, the names of the films, and the mark."""
        if not self._images:
            return
        colours, layout = theme.current(), self._layout()
        painter = QPainter(self.viewport())
        for index, image in enumerate(self._images):
            place = layout.cell(index)
            if place.intersects(event.rect()):
                paint_image(painter, place, image)
        left, room = -self.horizontalScrollBar().value(), self._names_width() - _MARGIN
        for row, (name, (top, high)) in enumerate(zip(self._names, layout.lines, strict=False)):
            painter.setPen(QColor(colours.foreground if row == self.frame()[0] else colours.muted))
            painter.drawText(QRect(left, top, room, high), BESIDE, name)
        place = layout.cell(self._at)
        painter.setPen(QPen(QColor(colours.background), 6))
        painter.drawRect(place)
        painter.setPen(QPen(QColor(colours.train), 4 if self.hasFocus() else 3))
        painter.drawRect(place)
        painter.end()

    def _pick(self, index: int) -> None:
        self.frame_chosen.emit(*divmod(index, self._shape[1]))

    def _walk_to(self, index: int) -> None:
        if index != self._at:
            self._pick(index)

    def _names_width(self) -> int:
        return names_width(self._names, self.fontMetrics(), _MARGIN)

    def _layout(self) -> Layout:
        across, wide, high = self._sizes()
        left = self._names_width() + _MARGIN // 2 - self.horizontalScrollBar().value()
        top = _TOP - self.verticalScrollBar().value()
        lines = math.ceil(len(self._images) / across)
        return Layout(spans(left, wide + _GAP, wide, across), spans(top, high + _GAP, high, lines), around=(_GAP, _GAP))

    def _sizes(self) -> tuple[int, int, int]:
        """Give how many frames lie in a line, and the width and height of one."""
        rows, columns = self._shape
        if not self._images:
            return 1, 1, 1
        shape = self._images[0].height() / self._images[0].width()
        room = self.maximumViewportSize() - QSize(self._names_width() + _MARGIN, _TOP)
        least = _SMALLEST if rows == 1 else _SMALLEST_OF_MANY
        # One film goes on in the next line; of several each has its own.
        choices = [(columns, rows)] if rows > 1 else [(math.ceil(columns / n), n) for n in range(1, columns + 1)]
        size, across = max(
            ((min(room.width() / wide, room.height() / high / shape) - _GAP, wide) for wide, high in choices),
            key=lambda choice: choice[0],
        )
        if size < least:
            size = least
            if rows == 1:
                bar = self.verticalScrollBar().sizeHint().width()
                across = max(1, min(columns, int((room.width() - bar) / (size + _GAP))))
        wide = int(min(size, _LARGEST))
        return across, wide, max(1, int(wide * shape))

    def _fit(self) -> None:
        layout, (_, wide, high) = self._layout(), self._sizes()
        step = QSize(wide + _GAP, high + _GAP)
        across, down = len(layout.columns) * step.width(), len(layout.lines) * step.height()
        self._scroll_over(QSize(self._names_width() + _MARGIN + across, _TOP + down), step)
