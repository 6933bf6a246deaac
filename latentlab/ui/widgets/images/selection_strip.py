"""The selected images side by side under their letters; one can be picked or removed."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.ui.style import theme
from latentlab.ui.style.badges import disc_radius, letter, paint_letter
from latentlab.ui.widgets.images.cells import Layout, spans
from latentlab.ui.widgets.images.image_strip import ImageStrip

_GAP = 4
_CROSS = 18


class SelectionStrip(ImageStrip):
    """Shows images from the left, as large as its height and their number allow."""

    removed = Signal(int)
    """By the cross on the image under the mouse, or the key Delete."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Prefer images one can see from afar."""
        return QSize(240, 64)

    def minimumSizeHint(self) -> QSize:
        """Keep the height, whatever is selected."""
        return QSize(120, 64)

    def cross(self, index: int) -> QRect:
        """Give the place of the cross that removes an image."""
        tile = self.tile(index)
        side = min(_CROSS, tile.width() // 2)
        return QRect(tile.right() - side + 1, tile.top(), side, side)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remove the image whose cross is clicked, or pick it."""
        index = self._crossed(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self.removed.emit(index)
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Remove the image that the keys have reached."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self._at < self.image_count():
            self.removed.emit(self._at)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the images, their letters, and the cross of the one under the mouse."""
        super().paintEvent(event)
        painter = QPainter(self)
        font = QFont(self.font())
        for index in range(self.image_count()):
            tile = self.tile(index)
            font.setPointSizeF(self.font().pointSizeF() * min(1.0, max(0.7, tile.width() / 56)))
            inset = disc_radius(font) - 1
            paint_letter(painter, QPointF(tile.topLeft()) + QPointF(inset, inset), letter(index), font)
        if self._hovered is not None:
            self._paint_cross(painter, self.cross(self._hovered))
        painter.end()

    def _layout(self) -> Layout:
        side = min(self.height(), self.width() // max(1, self.image_count()) - _GAP)
        return Layout(spans(0, side + _GAP, side, self.image_count()), [((self.height() - side) // 2, side)])

    def _paint_cross(self, painter: QPainter, place: QRect) -> None:
        colours = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.background), 1.5))
        painter.setBrush(QColor(colours.foreground))
        painter.drawEllipse(place.adjusted(1, 1, -1, -1))
        painter.setPen(QPen(QColor(colours.background), 2))
        third = place.width() // 3
        inner = place.adjusted(third, third, -third, -third)
        painter.drawLine(inner.topLeft(), inner.bottomRight())
        painter.drawLine(inner.topRight(), inner.bottomLeft())

    def _crossed(self, position: QPoint) -> int | None:
        return next((index for index in range(self.image_count()) if self.cross(index).contains(position)), None)
