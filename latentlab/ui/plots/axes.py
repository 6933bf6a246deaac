"""The axes of a map or a plot: lines, ticks and numbers, painted sixty times a second, and how they are dressed."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from latentlab.ui.plots.plot import Plot
from latentlab.ui.style import theme
from latentlab.ui.style.paint import KeptPicture

# Finer ticks have numbers too unless all numbers would fill so much of the axis, where so many are at coarse ticks.
_CROWDED = ((6, 0.2), (4, 0.4), (2, 0.6), (0, 0.8))
_CENTRED = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextDontClip)
_SIDES = ("bottom", "left")


class MapAxis(pg.AxisItem):
    """Looks like pyqtgraph's axis at the bottom or at the left, which would take a quarter of the time of a frame."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self._kept = KeptPicture()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the line, ticks at the multiples of two round numbers, and what these are."""
        box = self.mapRectFromParent(self.geometry())
        font = self.style["tickFont"]
        if min(box.width(), box.height()) <= 0 or font is None:
            return
        looks = (box.getRect(), tuple(self.range), font.key(), self.pen().color().rgba(), self.textPen().color().rgba())
        self._kept.paint(painter, self.boundingRect(), looks, lambda pen: self._draw(pen, box))

    def _draw(self, painter: QPainter, box: QRectF) -> None:
        is_flat = self.orientation == "bottom"
        length = box.width() if is_flat else box.height()
        low, high = self.range
        font = self.style["tickFont"]
        if length <= 0 or high <= low or font is None:
            return
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(self.pen())
        if is_flat:
            painter.drawLine(QLineF(box.left() - 1, box.top() + 1, box.right() + 1, box.top() + 1))
        else:
            painter.drawLine(QLineF(box.right() - 1, box.top() - 1, box.right() - 1, box.bottom() + 1))
        metrics = QFontMetricsF(font)
        height = 0.8 * metrics.height()
        written: list[tuple[float, str]] = []
        filled = 0.0
        for level, (spacing, values) in enumerate(_levels(self.tickSpacing(low, high, length), low, high)):
            places = [(value - low) / (high - low) * length for value in values]
            if not is_flat:
                places = [length - place for place in places]
            self._draw_ticks(painter, box, places, level)
            numbers = self.tickStrings(values, 1.0, spacing)
            filled += sum(map(metrics.horizontalAdvance, numbers)) if is_flat else height * len(numbers)
            limit = next(share for count, share in _CROWDED if len(written) >= count)
            if level == 0 or filled < limit * length:
                written += zip(places, numbers, strict=True)
        painter.setPen(self.textPen())
        room = self.boundingRect()
        far = self.style["tickLength"] + self.style["tickTextOffset"][1 if is_flat else 0]
        for place, number in written:
            width = metrics.horizontalAdvance(number)
            if is_flat:
                rect = QRectF(box.left() + place - width / 2, box.top() + far, width, height)
            else:
                rect = QRectF(box.right() - far - width, box.top() + place - height / 2, width, height)
            if room.contains(rect):
                painter.drawText(rect, _CENTRED, number)

    def _draw_ticks(self, painter: QPainter, box: QRectF, places: list[float], level: int) -> None:
        colour = QColor(self.pen().color())
        colour.setAlpha(255 // (level + 1))
        painter.setPen(QPen(colour, self.pen().widthF()))
        size = self.style["tickLength"] / (1 + level / 2)
        if self.orientation == "bottom":
            x, y = box.left(), box.top()
            lines = [QLineF(x + place, y, x + place, y + size) for place in places]
        else:
            x, y = box.right(), box.top()
            lines = [QLineF(x, y + place, x - size, y + place) for place in places]
        painter.drawLines(lines)


def _levels(spacings: list[tuple[float, float]], low: float, high: float) -> list[tuple[float, list[float]]]:
    """Give each spacing with its multiples in a range, without those of the one before."""
    levels: list[tuple[float, list[float]]] = []
    coarse = math.inf
    for spacing, _ in spacings:
        multiples = (step * spacing for step in range(math.ceil(low / spacing), math.floor(high / spacing) + 1))
        levels.append((spacing, [value for value in multiples if not _is_multiple(value, coarse, 0.01 * spacing)]))
        coarse = spacing
    return levels


def _is_multiple(value: float, spacing: float, tolerance: float) -> bool:
    return math.isfinite(spacing) and abs(round(value / spacing) * spacing - value) < tolerance


def new() -> dict[str, MapAxis]:
    """Make the axes of a plot, which `dress` dresses."""
    return {side: MapAxis(side) for side in _SIDES}


def dress(plot: Plot, font: QFont, names: tuple[str, str] | None, *, is_narrow: bool = False) -> None:
    """Name the axes, and give them the font and the colours of the theme; narrow ones leave the names out."""
    colours = theme.current()
    looks = (font.key(), names, is_narrow, colours.dark)
    if looks == plot.dressed:
        return
    plot.dressed = looks
    for side, name in zip(_SIDES, names or ("", ""), strict=True):
        axis = plot.axes[side]
        axis.setPen(colours.grid)
        axis.setTextPen(colours.muted)
        # Smaller ticks, which have no numbers, could hardly be seen and cost a third of an axis.
        axis.setStyle(tickFont=font, tickLength=4, maxTickLevel=1)
        # Numbers as they are: "×0.001" beside the name of an axis is read by nobody. No ranges to scale in, as well, or
        # to switch it off would scale once more, and leave it so.
        looks = {"color": colours.foreground, "font-size": f"{font.pointSizeF() + 1}pt"}
        axis.setLabel(name, siPrefixEnableRanges=(), **looks)
        axis.enableAutoSIPrefix(False)
        axis.showLabel(not is_narrow)
        axis.resizeEvent()  # pyqtgraph puts a name in the middle only then, and a longer one would stay where it began
    # Of a fixed size, or every new number would shift the whole map.
    metrics = QFontMetrics(font)
    name = 0 if is_narrow else metrics.height() + 4
    plot.axes["left"].setWidth(metrics.horizontalAdvance("−00" if is_narrow else "−00.00") + name + 10)
    plot.axes["bottom"].setHeight(metrics.height() + name + 10)
