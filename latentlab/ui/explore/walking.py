"""The walk on the map: where it leads, and its film, decoded off the GUI thread again whenever the model moves on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Floats, Integers
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.results import Decoded
from latentlab.core.views.walk import CodeStop, Stop, Walk, WalkPlan, WalkQuestion, code_of
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart
from latentlab.ui.threads.asking import Asking

STEPS = 20


class Walking(MapPart):
    """Owns the walk, the number of its frames, and whether it is decoded under every label.

    Places of it stay where they are on the map, on the plane through the code that is picked; images take it along.
    """

    changed = Signal(object, object)  # WalkPlan or None; where its stops lie on the map, float32 (N, 2)
    answered = Signal(object)  # Walk
    refused = Signal(str)  # why there is no film, in a sentence
    model_changed = Signal(object)  # ModelFacts, or None where there is no model
    bending_changed = Signal(bool)  # whether a geodesic is being looked for

    def __init__(self, exploration: Exploration, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._exploration = exploration
        self._last: MapUpdate | None = None  # that was shown, and the one before
        self._before: MapUpdate | None = None
        self._plan: WalkPlan | None = None
        self._walk: Walk | None = None
        self._steps = STEPS
        self._is_each_label = self._is_looked_at = False
        self._label = 0
        self._code: Floats | None = None
        self._own_code: Floats | None = None  # picked by showing a frame: the walk does not follow itself
        self._through: Floats | None = None
        self._wanted: WalkQuestion | None = None
        self._is_geodesic = False
        self._bent_wanted: WalkQuestion | None = None
        self._bent: WalkQuestion | None = None  # whose answer is shown
        exploration.shown_changed.connect(self._show)
        exploration.decoded.connect(self._follow_pick)
        exploration.label_changed.connect(self._set_label)
        exploration.axes_changed.connect(self._keep_codes)
        self.asking = self._own(Asking(exploration, self._question, self))
        self.asking.answered.connect(self._take)
        self.asking.refused.connect(self._lack)
        self.bending = self._own(Asking(exploration, self._bent_question, self))
        self.bending.answered.connect(self._take_bent)
        self.bending.refused.connect(self.failed)
        self.bending.waiting_changed.connect(self.bending_changed)

    @property
    def plan(self) -> WalkPlan | None:
        """Where the walk leads."""
        return self._plan

    @property
    def walk_shown(self) -> Walk | None:
        """Its film, as it was decoded for last."""
        return self._walk

    @Slot(object)
    def walk(self, plan: WalkPlan | None) -> None:
        """Walk so; None forgets the walk."""
        self._plan = plan
        if plan is None:
            self._forget_film()
        self._tell()
        self._ask()

    @Slot(object)
    def walk_between(self, rows: Integers) -> None:
        """Walk straight from the first to the second of some images, by their rows."""
        if len(rows) < 2:
            self.failed.emit(self.tr("Select two images first, with Ctrl+click on their points: the walk joins them."))
        else:
            self.walk(WalkPlan("line", (int(rows[0]), int(rows[1]))))

    @Slot(int)
    def set_steps(self, steps: int) -> None:
        """Decode so many frames."""
        self._steps = steps
        self._ask()

    @Slot(bool)
    def set_each_label(self, is_wanted: bool) -> None:
        """Decode the film under every label of a CVAE."""
        self._is_each_label = is_wanted
        self._ask()

    @Slot(bool)
    def set_geodesic(self, is_wanted: bool) -> None:
        """Walk along a geodesic, once it is found; straight until then, or for good."""
        self._is_geodesic = is_wanted
        if not is_wanted and self._bent is not None:
            self._bent = None
            self.asking.drop()  # what is straight may be answered already, and is to be told again
        self._ask()

    @Slot(bool)
    def look(self, is_looked_at: bool) -> None:
        """Decode only while somebody looks."""
        self._is_looked_at = is_looked_at
        self._ask()

    @Slot(int, int)
    def show_frame(self, row: int, column: int) -> None:
        """Pick the code of a frame, under the label of its row."""
        film = self._walk
        if film is None or not (row < len(film.labels) and column < len(film.codes)):
            return
        if len(film.labels) > 1 and film.labels[row] != self._label:
            self._exploration.set_label(film.labels[row])
        self._own_code = film.codes[column]
        self._exploration.pick_code(film.codes[column])

    # What it follows

    @Slot(object)
    def _show(self, model: MapUpdate | None) -> None:
        before, self._before, self._last = self._last, self._last, model
        facts_before, facts = (None if each is None else each.snapshot.facts for each in (before, model))
        if facts != facts_before:
            self.model_changed.emit(facts)
        if model is None or before is None or model.run_id != before.run_id:
            self._forget_film()
        if self._plan is not None and not _leads_as_before(self._plan, before, model):
            self._plan = None
            self._forget_film()
        self._tell()

    @Slot(object)
    def _follow_pick(self, decoded: Decoded | None) -> None:
        if decoded is None:
            self._code = self._own_code = None
        elif self._own_code is None or not self._is_on_plane(decoded.code, self._own_code):
            self._code, self._own_code = decoded.code, None
            self._ask()

    @Slot(int)
    def _set_label(self, label: int) -> None:
        self._label = label
        self._ask()

    @Slot(object)
    def _keep_codes(self, choice: object) -> None:
        """Walk where one walked, along whichever axes the map is seen: its places were those of the plane before."""
        before = self._before
        if self._plan is None or before is None:
            return
        through = self._plane_through(before)
        stops: list[Stop] = [
            CodeStop(tuple(code_of(stop, through, before).tolist())) if isinstance(stop, tuple) else stop
            for stop in self._plan.stops
        ]
        self.walk(WalkPlan(self._plan.kind, tuple(stops)))

    # What it asks

    def _question(self, model: MapUpdate) -> Callable[[MapUpdate], Walk] | None:
        plan = self._plan
        if plan is None or not self._is_looked_at:
            return None
        is_each = self._is_each_label and model.snapshot.uses_labels
        label = 0 if is_each or not model.snapshot.uses_labels else self._label
        wanted = WalkQuestion(plan, self._steps, self._plane_of(plan, model), label, is_each)
        if wanted != self._wanted:  # else it stays the one that may be answered already
            self._wanted = wanted
        return self._wanted.answer

    def _bent_question(self, model: MapUpdate) -> Callable[[MapUpdate], Walk] | None:
        plan = self._plan
        if not self._is_geodesic or plan is None or plan.kind == "arrow" or self._question(model) is None:
            return None
        assert self._wanted is not None
        wanted = replace(self._wanted, is_geodesic=True)
        if wanted != self._bent_wanted:
            self._bent_wanted = wanted
        return self._bent_wanted.answer

    def _ask(self) -> None:
        """Ask for the walk, which is soon there, and for the geodesic that takes its place."""
        self.asking.ask()
        before, model = self._bent_wanted, self._exploration.shown
        if model is not None and self._bent_question(model) is not None and self._bent_wanted != before:
            self.bending.drop()  # what is being looked for is of another walk
        self.bending.ask()

    @Slot(object)
    def _take(self, walk: Walk) -> None:
        if self._bent is not None and self._bent == self._wanted:
            return  # the model has moved on: the geodesic stays until the next one is found
        self._bent = None
        self._walk = walk
        self.answered.emit(walk)

    @Slot(object)
    def _take_bent(self, walk: Walk) -> None:
        self._bent = self._wanted
        self._walk = walk
        self.answered.emit(walk)

    @Slot(str)
    def _lack(self, sentence: str) -> None:
        self._walk = self._bent = None
        self.refused.emit(sentence)

    def _plane_of(self, plan: WalkPlan, model: MapUpdate) -> tuple[float, ...] | None:
        """Give a code of the plane on which the places of a walk lie, None where there is but one plane."""
        if model.snapshot.latent <= 2 or not any(isinstance(stop, tuple) for stop in plan.stops):
            return None
        through = self._plane_through(model)
        return None if through is None else tuple(through.tolist())

    def _plane_through(self, model: MapUpdate) -> Floats | None:
        code = self._code
        if code is None or len(code) != model.snapshot.latent:
            return None
        through = model.projection.moved(code, (0.0, 0.0))
        if self._through is None or not _are_close(self._through, through):
            self._through = through  # what differs by rounding alone is the same plane
        return self._through

    def _is_on_plane(self, code: Floats, other: Floats) -> bool:
        model = self._exploration.shown
        if model is None or not len(code) == len(other) == model.snapshot.latent:
            return False
        one, two = (model.projection.moved(each, (0.0, 0.0)) for each in (code, other))
        return _are_close(one, two)

    def _tell(self) -> None:
        plan, model = self._plan, self._exploration.shown
        places = np.zeros((0 if plan is None else len(plan.stops), 2), np.float32)
        for index, stop in enumerate(plan.stops if plan is not None else ()):
            if isinstance(stop, tuple):
                places[index] = stop
            elif model is not None and not isinstance(stop, int):
                places[index] = model.projection.position(np.asarray(stop.code, np.float32))
            elif model is not None and stop < len(model.means):
                places[index] = model.projection.position(model.means[stop])
        self.changed.emit(plan, places)

    def _forget_film(self) -> None:
        self._walk = self._bent = None
        self.asking.drop()
        self.bending.drop()


def _are_close(one: Floats, other: Floats) -> bool:
    return len(one) == len(other) and bool(np.allclose(one, other, rtol=1e-4, atol=1e-4))


def _leads_as_before(plan: WalkPlan, before: MapUpdate | None, after: MapUpdate | None) -> bool:
    """Whether the stops of a walk mean the same with another model."""
    if before is None or after is None or before.snapshot.latent != after.snapshot.latent:
        return False
    rows = np.array([stop for stop in plan.stops if isinstance(stop, int)], np.int64)
    return after.ids.has_in_place(before.ids, rows)
