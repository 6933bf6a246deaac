"""How a thumbnail looks: the image, its reconstruction below it, its class and value, and the frames around it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem

from latentlab.core.arrays import Integers
from latentlab.core.map.browsing import Source
from latentlab.ui.style import theme
from latentlab.ui.style.badges import disc_radius, letter, paint_letter
from latentlab.ui.style.pixels import paint_image
from latentlab.ui.widgets.images.thumbnail_model import ThumbnailModel

WHEEL_STEPS = 3  # of a notch of the wheel: Qt's own
_PAD = 4
_BETWEEN = 2  # an image and its reconstruction
_CHIP = 7
_LETTERS = 12


class ThumbnailPainter(QStyledItemDelegate):
    """Paints cells of a `ThumbnailModel`.

    Attributes
    ----------
    are_pairs : bool
        Whether reconstructions are shown below images.
    picked, pointed, hovered : int
        Rows of images with a frame; -1 for none.
    """

    def __init__(self, images: ThumbnailModel, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._images, self._view = images, view
        self.are_pairs = False
        self.picked = self.pointed = self.hovered = -1
        self._side = 48
        self._is_selected = np.empty(0, bool)
        self._letters: dict[int, str] = {}

    def set_source(self, source: Source | None) -> None:
        """Forget what belongs to other images."""
        self._is_selected = np.zeros(0 if source is None else len(source.labels), bool)
        self._letters = {}
        self.picked = self.pointed = self.hovered = -1

    def set_selected(self, rows: Integers) -> None:
        """Take which images are selected, A first."""
        rows = rows[rows < len(self._is_selected)]
        self._is_selected[:] = False
        self._is_selected[rows] = True
        lettered = rows if len(rows) <= _LETTERS else rows[:0]
        self._letters = {row: letter(index) for index, row in enumerate(lettered.tolist())}

    def is_selected(self, row: int) -> bool:
        """Whether an image is selected."""
        return row < len(self._is_selected) and bool(self._is_selected[row])

    def fit(self, height: int, smallest: int, largest: int) -> None:
        """Make images as large as lets whole rows fit into a height: one more than there are with the largest.

        Where that is not to be had, they are larger than the largest, rather than that a part of a row is seen.
        """
        images = 2 if self.are_pairs else 1
        beside = self._caption_height() + 2 * _PAD + (images - 1) * _BETWEEN + WHEEL_STEPS - 1
        rows = max(height // (images * largest + beside), 1)
        sides = [(height // count - beside) // images for count in (rows + 1, rows)]
        self._side = max(next((side for side in sides if side >= smallest), smallest), smallest)

    def size(self) -> QSize:
        """Give the size of a cell."""
        images = 2 if self.are_pairs else 1
        height = images * self._side + (images - 1) * _BETWEEN + self._caption_height() + 2 * _PAD
        height += -height % WHEEL_STEPS  # a notch of the wheel is a line
        return QSize(max(self._side, self._view.fontMetrics().horizontalAdvance("8888.8") + _CHIP) + 2 * _PAD, height)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint a cell."""
        row = self._images.row_at(index)
        if row < 0:
            return
        cell = option.rect
        place = QRect(cell.center().x() - self._side // 2, cell.top() + _PAD, self._side, self._side)
        painter.save()
        image, rebuilt = self._images.image(row), self._images.reconstruction(row)
        self._paint_image(painter, place, rebuilt if image is None else image)
        if self.are_pairs:
            self._paint_image(painter, place.translated(0, self._side + _BETWEEN), rebuilt)
        whole = place.adjusted(0, 0, 0, self._side + _BETWEEN) if self.are_pairs else place
        self._paint_frame(painter, row, whole, is_current=self._view.hasFocus() and self._view.currentIndex() == index)
        below = QRect(cell.left(), whole.bottom() + 2, cell.width(), self._caption_height())
        self._paint_caption(painter, row, self._images.caption(index), below)
        if self.is_selected(row):
            self._paint_mark(painter, row, whole)
        painter.restore()

    def _paint_image(self, painter: QPainter, place: QRect, image: QImage | None) -> None:
        if image is None:
            painter.setPen(QPen(QColor(theme.current().grid), 1, Qt.PenStyle.DashLine))
            painter.drawRect(place.adjusted(1, 1, -2, -2))
            return
        size = image.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        fitted = QRect(place.topLeft(), size)
        fitted.moveCenter(place.center())
        paint_image(painter, fitted, image)

    def _paint_frame(self, painter: QPainter, row: int, place: QRect, *, is_current: bool) -> None:
        colours = theme.current()
        accent = QColor(colours.accent)
        if row == self.picked:
            pen = QPen(accent, 3)
        elif row in (self.hovered, self.pointed):
            pen = QPen(accent, 2)
        elif is_current:
            pen = QPen(QColor(colours.foreground), 1.5, Qt.PenStyle.DotLine)
        elif self.is_selected(row):
            pen = QPen(accent, 1)
        else:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(place).adjusted(-1, -1, 1, 1))

    def _paint_caption(self, painter: QPainter, row: int, text: str, place: QRect) -> None:
        colours = theme.current()
        label = self._images.label_at(row)
        chip = _CHIP + 4 if label >= 0 else 0
        painter.setFont(self._font())
        width = painter.fontMetrics().horizontalAdvance(text)
        left = place.center().x() - (width + chip) / 2
        if label >= 0 and self._images.source is not None:
            count = max(len(self._images.source.class_names), label + 1)
            colour = theme.class_colours(count, dark=colours.dark)[label]
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(*colour.tolist()))
            painter.drawEllipse(QPointF(left + _CHIP / 2, place.center().y() + 0.5), _CHIP / 2, _CHIP / 2)
        painter.setPen(QColor(colours.foreground if row == self.picked else colours.muted))
        painter.drawText(
            QRectF(left + chip, place.top(), width + 2, place.height()), int(Qt.AlignmentFlag.AlignVCenter), text
        )

    def _paint_mark(self, painter: QPainter, row: int, place: QRect) -> None:
        """Paint the letter of a selected image, or a dot where letters have come to their end."""
        font = self._font()
        if row in self._letters:
            inset = disc_radius(font) - 2
            paint_letter(painter, QPointF(place.topLeft()) + QPointF(inset, inset), self._letters[row], font)
            return
        colours = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.background), 1.5))
        painter.setBrush(QColor(colours.accent))
        painter.drawEllipse(QPointF(place.topLeft()) + QPointF(4, 4), 4.5, 4.5)

    def _font(self) -> QFont:
        font = QFont(self._view.font())
        font.setPointSizeF(font.pointSizeF() * 0.9)
        return font

    def _caption_height(self) -> int:
        return self._view.fontMetrics().height()
