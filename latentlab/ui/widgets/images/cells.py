"""Images in cells: where the cells lie, which one a point is in, and how mouse and keys go through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QFontMetrics, QFontMetricsF, QImage, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from latentlab.ui.style.pixels import to_image
from latentlab.ui.style.texts import plain

ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
BESIDE = int(Qt.AlignmentFlag.AlignRight) | int(Qt.AlignmentFlag.AlignVCenter)
"""How the name of a row stands at its left."""
_PICKING = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)

Span = tuple[float, float]
"""Where a column or a line begins, and its length."""


def spans(start: float, pitch: float, length: float, count: int) -> list[Span]:
    """Give columns or lines of one length, each so far behind the one before."""
    return [(start + place * pitch, length) for place in range(count)]


def names_width(names: Sequence[str], metrics: QFontMetrics | QFontMetricsF, margin: float) -> float:
    """Give the room that names take at the left of their rows, with a margin at both sides; none without names."""
    return max(metrics.horizontalAdvance(name) for name in names) + 2 * margin if names else 0


@dataclass(frozen=True, slots=True)
class Layout:
    """Where cells lie, counted from 0, line by line.

    Attributes
    ----------
    columns, lines : sequence of (float, float)
        From left to right, and from top to bottom.
    around : (float, float)
        What belongs to a cell at its right and below it too: a gap, a caption.
    """

    columns: Sequence[Span]
    lines: Sequence[Span]
    around: tuple[float, float] = (0.0, 0.0)

    def cell(self, index: int) -> QRectF:
        """Give the place of a cell."""
        line, column = divmod(index, len(self.columns))
        (left, width), (top, height) = self.columns[column], self.lines[line]
        return QRectF(left, top, width, height)

    def nearest(self, point: QPointF) -> int:
        """Give the cell that a point is in or behind, across and down; the first one where it is before all."""
        column, line = (
            max(0, sum(start <= place for start, _ in along) - 1)
            for along, place in ((self.columns, point.x()), (self.lines, point.y()))
        )
        return line * len(self.columns) + column

    def at(self, point: QPointF) -> int | None:
        """Give the cell that a point lies in."""
        index = self.nearest(point)
        cell = self.cell(index).adjusted(0, 0, *self.around)
        # Its first pixel belongs to a cell, the one behind its last does not: cells may touch.
        is_in = cell.left() <= point.x() < cell.right() and cell.top() <= point.y() < cell.bottom()
        return index if is_in else None


class ImageCells:
    """Images in cells of a widget, picked by mouse and keys; mixed in before a class of Qt.

    A widget says in `_layout` where its cells lie, and in `_pick` what follows when one is picked.
    """

    accessible_role = QAccessible.Role.Graphic

    _images: Sequence[QImage] = ()
    _shape = (1, 0)  # rows and columns
    _at = 0  # the cell that the keys are on
    _tips: Sequence[str] = ()  # what is told of each image under the mouse

    def cells(self) -> tuple[int, int]:
        """Give how many rows and columns of images there are; a row may take several lines."""
        return self._shape

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Give where an image lies; it may be scrolled out of sight."""
        return self._layout().cell(row * self._shape[1] + column)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the image under the mouse."""
        index = self._index_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self._pick(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk with the arrow keys, pick with Enter or Space."""
        if self._images and event.key() in ARROWS:
            self._walk_to(self._beside(event.key()))
        elif self._images and event.key() in _PICKING:
            self._pick(self._at)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tell about the image under the mouse, or what the widget's own tooltip says."""
        if event.type() == QEvent.Type.ToolTip and self._tips:
            index = self._index_at(QPointF(event.pos()))
            is_told = index is not None and index < len(self._tips)
            QToolTip.showText(event.globalPos(), plain(self._tips[index]) if is_told else self.toolTip(), self)
            return True
        return super().event(event)

    def _set_images(self, images: npt.NDArray[np.float32]) -> None:
        """Take rows and columns of images (R, N, C, H, W) in [0, 1]; the keys stay where they are."""
        place = self._place()
        self._images = [to_image(pixels) for row in images for pixels in row]
        self._shape = images.shape[:2]
        self._at = self._nearest(*place)

    def _place(self) -> tuple[int, int]:
        """Give the row and column that the keys are on."""
        return divmod(self._at, max(1, self._shape[1]))

    def _nearest(self, row: int, column: int) -> int:
        """Give the cell in a row and column, or the nearest that there is."""
        rows, columns = self._shape
        return max(min(row, rows - 1), 0) * columns + max(min(column, columns - 1), 0)

    def _layout(self) -> Layout:
        raise NotImplementedError

    def _pick(self, index: int) -> None:
        raise NotImplementedError

    def _walk_to(self, index: int) -> None:
        """Bring the keys to a cell."""
        self._at = index
        self.update()

    def _index_at(self, point: QPointF) -> int | None:
        rows, columns = self._shape
        index = self._layout().at(point) if rows * columns else None
        return index if index is not None and index < rows * columns else None

    def _beside(self, key: int) -> int:
        """Give the cell that an arrow key leads to: the same at an edge."""
        (rows, columns), line = self._shape, len(self._layout().columns)
        index = self._at + dict(zip(ARROWS, (-1, 1, -line, line), strict=True))[key]
        leaves_row = key in ARROWS[:2] and index // columns != self._at // columns
        return index if 0 <= index < rows * columns and not leaves_row else self._at


class ScrollingCells(ImageCells, QAbstractScrollArea):
    """Cells that may reach out of sight; a widget says in `_fit` how far."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the images anew."""
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        """Follow the font; show where the keys act, which Qt does of itself only where nothing scrolls."""
        if event.type() == QEvent.Type.FontChange:
            self._fit()
        elif event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.viewport().update()
        return super().event(event)

    def _fit(self) -> None:
        raise NotImplementedError

    def _scroll_over(self, whole: QSize, step: QSize) -> None:
        """Let so much be scrolled over."""
        room = self.maximumViewportSize()
        for bar, length, seen, single in (
            (self.horizontalScrollBar(), whole.width(), room.width(), step.width()),
            (self.verticalScrollBar(), whole.height(), room.height(), step.height()),
        ):
            bar.setRange(0, max(0, length - seen))
            bar.setPageStep(seen)
            bar.setSingleStep(single)
        self.viewport().update()

    def _reveal(self, place: QRect | QRectF) -> None:
        """Scroll until a place in the viewport is in sight."""
        left, top, right, bottom = place.getCoords()
        for bar, low, high, room in (
            (self.horizontalScrollBar(), left, right, self.viewport().width()),
            (self.verticalScrollBar(), top, bottom, self.viewport().height()),
        ):
            bar.setValue(round(bar.value() + min(max(0, high - room), low)))
        self.viewport().update()
