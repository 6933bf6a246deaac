"""The part of the session's state that is the list looked at: which images it is of, and what it found."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.core.arrays import Floats, Integers
from latentlab.core.errors import LatentlabError
from latentlab.core.map.browsing import ImageList, Listing, ListQuestion, Lists, Source, Stopped, rebuild
from latentlab.core.map.map_update import MapUpdate
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.selection import Choosing
from latentlab.ui.threads.latest import Latest

_TOLD_MILLISECONDS = 300
_REST = 6  # times as long as a list took: a model that trains keeps most of the machine


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    lists: Lists
    question: ListQuestion
    listed: ImageList | None
    problem: str
    seconds: float


class Browsing(QObject):
    """Lists images of every new map as they were wanted last, off the GUI thread."""

    source_changed = Signal(object)  # Source or None
    waited = Signal(float)  # the share of a list that is found, while that takes long
    listed = Signal(object)  # ImageList
    refused = Signal(str)  # why there is no list, in a sentence
    rebuilt = Signal(object)  # Rebuilt
    point_changed = Signal(int)  # row of the image that is picked, -1 for none
    failed = Signal(str)

    def __init__(self, exploration: Exploration, choosing: Choosing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._exploration, self._choosing = exploration, choosing
        self._listing: Listing | None = None
        self._lists: Lists | None = None
        self._source: Source | None = None
        self._model: MapUpdate | None = None
        self._number = 0
        self._label = 0
        self._point: int | None = None
        self._code: Floats | None = None
        self._asked: ListQuestion | None = None
        self._stop = threading.Event()
        self._share = 0.0
        self._is_behind = False
        self._questions = Latest(self)
        self._questions.answered.connect(self._take)
        self._questions.failed.connect(self.failed)
        self._rebuilding = Latest(self)
        self._rebuilding.answered.connect(self._take_rebuilt)
        self._rebuilding.failed.connect(self.failed)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._catch_up)
        self._wait = QTimer(self)
        self._wait.setInterval(_TOLD_MILLISECONDS)
        self._wait.timeout.connect(self._tell_share)
        exploration.shown_changed.connect(self.show)
        exploration.pick_changed.connect(self._follow_pick)
        exploration.label_changed.connect(self._follow_label)
        choosing.changed.connect(self._follow_chosen)

    @Slot(object)
    def look(self, listing: Listing | None) -> None:
        """List these images from now on; None when no list is looked at."""
        self._stop.set()
        self._stop = threading.Event()
        self._listing = listing
        self._ask()

    @Slot(object)
    def show(self, model: MapUpdate | None) -> None:
        """List images of another map, or of the same one further trained."""
        is_other = _is_other(self._model, model)
        self._model = model
        self._number += 1
        self._lists = None if model is None else Lists(model, self._number)
        if is_other:
            self._begin_anew()
            self.source_changed.emit(self._source)
            self._ask()
        elif self._asked is not None or self._rest.isActive():
            self._is_behind = True
        else:
            self._ask()

    @Slot(object)
    def rebuild(self, rows: Integers) -> None:
        """Rebuild these images."""
        model, number = self._model, self._number
        if model is not None:
            self._rebuilding.ask(lambda: rebuild(model, rows, number))

    def shut_down(self) -> None:
        """Drop what is being looked for."""
        self._stop.set()
        self._rest.stop()
        self._wait.stop()
        self._questions.shut_down()
        self._rebuilding.shut_down()

    def _begin_anew(self) -> None:
        self._stop.set()
        self._stop = threading.Event()
        self._rest.stop()
        self._wait.stop()
        self._questions.drop()
        self._rebuilding.drop()
        self._asked, self._is_behind = None, False
        model = self._model
        self._source = None
        if model is not None and not model.snapshot.takes_any_size:
            snapshot = model.snapshot
            self._source = Source(model.run, model.images, model.labels, snapshot.class_names, snapshot.image_shape)

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
            self._ask()

    @Slot(int)
    def _follow_label(self, label: int) -> None:
        self._label = label
        if self._listing is not None and self._listing.kind == "near_pixels":
            self._ask()

    @Slot(object)
    def _follow_chosen(self, rows: Integers) -> None:
        if self._listing is not None and self._listing.kind == "chosen":
            self._ask()

    @Slot()
    def _ask(self) -> None:
        listing, lists, stop = self._listing, self._lists, self._stop
        if listing is None or lists is None:
            return
        self._is_behind = False
        picked = self._exploration
        code = None if picked.code is None else np.array(picked.code, np.float32)
        self._asked = question = ListQuestion(listing, self._choosing.rows, picked.point, code, self._label)

        def goes_on(share: float) -> bool:
            self._share = share
            return not stop.is_set()

        def find() -> _Found:
            begin = time.perf_counter()
            found, problem = None, ""
            try:
                found = lists.find(question, goes_on)
            except Stopped:
                pass
            except LatentlabError as error:
                problem = str(error)
            return _Found(lists, question, found, problem, time.perf_counter() - begin)

        self._share = 0.0
        self._wait.start()
        self._questions.ask(find)

    @Slot()
    def _tell_share(self) -> None:
        self.waited.emit(self._share)

    @Slot()
    def _catch_up(self) -> None:
        if self._is_behind:
            self._ask()

    @Slot(object)
    def _take(self, found: _Found) -> None:
        if found.question is self._asked:
            self._asked = None
            self._wait.stop()
            self._rest.start(round(1000 * _REST * found.seconds))
        if found.question.listing is not self._listing:
            return
        if found.listed is not None:
            self.listed.emit(found.listed)
        elif found.problem:
            self.refused.emit(found.problem)

    @Slot(object)
    def _take_rebuilt(self, rebuilt: object) -> None:
        self.rebuilt.emit(rebuilt)


def _is_other(before: MapUpdate | None, after: MapUpdate | None) -> bool:
    """Whether two maps are of other images, or of another run."""
    if before is None or after is None:
        return before is not after
    same_images = before.labels is after.labels and (before.images is None) == (after.images is None)
    return before.run != after.run or not same_images
