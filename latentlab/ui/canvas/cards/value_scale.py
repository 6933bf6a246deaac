"""The card over a corner of the map that says what colours of points mean: a scale of values, or groups."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QWidget

from latentlab.core.map.point_values import Colouring, PointValues
from latentlab.ui.canvas.cards import value_colours
from latentlab.ui.style import theme
from latentlab.ui.style.paint import KeptPicture, paint_card
from latentlab.ui.style.pixels import to_image

_PADDING, _GAP = 8, 5
_BAR_WIDTH, _BAR_HEIGHT = 156, 12
_SWATCH = 12
_LEADING = 3  # between two groups
_LONGEST_NAME = 150
_PROGRESS_HEIGHT = 3
_SENTENCE_WIDTH = 240


class ValueScale(QFrame):
    """Shows a bar with the numbers at its ends, or a list of groups; how far they are; or a sentence without any."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mapValueScale")
        self.setAccessibleName(self.tr("What the colours of points mean"))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._values: PointValues | None = None
        self._sentence = ""
        self._kept = KeptPicture()
        self.hide()

    def set_values(self, values: PointValues | None) -> None:
        """Say what the colours of these values mean; nothing for None."""
        self._values, self._sentence = values, ""
        self._tell()

    def say(self, sentence: str) -> None:
        """Say why there are no values."""
        self._values, self._sentence = None, sentence
        self._tell()

    def values(self) -> PointValues | None:
        """Give what the colours mean now."""
        return self._values

    def text(self) -> str:
        """Give what is written, a line each."""
        return "\n".join([*self._lines(), *self._names(), *self._notes()]) if self._values else self._sentence

    def fit(self, width: int, height: int) -> QSize:
        """Give the size that this takes within a width and height; an empty one where there is nothing to say."""
        metrics = self.fontMetrics()
        if self._values is None:
            if not self._sentence:
                return QSize(0, 0)
            inner = min(_SENTENCE_WIDTH, width - 2 * _PADDING)
            said = metrics.boundingRect(QRect(0, 0, inner, 1000), Qt.TextFlag.TextWordWrap, self._sentence)
            return QSize(inner + 2 * _PADDING, said.height() + 2 * _PADDING)
        row = metrics.height()
        wide = _BAR_WIDTH
        high = row
        if self._values.categories:
            names = [min(metrics.horizontalAdvance(name), _LONGEST_NAME) for name in self._names()]
            wide = max(min(metrics.horizontalAdvance(self._title()), _BAR_WIDTH), max(names) + _SWATCH + _GAP)
            high += _GAP + len(names) * (row + _LEADING)
        else:
            high += _GAP + _BAR_HEIGHT + 2 + row
        high += len(self._notes()) * row + (_GAP + _PROGRESS_HEIGHT if self._values.pending else 0)
        return QSize(min(wide + 2 * _PADDING, width), min(high + 2 * _PADDING, height))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the card, which is drawn once: the map below is painted sixty times a second, and this with it."""
        looks = (self._values, self._sentence, self.font().key(), theme.current())
        painter = QPainter(self)
        self._kept.paint(painter, QRectF(self.rect()), looks, self._draw)
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        painter.setFont(self.font())
        paint_card(painter, QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        inside = self.rect().adjusted(_PADDING, _PADDING, -_PADDING, -_PADDING)
        if self._values is None:
            painter.drawText(inside, int(Qt.TextFlag.TextWordWrap), self._sentence)
        else:
            self._paint_values(painter, inside, self._values)

    def _paint_values(self, painter: QPainter, inside: QRect, values: PointValues) -> None:
        metrics = self.fontMetrics()
        row, muted = metrics.height(), QColor(theme.current().muted)
        top = self._paint_line(painter, inside, inside.top(), self._title(), self._unit())
        top += _GAP
        if values.categories:
            top = self._paint_groups(painter, inside, top, values)
        else:
            top = self._paint_bar(painter, inside, top, values)
        painter.setPen(muted)
        for note in self._notes():
            painter.drawText(QRect(inside.left(), top, inside.width(), row), Qt.AlignmentFlag.AlignLeft, note)
            top += row
        if values.pending:
            self._paint_progress(painter, QRect(inside.left(), top + _GAP, inside.width(), _PROGRESS_HEIGHT), values)

    def _paint_line(self, painter: QPainter, inside: QRect, top: int, left: str, right: str) -> int:
        metrics = self.fontMetrics()
        room = inside.width() - (metrics.horizontalAdvance(right) + _GAP if right else 0)
        line = QRect(inside.left(), top, inside.width(), metrics.height())
        painter.setPen(QColor(theme.current().foreground))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, _cut(metrics, left, room))
        painter.setPen(QColor(theme.current().muted))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, right)
        return top + metrics.height()

    def _paint_bar(self, painter: QPainter, inside: QRect, top: int, values: PointValues) -> int:
        bar = QRect(inside.left(), top, inside.width(), _BAR_HEIGHT)
        painter.drawImage(bar, to_image(value_colours.scale_colours().T[:, None, 1:]))
        painter.setPen(QColor(theme.current().foreground))
        line = QRect(inside.left(), bar.bottom() + 3, inside.width(), self.fontMetrics().height())
        *ends, middle = self._numbers(values)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, ends[0])
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, ends[1])
        metrics = self.fontMetrics()
        side = max(metrics.horizontalAdvance(end) for end in ends)
        if metrics.horizontalAdvance(middle) + 2 * side + 4 * _GAP < inside.width():
            painter.setPen(QColor(theme.current().muted))
            painter.drawText(line, Qt.AlignmentFlag.AlignHCenter, middle)
        return line.bottom() + 1

    def _paint_groups(self, painter: QPainter, inside: QRect, top: int, values: PointValues) -> int:
        metrics = self.fontMetrics()
        row = metrics.height() + _LEADING
        table = value_colours.groups(len(values.categories))
        for level, name in enumerate(self._names(), 1):
            colour = QColor(*table[level if level <= len(values.categories) else 0].tolist())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(QRect(QPoint(inside.left(), top + (row - _SWATCH) // 2), QSize(_SWATCH, _SWATCH)))
            painter.setPen(QColor(theme.current().foreground))
            place = inside.left() + _SWATCH + _GAP
            line = QRect(place, top, inside.right() - place + 1, row)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, _cut(metrics, name, line.width()))
            top += row
        return top

    def _paint_progress(self, painter: QPainter, bar: QRect, values: PointValues) -> None:
        colours = theme.current()
        painter.fillRect(bar, QColor(colours.grid))
        bar.setWidth(round(bar.width() * (1 - values.pending / max(1, len(values.values)))))
        painter.fillRect(bar, QColor(colours.accent))

    def _tell(self) -> None:
        self.setAccessibleDescription(self.text())
        self.update()

    def _title(self) -> str:
        if self._values is None:
            return ""
        if self._values.samples:
            return self.tr("−ELBO, {n} samples,").format(n=self._values.samples)
        return self.name_of(self._values.colouring)

    def name_of(self, colouring: Colouring) -> str:
        """Name what points are coloured by."""
        match colouring.kind:
            case "loss":
                return self.tr("loss")
            case "kl":
                return self.tr("KL")
            case "reconstruction":
                return self.tr("reconstruction error")
            case "amortisation":
                return self.tr("amortisation gap")
            case "approximation":
                return self.tr("approximation gap")
            case "column":
                return colouring.column
            case _:
                return self.tr("class")

    def _unit(self) -> str:
        return self.tr("nats") if self._values is not None and self._values.colouring.kind != "column" else ""

    def _lines(self) -> list[str]:
        if self._values is None:
            return []
        title = f"{self._title()} {self._unit()}".strip()
        return [title] if self._values.categories else [title, " ".join(self._numbers(self._values)[:2])]

    def _names(self) -> list[str]:
        if self._values is None:
            return []
        others = self._values.others
        return [*self._values.categories, *([self.tr("{n:,} others").format(n=others)] if others else [])]

    def _notes(self) -> list[str]:
        values = self._values
        if values is None:
            return []
        notes = [self.tr("σ of reconstructions")] if values.is_estimate else []
        if values.pending:
            share = 1 - values.pending / max(1, len(values.values))
            notes.append(self.tr("{share:.0%} of the images").format(share=share))
        return notes

    def _numbers(self, values: PointValues) -> tuple[str, str, str]:
        """Give what is written at the low end, at the high end, and between them."""
        if not values.levels.any():
            return "…" if values.pending else self.tr("no values"), "", ""
        if values.low == values.high:
            return number(values.low, 0.0), "", ""
        span = values.high - values.low
        low = ("≤ " if values.is_cut[0] else "") + number(values.low, span)
        high = ("≥ " if values.is_cut[1] else "") + number(values.high, span)
        return low, high, number((values.low + values.high) / 2, span)


def number(value: float, span: float) -> str:
    """Write a value so that three figures of a span can be told apart."""
    size = span or abs(value)
    if (size and not 1e-4 <= size < 1e7) or abs(value) >= 1e9:
        return f"{value:.3g}"
    digits = max(0, 2 - math.floor(math.log10(size))) if size else 0
    return f"{value:,.{digits}f}" if abs(value) >= 1e4 else f"{value:.{digits}f}"


def _cut(metrics: QFontMetrics, text: str, width: int) -> str:
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
