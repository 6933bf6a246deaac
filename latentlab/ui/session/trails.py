"""The ways of selected points through the epochs before the one that is looked at, as far as their maps are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.core.arrays import Floats, Integers
from latentlab.core.map.axes import PlaneAxes
from latentlab.core.map.map_of_epoch import turned
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.projection import Projection
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.selection import Selection
from latentlab.ui.session.kept_epochs import KeptEpochs
from latentlab.ui.threads.latest import Latest

MOST = 100  # of the selected: more would cover each other
_MOST_PLACES = 200  # of each
_OPERATIONS, _TURNING = 1_000_000, 6_000_000  # that places of one map take, and turning it
_SEEKING = 600  # operations for each image of other ones than are shown, among which those that are shown are sought

_Turned = dict[int, tuple[MapUpdate, MapUpdate, MapUpdate]]
"""By the ids of objects, maps, what they were turned onto, and what came of that."""


@dataclass(frozen=True, slots=True, eq=False)
class _Ways:
    """Places of rows of a map that is shown, and how the maps that they are of were turned, by their ids."""

    shown: MapUpdate
    rows: Integers
    places: Floats
    turned: _Turned


class Trails(QObject):
    """Tells where selected points were, whenever others are selected, another epoch is shown or one more is read."""

    found = Signal(object, object)
    """Rows int64 (K,), and places float32 (K, T, 2), oldest first; none of either where there are none."""
    told = Signal(str)
    """What there are no trails of, and why, in a sentence; empty where there is nothing to tell."""
    failed = Signal(str)  # sentence

    def __init__(
        self, exploration: Exploration, epochs: KeptEpochs, selection: Selection, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._exploration, self._epochs, self._selection = exploration, epochs, selection
        self._is_on = False
        self._asked: tuple[object, ...] = ()  # what the trails that were asked for last are made of
        self._turned: _Turned = {}
        self._finding = Latest(self, self._take, self.failed.emit)
        # Several of what it follows come together; and a map that is just being told is not everywhere yet.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._find)
        for changed in (exploration.shown_changed, selection.changed, epochs.changed, epochs.filled):
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

    def shut_down(self) -> None:
        """Find nothing more."""
        self._soon.stop()
        self._finding.shut_down()

    def _find(self) -> None:
        rows, shown = np.asarray(self._selection.rows, np.int64)[:MOST], self._exploration.shown
        self.told.emit(self._sentence() if self._is_on and shown is not None else "")
        if not self._is_on or shown is None or not len(rows):
            self._asked, self._turned = (), {}
            self._finding.drop()
            self.found.emit(np.empty(0, np.int64), np.empty((0, 0, 2), np.float32))
            return
        self._epochs.read_all()
        now, onto, axes = self._epochs.looked_at, self._epochs.onto, self._exploration.axes
        before = [epoch for epoch in self._epochs.epochs[:-1] if now is None or epoch < now]
        step = max(1, len(before) // _MOST_PLACES)
        maps = [update for epoch in before[::step] if (update := self._epochs.held(epoch)) is not None]
        asked = (*maps, onto, shown.ids, axes, *rows.tolist())
        if axes == PlaneAxes() and asked == self._asked:
            return  # what has been read since lies ahead
        self._asked, known = asked, self._turned
        new = 0 if onto is None else sum(_turned_before(known, update, onto) is None for update in maps)
        # Along axes that were chosen all lies on the plane that is shown; a map by itself has its own.
        plane = None if axes == PlaneAxes() else shown.projection
        sought = sum({id(update.ids): len(update.means) for update in maps if update.ids != shown.ids}.values())
        self._finding.ask(
            lambda: _ways(maps, shown, rows, onto, plane, known),
            _OPERATIONS * len(maps) + _TURNING * new + _SEEKING * sought,
        )

    def _take(self, ways: _Ways | None) -> None:
        if ways is None:
            return
        self._turned = ways.turned
        shown = self._exploration.shown
        if shown is not None and shown.ids == ways.shown.ids:  # else those of the images that are shown come next
            self.found.emit(ways.rows, ways.places)

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


def _ways(
    maps: Sequence[MapUpdate],
    shown: MapUpdate,
    rows: Integers,
    onto: MapUpdate | None,
    plane: Projection | None,
    known: _Turned,
) -> _Ways:
    """Give where maps had the images of some rows of the map that is shown, from which some may be left out."""
    made: _Turned = {}
    places: list[Floats] = []
    found: dict[int, Integers] = {}  # by the ids that maps share
    for update in maps:
        laid = update
        if onto is not None:
            laid = _turned_before(known, update, onto) or turned(update, onto)
            made[id(update)] = update, onto, laid
        there = found.get(id(update.ids))
        if there is None:
            there = found[id(update.ids)] = update.ids.find(shown.ids, rows)
        if len(there) == len(rows):
            places.append((plane or laid.projection).to_plane(update.means[there]))
    stacked = np.stack(places, 1) if places else np.empty((0, 0, 2), np.float32)
    return _Ways(shown, rows, stacked, made)


def _turned_before(known: _Turned, update: MapUpdate, onto: MapUpdate) -> MapUpdate | None:
    """Give what a map was turned to before, if that was onto the same one."""
    mine, other, laid = known.get(id(update), (None, None, None))
    return laid if mine is update and other is onto else None
