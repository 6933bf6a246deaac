"""The axes' names, numbers and colours."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontMetrics

from latentlab.ui.plots.axes import MapAxis
from latentlab.ui.plots.plot import Plot
from latentlab.ui.style import theme

_SIDES = ("bottom", "left")


def new() -> dict[str, MapAxis]:
    """Make the axes of a plot, which `dress` dresses."""
    return {side: MapAxis(side) for side in _SIDES}


def dress(plot: Plot, font: QFont, names: tuple[str, str] | None, *, is_narrow: bool = False) -> None:
    """Name the axes, and give them the font and the colours of the theme; narrow ones leave the names out."""
    colours = theme.current()
    for side, name in zip(_SIDES, names or ("", ""), strict=True):
        axis = plot.axes[side]
        axis.setPen(colours.grid)
        axis.setTextPen(colours.muted)
        # Smaller ticks, which have no numbers, could hardly be seen and cost a third of an axis.
        axis.setStyle(tickFont=font, tickLength=4, maxTickLevel=1)
        # "×0.001" beside the name of an axis is read by nobody.
        axis.enableAutoSIPrefix(False)
        axis.setLabel(name, color=colours.foreground, **{"font-size": f"{font.pointSizeF() + 1}pt"})
        axis.showLabel(not is_narrow)
    # Of a fixed size, or every new number would shift the whole map.
    metrics = QFontMetrics(font)
    name = 0 if is_narrow else metrics.height() + 4
    plot.axes["left"].setWidth(metrics.horizontalAdvance("−00" if is_narrow else "−00.00") + name + 10)
    plot.axes["bottom"].setHeight(metrics.height() + name + 10)
