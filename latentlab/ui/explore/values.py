"""The part of the session's state that is what the points of the map are coloured by."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.point_values import Colouring, LiveValues, PointValues
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.threads.latest import Latest

_REST = 3  # times as long as an answer took, while a model trains: a quarter of the time at most


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    live: LiveValues
    model: MapUpdate
    values: PointValues | None
    problem: str
    seconds: float


class MapValues(QObject):
    """Finds the values of the map's images off the GUI thread, a part at a time, and keeps up with the model."""

    choices_changed = Signal(object)  # names of the columns at hand, a tuple
    chosen = Signal(object)  # Colouring
    found = Signal(object)  # PointValues, or None for classes
    refused = Signal(str)  # why there are no values, in a sentence
    failed = Signal(str)

    def __init__(self, exploration: Exploration, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._colouring = Colouring()
        self._model: MapUpdate | None = None
        self._columns: tuple[str, ...] = ()
        self._live: LiveValues | None = None
        self._done: MapUpdate | None = None  # all its values are found
        self._trains = False
        self._questions = Latest(self)
        self._questions.answered.connect(self._take)
        self._questions.failed.connect(self.failed)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._ask)
        exploration.shown_changed.connect(self.show)

    @property
    def colouring(self) -> Colouring:
        """What points are coloured by."""
        return self._colouring

    @Slot(object)
    def choose(self, colouring: Colouring) -> None:
        """Colour by something else."""
        if colouring == self._colouring:
            return
        self._colouring = colouring
        self.chosen.emit(colouring)
        self._begin_anew()
        if colouring.kind == "class":
            self.found.emit(None)
        else:
            self._ask()

    @Slot(object)
    def show(self, model: MapUpdate | None) -> None:
        """Colour another map, or the same one further trained."""
        before, self._model = self._model, model
        if before is None or model is None or not _are_same_images(before, model):
            self._begin_anew()
            self._offer(() if model is None else tuple(column.name for column in model.columns))
        elif before.run != model.run:
            self._begin_anew()
        elif self._colouring.kind == "column" and self._done is not None:
            self._done = model  # the data are what they were
        if self._colouring.kind == "class":
            return
        if model is None:
            self.found.emit(None)
        elif not self._rest.isActive():
            self._ask()

    @Slot(str)
    def set_state(self, state: str) -> None:
        """Leave a training the time that it needs."""
        self._trains = state == "training"

    def shut_down(self) -> None:
        """Drop what is being found."""
        self._rest.stop()
        self._questions.shut_down()

    def _offer(self, columns: tuple[str, ...]) -> None:
        if columns != self._columns:
            self._columns = columns
            self.choices_changed.emit(columns)
        # Without a map there may soon be one of the same data again.
        if self._model is not None and self._colouring.kind == "column" and self._colouring.column not in columns:
            self.choose(Colouring())

    @Slot()
    def _ask(self) -> None:
        model, live = self._model, self._live
        if model is None or live is None or model is self._done:
            return

        def find() -> _Answer:
            begin = time.perf_counter()
            try:
                values, problem = live.update(model), ""
            except LatentlabError as error:
                values, problem = None, str(error)
            return _Answer(live, model, values, problem, time.perf_counter() - begin)

        self._questions.ask(find)

    def _begin_anew(self) -> None:
        self._done = None
        self._rest.stop()
        self._questions.drop()
        self._live = None if self._colouring.kind == "class" else LiveValues(self._colouring)

    @Slot(object)
    def _take(self, answer: _Answer) -> None:
        if answer.live is not self._live or self._model is None:
            return
        if answer.values is None or not answer.values.pending:
            self._done = answer.model
        if answer.values is None:
            self.refused.emit(answer.problem)
        elif self._trains:  # it changes before all are found anew
            self.found.emit(replace(answer.values, pending=answer.values.missing))
        else:
            self.found.emit(answer.values)
        if self._done is not self._model:
            self._rest.start(round(1000 * _REST * answer.seconds) if self._trains else 0)


def _are_same_images(before: MapUpdate, after: MapUpdate) -> bool:
    if before.columns is not after.columns or (before.images is None) != (after.images is None):
        return False
    if before.images is not None and after.images is not None:
        return before.images.shape == after.images.shape and np.may_share_memory(before.images, after.images)
    return before.labels is after.labels or np.array_equal(before.labels, after.labels)
