"""Earlier epochs of the current run that lie on the disk: listed, read and encoded off the GUI thread, some ahead."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_update import MapUpdate
from latentlab.ui.threads.background import Report, Task

if TYPE_CHECKING:
    from latentlab.core.map.map_images import MapImages
    from latentlab.core.runs.run import Run


@dataclass(frozen=True, slots=True, eq=False)
class EpochSource:
    """Where epochs are read from, and how they are shown: a run, its file, the map's images and its present map."""

    run: Run
    path: Path
    shown: MapImages
    present: MapUpdate


class EpochReading(QObject):
    """Reads one epoch at a time, of those that are wanted the first: what is asked for later may be wanted more.

    One that is under way is read to its end, as a drag would never see any otherwise; of another source it is dropped.
    """

    listed = Signal(object)  # list of int
    read = Signal(int, object)  # epoch, MapUpdate
    refused = Signal(int, str)  # epoch, sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._wanted: list[int] = []
        self._coming = set[int]()  # epochs that are read, or being read, and not told yet
        self._source: EpochSource | None = None
        self._listing, self._reading = Task(self), Task(self)
        self._listing.done.connect(self.listed)
        self._listing.failed.connect(lambda sentence: None)  # the file has just gone: nothing is kept of it
        self._reading.progressed.connect(self._tell)
        self._reading.done.connect(self._go_on)
        self._reading.failed.connect(self._fail)

    def list(self, path: Path | None) -> None:
        """Find which epochs are kept beside a run's file."""
        self._listing.cancel()
        if path is None:
            return

        def find(cancelled: threading.Event, report: Report) -> list[int]:
            from latentlab.core.runs.epochs_on_disk import kept

            return kept(path)

        self._listing.start(find)

    def want(self, epochs: Sequence[int], source: EpochSource) -> None:
        """Have these epochs read, the first one first; others that were wanted are not any more."""
        if self._source is not None and self._source.present.ids != source.present.ids:
            self.forget()
        self._source = source
        with self._lock:
            self._wanted = [epoch for epoch in epochs if epoch not in self._coming]
        self._go_on()

    def forget(self) -> None:
        """Read nothing more, and drop what is being read."""
        self._reading.cancel()
        self._source = None
        with self._lock:
            self._wanted, self._coming = [], set()

    def shut_down(self) -> None:
        """Read nothing more, and wait for the threads."""
        self.forget()
        Task.shut_down_all((self._listing, self._reading))

    @Slot()
    def _go_on(self) -> None:
        source = self._source
        if source is None or not self._wanted or self._reading.is_busy:
            return

        def read(cancelled: threading.Event, report: Report) -> None:
            from latentlab.core.map.map_of_epoch import map_at

            while not cancelled.is_set():
                with self._lock:
                    if cancelled.is_set() or not self._wanted:
                        return
                    epoch = self._wanted.pop(0)
                    self._coming.add(epoch)
                try:
                    found = map_at(source.run, source.path, epoch, source.shown, source.present, cancelled.is_set)
                except LatentlabError as error:
                    report((epoch, str(error)))
                else:
                    report((epoch, found))

        self._reading.start(read)

    @Slot(object)
    def _tell(self, told: tuple[int, MapUpdate | str | None]) -> None:
        epoch, found = told
        with self._lock:
            self._coming.discard(epoch)
        if isinstance(found, str):
            self.refused.emit(epoch, found)
        elif found is not None:
            self.read.emit(epoch, found)

    @Slot(str)
    def _fail(self, sentence: str) -> None:
        with self._lock:
            self._wanted, self._coming = [], set()
        self.refused.emit(0, sentence)
