"""The field behind a map, computed off the GUI thread: of the part that is seen, again when the model has moved on."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.core.arrays import Extent, Floats
from latentlab.core.errors import LatentlabError
from latentlab.core.fields.fields import Field, FieldKind, FieldQuestion, affordable, answer, get_ready, rate
from latentlab.core.fields.grid import plane_code
from latentlab.core.fields.prepared_map import PreparedMap
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.results import Decoded
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.threads.latest import Latest

_REST = 3  # times as long as an answer took: a model that trains keeps most of the machine
_SECONDS = 1.0  # that an answer may take: what is slow gets fewer cells
_PATIENCE = 3.0  # once nothing has moved on: a machine may have been busy when it was first measured
_TURNED = 0.9  # cosine of the angle by which a training map's axes may turn between two updates


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    question: FieldQuestion
    field: Field | None
    problem: str
    seconds: float
    rate: float


class Fields(QObject):
    """Computes while somebody looks: a coarse field first, to learn what it costs, then one as fine as there is time.

    Parameters
    ----------
    kind : str, optional
        "gaps", "density", "ratio" or "regions"; nothing is computed until one is chosen.
    """

    found = Signal(object)  # Field, or None where the one shown is of another model or kind
    refused = Signal(str)  # why there is none, in a sentence
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None, kind: FieldKind | None = None) -> None:
        super().__init__(parent)
        self._kind = kind
        self._prepared: PreparedMap | None = None
        self._extent: Extent | None = None
        self._code: Floats | None = None
        self._label = 0
        self._rate: float | None = None  # seconds per unit of work
        self._asked: FieldQuestion | None = None
        self._answered: _Answer | None = None
        self._questions = Latest(self)
        self._questions.answered.connect(self._take)
        self._questions.failed.connect(self.failed)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._ask_rested)

    def follow(self, exploration: Exploration) -> None:
        """Take the map that is explored, on the plane through its code, under the label in force."""
        exploration.shown_changed.connect(self.show)
        exploration.decoded.connect(self._use_decoded)
        exploration.label_changed.connect(self.set_label)

    @Slot(object)
    def show(self, model: MapUpdate | None) -> None:
        """Take another model, or the same one further trained, or on another plane."""
        before = None if self._prepared is None else self._prepared.model
        if model is None or before is None or model.run != before.run or not _is_same_plane(before, model):
            self._begin_anew()
        self._prepared = None if model is None else PreparedMap(model)
        self._ask_when_rested()

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
            self._stop()
        elif self._answered is not None and self._answered.question.prepared is not self._prepared:
            self._ask_when_rested()  # it trains: the view that follows its map must not take its time away
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
        self._ask_when_rested()

    def shut_down(self) -> None:
        """Drop what is being computed."""
        self._rest.stop()
        self._questions.shut_down()

    @Slot(object)
    def _use_decoded(self, decoded: Decoded | None) -> None:
        if decoded is not None:
            self.set_code(decoded.code)

    def _ask(self, seconds: float = _SECONDS) -> None:
        prepared, extent, kind = self._prepared, self._extent, self._kind
        if prepared is None or extent is None or kind is None:
            return
        through, label = self._gap_setting(prepared.model) if kind == "gaps" else (None, 0)
        effort = affordable(kind, prepared, self._rate, seconds)
        question = FieldQuestion(kind, prepared, extent, through, label, effort)
        asked, known = self._asked, self._answered
        if asked is not None and asked.extent == extent and _is_same(asked, question) and asked.effort >= effort:
            return
        self._asked = question
        if known is not None and _is_same(known.question, question) and known.question.effort == effort:
            question = replace(question, known=known.field)
        self._questions.ask(lambda: _answer(question))

    def _gap_setting(self, model: MapUpdate) -> tuple[Floats | None, int]:
        """Give the code through which gaps are measured, and the label."""
        latent = model.snapshot.latent
        is_of_model = latent > 2 and self._code is not None and len(self._code) == latent
        through = plane_code(model.projection, self._code) if is_of_model else None
        return through, self._label if model.snapshot.uses_labels else 0

    @Slot()
    def _ask_rested(self) -> None:
        has_moved_on = self._answered is None or self._answered.question.prepared is not self._prepared
        self._ask(_SECONDS if has_moved_on else _PATIENCE)

    def _ask_when_rested(self) -> None:
        if not self._rest.isActive():
            self._ask()

    @Slot(object)
    def _take(self, found: _Answer) -> None:
        question = found.question
        if self._prepared is None or self._extent is None:
            return
        if found.field is None:
            self.refused.emit(found.problem)
            return
        self._answered = found
        # The quickest counts: others were slowed down by something else.
        self._rate = found.rate if self._rate is None else min(found.rate, self._rate)
        self.found.emit(found.field)
        if affordable(question.kind, self._prepared, self._rate, _SECONDS) > question.effort:
            self._ask()
        else:
            self._rest.start(round(1000 * _REST * found.seconds))

    def _begin_anew(self) -> None:
        self._rate = self._answered = None
        self._stop()
        self.found.emit(None)

    def _stop(self) -> None:
        self._asked = None
        self._rest.stop()
        self._questions.drop()


def _answer(question: FieldQuestion) -> _Answer:
    begin = time.perf_counter()
    try:
        get_ready(question)
        middle = time.perf_counter()
        field, problem = answer(question), ""
    except LatentlabError as error:
        middle, field, problem = begin, None, str(error)
    end = time.perf_counter()
    return _Answer(question, field, problem, end - begin, rate(question, end - middle))


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
