"""The tools that walk: a path drawn by hand or set by way-points, and an arrow that is put elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, Qt, Signal, Slot

from latentlab.core.arrays import Position
from latentlab.core.views.walk import Stop, WalkPlan, bent
from latentlab.ui.canvas.layers.walk_layer import WalkLayer
from latentlab.ui.canvas.points.points import PointsLayer
from latentlab.ui.canvas.tools.tools import SELECTING_MODIFIER, Tool
from latentlab.ui.plots.map_view import MapView

_STEP = 3.0  # pixels between two places of a line that is drawn


class WalkTool(Tool):
    """What both have in common: they ask for a walk, and hear which one there is.

    A press on a point means its image; with Ctrl, the place beneath.
    """

    wanted = Signal(object)
    """Walk so: a WalkPlan, or None for nowhere."""
    let_go = Signal()
    """The mouse let go of a walk: it may be shown now."""
    _draws_arrows = False

    def __init__(self, view: MapView, points: PointsLayer, layer: WalkLayer, parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        self._points = points
        self._layer = layer
        self._plan: WalkPlan | None = None
        self._asked: WalkPlan | None = None  # for last
        self._before: WalkPlan | None = None  # what giving up goes back to
        self._pressed: QPointF | None = None
        self._snaps = True

    @Slot(object)
    def set_plan(self, plan: WalkPlan | None) -> None:
        """Take the walk as it is now."""
        self._plan = plan

    def press(self, local: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Remember where, and whether a point means its image."""
        self._pressed = local
        self._snaps = not modifiers & SELECTING_MODIFIER

    def cancel(self) -> None:
        """Go back to what was before the button went down; asked again, forget the walk."""
        if self._pressed is not None:
            self._pressed = None
            self._want(self._before)
        elif self._plan is not None and (self._plan.kind == "arrow") == self._draws_arrows:
            self._want(None)

    def put_down(self) -> None:
        """Leave the walk as it is."""
        self._pressed = None

    def _want(self, plan: WalkPlan | None) -> None:
        self._asked = plan
        self.wanted.emit(plan)

    def _place(self, local: QPointF) -> Position:
        rect = self._view.box.rect()
        inside = QPointF(min(max(local.x(), rect.left()), rect.right()), min(max(local.y(), rect.top()), rect.bottom()))
        return self._view.to_position(inside)

    def _stop(self, local: QPointF) -> Stop:
        point = self._points.nearest(local) if self._snaps else None
        return self._place(local) if point is None else int(point)


