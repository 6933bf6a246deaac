"""A card in the lower left corner of the map: what is laid behind the points, and what its shades mean."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from latentlab.ui.canvas.cards.field_images import Scale
from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme
from latentlab.ui.style.paint import paint_card

_MARGIN, _PADDING, _BAR_HEIGHT = 8.0, 8.0, 8.0
_BAR_WIDTH = 120.0
_WIDEST = 0.6  # of the map, for a sentence


class FieldLegend(Layer):
    """Says what it is given, with a bar of shades where there is a scale.

    Parameters
    ----------
    is_narrow : bool
        Show a scale without its words, where two maps share the width of one.
    """

    resized = Signal()
    """It takes another height."""

    def __init__(self, view: MapView, *, is_narrow: bool) -> None:
        super().__init__(view, Order.NOTE)
        self._is_narrow = is_narrow
        self._text = ""
        self._ramp = QImage()
        self._ticks: tuple[tuple[float, str], ...] = ()
        self._covered = (0.0, 0.0)
        self.setVisible(False)

    def show_scale(self, scale: Scale) -> None:
        """Say what the shades mean."""
        self._text = "" if self._is_narrow else scale.text
        self._ramp, self._ticks = scale.ramp, scale.ticks
        self.setVisible(True)
        self._cover()
        self.update()

    def show_problem(self, sentence: str) -> None:
        """Say why there are no shades; nothing at all for an empty sentence."""
        self._text, self._ramp, self._ticks = sentence, QImage(), ()
        self.setVisible(bool(sentence))
        self._cover()
        self.update()

    def covered(self) -> float:
        """Give how many pixels it takes above the lower edge of the map."""
        return self._covered[1]

    def text(self) -> str:
        """Give what is said."""
        return self._text if self.isVisible() else ""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the card."""
        font = QFont() if widget is None else QFont(widget.font())
        metrics = QFontMetricsF(font)
        size, bar = self._size(metrics), self._bar_width()
        card = QRectF(QPointF(), size)
        card.moveBottomLeft(QPointF(_MARGIN, self.boundingRect().bottom() - _MARGIN))
        paint_card(painter, card)
        painter.setFont(font)
        inside = card.adjusted(_PADDING, _PADDING, -_PADDING, -_PADDING)
        painter.drawText(inside, int(Qt.TextFlag.TextWordWrap), self._text)
        if bar:
            top = inside.bottom() - metrics.height() - 2 - _BAR_HEIGHT
            self._paint_bar(painter, QRectF(inside.left(), top, bar, _BAR_HEIGHT), metrics)

    def _room(self) -> float:
        """Give how wide what is said may be, in pixels: the scale of the map is at the other side."""
        width = self.boundingRect().width()
        return max(min(width - 2 * (_MARGIN + _PADDING), max(_WIDEST * width, _BAR_WIDTH)), 40.0)

    def _bar_width(self) -> float:
        return 0.0 if self._ramp.isNull() else min(_BAR_WIDTH, self._room())

    def _size(self, metrics: QFontMetricsF) -> QSizeF:
        bar = self._bar_width()
        flags = int(Qt.TextFlag.TextWordWrap)
        text = metrics.boundingRect(QRectF(0, 0, self._room(), 400), flags, self._text) if self._text else QRectF()
        height = text.height() + (_BAR_HEIGHT + metrics.height() + (6 if self._text else 2) if bar else 0)
        return QSizeF(max(text.width(), bar) + 2 * _PADDING, height + 2 * _PADDING)

    def _cover(self) -> None:
        """Keep the points of the map clear of it.

        It only grows while it is there: where points go, another field is computed, of which it may say less.
        """
        before = self._covered[1]
        if self.isVisible():
            size = self._size(QFontMetricsF(self._view.box.getViewWidget().font()))
            wide, high = self._covered
            self._covered = (max(wide, size.width() + 2 * _MARGIN), max(high, size.height() + 2 * _MARGIN))
        else:
            self._covered = (0.0, 0.0)
        self._view.set_covered("field", "bottom left", *self._covered)
        if self._covered[1] != before:
            self.resized.emit()

    def _paint_bar(self, painter: QPainter, bar: QRectF, metrics: QFontMetricsF) -> None:
        colours = theme.current()
        painter.fillRect(bar, QColor(colours.background))
        painter.drawImage(bar, self._ramp)
        painter.setPen(QPen(QColor(colours.grid), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)
        painter.setPen(QColor(colours.muted))
        for place, text in self._ticks:
            width = metrics.horizontalAdvance(text)
            x = min(max(bar.left() + bar.width() * place - width / 2, bar.left()), bar.right() - width)
            painter.drawText(QPointF(x, bar.bottom() + 2 + metrics.ascent()), text)
