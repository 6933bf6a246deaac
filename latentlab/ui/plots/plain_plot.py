"""A plot to look at: axes in the theme's colours."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont, QShowEvent
from PySide6.QtWidgets import QWidget

from latentlab.ui.plots import axes
from latentlab.ui.plots.plot import Plot
from latentlab.ui.style import theme


class PlainPlot(Plot):
    """What bars and lines have in common; they draw anew in `restyle`, in another theme or font once they are seen.

    Parameters
    ----------
    bottom, left : str
        Names of the axes.
    takes_mouse : bool
        Whether wheel and mouse zoom and move.
    counts : bool
        Whether the bottom has whole numbers, where it shows more than one.

    Attributes
    ----------
    is_own_range : bool
        Whether a person has zoomed or moved, and wants to see just that.
    """

    def __init__(
        self,
        bottom: str,
        left: str,
        parent: QWidget | None = None,
        *,
        takes_mouse: bool = False,
        counts: bool = False,
    ) -> None:
        sides = {"bottom": _Counting("bottom") if counts else pg.AxisItem("bottom"), "left": pg.AxisItem("left")}
        super().__init__(sides, (3, 7, 11, 3), parent, takes_mouse=takes_mouse)
        self._is_stale = False
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(180, 110)
        self._names = (bottom, left)
        self.is_own_range = False
        self.box.sigRangeChangedManually.connect(self._keep_range)
        self._dress()

    def name_axes(self, bottom: str, left: str) -> None:
        """Give the axes other names: they have another range, too."""
        if (bottom, left) != self._names:
            self._names = (bottom, left)
            self.is_own_range = False
            self._dress()

    def fit(self, width: float, height: float) -> None:
        """Show from zero to these, with a little room above."""
        self.box.setRange(xRange=(0, width or 1), yRange=(0, 1.06 * height or 1), padding=0, disableAutoRange=True)

    def restyle(self) -> None:
        """Draw anew in the colours of the theme."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw anew, once it is seen."""
        self._is_stale = True
        if self.isVisible():
            self._catch_up()

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "_names"):
            self.draw()

    def showEvent(self, event: QShowEvent) -> None:
        """Take theme and font that it has missed."""
        if self._is_stale:
            self._catch_up()
        super().showEvent(event)

    def _catch_up(self) -> None:
        self._is_stale = False
        self._dress()
        self.restyle()

    def _keep_range(self) -> None:
        self.is_own_range = True

    def _dress(self) -> None:
        font = QFont(self.font())
        font.setPointSizeF(max(font.pointSizeF(), 10.0))
        axes.dress(self, font, self._names)
        self.setBackground(theme.current().background)


class _Counting(pg.AxisItem):
    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        found = super().tickSpacing(low, high, size)
        return [each for each in found if each[0] >= 1] or [(1.0, 0.0)] if high - low >= 1 else found
