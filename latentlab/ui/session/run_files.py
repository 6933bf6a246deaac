"""Runs between memory and disk, and onto the map: read, written, put aside and encoded off the GUI thread."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.map.map_update import MapUpdate
from latentlab.core.runs import workspace
from latentlab.core.runs.run_header import SUFFIX, RunError
from latentlab.ui.threads.background import Report, Task

if TYPE_CHECKING:
    from latentlab.core.map.map_images import MapImages
    from latentlab.core.runs.run import Run


class RunFiles(QObject):
    """Does what takes longer than a frame with a run; of each kind of work only the latest answers.

    Attributes
    ----------
    shown : MapImages or None
        The images of the last map that was asked for; None where the data set is not here.
    """

    opened = Signal(Path, object)  # Run
    saved = Signal(Path, object)  # Run
    kept = Signal(Path)
    map_made = Signal(object)  # MapUpdate; of a part of the images first, where there are many
    failed = Signal(str)  # sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shown: MapImages | None = None
        self._opening, self._saving, self._keeping, self._mapping = (Task(self) for _ in range(4))
        self._opening.done.connect(self._tell_opened)
        self._saving.done.connect(self._tell_saved)
        self._keeping.done.connect(self.kept)
        self._mapping.progressed.connect(self.map_made)
        self._mapping.done.connect(self.map_made)
        for task in self._tasks():
            task.failed.connect(self.failed)

    def open(self, path: Path) -> None:
        """Read a run."""

        def read(cancelled: threading.Event, report: Report) -> tuple[Path, Run]:
            from latentlab.core.runs.run import Run

            return path, Run.open(path)

        self._opening.start(read)

    def save(self, run: Run, path: Path) -> None:
        """Write a run."""

        def write(cancelled: threading.Event, report: Report) -> tuple[Path, Run]:
            run.save(path)
            return path, run

        self._saving.start(write)

    def keep(self, run: Run, folder: Path) -> None:
        """Put a run that is nowhere yet into the workspace, or where there is room."""

        def put_aside(cancelled: threading.Event, report: Report) -> Path:
            from latentlab.core.runs.run import dated_name

            kept, problem = workspace.keep(run, folder / f"{dated_name(run.recipe, run.snapshot.run_id)}{SUFFIX}")
            if kept is None:
                raise RunError(f"{problem}; the run before this one is lost.")
            return kept

        self._keeping.start(put_aside)

    def make_map(self, run: Run, shown: MapImages | None) -> None:
        """Make the map of a run that is not training; images whose codes it does not keep are encoded first."""
        self.shown = shown

        def make(cancelled: threading.Event, report: Report) -> MapUpdate | None:
            from latentlab.core.map.live_map import maps_of

            update: MapUpdate | None = None
            for update in maps_of(run, shown, cancelled.is_set):
                if update.pending:
                    report(update)
            assert update is not None or cancelled.is_set()
            return update

        self._mapping.start(make)

    def leave_map(self) -> None:
        """Leave the map as far as it is encoded."""
        self._mapping.cancel()

    def forget_questions(self) -> None:
        """Drop what is being opened or mapped: something else is shown now."""
        self._opening.cancel()
        self._mapping.cancel()

    def shut_down(self) -> None:
        """Wait for what is being written."""
        Task.shut_down_all(self._tasks())

    def _tasks(self) -> tuple[Task, ...]:
        return (self._opening, self._saving, self._keeping, self._mapping)

    @Slot(object)
    def _tell_opened(self, opened: tuple[Path, Run]) -> None:
        self.opened.emit(*opened)

    @Slot(object)
    def _tell_saved(self, saved: tuple[Path, Run]) -> None:
        self.saved.emit(*saved)
