"""Rows of images, one for each latent dimension, that scroll; an image can be picked by mouse or keys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from latentlab.ui.style import theme
from latentlab.ui.style.pixels import paint_image
from latentlab.ui.widgets.images.cells import BESIDE, Layout, ScrollingCells, Span, names_width, spans

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


class TraversalRows(ScrollingCells):
    """Shows rows of images below a line of ticks that stays; a mark below each row is where its dimension stands."""

    picked = Signal(int, int)
    """Row and column of the image that was clicked, dragged over, or taken by Enter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[TraversalRow, ...] = ()
        self._ticks: tuple[str, ...] = ()
        self._marks: npt.NDArray[np.float32] | None = None
        self._is_held = False
        self._left = 0.0  # of the images
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumSize(200, 120)

    def set_rows(self, rows: tuple[TraversalRow, ...], images: npt.NDArray[np.float32], ticks: tuple[str, ...]) -> None:
        """Show rows.

        Parameters
        ----------
        rows : tuple of TraversalRow
        images : float32 (R, S, C, H, W)
            In [0, 1].
        ticks : tuple of str
            Above each column; an empty one is left out.
        """
        self._rows, self._ticks = rows, ticks
        self._tips = [tip for row in rows for tip in row.tips]
        self._set_images(images)
        self._fit()

    def set_marks(self, values: npt.NDArray[np.float32] | None) -> None:
        """Mark where each row's dimension stands, (R,); None for nowhere."""
        self._marks = values
        self.viewport().update()

    def rows(self) -> tuple[TraversalRow, ...]:
        """Give what is shown."""
        return self._rows

    def mark_at(self, row: int) -> float | None:
        """Give where across the viewport the mark of a row lies."""
        if self._marks is None or not np.isfinite(self._marks[row]):
            return None
        values = self._rows[row].values
        share = (float(self._marks[row]) - float(values[0])) / max(1e-12, float(values[-1] - values[0]))
        (first, width), (last, _) = (self._columns()[place] for place in (0, -1))
        # A value beyond the row is marked at its edge.
        return min(max(first + width / 2 + share * (last - first), first), last + width)

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

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the image under the mouse, and hold its row."""
        self._is_held = self._index_at(event.position()) is not None
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on picking along the row while the button is held."""
        if self._is_held and event.buttons() & Qt.MouseButton.LeftButton:
            layout = self._layout()
            self._pick(layout.nearest(QPointF(event.position().x(), layout.cell(self._at).top())))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the row go."""
        self._is_held = False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows that can be seen."""
        painter = QPainter(self.viewport())
        self._draw(painter, QRectF(self.viewport().rect()), is_picture=False)
        painter.end()

    def _draw(self, painter: QPainter, seen: QRectF, *, is_picture: bool) -> None:
        """Draw what can be seen of the rows; of a picture's, from the first on."""
        scrolled = self.verticalScrollBar().value() if is_picture else 0
        colours, layout = theme.current(), self._layout()
        painter.fillRect(seen, QColor(colours.background))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, (top, _) in enumerate(layout.lines):
            top += scrolled
            if top - _PADDING <= seen.bottom() and top + self._pitch() >= self._header():
                self._draw_row(painter, row, top)
        if self.hasFocus() and self._rows and not is_picture:
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(layout.cell(self._at))
        painter.fillRect(QRectF(0, 0, seen.width(), self._header() - 4), QColor(colours.background))
        painter.setPen(QColor(colours.muted))
        for tick, (left, width) in zip(self._ticks, layout.columns, strict=False):
            place = QRectF(left + width / 2 - 60, 0, 120, self._header())
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), tick)

    def _draw_row(self, painter: QPainter, row: int, top: float) -> None:
        colours, told, columns = theme.current(), self._rows[row], self._columns()
        height = self._size()[1]
        painter.setOpacity(1 if told.is_used else _DIMMED)
        for (left, width), image in zip(columns, self._images[row * len(columns) :], strict=False):
            paint_image(painter, QRectF(left, top, width, height), image)
        painter.setOpacity(1)
        bold, line = QFont(self.font()), self.fontMetrics().height()
        bold.setBold(True)
        words = QRectF(0, top + (height - 2 * line) / 2, self._left - _PADDING, line)
        painter.setFont(bold)
        painter.setPen(QColor(colours.foreground if told.is_used else colours.muted))
        painter.drawText(words, BESIDE, told.name)
        painter.setFont(self.font())
        painter.setPen(QColor(colours.muted))
        painter.drawText(words.translated(0, line), BESIDE, told.told)
        if (across := self.mark_at(row)) is not None:
            tip = QPointF(across, top + height + 1)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent))
            painter.drawPolygon(QPolygonF([tip, tip + QPointF(_MARK, 1.4 * _MARK), tip + QPointF(-_MARK, 1.4 * _MARK)]))

    def _pick(self, index: int) -> None:
        self._at = index
        self.viewport().update()
        self.picked.emit(*divmod(index, self._shape[1]))

    def _walk_to(self, index: int) -> None:
        self._at = index
        top = self.cell_rect(index // self._shape[1], 0).top()
        self._reveal(QRectF(0, top - self._header(), 0, self._header() + self._pitch()))

    def _index_at(self, point: QPointF) -> int | None:
        return super()._index_at(point) if point.y() >= self._header() else None

    def _layout(self) -> Layout:
        top = self._header() - self.verticalScrollBar().value()
        lines = spans(top, self._pitch(), self._size()[1], len(self._rows))
        return Layout(self._columns(), lines, around=(_GAP, 0))

    def _columns(self) -> list[Span]:
        width = self._size()[0]
        return spans(self._left, width + _GAP, width, self._shape[1])

    def _size(self) -> tuple[float, float]:
        """Give width and height of an image."""
        if not self._images:
            return _SMALLEST, _SMALLEST
        image, room = self._images[0], self.viewport().width() - self._left - _PADDING
        width = min(max(room / self._shape[1] - _GAP, _SMALLEST), _LARGEST)
        return width, width * image.height() / image.width()

    def _pitch(self) -> float:
        """Give how far a row lies below the one before."""
        return max(self._size()[1], 2 * self.fontMetrics().height()) + 1.4 * _MARK + 5

    def _header(self) -> float:
        return self.fontMetrics().height() + 8.0

    def _whole(self) -> int:
        return round(self._header() + len(self._rows) * self._pitch())

    def _fit(self) -> None:
        words = [text for row in self._rows for text in (row.name, row.told)]
        self._left = names_width(words, self.fontMetrics(), _PADDING)
        self._scroll_over(QSize(0, self._whole()), QSize(1, max(1, round(self._pitch() / 2))))
