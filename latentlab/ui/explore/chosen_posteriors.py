"""The posteriors of what is chosen on the map and of the point looked at, worked out off the GUI thread."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Integers
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.posteriors import Posteriors, posteriors
from latentlab.core.map.results import DataPoint
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.selection import Choosing
from latentlab.ui.threads.latest import Latest

MOST = 100  # of the chosen: more would cover each other


class ChosenPosteriors(QObject):
    """Asks anew whenever something else is chosen or pointed at, and with every update of the model."""

    found = Signal(object)  # Posteriors, or None where there are none
    failed = Signal(str)

    def __init__(self, exploration: Exploration, choosing: Choosing, parent: QObject) -> None:
        super().__init__(parent)
        self._model: MapUpdate | None = None
        self._chosen: Integers = np.empty(0, np.int64)
        self._pointed: int | None = None
        self._answers = Latest(self)
        self._answers.answered.connect(self._take)
        self._answers.failed.connect(self.failed)
        exploration.shown_changed.connect(self._show)
        exploration.pointed.connect(self._point)
        choosing.changed.connect(self._choose)

    def shut_down(self) -> None:
        """Drop what is being worked out."""
        self._answers.shut_down()

    @Slot(object)
    def _show(self, model: MapUpdate | None) -> None:
        self._model = model
        self._ask()

    @Slot(object)
    def _choose(self, rows: Integers) -> None:
        self._chosen = np.asarray(rows, np.int64)[:MOST]
        self._ask()

    @Slot(object)
    def _point(self, point: DataPoint | None) -> None:
        row = None if point is None else point.index
        if row != self._pointed:
            self._pointed = row
            self._ask()

    def _ask(self) -> None:
        model, pointed = self._model, self._pointed
        rows = self._chosen if pointed is None else np.append(self._chosen[self._chosen != pointed], pointed)
        if model is None or not len(rows):
            self._answers.drop()
            self.found.emit(None)
            return
        self._answers.ask(lambda: posteriors(model, rows, pointed))

    @Slot(object)
    def _take(self, found: Posteriors) -> None:
        if self._model is not None and found.run == self._model.run:
            self.found.emit(found)
