"""The part of the session's state that is the list looked at: which images it is of, and what it found."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.core.arrays import Floats, Integers
from latentlab.core.map.browsing import ImageList, Listing, ListQuestion, Lists, Rebuilt, Source, rebuild
from latentlab.core.map.map_update import MapUpdate
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart
from latentlab.ui.explore.selection import Selection
from latentlab.ui.threads.asking import Asking

_TOLD_MILLISECONDS = 300
_REST = 6  # times as long as a list took: a model that trains keeps most of the machine


class Browsing(MapPart):
    """Lists images of every new map as they were wanted last, off the GUI thread."""

    source_changed = Signal(object)  # Source or None
    waited = Signal(float)  # the share of a list that is found, while that takes long
    listed = Signal(object)  # ImageList
    refused = Signal(str)  # why there is no list, in a sentence
    rebuilt = Signal(object)  # Rebuilt
    point_changed = Signal(int)  # row of the image that is picked, -1 for none

    def __init__(self, exploration: Exploration, selection: Selection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._exploration, self._selection = exploration, selection
        self._listing: Listing | None = None
        self._last: MapUpdate | None = None  # that was shown
        self._lists: Lists | None = None
        self._listed: MapUpdate | None = None  # what these are of
        self._number = 0
        self._label = 0
        self._point: int | None = None
        self._code: Floats | None = None
        self._rows: Integers = np.empty(0, np.int64)  # that are rebuilt
        self._stop = threading.Event()
        self._share = 0.0
        exploration.shown_changed.connect(self._show)
        exploration.pick_changed.connect(self._follow_pick)
        exploration.label_changed.connect(self._follow_label)
        selection.changed.connect(self._follow_selected)
        self.asking = self._own(Asking(exploration, self._question, self, rest=_REST))
        self.asking.answered.connect(self.listed)
        self.asking.refused.connect(self.refused)
        self.asking.waiting_changed.connect(self._wait)
        self._rebuilding = self._own(Asking(exploration, self._rebuilding_of, self, rest=0, asks_again=False))
        self._rebuilding.answered.connect(self.rebuilt)
        self._rebuilding.refused.connect(self.failed)
        self._timer = QTimer(self, interval=_TOLD_MILLISECONDS)
        self._timer.timeout.connect(self._tell_share)

    @Slot(object)
    def look(self, listing: Listing | None) -> None:
        """List these images from now on; None when no list is looked at."""
        self._drop_list()
        self._listing = listing
        self.asking.ask()

    @Slot(object)
    def rebuild(self, rows: Integers) -> None:
        """Rebuild these images."""
        self._rows = rows
        self._rebuilding.ask()

    def shut_down(self) -> None:
        """Drop what is being looked for."""
        self._drop_list()
        super().shut_down()

    @Slot(object)
    def _show(self, model: MapUpdate | None) -> None:
        before, self._last = self._last, model
        if not _is_other(before, model):
            return
        self._drop_list()
        self._rebuilding.drop()
        source = None
        if model is not None and not model.snapshot.takes_any_size:
            snapshot = model.snapshot
            source = Source(model.run_id, model.images, model.labels, snapshot.class_names, snapshot.image_shape)
        self.source_changed.emit(source)

    def _drop_list(self) -> None:
        self.asking.drop()  # first: nobody is to be told that it was stopped
        self._stop.set()
        self._stop = threading.Event()

    @Slot(object)
    def _follow_pick(self, position: object) -> None:
        point, code = self._exploration.point, self._exploration.code
        # A point that moves as the model trains is the same pick.
        is_same = point == self._point and (point is not None or code is self._code)
        if point != self._point:
            self.point_changed.emit(-1 if point is None else point)
        self._point, self._code = point, code
        if is_same:
            return
        if self._listing is not None and (
            self._listing.kind in ("near_codes", "near_pixels") or self._listing.order == "distance"
        ):
            self.asking.ask()

    @Slot(int)
    def _follow_label(self, label: int) -> None:
        self._label = label
        if self._listing is not None and self._listing.kind == "near_pixels":
            self.asking.ask()

    @Slot(object)
    def _follow_selected(self, rows: Integers) -> None:
        if self._listing is not None and self._listing.kind == "selected":
            self.asking.ask()

    def _lists_of(self, model: MapUpdate) -> Lists:
        if self._lists is None or self._listed is not model:
            self._number += 1
            self._lists, self._listed = Lists(model, self._number), model
        return self._lists

    def _question(self, model: MapUpdate) -> Callable[[MapUpdate], ImageList] | None:
        if self._listing is None:
            return None
        lists, stop, picked = self._lists_of(model), self._stop, self._exploration
        code = None if picked.code is None else np.array(picked.code, np.float32)
        question = ListQuestion(self._listing, self._selection.rows, picked.point, code, self._label)
        self._share = 0.0

        def goes_on(share: float) -> bool:
            self._share = share
            return not stop.is_set()

        return lambda model: lists.find(question, goes_on)

    def _rebuilding_of(self, model: MapUpdate) -> Callable[[MapUpdate], Rebuilt]:
        rows = self._rows
        self._lists_of(model)
        number = self._number
        return lambda model: rebuild(model, rows, number)

    @Slot(bool)
    def _wait(self, is_waiting: bool) -> None:
        if is_waiting:
            self._timer.start()
        else:
            self._timer.stop()

    @Slot()
    def _tell_share(self) -> None:
        self.waited.emit(self._share)


def _is_other(before: MapUpdate | None, after: MapUpdate | None) -> bool:
    """Whether two maps are of other images, or of another run."""
    if before is None or after is None:
        return before is not after
    return (before.run_id, before.ids) != (after.run_id, after.ids)
