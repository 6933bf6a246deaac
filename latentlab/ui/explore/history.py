"""Where one was on the map: back and forward through places, undo and redo of what was seen and selected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.core.arrays import Extent, Floats, Integers, Position
from latentlab.core.map.axes import PlaneAxes
from latentlab.core.map.image_ids import ImageIds
from latentlab.core.map.map_update import MapUpdate
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart
from latentlab.ui.explore.selection import Selection

_MOST = 100
T = TypeVar("T")
_SETTLE_MILLISECONDS = 600  # a drag passes through places where nobody has stayed


class History(Generic[T]):
    """Remembers the last hundred states, as a browser does: a new one after going back takes the place of the rest.

    Parameters
    ----------
    is_same : callable
        Whether two states are one: nobody wants to go back to where one is.
    """

    def __init__(self, is_same: Callable[[T, T], bool]) -> None:
        self._is_same = is_same
        self._states: list[T] = []
        self._at = -1

    @property
    def can_go_back(self) -> bool:
        """Whether there is a state before this one."""
        return self._at > 0

    @property
    def can_go_forward(self) -> bool:
        """Whether there is a state after this one."""
        return self._at + 1 < len(self._states)

    @property
    def present(self) -> T | None:
        """Where one is."""
        return self._states[self._at] if self._states else None

    def visit(self, state: T) -> None:
        """Go on to a state."""
        if self._states and self._is_same(self._states[self._at], state):
            return
        self._states = [*self._states[: self._at + 1], state][-_MOST:]
        self._at = len(self._states) - 1

    def back(self) -> T:
        """Go to the state before."""
        self._at -= 1
        return self._states[self._at]

    def forward(self) -> T:
        """Go to the state after."""
        self._at += 1
        return self._states[self._at]

    def clear(self) -> None:
        """Forget everything."""
        self._states, self._at = [], -1


@dataclass(frozen=True, slots=True)
class ViewState:
    """What part of which plane is seen: left, right, bottom, top; and the view's mode, which may follow the points."""

    extent: Extent
    mode: str
    axes: PlaneAxes

    def is_like(self, other: ViewState) -> bool:
        """Whether two look the same; one that follows the points does so wherever they are."""
        if (self.mode, self.axes) != (other.mode, other.axes):
            return False
        return self.mode != "free" or bool(np.allclose(self.extent, other.extent, rtol=1e-6, atol=1e-12))


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    view: ViewState
    code: Floats | None


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    view: ViewState
    selected: Integers


class MapHistory(MapPart):
    """Remembers views, picks and selections as long as the map shows the same images of the same run.

    What is seen belongs to the view; it tells here where it has come to rest, and is told where to go.
    """

    view_wanted = Signal(object)  # ViewState
    changed = Signal()
    """What one can go back or forward to."""

    def __init__(self, exploration: Exploration, selection: Selection, parent: QObject) -> None:
        super().__init__(parent)
        self._exploration, self._selection = exploration, selection
        self._before: tuple[str, ImageIds] | None = None  # the run whose map is shown, and its images
        self._view: ViewState | None = None
        self._goes = False  # by itself: what follows is no new place
        self._places: History[_Place] = History(_same_place)
        self._steps: History[_Step] = History(_same_step)
        self._rest = QTimer(self, singleShot=True, interval=_SETTLE_MILLISECONDS)
        self._rest.timeout.connect(self._stay)
        exploration.shown_changed.connect(self._show)
        exploration.pick_changed.connect(self._use_pick)
        selection.changed.connect(self._use_selection)

    @property
    def view(self) -> ViewState | None:
        """What is seen, as it has last come to rest."""
        return self._view

    @property
    def code(self) -> tuple[float, ...]:
        """What is picked, (L,); empty for nothing."""
        code = self._exploration.code
        return () if code is None else tuple(code.tolist())

    @property
    def can(self) -> dict[str, bool]:
        """Which of ``back``, ``forward``, ``undo`` and ``redo`` lead anywhere."""
        return {
            "back": self._places.can_go_back,
            "forward": self._places.can_go_forward,
            "undo": self._steps.can_go_back,
            "redo": self._steps.can_go_forward,
        }

    @Slot(object)
    def arrive(self, view: ViewState) -> None:
        """Take what a person looks at now."""
        if self._goes:
            return
        self._view = view
        if self._exploration.shown is not None:
            self._places.visit(_Place(view, self._exploration.code))
            self._steps.visit(_Step(view, self._selection.rows))
            self.changed.emit()

    @Slot()
    def back(self) -> None:
        """Go to the place before."""
        if self._places.can_go_back:
            self.go(self._places.back())

    @Slot()
    def forward(self) -> None:
        """Go to the place after."""
        if self._places.can_go_forward:
            self.go(self._places.forward())

    @Slot()
    def undo(self) -> None:
        """See and select what was seen and selected before."""
        if self._steps.can_go_back:
            self._restore(self._steps.back())

    @Slot()
    def redo(self) -> None:
        """See and select what was undone."""
        if self._steps.can_go_forward:
            self._restore(self._steps.forward())

    def go(self, place: _Place) -> None:
        """Look at a place where one was, and pick what was picked there."""
        self._look(place.view)
        if place.code is not None:
            self._exploration.pick_code(place.code)
        self._rest.stop()
        self.changed.emit()

    def go_to(self, view: ViewState, code: tuple[float, ...]) -> None:
        """Look at a place that one comes to anew, such as a bookmark, and pick its code."""
        self.go(_Place(view, np.array(code, np.float32) if code else None))
        self._places.visit(_Place(view, self._exploration.code))
        self.changed.emit()

    def shut_down(self) -> None:
        """Wait for nothing any more."""
        self._rest.stop()
        super().shut_down()

    def _restore(self, step: _Step) -> None:
        self._look(step.view)
        self._goes = True
        self._selection.select(step.selected)
        self._goes = False
        self.changed.emit()

    def _look(self, view: ViewState) -> None:
        self._view = view
        if view.axes != self._exploration.axes:
            self._goes = True
            self._exploration.set_axes(view.axes)
            self._goes = False
        self.view_wanted.emit(view)

    @Slot(object)
    def _show(self, update: MapUpdate | None) -> None:
        before, self._before = self._before, None if update is None else (update.run_id, update.ids)
        if before is not None and before == self._before:
            return
        same = before is not None and update is not None and before[0] == update.run_id
        self._places.clear()
        self._steps.clear()
        self._rest.stop()
        if self._view is not None and update is not None:
            self.arrive(replace(self._view, mode="all") if not same else self._view)
        self.changed.emit()

    @Slot(object)
    def _use_pick(self, position: Position | None) -> None:
        code, present = self._exploration.code, self._places.present
        if position is not None and not (present is not None and _is_same_code(present.code, code)):
            self._rest.start()

    @Slot()
    def _stay(self) -> None:
        if self._view is not None and self._exploration.shown is not None:
            self._places.visit(_Place(self._view, self._exploration.code))
            self.changed.emit()

    @Slot(object)
    def _use_selection(self, selected: Integers) -> None:
        if self._view is not None and self._exploration.shown is not None and not self._goes:
            self._steps.visit(_Step(self._view, selected))
            self.changed.emit()


def _same_place(one: _Place, other: _Place) -> bool:
    return one.view.is_like(other.view) and _is_same_code(one.code, other.code)


def _is_same_code(one: Floats | None, other: Floats | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.shape == other.shape and bool(np.allclose(one, other, atol=1e-5))


def _same_step(one: _Step, other: _Step) -> bool:
    return one.view.is_like(other.view) and np.array_equal(one.selected, other.selected)
