"""Tools that select what lies within an area: a rectangle, or a lasso drawn by hand."""

from __future__ import annotations

import time
from typing import Literal

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainterPath

from latentlab.ui.canvas.layers.area_layer import AreaLayer
from latentlab.ui.canvas.points.points import PointsLayer
from latentlab.ui.canvas.tools.tools import Tool
from latentlab.ui.plots.map_view import MapView

SelectionMode = Literal["select", "add", "remove"]

_FINEST = 2.0  # pixels between two corners of a lasso
_COUNT_MILLISECONDS = 30
_COUNT_SHARE = 0.2  # of the time, at most, goes into counting while a hand draws


class AreaTool(Tool):
    """Selects the visible points within an area that is drawn, or the point that is clicked.

    As in programs for images: Shift or Ctrl adds, Alt (or Ctrl+Shift, where the desktop keeps Alt for itself) removes,
    a click beside all points selects nothing. What counts is where points are when the button goes up: those of a
    model that trains move meanwhile.
    """

    drawn = Signal(str, object)
    """What to do, "select", "add" or "remove", with which points: int64 (K,)."""
    point_toggled = Signal(int)

    def __init__(self, view: MapView, points: PointsLayer, layer: AreaLayer, parent: QObject) -> None:
        super().__init__(parent)
        self._view, self._points, self._layer = view, points, layer
        self._mode: SelectionMode | None = None  # while the button is down
        self._on_point: int | None = None
        self._click_toggles = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._count)

    def press(self, local: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Begin."""
        shift, ctrl, alt = (
            bool(modifiers & each)
            for each in (
                Qt.KeyboardModifier.ShiftModifier,
                Qt.KeyboardModifier.ControlModifier,
                Qt.KeyboardModifier.AltModifier,
            )
        )
        self._mode = "remove" if alt or (ctrl and shift) else "add" if ctrl or shift else "select"
        self._on_point = self._points.nearest(local)
        self._click_toggles = ctrl and self._mode == "add"  # as with the tool that picks
        self.begin(local)

    def drag(self, local: QPointF) -> None:
        """Draw on, within the map."""
        if self._mode is None:
            return
        rect = self._view.box.rect()
        inside = QPointF(min(max(local.x(), rect.left()), rect.right()), min(max(local.y(), rect.top()), rect.bottom()))
        self.extend(inside)
        self._layer.show_area(self.area(), inside)
        if not self._timer.isActive():
            self._timer.start(_COUNT_MILLISECONDS)

    def release(self, local: QPointF, *, dragged: bool) -> None:
        """Select."""
        mode = self._mode
        if mode is None:
            return
        area = self.area()
        self.cancel()
        if dragged:
            self.drawn.emit(mode, self._points.rows_in(area))
        elif self._on_point is not None and self._click_toggles:
            self.point_toggled.emit(self._on_point)
        elif self._on_point is not None or mode == "select":
            self.drawn.emit(mode, np.array([] if self._on_point is None else [self._on_point], np.int64))

    def cancel(self) -> None:
        """Draw nothing; what follows until the button goes up is not heard."""
        self._mode = None
        self._timer.stop()
        self._layer.show_area(None, QPointF())

    def begin(self, local: QPointF) -> None:
        """Begin an area at a pixel."""
        raise NotImplementedError

    def extend(self, local: QPointF) -> None:
        """Draw it on to a pixel."""
        raise NotImplementedError

    def area(self) -> QPainterPath:
        """Give what is drawn, in pixels of the view box."""
        raise NotImplementedError

    def _count(self) -> None:
        if self._mode is None:
            return
        begin = time.perf_counter()
        self._layer.set_count(len(self._points.rows_in(self.area())), self._mode)
        spent = time.perf_counter() - begin
        # Points move while a model trains, so it goes on while the hand rests.
        self._timer.start(max(_COUNT_MILLISECONDS, round(1000 * spent / _COUNT_SHARE)))


class RectangleTool(AreaTool):
    """Selects what lies within a rectangle."""

    _start = _end = QPointF()

    def begin(self, local: QPointF) -> None:
        """Put the first corner here."""
        self._start = self._end = local

    def extend(self, local: QPointF) -> None:
        """Put the opposite corner here."""
        self._end = local

    def area(self) -> QPainterPath:
        """Give the rectangle."""
        path = QPainterPath()
        path.addRect(QRectF(self._start, self._end).normalized())
        return path


class LassoTool(AreaTool):
    """Selects what lies within a line drawn by hand, which closes by itself."""

    def begin(self, local: QPointF) -> None:
        """Begin the line here."""
        self._path = QPainterPath(local)
        # A loop within a loop is no hole.
        self._path.setFillRule(Qt.FillRule.WindingFill)

    def extend(self, local: QPointF) -> None:
        """Draw the line on to here."""
        if (local - self._path.currentPosition()).manhattanLength() >= _FINEST:
            self._path.lineTo(local)

    def area(self) -> QPainterPath:
        """Give what the line encloses."""
        path = QPainterPath(self._path)
        path.closeSubpath()
        return path
