"""Lines with their names, the first of which is the one in force."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QApplication, QWidget

from latentlab.core.arrays import Floats
from latentlab.ui.plots.plain_plot import PlainPlot
from latentlab.ui.style import theme


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line with its name: float32 (N,) along and up."""

    name: str
    along: Floats
    up: Floats


class LinePlot(PlainPlot):
    """Shows lines; a legend names them."""

    def __init__(self, bottom: str, left: str, parent: QWidget | None = None) -> None:
        super().__init__(bottom, left, parent)
        self._lines: tuple[Line, ...] = ()
        self._legend = pg.LegendItem(offset=(12, 8))
        self._legend.setParentItem(self.box)

    def set_lines(self, lines: tuple[Line, ...]) -> None:
        """Show these lines."""
        self._lines = lines
        self.restyle()

    def names(self) -> tuple[str, ...]:
        """Give the names of the lines that are shown."""
        return tuple(line.name for line in self._lines)

    def restyle(self) -> None:
        """Draw the lines: the first in the theme's accent, the others in colours of their own."""
        colours = theme.current()
        self.box.clear()
        self._legend.clear()
        self._legend.setLabelTextColor(colours.foreground)
        self._legend.setLabelTextSize(f"{QApplication.font().pointSizeF() + 1:.1f}pt")
        own = (colours.accent, colours.train, colours.muted, colours.warning)
        for index, line in enumerate(self._lines):
            colour = own[index % len(own)]
            item = pg.PlotDataItem(line.along, line.up, pen=pg.mkPen(colour, width=2.5), symbol="o", symbolSize=7)
            item.setSymbolBrush(colour)
            item.setSymbolPen(None)
            item.setZValue(-index)  # the first above the others
            self.box.addItem(item)
            self._legend.addItem(item, line.name)
        if self._lines:
            highest = max(float(np.nan_to_num(line.up).max(initial=0)) for line in self._lines)
            self.fit(1.02 * max(float(line.along[-1]) for line in self._lines), highest)
