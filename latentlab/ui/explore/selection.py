"""The part of the session's state that is the selection on the map, one image or a million; the first are A, B, C."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Floats, Integers, to_floats
from latentlab.core.map.image_ids import ImageIds
from latentlab.core.map.map_update import MapUpdate
from latentlab.ui.explore.shown_map import ShownMap

NOTHING: Integers = np.empty(0, np.int64)


class Selection(QObject):
    """Owns which images are selected; they stay selected as long as the map shows them."""

    changed = Signal(object)  # int64 (K,), rows in the order in which they were selected

    def __init__(self, shown_map: ShownMap, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._map = shown_map
        self._ids: ImageIds | None = None  # of the map whose rows are selected
        self._rows = NOTHING

    @property
    def rows(self) -> Integers:
        """Which images are selected: int64 (K,), in the order in which they were, A first."""
        return self._rows

    def pictures(self, count: int) -> Floats | None:
        """Give the first selected images, float32 (K, C, H, W); None where the data set is not on this machine."""
        shown = self._map.shown
        if shown is None or shown.images is None:
            return None
        return to_floats(shown.images[self._rows[:count]])

    @Slot(object)
    def show(self, update: MapUpdate | None) -> None:
        """Take another map: what it does not show is no longer selected."""
        before, self._ids = self._ids, None if update is None else update.ids
        if before is not None and len(self._rows):
            self._put_in_force(NOTHING if update is None else update.ids.find(before, self._rows))

    @Slot(object)
    def select(self, rows: npt.ArrayLike) -> None:
        """Select these and no others; what the map does not have is left out."""
        self._put_in_force(np.array(rows, np.int64).reshape(-1))

    @Slot(object)
    def add(self, rows: npt.ArrayLike) -> None:
        """Select these too, after those that are selected already."""
        self.select(np.concatenate([self._rows, np.asarray(rows, np.int64).reshape(-1)]))

    @Slot(object)
    def remove(self, rows: npt.ArrayLike) -> None:
        """Select these no longer."""
        self.select(self._rows[~np.isin(self._rows, rows)])

    @Slot(int)
    def toggle(self, row: int) -> None:
        """Select an image, or select it no longer."""
        if (self._rows == row).any():
            self.remove([row])
        else:
            self.add([row])

    @Slot(object)
    def invert(self, rows: npt.ArrayLike) -> None:
        """Select those of these that are not selected."""
        rows = np.asarray(rows, np.int64).reshape(-1)
        self.select(rows[~np.isin(rows, self._rows)])

    @Slot()
    def swap(self) -> None:
        """Exchange A and B."""
        if len(self._rows) >= 2:
            a, b = self._rows[:2]
            self.select(np.concatenate([[b, a], self._rows[2:]]))

    @Slot()
    def clear(self) -> None:
        """Select nothing."""
        self.select(NOTHING)

    def _put_in_force(self, rows: Integers) -> None:
        count = 0 if self._map.shown is None else len(self._map.shown.means)
        rows = _each_once(rows[(rows >= 0) & (rows < count)], count)
        if not np.array_equal(rows, self._rows):
            rows.flags.writeable = False  # others keep it
            self._rows = rows
            self.changed.emit(rows)


def _each_once(rows: Integers, count: int) -> Integers:
    """Leave out what came before: in the time of a look at each, where sorting a million takes a tenth of a second."""
    places = np.arange(len(rows))
    first = np.empty(count, np.int64)
    first[rows[::-1]] = places[::-1]  # of equal rows the last assignment counts
    return rows[first[rows] == places]
