"""Bars, some of which stand out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from latentlab.core.arrays import Floats
from latentlab.ui.plots.plain_plot import PlainPlot
from latentlab.ui.style import theme

_MOST_NAMES = 24  # that can be read beside each other
_GAPS = 100  # bars between which there is room for a gap


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Bars side by side.

    Attributes
    ----------
    edges : float32 (N + 1,)
        Where each begins, and the last one ends.
    heights : float32 (N,)
    strong : bool (N,)
        Which stand out.
    names : tuple of str
        Of each, written below it; empty for numbers along the axis.
    """

    edges: Floats
    heights: Floats
    strong: npt.NDArray[np.bool_]
    names: tuple[str, ...] = ()


class BarPlot(PlainPlot):
    """Shows bars."""

    def __init__(self, bottom: str, left: str, parent: QWidget | None = None) -> None:
        super().__init__(bottom, left, parent)
        self._bars: Bars | None = None
        self._items = (pg.BarGraphItem(x0=[], x1=[], height=[]), pg.BarGraphItem(x0=[], x1=[], height=[]))
        for item in self._items:
            self.box.addItem(item)

    def set_bars(self, bars: Bars) -> None:
        """Show these bars."""
        self._bars = bars
        names = bars.names if len(bars.names) <= _MOST_NAMES else ()
        middles = (bars.edges[:-1] + bars.edges[1:]) / 2
        self.axes["bottom"].setTicks([list(zip(middles.tolist(), names, strict=True))] if names else None)
        self.restyle()

    def restyle(self) -> None:
        """Draw the bars, the strong ones in the theme's accent."""
        if self._bars is None:
            return
        colours, edges = theme.current(), self._bars.edges
        gap = 0.12 * (edges[1:] - edges[:-1]) if len(edges) <= _GAPS else 0.0
        left, right = edges[:-1] + gap, edges[1:] - gap
        for item, wanted, colour in zip(
            self._items, (self._bars.strong, ~self._bars.strong), (colours.accent, colours.muted), strict=True
        ):
            heights = self._bars.heights[wanted]
            item.setOpts(x0=left[wanted], x1=right[wanted], height=heights, brush=QColor(colour), pen=pg.mkPen(None))
        self.fit(float(edges[-1]), float(np.nan_to_num(self._bars.heights).max(initial=0)))
