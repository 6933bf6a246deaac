"""A strip of small images, one of which can be picked by mouse or keys."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentlab.ui.style import theme


class ImageStrip(QWidget):
    """Shows grey images side by side, in rows where they are many.

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
        self._images: list[QImage] = []
        self._captions: tuple[str, ...] = ()
        self._tips: tuple[str, ...] = ()
        self._framed: int | None = None
        self._hovered: int | None = None
        self._focused = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_images(self, images: npt.NDArray[np.float32] | None) -> None:
        """Show float32 (N, H, W) in [0, 1], or empty places."""
        self._images = []
        for grey in () if images is None else np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8, order="C"):
            height, width = grey.shape
            # copy(): QImage does not own the memory of a numpy array.
            image = QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
            self._images.append(image)
        if images is not None and len(images) != self._slots:
            self.set_slots(len(images))
        self.update()

    def set_slots(self, slots: int) -> None:
        """Show so many places."""
        self._slots, self._focused = slots, 0
        self._framed = self._hovered = None
        self.updateGeometry()
        self.update()

    def set_names(self, tips: Sequence[str], *, captions: bool) -> None:
        """Name the images: on hover, and below each where `captions`."""
        self._tips = tuple(tips)
        self._captions = self._tips if captions else ()
        self.updateGeometry()
        self.update()

    def set_framed(self, index: int | None) -> None:
        """Frame the image that is in force."""
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
        columns, side = self._columns(), self._side(self.width())
        row, column = divmod(index, columns)
        left = round(self.width() * (column + 0.5) / columns - side / 2)
        return QRect(left, row * (side + self._caption_height() + 2), side, side)

    def hasHeightForWidth(self) -> bool:
        """Say that the tiles are square."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Give the height of all rows."""
        rows = max(1, math.ceil(self._slots / self._columns()))
        return rows * (self._side(width) + self._caption_height() + 2)

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
        self._hover(self._at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        """Drop the highlight."""
        self._hover(None)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the image under the cursor."""
        index = self._at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self._focused = index
            self.picked.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk with the arrow keys, pick with Enter or Space."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns(),
            Qt.Key.Key_Down: self._columns(),
        }
        if event.key() in steps and self._images:
            wanted = self._focused + steps[event.key()]
            self._focused = wanted if 0 <= wanted < len(self._images) else self._focused
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._images:
            self.picked.emit(self._focused)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys act."""
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide where the keys act."""
        self.update()
        super().focusOutEvent(event)

    def event(self, event: QEvent) -> bool:
        """Name the image under the cursor; without names, show the strip's own tooltip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._tips:
            index = self._at(event.pos())
            if index is not None and index < len(self._tips):
                QToolTip.showText(event.globalPos(), self._tips[index], self)
                return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the images or their empty places, the frames and the captions."""
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index in range(self._slots):
            tile = self.tile(index)
            if index >= len(self._images):
                painter.setPen(QPen(QColor(colours.grid), 1, Qt.PenStyle.DashLine))
                painter.drawRoundedRect(tile.adjusted(2, 2, -2, -2), 4, 4)
                continue
            image = self._images[index]
            inner = tile.adjusted(2, 2, -2, -2)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, inner.width() < image.width())
            painter.drawImage(inner, image)
            self._draw_frame(painter, index, tile)
            self._draw_caption(painter, index, tile)
        painter.end()

    def _draw_frame(self, painter: QPainter, index: int, tile: QRect) -> None:
        colours = theme.current()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        by_keys = self.hasFocus() and index == self._focused
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

    def _at(self, position: QPoint) -> int | None:
        for index in range(len(self._images)):
            if self.tile(index).adjusted(0, 0, 0, self._caption_height()).contains(position):
                return index
        return None

    def _columns(self) -> int:
        rows = max(1, math.ceil(self._slots / self._per_row))
        return max(1, math.ceil(self._slots / rows))

    def _side(self, width: int) -> int:
        # Never above 72: a strip must not push the large image away where the panel is wide.
        return max(12, min(72, width // self._columns() - 2))

    def _caption_height(self) -> int:
        return self.fontMetrics().height() if self._captions else 0
