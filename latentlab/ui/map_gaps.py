"""Gaps of one map, measured off the GUI thread: of the part that is seen, and again when the model has moved on."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.core.comparison_results import Gaps
from latentlab.core.errors import LatentlabError
from latentlab.core.events import Floats
from latentlab.core.gaps import Extent, gaps, plane_code
from latentlab.core.live_map import MapUpdate
from latentlab.core.results import Decoded
from latentlab.ui.exploration import Exploration
from latentlab.ui.latest import Latest

_REST = 3  # times as long as an answer took: a model that trains keeps most of the machine
_CELLS = tuple(side**2 for side in (12, 17, 24, 34, 48))
_SECONDS = 1.0  # that a grid may take: a slow decoder gets fewer cells


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    model: MapUpdate
    extent: Extent
    through: Floats | None
    label: int
    cells: int


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    question: _Question
    gaps: Gaps | None
    problem: str
    seconds: float
    has_share: bool


class MapGaps(QObject):
    """Measures while somebody looks: few codes first, to learn what they cost, then as many as there is time for."""

    found = Signal(object)  # Gaps, or None where those shown are of another model
    refused = Signal(str)  # why there are none, in a sentence
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model: MapUpdate | None = None
        self._extent: Extent | None = None
        self._code: Floats | None = None
        self._label = 0
        self._seconds_per_code: float | None = None
        self._asked: _Question | None = None
        self._answered: _Answer | None = None
        self._questions = Latest(self)
        self._questions.answered.connect(self._take)
        self._questions.failed.connect(self.failed)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._ask)

    def follow(self, exploration: Exploration) -> None:
        """Measure the map that is explored, on the plane through its code, under the label in force."""
        exploration.shown_changed.connect(self.show)
        exploration.decoded.connect(self._use_decoded)
        exploration.label_changed.connect(self.set_label)

    @Slot(object)
    def show(self, model: MapUpdate | None) -> None:
        """Measure another model, or the same one further trained."""
        if model is None or self._model is None or model.run != self._model.run:
            self._seconds_per_code = self._answered = None
            self._begin_anew()
            self.found.emit(None)
        self._model = model
        self._ask_when_rested()

    @Slot(object)
    def look(self, extent: Extent | None) -> None:
        """Measure this part of the plane; None while nobody looks."""
        self._extent = extent
        if extent is None:
            self._begin_anew()
        elif self._answered is not None and self._answered.question.model is not self._model:
            self._ask_when_rested()  # it trains: the view that follows its map must not take its time away
        else:
            self._ask()

    @Slot(int)
    def set_label(self, label: int) -> None:
        """Decode and encode under another label, with a CVAE."""
        self._label = label
        self._ask()

    def set_code(self, code: Floats) -> None:
        """Measure on the plane through a code."""
        self._code = code
        self._ask_when_rested()

    def shut_down(self) -> None:
        """Drop what is being measured."""
        self._rest.stop()
        self._questions.shut_down()

    @Slot(object)
    def _use_decoded(self, decoded: Decoded | None) -> None:
        if decoded is not None:
            self.set_code(decoded.code)

    @Slot()
    def _ask(self) -> None:
        model, extent = self._model, self._extent
        if model is None or extent is None:
            return
        latent = model.snapshot.latent
        is_of_model = latent > 2 and self._code is not None and len(self._code) == latent
        through = plane_code(model.projection, self._code) if is_of_model else None
        label = self._label if model.snapshot.uses_labels else 0
        question = _Question(model, extent, through, label, self._affordable_cells())
        if self._asked is not None and self._asked.extent == extent and _is_same(self._asked, question):
            return
        self._asked = question
        known = self._answered
        share = known.gaps.share if known and known.gaps and _is_same(known.question, question) else None

        def measure() -> _Answer:
            begin = time.perf_counter()
            try:
                found = gaps(model, extent, through=through, label=label, cells=question.cells, share=share)
                problem = ""
            except LatentlabError as error:
                found, problem = None, str(error)
            return _Answer(question, found, problem, time.perf_counter() - begin, share is None)

        self._questions.ask(measure)

    def _ask_when_rested(self) -> None:
        if not self._rest.isActive():
            self._ask()

    def _affordable_cells(self) -> int:
        if self._seconds_per_code is None:
            return _CELLS[0]
        return max([cells for cells in _CELLS if cells * self._seconds_per_code <= _SECONDS], default=_CELLS[0])

    @Slot(object)
    def _take(self, answer: _Answer) -> None:
        if self._model is None or self._extent is None or answer.question.model.run != self._model.run:
            return
        if answer.gaps is None:
            self.refused.emit(answer.problem)
            return
        self._answered = answer
        spent = max(answer.seconds, 1e-6) / (answer.question.cells * (2 if answer.has_share else 1))
        # The quickest counts: others were slowed down by something else.
        self._seconds_per_code = spent if self._seconds_per_code is None else min(spent, self._seconds_per_code)
        self.found.emit(answer.gaps)
        if self._affordable_cells() > answer.question.cells:
            self._ask()
        else:
            self._rest.start(round(1000 * _REST * answer.seconds))

    def _begin_anew(self) -> None:
        self._asked = None
        self._rest.stop()
        self._questions.drop()


def _is_same(one: _Question, other: _Question) -> bool:
    """Whether two questions have the same answer for the same part of the plane."""
    if one.model is not other.model or (one.label, one.cells) != (other.label, other.cells):
        return False
    if one.through is None or other.through is None:
        return one.through is other.through
    return bool(np.allclose(one.through, other.through, atol=1e-4))
