"""A card beside the point that the mouse rests on: its image, what the model rebuilds of it, its class."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from latentlab.core.map.browsing import Hovered
from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.canvas.points.points import PointsLayer
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme
from latentlab.ui.style.paint import paint_card
from latentlab.ui.style.pixels import fitted, paint_image, to_image

_SIDE = 84.0
_PADDING, _BETWEEN, _CHIP = 6.0, 4.0, 8.0
_SPACE = 12.0  # pixels between the point and the card
_LOST = 40.0  # pixels from where the mouse found the point: it has moved on


class HoverCard(Layer):
    """Follows its point, beside it and within the map.

    Parameters
    ----------
    view : MapView
    points : PointsLayer
    taken : callable
        Gives the parts of the view box that something else covers.
    """

    def __init__(self, view: MapView, points: PointsLayer, taken: Callable[[], list[QRectF]]) -> None:
        super().__init__(view, Order.HOVER_CARD)
        self._points, self._taken = points, taken
        self._hovered: Hovered | None = None
        self._found = QPointF()
        self._font = QFont()
        self._pictures: list[QImage] = []
        self.setVisible(False)

    def show_point(self, hovered: Hovered) -> None:
        """Show an image, beside its point."""
        before, self._hovered = self._hovered, hovered
        place = self._place()
        if place is None:
            self.hide_point()
            return
        if before is None or before.row != hovered.row:
            self._found = place
        self._pictures = [] if hovered.image is None else [to_image(hovered.image)]
        if hovered.reconstruction is not None:
            self._pictures.append(to_image(hovered.reconstruction))
        self.setVisible(True)
        self.update()

    def hide_point(self) -> None:
        """Show nothing."""
        self._hovered = None
        self.setVisible(False)

    def row(self) -> int:
        """Give which image of the map is shown; -1 for none."""
        return -1 if self._hovered is None or self.card() is None else self._hovered.row

    def pictures(self) -> int:
        """Give how many pictures of it are shown."""
        return len(self._pictures)

    def card(self) -> QRectF | None:
        """Give where the card is, in pixels of the view box; None where there is none, or no room for one."""
        place = self._place()
        if place is None or (place - self._found).manhattanLength() > _LOST:
            return None
        size, box, taken = self._size(), self._view.box.rect(), self._taken()
        x, y = place.x(), place.y()
        along = min(max(y - size.height() / 3, box.top()), box.bottom() - size.height())
        across = min(max(x - size.width() / 2, box.left()), box.right() - size.width())
        for corner in (
            QPointF(x + _SPACE, along),
            QPointF(x - _SPACE - size.width(), along),
            QPointF(across, y - _SPACE - size.height()),
            QPointF(across, y + _SPACE),
        ):
            card = QRectF(corner, size)
            if box.contains(card) and not any(map(card.intersects, taken)):
                return card
        return None

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the card."""
        if widget is not None:
            self._font = QFont(widget.font())
        card, hovered = self.card(), self._hovered
        if card is None or hovered is None:
            return
        paint_card(painter, card)
        inside = card.adjusted(_PADDING, _PADDING, -_PADDING, -_PADDING)
        for index, picture in enumerate(self._pictures):
            place = QRectF(inside.left() + index * (_SIDE + _BETWEEN), inside.top(), _SIDE, _SIDE)
            paint_image(painter, fitted(picture.size(), place), picture)
        self._paint_words(painter, hovered, inside)

    def _paint_words(self, painter: QPainter, hovered: Hovered, inside: QRectF) -> None:
        colours = theme.current()
        metrics = QFontMetricsF(self._font)
        line = QRectF(inside.left(), inside.top() + _SIDE + 2, inside.width(), metrics.height())
        name, number = self._words(hovered)
        flags = int(Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(self._font)
        left = line.left()
        if name:
            shades = theme.class_colours(max(len(hovered.class_names), 1), dark=colours.dark)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(*shades[hovered.label].tolist()))
            painter.drawEllipse(QPointF(left + _CHIP / 2, line.center().y()), _CHIP / 2, _CHIP / 2)
            left += _CHIP + 4
            room = line.right() - left - metrics.horizontalAdvance(number) - 6
            name = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, max(room, 0.0))
            painter.setPen(QColor(colours.foreground))
            painter.drawText(QRectF(left, line.top(), max(room, 0.0), line.height()), flags, name)
        painter.setPen(QColor(colours.muted))
        painter.drawText(line, flags | int(Qt.AlignmentFlag.AlignRight), number)

    def _words(self, hovered: Hovered) -> tuple[str, str]:
        names = hovered.class_names
        return names[hovered.label] if 0 <= hovered.label < len(names) else "", f"#{hovered.row}"

    def _size(self) -> QSizeF:
        pictures = max(1, len(self._pictures))
        return QSizeF(
            pictures * _SIDE + (pictures - 1) * _BETWEEN + 2 * _PADDING,
            _SIDE + 2 + QFontMetricsF(self._font).height() + 2 * _PADDING,
        )

    def _place(self) -> QPointF | None:
        """Give where the point is drawn."""
        if self._hovered is None or self._hovered.row >= len(self._points.targets()):
            return None
        ((x, y),) = self._view.to_pixels(self._points.positions_of(np.array([self._hovered.row])))
        return QPointF(x, y) if np.isfinite(x + y) else None
