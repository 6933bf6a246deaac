"""The posteriors of what is selected on the map and of the point looked at, worked out off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Integers
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.posteriors import Posteriors, posteriors
from latentlab.core.map.results import DataPoint
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart
from latentlab.ui.explore.selection import Selection
from latentlab.ui.threads.asking import Asking

MOST = 100  # of the selected: more would cover each other


class SelectedPosteriors(MapPart):
    """Asks anew whenever something else is selected or pointed at, and with every update of the model."""

    found = Signal(object)  # Posteriors, or None where there are none

    def __init__(self, exploration: Exploration, selection: Selection, parent: QObject) -> None:
        super().__init__(parent)
        self._selected: Integers = np.empty(0, np.int64)
        self._pointed: int | None = None
        exploration.shown_changed.connect(self._show)
        exploration.pointed.connect(self._point)
        selection.changed.connect(self._select)
        self.asking = self._own(Asking(exploration, self._question, self, rest=0))
        self.asking.answered.connect(self.found)
        self.asking.refused.connect(self.failed)

    @Slot(object)
    def _show(self, model: MapUpdate | None) -> None:
        if model is None:
            self.found.emit(None)

    @Slot(object)
    def _select(self, rows: Integers) -> None:
        self._selected = np.asarray(rows, np.int64)[:MOST]
        self.asking.ask()

    @Slot(object)
    def _point(self, point: DataPoint | None) -> None:
        row = None if point is None else point.index
        if row != self._pointed:
            self._pointed = row
            self.asking.ask()

    def _question(self, model: MapUpdate) -> Callable[[MapUpdate], Posteriors] | None:
        pointed = self._pointed
        rows = self._selected if pointed is None else np.append(self._selected[self._selected != pointed], pointed)
        if len(rows):
            return lambda model: posteriors(model, rows, pointed)
        self.found.emit(None)
        return None
