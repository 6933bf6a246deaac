"""The part of the session's state that is a branch that is thought of: where it can begin, and what is read for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.errors import LatentlabError
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.origin import Difference, between
from latentlab.ui.threads.background import Report, Task

if TYPE_CHECKING:
    from latentlab.core.runs.run import Run


@dataclass(frozen=True, slots=True)
class Offer:
    """Where a branch of a run can begin.

    Attributes
    ----------
    epochs : list of int
        Those that are kept, in order.
    chosen : int
        The one of them that is looked at, or the last before it that is kept.
    more : int
        Epochs that are trained from there on.
    differs : list of Difference
        What the settings in force have changed since.
    problem : str
        Why it cannot begin with them, in a sentence, or empty.
    """

    epochs: list[int]
    chosen: int
    more: int
    differs: list[Difference]
    problem: str


class Branching(QObject):
    """Looks for the epochs of a run that a branch can begin at, and reads the one that is chosen.

    Parameters
    ----------
    begin : callable
        Takes the `Run` that a branch begins with, and trains.
    """

    offered = Signal(object)  # Offer
    failed = Signal(str)  # sentence

    def __init__(self, begin: Callable[[Run], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._begin = begin
        self._run: Run | None = None
        self._path: Path | None = None
        self._folder = Path()
        self._looking, self._reading = Task(self), Task(self)
        self._looking.done.connect(self.offered)
        self._reading.done.connect(self._take)
        for task in (self._looking, self._reading):
            task.failed.connect(self.failed)

    def look(self, run: Run, path: Path | None, folder: Path, recipe: Recipe, looked_at: int | None) -> None:
        """Look where a branch can begin; `offered` follows.

        Parameters
        ----------
        run : Run
        path : Path or None
            Its file, where a person has opened or saved it.
        folder : Path
            The workspace.
        recipe : Recipe
            That it is to be trained with.
        looked_at : int or None
            The epoch that is looked at; None for the present one.
        """
        self._run, self._path, self._folder = run, path, folder

        def work(cancelled: threading.Event, report: Report) -> Offer:
            from latentlab.core.training import branching

            present = branching.present_epoch(run)
            try:
                epochs = branching.epochs_to_begin_at(run, path, folder)
            except LatentlabError:  # its file has gone, but it is here
                epochs = branching.epochs_to_begin_at(run, None, folder)
            wanted = present if looked_at is None else looked_at
            chosen = max((epoch for epoch in epochs if epoch <= wanted), default=epochs[0])
            problem = ""
            try:
                branching.check_settings(run, recipe)
            except LatentlabError as error:
                problem = str(error)
            return Offer(epochs, chosen, recipe.training.epochs, between(run.recipe, recipe), problem)

        self._looking.start(work)

    def begin(self, epoch: int) -> None:
        """Train from one of the epochs that were offered, with the settings in force by then."""
        run, path, folder = self._run, self._path, self._folder
        if run is None:
            return

        def work(cancelled: threading.Event, report: Report) -> Run:
            from latentlab.core.files import is_file
            from latentlab.core.training import branching

            return branching.start_at(run, path if path is not None and is_file(path) else None, epoch, folder)

        self._reading.start(work)

    def forget(self) -> None:
        """Offer nothing of a run that another one has replaced."""
        self._looking.cancel()

    def shut_down(self) -> None:
        """Look and read no more."""
        Task.shut_down_all((self._looking, self._reading))

    @Slot(object)
    def _take(self, start: Run) -> None:
        self._begin(start)