class PathTool(WalkTool):
    """Draws a line, sets way-points one click after the other, and moves way-points."""

    def __init__(self, view: MapView, points: PointsLayer, layer: WalkLayer, parent: QObject) -> None:
        super().__init__(view, points, layer, parent)
        self._is_setting = False
        self._held: int | None = None
        self._line: list[Position] = []
        self._last = QPointF()

    @Slot(object)
    def set_plan(self, plan: WalkPlan | None) -> None:
        """Take the walk as it is now; to one from elsewhere no way-points are added."""
        super().set_plan(plan)
        if plan != self._asked:
            self._is_setting = False

    def press(self, local: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Take hold of a way-point; else wait for what becomes of it."""
        super().press(local, modifiers)
        self._held = self._layer.way_point_at(local)
        self._line = []
        self._layer.set_loose(None)
        if not self._is_setting:
            self._before = self._plan

    def drag(self, local: QPointF) -> None:
        """Move the way-point, or draw on."""
        if self._pressed is None:
            return
        if self._held is not None and self._plan is not None:
            self._want(self._moved(self._plan, self._held, local))
            return
        if not self._line:
            self._line = [self._place(self._pressed)]
            self._last = self._pressed
            self._is_setting = False
        if (local - self._last).manhattanLength() >= _STEP:
            self._line.append(self._place(local))
            self._last = local
            self._want(WalkPlan("drawn", tuple(self._line)))

    def release(self, local: QPointF, *, dragged: bool) -> None:
        """Set a way-point where the mouse was clicked."""
        if self._pressed is None:
            return
        pressed, self._pressed = self._pressed, None
        if dragged or self._held is not None:
            self.let_go.emit()
            return
        stops = self._plan.stops if self._is_setting and self._plan is not None else ()
        self._is_setting = True
        self._want(WalkPlan("line", (*stops, self._stop(pressed))))

    def hover(self, local: QPointF | None) -> None:
        """Show which way-point would be held, and where the next one would be."""
        held = None if local is None else self._layer.way_point_at(local)
        self._layer.set_hot(held)
        self._layer.set_loose(local if self._is_setting and held is None else None)

    def finish(self) -> None:
        """Set no more way-points."""
        self._is_setting = False
        self._pressed = self._held = None
        self._layer.set_loose(None)

    def take_back(self) -> None:
        """Take the last way-point back; with the last of all, the walk."""
        if self._plan is None or self._plan.kind != "line" or self._pressed is not None:
            return
        stops = self._plan.stops[:-1]
        before = self._before if self._is_setting else None
        self._is_setting &= bool(stops)
        self._want(WalkPlan("line", stops) if stops else before)

    def cancel(self) -> None:
        """Give up the path that is being set or drawn; one that is done is forgotten."""
        self._layer.set_loose(None)
        if self._is_setting:
            self._is_setting = False
            self._pressed = None
            self._want(self._before)
        else:
            super().cancel()

    def put_down(self) -> None:
        """Set no more way-points, and leave the walk as it is."""
        self.finish()
        self._layer.set_hot(None)

    def _moved(self, plan: WalkPlan, index: int, local: QPointF) -> WalkPlan:
        if plan.kind == "drawn":
            return WalkPlan("drawn", bent(self._layer.places(), index, self._place(local)))
        return WalkPlan("line", (*plan.stops[:index], self._stop(local), *plan.stops[index + 1 :]))


class ArrowTool(WalkTool):
    """Draws an arrow from A to B, and puts its tail elsewhere."""

    _draws_arrows = True

    def __init__(self, view: MapView, points: PointsLayer, layer: WalkLayer, parent: QObject) -> None:
        super().__init__(view, points, layer, parent)
        self._tail: QPointF | None = None  # of the arrow that is held, as far from the mouse

    def press(self, local: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Put the tail here, take hold of the arrow, or begin one."""
        super().press(local, modifiers)
        self._before = self._plan
        tail = self._layer.arrow_at(local)
        self._tail = None if tail is None else tail - local
        if self._tail is None and self._arrow():
            self._put_tail(self._stop(local))

    def drag(self, local: QPointF) -> None:
        """Move the arrow, or draw it longer."""
        if self._pressed is None:
            return
        places_one = self._before is not None and self._before.kind == "arrow"
        if places_one and not self._arrow():
            self._pressed = None  # it is gone with its model
        elif self._tail is not None:
            self._put_tail(self._place(local + self._tail))
        elif places_one:
            self._put_tail(self._stop(local))
        else:
            self._want(WalkPlan("arrow", (self._stop(self._pressed), self._stop(local))))

    def release(self, local: QPointF, *, dragged: bool) -> None:
        """Let go."""
        if self._pressed is not None:
            self._pressed = None
            self.let_go.emit()

    def take_back(self) -> None:
        """Take the placed arrow back, then the arrow."""
        arrow = self._arrow()
        if arrow and self._pressed is None:
            self._want(WalkPlan("arrow", arrow[:2]) if len(arrow) > 2 else None)

    def _arrow(self) -> tuple[Stop, ...]:
        return self._plan.stops if self._plan is not None and self._plan.kind == "arrow" else ()

    def _put_tail(self, stop: Stop) -> None:
        self._want(WalkPlan("arrow", (*self._arrow()[:2], stop)))
