"""The field behind a map, computed off the GUI thread: of the part that is seen, again when the model has moved on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Extent, Floats
from latentlab.core.fields.fields import Field, FieldKind, FieldQuestion, affordable, answer, prepare_field, rate
from latentlab.core.fields.grid import plane_code
from latentlab.core.fields.prepared_map import PreparedMap
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.results import Decoded
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart
from latentlab.ui.threads.asking import Asking, Shows

_SECONDS = 1.0  # that an answer may take: what is slow gets fewer cells
_PATIENCE = 3.0  # once nothing has moved on: a machine may have been busy when it was first measured
_DECODED = ("gaps", "magnification")  # fields of the plane through what is picked, under the label in force
_TURNED = 0.9  # cosine of the angle by which a training map's axes may turn between two updates


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    field: Field
    question: FieldQuestion
    rate: float


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    question: FieldQuestion

    def find(self, model: MapUpdate) -> _Found:
        prepare_field(self.question)
        begin = time.perf_counter()
        field = answer(self.question)
        return _Found(field, self.question, rate(self.question, time.perf_counter() - begin))


class Fields(MapPart):
    """Computes while somebody looks: a coarse field first, to learn what it costs, then one as fine as there is time.

    Parameters
    ----------
    shows : Shows
        Whose map the field lies behind.
    kind : str, optional
        "gaps", "magnification", "density", "ratio" or "regions"; nothing is computed until one is chosen.
    """

    found = Signal(object)  # Field, or None where the one shown is of another model or kind
    refused = Signal(str)  # why there is none, in a sentence

    def __init__(self, shows: Shows, parent: QObject | None = None, kind: FieldKind | None = None) -> None:
        super().__init__(parent)
        self._kind = kind
        self._prepared: PreparedMap | None = None
        self._extent: Extent | None = None
        self._code: Floats | None = None
        self._label = 0
        self._rate: float | None = None  # seconds per unit of work
        self._wanted: _Wanted | None = None
        self._found: _Found | None = None
        self._is_hasty = False  # somebody waits for what is asked
        shows.shown_changed.connect(self._follow)
        self.asking = self._own(Asking(shows, self._question, self))
        self.asking.answered.connect(self._take)
        self.asking.refused.connect(self.refused)

    @Slot(str)
    def choose(self, kind: FieldKind | None) -> None:
        """Compute this kind of field."""
        if kind != self._kind:
            self._kind = kind
            self._begin_anew()
            self._ask()

    @Slot(object)
    def look(self, extent: Extent | None) -> None:
        """Compute this part of the plane; None while nobody looks."""
        self._extent = extent
        if extent is None:
            self._forget_wanted()
        elif self._is_behind():
            self.asking.ask_when_rested()  # it trains: the view that follows its map must not take its time away
        else:
            self._ask()

    @Slot(int)
    def set_label(self, label: int) -> None:
        """Decode and encode under another label, with a CVAE."""
        self._label = label
        self._ask()

    def set_code(self, code: Floats) -> None:
        """Compute on the plane through a code."""
        self._code = code
        if self.asking.is_resting or self._is_behind():
            self.asking.ask_when_rested()
        else:
            self._ask()

    @Slot(object)
    def _follow(self, model: MapUpdate | None) -> None:
        """Take another model, or the same one further trained, or on another plane."""
        before = None if self._prepared is None else self._prepared.model
        if model is None or before is None or model.run_id != before.run_id or not _is_same_plane(before, model):
            self._begin_anew()
        self._prepared = None if model is None else PreparedMap(model)

    def _ask(self) -> None:
        self._is_hasty = True
        self.asking.ask()
        self._is_hasty = False

    def _is_behind(self) -> bool:
        """Whether the model has moved on since the last field."""
        return self._found is not None and self._found.question.prepared is not self._prepared

    def _question(self, model: MapUpdate) -> Callable[[MapUpdate], _Found] | None:
        prepared, extent, kind = self._prepared, self._extent, self._kind
        if prepared is None or extent is None or kind is None:
            return None
        through, label = self._decoded_setting(model) if kind in _DECODED else (None, 0)
        seconds = _SECONDS if self._is_hasty or self._is_behind() else _PATIENCE
        question = FieldQuestion(
            kind, prepared, extent, through, label, affordable(kind, prepared, self._rate, seconds)
        )
        if self._wanted is None or not _is_answered_by(question, self._wanted.question):
            found = self._found
            if found is not None and _is_same(found.question, question) and found.question.effort == question.effort:
                question = replace(question, known=found.field)
            self._wanted = _Wanted(question)
        return self._wanted.find

    def _decoded_setting(self, model: MapUpdate) -> tuple[Floats | None, int]:
        """Give the code on whose plane what is decoded is measured, and the label."""
        latent = model.snapshot.latent
        is_of_model = latent > 2 and self._code is not None and len(self._code) == latent
        through = plane_code(model.projection, self._code) if is_of_model else None
        return through, self._label if model.snapshot.uses_labels else 0

    @Slot(object)
    def _take(self, found: _Found) -> None:
        question, prepared, self._found = found.question, self._prepared, found
        assert prepared is not None
        # The quickest counts: others were slowed down by something else.
        self._rate = found.rate if self._rate is None else min(found.rate, self._rate)
        self.found.emit(found.field)
        if affordable(question.kind, prepared, self._rate, _SECONDS) > question.effort:
            self._ask()
        else:
            self.asking.ask_when_rested()

    def _begin_anew(self) -> None:
        self._rate = self._found = None
        self._forget_wanted()
        self.found.emit(None)

    def _forget_wanted(self) -> None:
        self._wanted = None
        self.asking.drop()


class MapFields(Fields):
    """The field behind the map that is explored: on the plane through what is picked, under the label in force."""

    def __init__(self, exploration: Exploration, parent: QObject | None = None, kind: FieldKind | None = None) -> None:
        super().__init__(exploration, parent, kind)
        exploration.decoded.connect(self._use_decoded)
        exploration.label_changed.connect(self.set_label)

    @Slot(object)
    def _use_decoded(self, decoded: Decoded | None) -> None:
        if decoded is not None:
            self.set_code(decoded.code)


def _is_answered_by(question: FieldQuestion, asked: FieldQuestion) -> bool:
    return asked.extent == question.extent and _is_same(asked, question) and asked.effort >= question.effort


def _is_same(one: FieldQuestion, other: FieldQuestion) -> bool:
    """Whether two questions, at one effort, have the same answer for the same part of the plane."""
    if one.prepared is not other.prepared or (one.kind, one.label) != (other.kind, other.label):
        return False
    if one.through is None or other.through is None:
        return one.through is other.through
    return bool(np.allclose(one.through, other.through, atol=1e-4))


def _is_same_plane(before: MapUpdate, after: MapUpdate) -> bool:
    """Whether x and y of two maps mean about the same: what is shown may stay until a newer field is found."""
    old, new = before.projection.directions, after.projection.directions
    return old.shape == new.shape and bool(((old * new).sum(1) >= _TURNED * (new * new).sum(1)).all())
