"""Trainings that broke off with an earlier start of the program: found in the workspace, and offered."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Floats, Integers
from latentlab.core.errors import LatentlabError
from latentlab.core.map.projection import fit
from latentlab.core.runs import workspace
from latentlab.core.runs.kept_run import KeptRun
from latentlab.ui.threads.background import Report, Task


@dataclass(frozen=True, slots=True, eq=False)
class Interrupted:
    """The training that broke off last.

    Attributes
    ----------
    run : KeptRun
    points : float32 (N, 2)
        Its map, as far as its file keeps it.
    labels : int64 (N,)
    classes : int
    others : int
        How many more there are.
    """

    run: KeptRun
    points: Floats
    labels: Integers
    classes: int
    others: int


class InterruptedTrainings(QObject):
    """Looks into the workspace, off the GUI thread.

    Parameters
    ----------
    folder : Path
        The workspace.
    """

    found = Signal(object)  # Interrupted, or None
    listed = Signal(Path, object)  # a workspace, and the list of KeptRun of what was found there on the way
    failed = Signal(str)  # sentence

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._looking, self._stopping = Task(self), Task(self)
        self._looking.progressed.connect(self._tell_listed)
        self._looking.done.connect(self.found)
        self._stopping.done.connect(self.look)
        for task in (self._looking, self._stopping):
            task.failed.connect(self.failed)

    def look_into(self, folder: Path) -> None:
        """Look into another folder from now on."""
        self._folder = folder
        self.look()

    def look(self) -> None:
        """Remove what a program that died has left, and find what it trained; `found` follows."""
        folder = self._folder

        def work(cancelled: threading.Event, report: Report) -> Interrupted | None:
            from latentlab.core.runs.run import Run

            workspace.sweep(folder)
            runs = workspace.readable_runs(folder)
            report((folder, runs))
            trainings = [run for run in runs if run.state == "interrupted"]
            for number, known in enumerate(trainings):
                try:
                    run = Run.open(known.path)
                except LatentlabError:  # damaged: it can be neither shown nor finished
                    continue
                points = fit(run.codes).to_plane(run.codes)
                classes = len(run.snapshot.class_names)
                return Interrupted(known, points, run.labels, classes, len(trainings) - number - 1)
            return None

        self._looking.start(work)

    def give_up(self, path: Path) -> None:
        """Offer a training no more: it counts as stopped. What is left is looked for again."""

        def work(cancelled: threading.Event, report: Report) -> None:
            from latentlab.core.runs.run import Run

            run = Run.open(path)
            if run.training is not None:
                stopped = run.training.model_copy(update={"state": "stopped"})
                replace(run, training=stopped).save(path)

        self._stopping.start(work)

    @Slot(object)
    def _tell_listed(self, found: tuple[Path, list[KeptRun]]) -> None:
        self.listed.emit(*found)

    def shut_down(self) -> None:
        """Wait for what is being read."""
        Task.shut_down_all((self._looking, self._stopping))
