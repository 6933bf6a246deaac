"""Rows of images, one for each latent dimension, that scroll; an image can be picked by mouse or keys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from latentlab.ui.style import theme

_SMALLEST, _LARGEST = 24, 72  # pixels of an image's width
_GAP = 2  # between two images of a row
_MARK = 5  # half the width of the mark below a row
_PADDING = 8
_DIMMED = 0.4
_PICTURE_SCALE = 2


@dataclass(frozen=True, slots=True, eq=False)
class TraversalRow:
    """A dimension's row.

    Attributes
    ----------
    name, told : str
        Written before it.
    is_used : bool
        Else it is dimmed.
    values : float32 (S,)
        Of the dimension, ascending.
    tips : tuple of str
        For each image.
    """

    name: str
    told: str
    is_used: bool
    values: npt.NDArray[np.float32]
    tips: tuple[str, ...]


class TraversalRows(QAbstractScrollArea):
    """Shows rows of images below a line of ticks that stays; a mark below each row is where its dimension stands."""

    picked = Signal(int, int)
    """Row and column of the image that was clicked, dragged over, or taken by Enter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[TraversalRow, ...] = ()
        self._ticks: tuple[str, ...] = ()
        self._images: list[QImage] = []
        self._size = (1, 1)
        self._columns = 0
        self._marks: npt.NDArray[np.float32] | None = None
        self._focused = (0, 0)
        self._held: int | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumSize(200, 120)

    def set_rows(self, rows: tuple[TraversalRow, ...], images: npt.NDArray[np.float32], ticks: tuple[str, ...]) -> None:
        """Show rows.

        Parameters
        ----------
        rows : tuple of TraversalRow
        images : float32 (R, S, H, W)
            In [0, 1].
        ticks : tuple of str
            Above each column; an empty one is left out.
        """
        count, columns, height, width = images.shape
        self._rows, self._ticks, self._columns, self._size = rows, ticks, columns, (height, width)
        levels = np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)
        joined = np.ascontiguousarray(levels.swapaxes(1, 2)).reshape(count, height, columns * width)
        # copy(): QImage does not own the memory of a numpy array.
        grey = QImage.Format.Format_Grayscale8
        self._images = [QImage(row.data, row.shape[1], height, row.shape[1], grey).copy() for row in joined]
        self._focused = (min(self._focused[0], max(0, count - 1)), min(self._focused[1], max(0, columns - 1)))
        self._fit()
        self.viewport().update()

    def set_marks(self, values: npt.NDArray[np.float32] | None) -> None:
        """Mark where each row's dimension stands, (R,); None for nowhere."""
        self._marks = values
        self.viewport().update()

    def rows(self) -> tuple[TraversalRow, ...]:
        """Give what is shown."""
        return self._rows

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Give where an image lies in the viewport, which it may be scrolled out of."""
        width, height = self._cell()
        top = self._header() + row * self._pitch() - self.verticalScrollBar().value()
        return QRectF(self._left() + column * (width + _GAP), top, width, height)

    def mark_at(self, row: int) -> float | None:
        """Give where across the viewport the mark of a row lies."""
        if self._marks is None or not np.isfinite(self._marks[row]):
            return None
        values = self._rows[row].values
        share = (float(self._marks[row]) - float(values[0])) / max(1e-12, float(values[-1] - values[0]))
        first, last = self.cell_rect(row, 0).center().x(), self.cell_rect(row, self._columns - 1).center().x()
        # A value beyond the row is marked at its edge.
        return min(max(first + share * (last - first), first - self._cell()[0] / 2), last + self._cell()[0] / 2)

    def picture(self) -> QImage:
        """Give all rows with their names, those that are scrolled away too."""
        size = QSize(self.viewport().width(), max(1, self._whole()))
        image = QImage(size * _PICTURE_SCALE, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(_PICTURE_SCALE)
        image.fill(QColor(theme.current().background))
        painter = QPainter(image)
        self._draw(painter, QRectF(0, 0, size.width(), size.height()), is_picture=True)
        painter.end()
        image.setDevicePixelRatio(1)
        return image

    def sizeHint(self) -> QSize:
        """Prefer room for images one can see from afar."""
        return QSize(480, 480)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make images as large as the width allows."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and font."""
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._fit()
            self.viewport().update()
        super().changeEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the image below the mouse."""
        place = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self._held = place[0]
            self._pick(*place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on picking along the row while the button is held."""
        if self._held is not None and event.buttons() & Qt.MouseButton.LeftButton:
            column = int((event.position().x() - self._left()) // (self._cell()[0] + _GAP))
            self._pick(self._held, min(max(column, 0), self._columns - 1))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the row go."""
        self._held = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk with the arrow keys, pick with Enter or Space."""
        row, column = self._focused
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        if not self._rows:
            super().keyPressEvent(event)
        elif event.key() in steps:
            down, across = steps[event.key()]
            row, column = row + down, column + across
            if 0 <= row < len(self._rows) and 0 <= column < self._columns:
                self._focused = (row, column)
                self._reveal(row)
                self.viewport().update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.picked.emit(row, column)
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Name the image under the cursor."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._at(QPointF(event.pos()))
            text = self._rows[place[0]].tips[place[1]] if place is not None else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().viewportEvent(event)

    def focusInEvent(self, event: QEvent) -> None:
        """Show where the keys act."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QEvent) -> None:
        """Hide where the keys act."""
        super().focusOutEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows that can be seen."""
        painter = QPainter(self.viewport())
        self._draw(painter, QRectF(self.viewport().rect()), is_picture=False)
        painter.end()

    def _draw(self, painter: QPainter, seen: QRectF, *, is_picture: bool) -> None:
        """Draw what can be seen of the rows; of a picture's, from the first on."""
        scrolled = self.verticalScrollBar().value() if is_picture else 0
        colours = theme.current()
        painter.fillRect(seen, QColor(colours.background))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row in range(len(self._rows)):
            first = self.cell_rect(row, 0).translated(0, scrolled)
            if first.top() - _PADDING <= seen.bottom() and first.top() + self._pitch() >= self._header():
                self._draw_row(painter, row, first)
        if self.hasFocus() and self._rows and not is_picture:
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.cell_rect(*self._focused))
        painter.fillRect(QRectF(0, 0, seen.width(), self._header() - 4), QColor(colours.background))
        painter.setPen(QColor(colours.muted))
        for column, tick in enumerate(self._ticks):
            centre = self.cell_rect(0, column).center().x()
            painter.drawText(QRectF(centre - 60, 0, 120, self._header()), int(Qt.AlignmentFlag.AlignCenter), tick)

    def _draw_row(self, painter: QPainter, row: int, first: QRectF) -> None:
        colours, told = theme.current(), self._rows[row]
        width, height = self._cell()
        shrinks = width < self._size[1]
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks)
        painter.setOpacity(1 if told.is_used else _DIMMED)
        for column in range(self._columns):
            source = QRectF(column * self._size[1], 0, self._size[1], self._size[0])
            painter.drawImage(first.translated(column * (width + _GAP), 0), self._images[row], source)
        painter.setOpacity(1)
        bold, line = QFont(self.font()), self.fontMetrics().height()
        bold.setBold(True)
        top = first.top() + (height - 2 * line) / 2
        right = int(Qt.AlignmentFlag.AlignRight) | int(Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(bold)
        painter.setPen(QColor(colours.foreground if told.is_used else colours.muted))
        painter.drawText(QRectF(0, top, first.left() - _PADDING, line), right, told.name)
        painter.setFont(self.font())
        painter.setPen(QColor(colours.muted))
        painter.drawText(QRectF(0, top + line, first.left() - _PADDING, line), right, told.told)
        if (across := self.mark_at(row)) is not None:
            tip = QPointF(across, first.top() + height + 1)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent))
            painter.drawPolygon(QPolygonF([tip, tip + QPointF(_MARK, 1.4 * _MARK), tip + QPointF(-_MARK, 1.4 * _MARK)]))

    def _at(self, place: QPointF) -> tuple[int, int] | None:
        if not self._rows or place.y() < self._header():
            return None
        width, _ = self._cell()
        row = int((place.y() - self._header() + self.verticalScrollBar().value()) // self._pitch())
        column = int((place.x() - self._left()) // (width + _GAP))
        if not (0 <= row < len(self._rows) and 0 <= column < self._columns):
            return None
        return (row, column) if place.y() <= self.cell_rect(row, column).bottom() else None

    def _pick(self, row: int, column: int) -> None:
        self._focused = (row, column)
        self.viewport().update()
        self.picked.emit(row, column)

    def _reveal(self, row: int) -> None:
        bar, cell = self.verticalScrollBar(), self.cell_rect(row, 0)
        if cell.top() < self._header():
            bar.setValue(round(bar.value() + cell.top() - self._header()))
        elif cell.top() + self._pitch() > self.viewport().height():
            bar.setValue(round(bar.value() + cell.top() + self._pitch() - self.viewport().height()))

    def _fit(self) -> None:
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self._whole() - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(max(1, round(self._pitch() / 2)))

    def _cell(self) -> tuple[float, float]:
        """Give width and height of an image."""
        room = self.viewport().width() - self._left() - _PADDING
        width = min(max(room / max(1, self._columns) - _GAP, _SMALLEST), _LARGEST)
        return width, width * self._size[0] / self._size[1]

    def _pitch(self) -> float:
        """Give how far a row lies below the one before."""
        return max(self._cell()[1], 2 * self.fontMetrics().height()) + 1.4 * _MARK + 5

    def _left(self) -> float:
        bold = QFont(self.font())
        bold.setBold(True)
        texts = [text for row in self._rows for text in (row.name, row.told)]
        return max([self.fontMetrics().horizontalAdvance(text) for text in texts], default=0) + 2.0 * _PADDING

    def _header(self) -> float:
        return self.fontMetrics().height() + 8.0

    def _whole(self) -> int:
        return round(self._header() + len(self._rows) * self._pitch())
