"""The part of the session's state that is what the points of the map are coloured by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.point_values import Colouring, LiveValues, PointValues
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart
from latentlab.ui.threads.asking import Asking

_REST = 3  # times as long as an answer took, while a model trains: a quarter of the time at most


class MapValues(MapPart):
    """Finds the values of the map's images off the GUI thread, a part at a time, and keeps up with the model."""

    choices_changed = Signal(object)  # names of the columns of the current data, a tuple
    chosen = Signal(object)  # Colouring
    found = Signal(object)  # PointValues, or None for classes
    refused = Signal(str)  # why there are no values, in a sentence

    def __init__(self, exploration: Exploration, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._colouring = Colouring()
        self._last: MapUpdate | None = None  # that was shown
        self._columns: tuple[str, ...] = ()
        self._live: LiveValues | None = None
        self._is_final = False  # whatever the model learns: the data are what they were
        self._trains = False
        exploration.shown_changed.connect(self._show)
        self.asking = self._own(Asking(exploration, self._question, self, rest=0))
        self.asking.answered.connect(self._take)
        self.asking.refused.connect(self.refused)

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
            self.asking.ask()

    @Slot(str)
    def set_state(self, state: str) -> None:
        """Leave a training the time that it needs."""
        self._trains = state == "training"
        self.asking.rest = _REST if self._trains else 0

    @Slot(object)
    def _show(self, model: MapUpdate | None) -> None:
        before, self._last = self._last, model
        if before is None or model is None or (before.ids, before.columns) != (model.ids, model.columns):
            self._begin_anew()
            self._offer(model)
        elif before.run_id != model.run_id:
            self._begin_anew()
        if model is None and self._colouring.kind != "class":
            self.found.emit(None)

    def _offer(self, model: MapUpdate | None) -> None:
        columns = () if model is None else tuple(column.name for column in model.columns)
        if columns != self._columns:
            self._columns = columns
            self.choices_changed.emit(columns)
        # Without a map there may soon be one of the same data again.
        if model is not None and self._colouring.kind == "column" and self._colouring.column not in columns:
            self.choose(Colouring())

    def _question(self, model: MapUpdate) -> Callable[[MapUpdate], PointValues] | None:
        live = self._live
        if live is None or self._is_final:
            return None
        return lambda model: live.update(model)  # never equal to the last: it goes on where that stopped

    def _begin_anew(self) -> None:
        self._is_final = False
        self.asking.drop()
        self._live = None if self._colouring.kind == "class" else LiveValues(self._colouring)

    @Slot(object)
    def _take(self, values: PointValues) -> None:
        self._is_final = self._colouring.kind == "column"
        if values.pending:
            self.asking.ask_when_rested()
        # While a model trains it changes before all are found anew.
        self.found.emit(replace(values, pending=values.missing) if self._trains else values)
