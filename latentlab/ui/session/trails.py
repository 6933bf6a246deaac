"""The ways of selected points through the epochs before the one that is looked at, as far as their maps are there."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.core.arrays import Floats, Integers
from latentlab.core.map.axes import PlaneAxes
from latentlab.core.map.map_update import MapUpdate
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.selection import Selection
from latentlab.ui.session.kept_epochs import KeptEpochs

MOST = 100  # of the selected: more would cover each other
_MOST_PLACES = 200  # of each


class Trails(QObject):
    """Tells where selected points were, whenever others are selected, another epoch is shown or one more is read."""

    found = Signal(object, object)
    """Rows int64 (K,), and places float32 (K, T, 2), oldest first; none of either where there are none."""
    told = Signal(str)
    """What there are no trails of, and why, in a sentence; empty where there is nothing to tell."""

    def __init__(
        self, exploration: Exploration, epochs: KeptEpochs, selection: Selection, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._exploration, self._epochs, self._selection = exploration, epochs, selection
        self._is_on = False
        self._told: tuple[object, ...] = ()  # what the trails that were told last were made of
        # Several of what it follows come together; and a map that is just being told is not everywhere yet.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._find)
        for changed in (exploration.shown_changed, selection.changed, epochs.filled):
            changed.connect(self._follow)

    @Slot(bool)
    def set_on(self, is_on: bool) -> None:
        """Tell them, or never."""
        self._is_on = is_on
        self._soon.start()

    @Slot()
    def _follow(self) -> None:
        if self._is_on:
            self._soon.start()

    def _find(self) -> None:
        rows, shown = np.asarray(self._selection.rows, np.int64)[:MOST], self._exploration.shown
        self.told.emit(self._sentence() if self._is_on and shown is not None else "")
        if not self._is_on or shown is None or not len(rows):
            self._told = ()
            self.found.emit(np.empty(0, np.int64), np.empty((0, 0, 2), np.float32))
            return
        self._epochs.read_all()
        now = self._epochs.looked_at
        before = [epoch for epoch in self._epochs.epochs[:-1] if now is None or epoch < now]
        step = max(1, len(before) // _MOST_PLACES)
        maps = [update for epoch in before[::step] if (update := self._epochs.map_at(epoch)) is not None]
        told = (*maps, shown.ids, self._exploration.axes, *rows.tolist())
        if self._exploration.axes == PlaneAxes() and told == self._told:
            return  # what has been read since lies ahead
        self._told = told
        places = [place for update in maps if (place := self._places(update, shown, rows)) is not None]
        stacked = np.stack(places, 1) if places else np.empty((0, 0, 2), np.float32)
        self.found.emit(rows, stacked)

    def _sentence(self) -> str:
        """Say what there are no trails of: nothing is selected, too many are, or this is the first epoch."""
        count, epochs, now = len(self._selection.rows), self._epochs.epochs, self._epochs.looked_at
        if not count:
            return self.tr("Trails are those of selected points: select some.")
        if len(epochs) < 2 or now == epochs[0]:
            return self.tr("There are no trails: no epoch before this one was kept.")
        if count > MOST:
            return self.tr("Trails of the first {most:,} of {n:,} selected points").format(most=MOST, n=count)
        return ""

    def _places(self, update: MapUpdate, shown: MapUpdate, rows: Integers) -> Floats | None:
        """Give where a map had the images of some rows of the map that is shown, from which some may be left out."""
        there = rows if update.ids == shown.ids else update.ids.find(shown.ids, rows)
        if len(there) != len(rows):
            return None
        # Along axes that were chosen all lies on the plane that is shown; a map by itself has its own.
        plane = update.projection if self._exploration.axes == PlaneAxes() else shown.projection
        return plane.to_plane(update.means[there])
