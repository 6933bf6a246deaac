"""Curves of many runs in one plot, a colour for each; those that may not be compared are dashed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QWidget

from latentlab.core.measures.polylines import distance
from latentlab.ui.plots.loss_history import envelope, robust_range
from latentlab.ui.plots.plain_plot import PlainPlot

_NEAR = 12.0  # pixels: a click this near to a curve is on it


@dataclass(frozen=True, slots=True, eq=False)
class RunCurve:
    """A curve.

    Attributes
    ----------
    run : int
        Whose it is, among those that are compared.
    name : str
    along, up : float64 (N,)
    colour : QColor
    is_thin : bool
        Whether it is of training images.
    is_apart : bool
        Whether it may not be compared with most.
    """

    run: int
    name: str
    along: npt.NDArray[np.float64]
    up: npt.NDArray[np.float64]
    colour: QColor
    is_thin: bool = False
    is_apart: bool = False


class RunPlot(PlainPlot):
    """Draws the curves, the one of the run that is singled out broader and above the others."""

    run_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", "", parent, takes_mouse=True, counts=True)
        self.setObjectName("comparisonPlot")
        self._curves: Sequence[RunCurve] = ()
        self._picked = -1
        self._pressed = QPointF()

    def set_curves(self, curves: Sequence[RunCurve]) -> None:
        """Draw these curves, and show all of them, unless a person has zoomed."""
        self._curves = curves
        self.restyle()
        self._fit_all()

    def set_picked(self, run: int) -> None:
        """Single a run out; -1 for none."""
        if run != self._picked:
            self._picked = run
            self.restyle()

    def curves(self) -> Sequence[RunCurve]:
        """Give what is drawn."""
        return self._curves

    def restyle(self) -> None:
        """Draw the curves anew."""
        self.box.clear()
        for curve in self._curves:
            is_picked = curve.run == self._picked
            width = (1.2 if curve.is_thin else 2.2) + 1.6 * is_picked
            colour = QColor(curve.colour)
            if self._picked >= 0 and not is_picked:
                colour.setAlpha(110)
            elif curve.is_thin:
                colour.setAlpha(170)
            style = Qt.PenStyle.DashLine if curve.is_apart else Qt.PenStyle.SolidLine
            # As many as columns can show: a broad line of thousands of points takes Qt a frame.
            along, up = envelope(curve.along, curve.up, max(100, self.width() // 2))
            few = "o" if len(along) == 1 else None
            item = pg.PlotDataItem(along, up, pen=pg.mkPen(colour, width=width, style=style), symbol=few, symbolSize=6)
            item.curve.setSegmentedLineMode("on")
            item.setSymbolBrush(colour)
            item.setZValue(is_picked - curve.is_thin)
            self.box.addItem(item)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click, or a drag."""
        self._pressed = event.position()
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Single out the run whose curve is clicked."""
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and (event.position() - self._pressed).manhattanLength() < 4:
            self.run_clicked.emit(self._run_at(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all again."""
        super().mouseDoubleClickEvent(event)
        self.is_own_range = False
        self._fit_all()

    def pixel_of(self, along: float, up: float) -> QPointF:
        """Give the pixel of a place."""
        return QPointF(self.mapFromScene(self.box.mapViewToScene(QPointF(along, up))))

    def _run_at(self, place: QPointF) -> int:
        found, nearest = -1, _NEAR
        (left, right), (low, high) = self.box.viewRange()
        rect, scene = self.box.sceneBoundingRect(), self.mapToScene(place.toPoint())
        for curve in self._curves:
            across = rect.left() + (curve.along - left) / (right - left) * rect.width()
            down = rect.bottom() - (curve.up - low) / (high - low) * rect.height()
            away = distance(np.column_stack([across, down]), (scene.x(), scene.y()))
            if away < nearest:
                found, nearest = curve.run, away
        return found

    def _fit_all(self) -> None:
        known = [curve for curve in self._curves if len(curve.along)]
        span = robust_range(np.empty(0), *(curve.up for curve in known))
        if span is None or self.is_own_range:
            return
        left = min(float(curve.along[0]) for curve in known)
        right = max(float(curve.along[-1]) for curve in known)
        room = 0.02 * (right - left) or 0.5 * (right or 1.0)
        across = (left - room, right + room)
        self.box.setRange(xRange=across, yRange=span, padding=0, disableAutoRange=True)
