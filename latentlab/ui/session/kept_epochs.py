"""Which epoch of the shown model is looked at: the present one, or an earlier one that was kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.core.map.axes import PlaneAxes
from latentlab.core.map.checkpoints import Checkpoints
from latentlab.core.map.map_of_epoch import size_of, turned
from latentlab.core.map.map_update import MapUpdate
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.session.epoch_reading import EpochReading, EpochSource
from latentlab.ui.threads.training_thread import EpochModel

if TYPE_CHECKING:
    from latentlab.core.map.map_images import MapImages
    from latentlab.core.runs.run import Run

_MOST_BYTES = 300_000_000  # of maps that were read from the disk
_AHEAD = 12  # epochs that are read before somebody asks for them
PLAY_MILLISECONDS = 240  # an epoch: points take 200 of them to their places


class KeptEpochs(QObject):
    """Owns the maps of earlier epochs, in memory as they come and read from the disk, and shows one or the present one.

    Parameters
    ----------
    exploration : Exploration
        Which shows it.
    images_of : callable
        Gives what the map shows of a run, or None where its images are not loaded.
    """

    changed = Signal(object)  # list of int: those that can be looked at
    placed = Signal(int)  # which of them is looked at, by its place, when playing has moved on
    waiting_changed = Signal(bool)  # whether what is shown is not yet the one that is looked at
    playing_changed = Signal(bool)
    turned_changed = Signal(bool)  # whether what is shown is turned
    filled = Signal()  # there are more maps than before
    failed = Signal(str)  # sentence

    def __init__(
        self,
        exploration: Exploration,
        images_of: Callable[[Run], MapImages | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._exploration, self._images_of = exploration, images_of
        self.kept = Checkpoints()
        self._present: MapUpdate | None = None  # the latest map, whichever epoch is looked at
        self._looked_at: int | None = None  # an epoch before the present
        self._epochs: list[int] = []
        self._run: Run | None = None
        self._path: Path | None = None
        self._shown: MapImages | None = None
        self._on_disk = set[int]()
        self._read: dict[int, MapUpdate] = {}
        self._turned: dict[int, tuple[tuple[int, int], MapUpdate]] = {}  # and of which two they were made
        self._is_waiting = self._turns = self._is_turned = False
        self._reading = EpochReading(self)
        self._reading.listed.connect(self._take_listed)
        self._reading.read.connect(self._take_read)
        self._reading.refused.connect(self._take_refused)
        exploration.axes_changed.connect(self._take_axes)
        self._pace = QTimer(self, interval=PLAY_MILLISECONDS)
        self._pace.timeout.connect(self._play_on)

    @property
    def epochs(self) -> list[int]:
        """Those that can be looked at; the last one is the present."""
        return self._epochs

    @property
    def looked_at(self) -> int | None:
        """Which one is looked at; None for the present."""
        return self._looked_at

    @property
    def present(self) -> MapUpdate | None:
        """The latest map."""
        return self._present

    @property
    def turns(self) -> bool:
        """Whether maps are turned where that can be."""
        return self._turns

    @property
    def is_playing(self) -> bool:
        """Whether one after the other is shown."""
        return self._pace.isActive()

    def begin(self, kept: Checkpoints) -> None:
        """Go on with these epochs, and look at the present one."""
        self.kept = kept
        self.look_at_present()

    def use(self, run: Run | None, path: Path | None) -> None:
        """Look back at what lies on the disk beside the file of a run; None while one trains, or there is none."""
        before = self._run
        if run is before and path == self._path:
            return
        has_come_further = before is not None and run is not None and path == self._path and _is_one(run, before)
        self._run, self._path = run, path
        if not has_come_further:  # else what was read is what it was, and so is what is looked at
            self._shown = None
            self._forget_read()
            self._on_disk = set()
        elif before is not None and run is not None and run.epochs == before.epochs:
            return  # between two epochs
        self._tell()
        self._reading.list(path if run is not None else None)

    def forget_present(self) -> None:
        """Wait for the map of another model."""
        self._present = None

    def shut_down(self) -> None:
        """Drop what is being read."""
        self._pace.stop()
        self._reading.shut_down()

    @Slot(int)
    def look_back(self, position: int) -> None:
        """Show the model of an earlier epoch, by its place among those kept; the last place is the present."""
        before, epochs = self._looked_at, self._epochs
        self._looked_at = epochs[position] if 0 <= position < len(epochs) - 1 else None
        self._show()
        if self._looked_at is not None:
            self._read_around(self._looked_at, is_back=before is None or before > self._looked_at)

    def look_at_present(self) -> None:
        """Look back no more; what is shown stays until there is another map."""
        self._stop()
        self._looked_at = None
        self._forget_read()
        self.changed.emit([])  # who looks back at none of them looks at the last
        self._tell()

    @Slot(object)
    def take(self, update: MapUpdate) -> None:
        """Show the present map, unless an earlier one is looked at."""
        if self._present is not None and self._present.ids != update.ids:
            self._forget_read()
        self._present = update
        if self._looked_at is None:
            self._exploration.show(update)

    @Slot(object)
    def add(self, ended: EpochModel) -> None:
        """Keep the map of an epoch that has just ended."""
        looked_at = None if self._looked_at is None else self.held(self._looked_at)
        self.kept.add(ended.epoch, ended.update)
        if self._looked_at is not None and looked_at is not None and self._looked_at not in self.kept.epochs():
            self._read[self._looked_at] = looked_at  # where there are too many, it goes once nobody looks at it
        self._tell()
        self.filled.emit()

    @Slot(bool)
    def turn(self, turns: bool) -> None:
        """Turn the maps of earlier epochs to lie as the present one does; off, their axes are those of the codes."""
        self._turns = turns
        self._show()
        self.filled.emit()

    @Slot()
    def _take_axes(self) -> None:
        if self._turns:
            self._show()
        self.filled.emit()

    # Playing

    @Slot(bool)
    def play(self, plays: bool) -> None:
        """Show one epoch after the other, from the first one where the present is looked at, or stop."""
        if plays == self.is_playing or (plays and len(self._epochs) < 2):
            return
        if not plays:
            self._stop()
            return
        if self._looked_at is None:
            self._go_to(0)
        self._pace.start()
        self.playing_changed.emit(True)

    def _play_on(self) -> None:
        """Go on when what is looked at is shown; so what is slow to read is waited for, and none is passed over."""
        if self._is_waiting:
            return
        place = len(self._epochs) - 1 if self._looked_at is None else self._epochs.index(self._looked_at) + 1
        if place < len(self._epochs):
            self._go_to(place)
        if place >= len(self._epochs) - 1:
            self._stop()

    def _go_to(self, place: int) -> None:
        self.placed.emit(place)
        self.look_back(place)

    def _stop(self) -> None:
        if self.is_playing:
            self._pace.stop()
            self.playing_changed.emit(False)

    # Maps

    @property
    def onto(self) -> MapUpdate | None:
        """The map that those of earlier epochs are turned onto as they are shown; None where they lie as they do."""
        is_own = self._exploration.axes == PlaneAxes()  # along axes that were chosen there is nothing to turn
        return self._present if self._turns and is_own else None

    def source(self) -> EpochSource | None:
        """Give where epochs are read from; None where there is nothing to read, or the images are not loaded."""
        run, path, present = self._run, self._path, self._present
        if run is None or path is None or present is None or present.run_id != run.snapshot.run_id:
            return None
        if self._shown is None or self._shown.ids != present.ids:
            self._shown = self._images_of(run)
        # Other images may just be being encoded: then the map of those is not there yet.
        if self._shown is None or self._shown.ids != present.ids:
            return None
        return EpochSource(run, path, self._shown, present)

    def read_all(self) -> None:
        """Read what is not there yet, as far as memory reaches: the latest before what is looked at first."""
        self._read_around(self._looked_at or self._last() or 0, is_back=True, count=len(self._epochs))

    def _last(self) -> int | None:
        return self._epochs[-1] if self._epochs else None

    def held(self, epoch: int) -> MapUpdate | None:
        """Give the map of an epoch before the present as it was made, where it is in memory."""
        if epoch in self.kept.epochs():
            update = self.kept.at(epoch)
            if epoch not in self._on_disk or self._present is None or update.ids == self._present.ids:
                return update
        return self._read.get(epoch)

    def _as_shown(self, epoch: int, update: MapUpdate) -> MapUpdate:
        present = self.onto
        if present is None:
            return update
        made_of, made = self._turned.get(epoch, (None, None))
        if made is None or made_of != (id(update), id(present)):
            made = turned(update, present)
            self._turned[epoch] = (id(update), id(present)), made
        return made

    def _show(self) -> None:
        """Show what is looked at, or wait for it."""
        update = self._present if self._looked_at is None else self.held(self._looked_at)
        if update is not None:
            shown = update if self._looked_at is None else self._as_shown(self._looked_at, update)
            self._exploration.show(shown)
            if (is_turned := shown is not update) != self._is_turned:
                self._is_turned = is_turned
                self.turned_changed.emit(is_turned)
        self._wait(update is None and self._looked_at is not None)

    def _wait(self, is_waiting: bool) -> None:
        if is_waiting != self._is_waiting:
            self._is_waiting = is_waiting
            self.waiting_changed.emit(is_waiting)

    def _read_around(self, epoch: int, *, is_back: bool, count: int = _AHEAD) -> None:
        """Read what is looked at first, then those that come next, the way that one goes; then some behind."""
        before = [each for each in reversed(self._epochs) if each < epoch]
        after = [each for each in self._epochs if each > epoch]
        ahead, behind = (before, after) if is_back else (after, before)
        near = [epoch, *ahead[:count], *behind[: count // 4]]
        wanted = [each for each in near if each in self._on_disk and self.held(each) is None]
        if not wanted:
            return
        source = self.source()
        if source is not None:
            self._reading.want(wanted, source)
        elif self._is_waiting:
            self._take_refused(epoch, self.tr("Earlier epochs cannot be shown: the images of this run are not loaded."))

    def _forget_read(self) -> None:
        self._read, self._turned = {}, {}
        self._reading.forget()
        self._wait(False)

    @Slot(object)
    def _take_listed(self, epochs: list[int]) -> None:
        if set(epochs) != self._on_disk:
            self._on_disk = set(epochs)
            self._tell()

    @Slot(int, object)
    def _take_read(self, epoch: int, update: MapUpdate) -> None:
        self._read[epoch] = update
        near = self._looked_at or self._last() or epoch
        most = max(2, _MOST_BYTES // size_of(update))
        for far in sorted(self._read, key=lambda each: abs(each - near))[most:]:
            del self._read[far]
            self._turned.pop(far, None)
        if epoch == self._looked_at:
            self._show()
        if epoch in self._read:  # else whoever wants all of them would have it read again and again
            self.filled.emit()

    @Slot(int, str)
    def _take_refused(self, epoch: int, sentence: str) -> None:
        if epoch not in (self._looked_at, 0):  # nobody looks at it: it is told when somebody does
            return
        self._stop()
        self.failed.emit(sentence)
        self._on_disk.discard(epoch)
        self._looked_at = None
        self.changed.emit([])
        self._tell()
        self._show()

    def _tell(self) -> None:
        epochs = {*self.kept.epochs(), *self._on_disk}
        if self._on_disk and self._run is not None:
            epochs.add(self._run.epochs)
        looked_at = self._looked_at
        if looked_at is not None and self.held(looked_at) is not None:
            epochs.add(looked_at)
        self._epochs = sorted(epochs)
        if looked_at is not None and looked_at not in epochs:
            self._stop()
            self._looked_at = None
            self.changed.emit([])
        self.changed.emit(self._epochs)
        if looked_at != self._looked_at:
            self._show()


def _is_one(run: Run, before: Run) -> bool:
    """Whether a run is another one that has come further."""
    return run.snapshot.run_id == before.snapshot.run_id and run.epochs >= before.epochs
