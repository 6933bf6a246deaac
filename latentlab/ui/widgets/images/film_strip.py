"""A film strip: frames in a row, in several lines where they are many; one of them is shown, and it is scrubbed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QWidget

from latentlab.ui.style import theme
from latentlab.ui.style.pixels import to_image

_GAP = 2
_SMALLEST, _SMALLEST_OF_MANY = 44, 32  # width of a frame: of one film, and of several below each other
_LARGEST = 160
_MARGIN = 6


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where frames lie: `columns` in a line, each of a size, beside names of a width."""

    columns: int
    lines: int
    wide: int
    high: int
    names: int


class FilmStrip(QAbstractScrollArea):
    """Shows films below each other, or one in as many lines as make it largest; what does not fit is scrolled to."""

    frame_chosen = Signal(int, int)
    """The film and the frame that the mouse or the keys are on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: list[list[QImage]] = []
        self._names: Sequence[str] = ()
        self._frame = (0, 0)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 56)

    def set_films(self, images: npt.NDArray[np.float32], names: Sequence[str] = ()) -> None:
        """Show float32 (R, S, H, W) in [0, 1], a film in each row, with the names of the rows."""
        self._images = [[to_image(pixels) for pixels in film] for film in images]
        self._names = names
        self._frame = self._within(*self._frame)
        self._fit()

    def set_frame(self, row: int, column: int) -> None:
        """Mark a frame, and scroll to it."""
        self._frame = self._within(row, column)
        if self._images:
            self._reveal(self._tile(*self._frame))
        self.viewport().update()

    def frame(self) -> tuple[int, int]:
        """Give the film and the frame that is marked."""
        return self._frame

    def cells(self) -> tuple[int, int]:
        """Give how many films and frames there are."""
        return len(self._images), len(self._images[0]) if self._images else 0

    def tile(self, row: int, column: int) -> QRect:
        """Give where a frame lies in the viewport."""
        return self._tile(row, column).translated(-self._scrolled())

    def sizeHint(self) -> QSize:
        """Prefer frames one can see from afar."""
        return QSize(480, 108)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the frame under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._scrub(event.position().toPoint(), is_click=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on while the button is held."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._scrub(event.position().toPoint(), is_click=False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk with the arrow keys, from film to film with those up and down."""
        row, column = self._frame
        rows, columns = self.cells()
        line = self._layout().columns if rows == 1 else 0
        places = {
            Qt.Key.Key_Left: (row, column - 1),
            Qt.Key.Key_Right: (row, column + 1),
            Qt.Key.Key_Up: (row, column - line) if line else (row - 1, column),
            Qt.Key.Key_Down: (row, column + line) if line else (row + 1, column),
            Qt.Key.Key_Home: (row, 0),
            Qt.Key.Key_End: (row, columns - 1),
        }
        if event.key() not in places:
            event.ignore()  # Space plays: it is the panel's
        elif rows:
            row, column = places[event.key()]
            if 0 <= row < rows and 0 <= column < columns:
                self.frame_chosen.emit(row, column)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the frames anew."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and font."""
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._fit()
        super().changeEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys act."""
        self.viewport().update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide where the keys act."""
        self.viewport().update()
        super().focusOutEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frames, the names of the films, and the mark."""
        colours = theme.current()
        painter = QPainter(self.viewport())
        seen = event.rect()
        for row, film in enumerate(self._images):
            for column, image in enumerate(film):
                place = self.tile(row, column)
                if place.intersects(seen):
                    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, place.width() < image.width())
                    painter.drawImage(place, image)
        flags = int(Qt.AlignmentFlag.AlignRight) | int(Qt.AlignmentFlag.AlignVCenter)
        layout = self._layout()
        for row, name in enumerate(self._names):
            painter.setPen(QColor(colours.foreground if row == self._frame[0] else colours.muted))
            top = self.tile(row, 0).top()
            painter.drawText(QRect(-self._scrolled().x(), top, layout.names - _MARGIN, layout.high), flags, name)
        if self._images:
            place = self.tile(*self._frame)
            painter.setPen(QPen(QColor(colours.background), 6))
            painter.drawRect(place)
            painter.setPen(QPen(QColor(colours.train), 4 if self.hasFocus() else 3))
            painter.drawRect(place)
        painter.end()

    def _within(self, row: int, column: int) -> tuple[int, int]:
        rows, columns = self.cells()
        return max(min(row, rows - 1), 0), max(min(column, columns - 1), 0)

    def _layout(self) -> _Layout:
        rows, columns = self.cells()
        if not columns:
            return _Layout(1, 1, 1, 1, 0)
        image = self._images[0][0]
        shape = image.height() / image.width()
        names = 0
        if self._names:
            metrics = QFontMetrics(self.font())
            names = max(metrics.horizontalAdvance(name) for name in self._names) + 2 * _MARGIN
        room = self.maximumViewportSize() - QSize(names + _MARGIN, 2)
        least = _SMALLEST if rows == 1 else _SMALLEST_OF_MANY
        # One film goes on in the next line; of several each has its own.
        choices = [(columns, rows)] if rows > 1 else [(math.ceil(columns / n), n) for n in range(1, columns + 1)]
        fits = [min(room.width() / wide, room.height() / high / shape) - _GAP for wide, high in choices]
        best = max(range(len(fits)), key=fits.__getitem__)
        (across, lines), size = choices[best], fits[best]
        if size < least:
            size = least
            if rows == 1:
                bar = self.verticalScrollBar().sizeHint().width()
                across = max(1, min(columns, int((room.width() - bar) / (size + _GAP))))
                lines = math.ceil(columns / across)
        wide = int(min(size, _LARGEST))
        return _Layout(across, lines, wide, max(1, int(wide * shape)), names)

    def _tile(self, row: int, column: int) -> QRect:
        layout = self._layout()
        if len(self._images) == 1:
            row, column = divmod(column, layout.columns)
        x = layout.names + _MARGIN // 2 + column * (layout.wide + _GAP)
        return QRect(x, 2 + row * (layout.high + _GAP), layout.wide, layout.high)

    def _scrolled(self) -> QPoint:
        return QPoint(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    def _reveal(self, place: QRect) -> None:
        for bar, low, high, room in (
            (self.horizontalScrollBar(), place.left(), place.right(), self.viewport().width()),
            (self.verticalScrollBar(), place.top(), place.bottom(), self.viewport().height()),
        ):
            bar.setValue(min(max(bar.value(), high + _MARGIN - room), low - _MARGIN))

    def _fit(self) -> None:
        layout, room = self._layout(), self.maximumViewportSize()
        wide = layout.names + _MARGIN + layout.columns * (layout.wide + _GAP)
        high = 2 + layout.lines * (layout.high + _GAP)
        for bar, whole, seen, step in (
            (self.horizontalScrollBar(), wide, room.width(), layout.wide + _GAP),
            (self.verticalScrollBar(), high, room.height(), layout.high + _GAP),
        ):
            bar.setRange(0, max(0, whole - seen))
            bar.setPageStep(seen)
            bar.setSingleStep(step)
        self.viewport().update()

    def _scrub(self, at: QPoint, *, is_click: bool) -> None:
        rows, columns = self.cells()
        if not columns:
            return
        layout = self._layout()
        at = at + self._scrolled()
        line = (at.y() - 2) // (layout.high + _GAP)
        across = (at.x() - layout.names - _MARGIN // 2) // (layout.wide + _GAP)
        if is_click and not (0 <= line < layout.lines and 0 <= across < layout.columns):
            return
        line, across = (min(max(line, 0), layout.lines - 1), min(max(across, 0), layout.columns - 1))
        row, column = (0, min(line * layout.columns + across, columns - 1)) if rows == 1 else (line, across)
        if is_click or (row, column) != self._frame:
            self.frame_chosen.emit(row, column)
