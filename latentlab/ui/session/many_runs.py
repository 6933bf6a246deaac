"""The runs that are compared: what their files' heads say, put into a table off the GUI thread, and the one picked."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.errors import LatentlabError
from latentlab.core.runs.kept_run import KeptRun
from latentlab.ui.session.image_library import ImageLibrary
from latentlab.ui.session.many_maps import ManyMapsState
from latentlab.ui.threads.background import Report, Task

if TYPE_CHECKING:
    from latentlab.core.runs.comparison_table import ComparisonTable
    from latentlab.core.runs.run_record import RunRecord


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Runs that are compared.

    Attributes
    ----------
    records : tuple of RunRecord
        In the order in which they were chosen.
    table : ComparisonTable
    problems : tuple of str
        Why files could not be read, each in a sentence.
    """

    records: tuple[RunRecord, ...]
    table: ComparisonTable
    problems: tuple[str, ...] = ()


class ManyRuns(QObject):
    """Reads any number of runs to compare them; reading is told, and can be given up.

    Parameters
    ----------
    library : ImageLibrary
        Whose images their maps are of where these are theirs.

    Attributes
    ----------
    maps : ManyMapsState
        The maps of a few of them.
    """

    asked = Signal()
    """Some are to be compared: whoever shows it may come."""
    told = Signal(object)  # Compared
    reading_changed = Signal(bool)
    progressed = Signal(object)  # float: which share is read
    picked = Signal(object)  # Path or None
    saved = Signal(Path)  # the table
    failed = Signal(str)  # sentence

    def __init__(self, library: ImageLibrary, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.maps = ManyMapsState(library, self)
        self._paths: tuple[Path, ...] = ()
        self._compared: Compared | None = None
        self._picked: Path | None = None
        self._reading = Task(self)
        self._reading.progressed.connect(self.progressed)
        self._reading.done.connect(self._take)
        self._reading.failed.connect(self._fail)
        self._saving = Task(self)
        self._saving.done.connect(self.saved)
        self._saving.failed.connect(self.failed)

    @property
    def compared(self) -> Compared | None:
        """What is compared; None before it is read."""
        return self._compared

    @Slot(object)
    def compare(self, paths: Sequence[Path]) -> None:
        """Compare the runs in these files, in this order; each once."""
        self._paths = tuple(dict.fromkeys(paths))
        self._compared = None
        self.asked.emit()
        self.pick(None)
        self._read()

    @Slot(object)
    def pick(self, path: Path | None) -> None:
        """Single a run out, wherever it is seen; None for none."""
        self._picked = path
        self.picked.emit(path)

    @Slot(object)
    def follow(self, runs: Sequence[KeptRun]) -> None:
        """Read again where one of those compared, as they are listed now, is another: one that trains moves on."""
        if self._compared is None or self._reading.is_busy:
            return
        listed = {run.path: run._replace(size=0, stamp="") for run in runs}
        before = {record.path: record.kept for record in self._compared.records}
        if any(listed.get(path, kept) != kept for path, kept in before.items()):
            self._read()

    @Slot()
    def cancel(self) -> None:
        """Read no further, neither heads nor maps."""
        self._reading.cancel()
        self.maps.cancel()
        self.reading_changed.emit(False)

    @Slot(Path)
    def save(self, path: Path) -> None:
        """Write the table to a file."""
        if self._compared is None:
            return
        table = self._compared.table

        def write(cancelled: threading.Event, report: Report) -> Path:
            from latentlab.core.output import comparison_file

            comparison_file.save(path, table)
            return path

        self._saving.start(write)

    def shut_down(self) -> None:
        """Drop what is under way; what is being written is waited for, with a limit."""
        self.maps.shut_down()
        Task.shut_down_all((self._saving, self._reading))

    def _read(self) -> None:
        paths = self._paths

        def read(cancelled: threading.Event, report: Report) -> Compared | None:
            from latentlab.core.runs.comparison_table import compare
            from latentlab.core.runs.run_record import read_record

            records: list[RunRecord] = []
            problems: list[str] = []
            for number, path in enumerate(paths, 1):
                if cancelled.is_set():
                    return None
                try:
                    records.append(read_record(path))
                except LatentlabError as error:
                    problems.append(str(error))
                report(number / len(paths))
            return Compared(tuple(records), compare(records), tuple(problems))

        self.reading_changed.emit(True)
        self._reading.start(read)

    @Slot(object)
    def _take(self, compared: Compared) -> None:
        self._compared = compared
        self.maps.outdate()
        self.reading_changed.emit(False)
        self.told.emit(compared)
        if compared.problems:
            self.failed.emit(" ".join(compared.problems))

    @Slot(str)
    def _fail(self, sentence: str) -> None:
        self.reading_changed.emit(False)
        self.failed.emit(sentence)
