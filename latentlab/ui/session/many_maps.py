"""The maps of the runs that are compared, with one cursor and one selection: both are of images, wherever they lie."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.core.arrays import Floats, Integers, Position
from latentlab.core.errors import LatentlabError
from latentlab.core.map.many_maps import ManyMaps
from latentlab.core.map.map_images import MapImages, MapSource
from latentlab.ui.session.image_library import ImageLibrary
from latentlab.ui.threads.background import Report, Task
from latentlab.ui.threads.latest import Latest

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.map.map_update import MapUpdate
    from latentlab.core.runs.run import Run

_HOVER_MILLISECONDS = 50  # between two images that are marked under a mouse that moves

_Key = tuple[Path, int]  # a file, and when it was changed


@dataclass(frozen=True, slots=True, eq=False)
class ShownMaps:
    """Maps beside each other.

    Attributes
    ----------
    paths : tuple of Path
        Of their runs.
    maps : ManyMaps
    is_aligned : bool
        Whether they are turned onto the first one.
    """

    paths: tuple[Path, ...]
    maps: ManyMaps
    is_aligned: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """What the models make of the image under the cursor.

    Attributes
    ----------
    number : int
        Of the shared images.
    image : float32 (C, H, W) or None
        Itself; None where it is not loaded.
    reconstructions : list of float32 (C, H, W) or None
        Of each map's model, at its own code; None where it does not have the image.
    """

    number: int
    image: Floats | None
    reconstructions: list[Floats | None]


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    maps: ShownMaps
    known: dict[_Key, MapUpdate]
    problems: list[str]
    changes: int


class ManyMapsState(QObject):
    """Reads the maps of a few runs, and owns the cursor and the selection that they share.

    Models are read, images encoded and reconstructions compared off the GUI thread; what was asked for other runs is
    dropped.

    Parameters
    ----------
    library : ImageLibrary
        Whose images are taken where they are those of a run.
    """

    shown_changed = Signal(object)  # ShownMaps
    reading_changed = Signal(bool)
    progressed = Signal(object)  # float: which share of the maps is read
    cursor_changed = Signal(int)  # a shared image; -1 for none
    followed = Signal(object)  # Followed or None
    hovered_changed = Signal(int)  # a shared image; -1 for none
    selected_changed = Signal(object)  # int64 (K,): shared images
    judged = Signal(object)  # Disagreement; None where nobody knows, or not yet
    judging_progressed = Signal(object)  # float
    failed = Signal(str)  # sentence

    def __init__(self, library: ImageLibrary, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._wanted: tuple[Path, ...] = ()
        self._asked: tuple[Path, ...] = ()  # whose maps are being read
        self._changes = 0  # how often files have changed
        self._shown_changes = 0  # of them, those that what is shown knows
        self._is_looked_at = self._is_aligned = False
        self._known: dict[_Key, MapUpdate] = {}
        self._shown = ShownMaps((), ManyMaps((), 0))
        self._cursor = -1
        self._hovered = -1
        self._selected: Integers = np.empty(0, np.int64)
        self._hovering = QTimer(self, singleShot=True, interval=_HOVER_MILLISECONDS)
        self._hovering.timeout.connect(lambda: self.hovered_changed.emit(self._hovered))
        self._reading = Task(self)
        self._reading.progressed.connect(self.progressed)
        self._reading.done.connect(self._take)
        self._reading.failed.connect(self._fail)
        self._following = Latest(self, self._take_followed, self.failed.emit)
        self._judging = Latest(self, self.judged.emit, self.failed.emit)
        self._judging.progressed.connect(self.judging_progressed)

    @property
    def shown(self) -> ShownMaps:
        """What is shown."""
        return self._shown

    @property
    def cursor(self) -> int:
        """The shared image under the cursor; -1 for none."""
        return self._cursor

    # Which maps

    @Slot(object)
    def want(self, paths: Sequence[Path]) -> None:
        """Show the maps of these runs, once somebody looks."""
        self._wanted = tuple(paths)
        self._read()

    def outdate(self) -> None:
        """Take it that files have changed: those are read again with the next wish."""
        self._changes += 1

    @Slot(bool)
    def set_looked_at(self, is_looked_at: bool) -> None:
        """Read what is wanted, or rest."""
        self._is_looked_at = is_looked_at
        self._read()

    @Slot()
    def cancel(self) -> None:
        """Read no further, and judge no further."""
        self._reading.cancel()
        self._judging.drop()
        self.reading_changed.emit(False)

    @Slot(bool)
    def align(self, is_aligned: bool) -> None:
        """Turn the maps onto the first one, or leave each as it is."""
        self._is_aligned = is_aligned
        self._show(ShownMaps(self._shown.paths, self._shown.maps, is_aligned))

    def shut_down(self) -> None:
        """Drop what is under way."""
        self._hovering.stop()
        self._following.shut_down()
        self._judging.shut_down()
        self._reading.shut_down()

    def _read(self) -> None:
        is_shown = self._wanted == self._shown.paths and self._changes == self._shown_changes
        if self._reading.is_busy and (is_shown or self._asked != self._wanted):
            self._reading.cancel()
            self.reading_changed.emit(False)
        if not self._is_looked_at or is_shown or self._reading.is_busy:
            return
        self._asked, changes = self._wanted, self._changes
        paths, known, is_aligned = self._wanted, dict(self._known), self._is_aligned
        reader = _Reader(self._library.data, self._library.data_dir)

        def read(cancelled: threading.Event, report: Report) -> _Read | None:
            updates: dict[Path, MapUpdate] = {}
            kept: dict[_Key, MapUpdate] = {}
            problems: list[str] = []
            for number, path in enumerate(paths, 1):
                try:
                    key = path, _changed(path)
                    found = known[key] if key in known else reader.map_of(path, cancelled)
                except LatentlabError as error:
                    problems.append(str(error))
                else:
                    if found is None or cancelled.is_set():
                        return None
                    updates[path] = kept[key] = found
                report(number / len(paths))
            maps = ManyMaps.of(list(updates.values()))
            return _Read(ShownMaps(tuple(updates), maps, is_aligned), kept, problems, changes)

        self.reading_changed.emit(True)
        self._reading.start(read)

    @Slot(object)
    def _take(self, read: _Read) -> None:
        self._known, self._shown_changes = read.known, read.changes
        self.reading_changed.emit(False)
        if read.problems:
            self._wanted = read.maps.paths  # so that they are not read again and again
            self.failed.emit(" ".join(read.problems))
        self._following.drop()
        before = self._shown.maps
        if not _share_the_same(before, read.maps.maps):
            self._selected, self._cursor = np.empty(0, np.int64), -1
        self._hovered = -1
        self._show(read.maps)
        self.selected_changed.emit(self._selected)
        self._put(self._cursor)
        self._judge()

    def _show(self, shown: ShownMaps) -> None:
        self._shown = shown
        self.shown_changed.emit(shown)

    @Slot(str)
    def _fail(self, sentence: str) -> None:
        self.reading_changed.emit(False)
        self.failed.emit(sentence)

    # The cursor

    @Slot(int, float, float)
    def pick(self, map_number: int, x: float, y: float) -> None:
        """Move the cursor to the image that a map shows nearest to a place."""
        found = self._shown.maps.nearest(map_number, (x, y), is_aligned=self._is_aligned)
        if found is not None:
            self.pick_image(found)

    @Slot(int)
    def pick_image(self, number: int) -> None:
        """Move the cursor to a shared image."""
        if number != self._cursor and 0 <= number < self._shown.maps.shared:
            self._put(number)

    @Slot(int, int)
    def hover(self, map_number: int, row: int) -> None:
        """Mark on all maps the image that the mouse rests on in one; -1 for none."""
        numbers = self._shown.maps.maps[map_number].numbers if row >= 0 else ()
        self._hovered = int(numbers[row]) if 0 <= row < len(numbers) else -1
        if not self._hovering.isActive():  # a mouse that moves over a crowd would have all maps painted at every point
            self._hovering.start()

    def places(self, number: int) -> list[Position | None]:
        """Give where each map shows a shared image; None where it does not."""
        found: list[Position | None] = []
        for one in self._shown.maps.maps:
            if not one.shares or number < 0:
                found.append(None)
                continue
            points = one.points[one.rows[[number]]]
            if self._is_aligned and one.alignment is not None:
                points = one.alignment.moved(points)
            found.append((float(points[0, 0]), float(points[0, 1])))
        return found

    def _put(self, number: int) -> None:
        self._cursor = number
        self.cursor_changed.emit(number)
        if number < 0:
            self.followed.emit(None)
            return
        maps = self._shown.maps

        def look() -> Followed:
            return Followed(number, maps.image(number), maps.reconstructions(number))

        self._following.ask(look, here=False)  # a handful of models' weights are megabytes: the cursor waits for none

    def _take_followed(self, followed: Followed | None) -> None:
        self.followed.emit(followed)

    # The selection

    def select(self, mode: str, map_number: int, rows: Integers) -> None:
        """Select images that one map shows, int64 (K,) of its rows, add them or take them away."""
        numbers = self._shown.maps.maps[map_number].numbers[rows]
        numbers = np.unique(numbers[numbers >= 0])
        if mode == "add":
            numbers = np.union1d(self._selected, numbers)
        elif mode == "remove":
            numbers = np.setdiff1d(self._selected, numbers)
        self._selected = numbers
        self.selected_changed.emit(numbers)

    @Slot(int, int)
    def toggle(self, map_number: int, row: int) -> None:
        """Select an image that one map shows, or do so no longer."""
        number = self._shown.maps.maps[map_number].numbers[row]
        is_there = number in self._selected
        self.select("remove" if is_there else "add", map_number, np.array([row], np.int64))

    # What they disagree about

    def _judge(self) -> None:
        self._judging.drop()
        self.judged.emit(None)
        maps = self._shown.maps
        if len(maps.judged()) > 1:
            self._judging.ask(maps.judge, here=False)


class _Reader:
    """Reads runs and their images, those of one set once, on another thread."""

    def __init__(self, data: ImageSet | None, data_dir: Path) -> None:
        self._sets: list[ImageSet] = [] if data is None else [data]
        self._data_dir = data_dir
        self._images: dict[str, MapImages | None] = {}

    def map_of(self, path: Path, cancelled: threading.Event) -> MapUpdate | None:
        """Give the map of a run; None where nobody wants it any more."""
        from latentlab.core.map.live_map import maps_of
        from latentlab.core.runs.run import Run

        run = Run.open(path)
        last: MapUpdate | None = None
        for update in maps_of(run, self._images_of(run), cancelled.is_set):
            last = update
        return None if last is None or last.pending else last

    def _images_of(self, run: Run) -> MapImages | None:
        """Give the images of a run's map; None where they are not on this machine, or were changed since."""
        from latentlab.core.map.selected_images import on_map

        data = self._set_of(run)
        if data is None or run.changed_images(data) or data.image_shape != run.snapshot.image_shape:
            return None
        part = run.recipe.data
        key = repr((data.fingerprint, part.images, part.limit))
        if key not in self._images:
            self._images[key] = on_map(data, run.recipe, MapSource())
        return self._images[key]

    def _set_of(self, run: Run) -> ImageSet | None:
        from latentlab.core.data import registry

        settings = run.recipe.data
        for known in self._sets:
            if known.is_for(settings):
                return known
        if registry.is_own(settings.dataset):  # a stranger's run may name any file: a person agrees to that elsewhere
            return None
        try:
            if not registry.status(settings.dataset, self._data_dir).is_here:
                return None
            self._sets.append(registry.load_for(settings, self._data_dir))
        except LatentlabError:
            return None
        return self._sets[-1]


def _share_the_same(before: ManyMaps, after: ManyMaps) -> bool:
    """Whether the shared images of other maps are those of the maps before, number by number."""
    if before.shared != after.shared or not before.maps or not after.maps:
        return False
    one, other = before.maps[0], after.maps[0]
    return one.update.ids == other.update.ids and np.array_equal(one.rows, other.rows)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except (OSError, ValueError):  # whoever opens it says why
        return 0
