"""A plot to look at: axes in the theme's colours that begin at zero; nothing to zoom or move."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from latentlab.ui import theme
from latentlab.ui.canvas import axes


class PlainPlot(pg.PlotWidget):
    """What bars and lines have in common; they draw anew in `restyle`.

    Parameters
    ----------
    bottom, left : str
        Names of the axes.
    """

    def __init__(self, bottom: str, left: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, viewBox=pg.ViewBox(enableMenu=False, enableMouse=False), enableMenu=False)
        self.hideButtons()
        # Never shown; without a parent it would outlive the plot.
        menu = self.getPlotItem().ctrlMenu
        menu.setParent(self, menu.windowFlags())
        self.getPlotItem().setContentsMargins(2, 6, 10, 2)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(180, 110)
        self._names = (bottom, left)
        self._dress()

    def name_axes(self, bottom: str, left: str) -> None:
        """Give the axes other names."""
        if (bottom, left) != self._names:
            self._names = (bottom, left)
            self._dress()

    def fit(self, width: float, height: float) -> None:
        """Show from zero to these, with a little room above."""
        self.setRange(xRange=(0, width or 1), yRange=(0, 1.06 * height or 1), padding=0, disableAutoRange=True)

    def restyle(self) -> None:
        """Draw anew in the colours of the theme."""
        raise NotImplementedError

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "_names"):
            self._dress()
            self.restyle()

    def close(self) -> bool:
        """Close as every widget does: pyqtgraph's own takes the plot apart, and fails the second time."""
        return QWidget.close(self)

    def _dress(self) -> None:
        font = QFont(self.font())
        font.setPointSizeF(max(font.pointSizeF(), 10.0))
        axes.dress(self, font, self._names)
        self.setBackground(theme.current().background)
