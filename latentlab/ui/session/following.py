"""The shown run as another program trains it: looked at five times a second, off the GUI thread, it moves."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.core.errors import printable
from latentlab.core.events import Changed, EpochEnded
from latentlab.core.runs import asked
from latentlab.ui.session.live_training import LiveTraining
from latentlab.ui.session.run_files import RunFiles
from latentlab.ui.threads.background import Report, Task
from latentlab.ui.threads.in_turn import InTurn

if TYPE_CHECKING:
    from latentlab.core.map.following import Follower, Seen, State
    from latentlab.core.runs.run import Run

_MILLISECONDS = 200  # between two looks: a look costs a question of the system, unless there is something new
_QUIET_MILLISECONDS = 1000  # where nobody trains it


@dataclass(frozen=True, slots=True)
class Followed:
    """What there is to say of the run that is followed.

    Attributes
    ----------
    path : Path
    state : "training", "broken off", "silent", "stopped" or "finished"
    epochs, of_epochs : int
    age : int
        Whole seconds since what is shown was saved.
    problem : str
        Why there is nothing newer, in a sentence; empty where nothing is wrong.
    """

    path: Path
    state: State
    epochs: int
    of_epochs: int
    age: int
    problem: str = ""

    @property
    def name(self) -> str:
        """Its file's."""
        return printable(self.path.stem)


class Following(QObject):
    """Follows the run that was opened last, as long as its training may go on somewhere; another one ends that.

    Nothing is said of a run that nobody trains before somebody does.

    Parameters
    ----------
    files : RunFiles
        Which knows what its map shows.
    training : LiveTraining
        Of this program; where it begins, another model is shown.
    """

    changed = Signal(object)  # Followed, or None
    read = Signal(object)  # Run, newer than the one before, or the same one where more has changed than its age
    restarted = Signal(object, object)  # its history and changes, where they do not go on from those before
    started = Signal(object)  # Started
    steps_read = Signal(object)  # Progress, of the steps since the save before
    advanced = Signal(object)  # Progress, of where it is
    epoch_ended = Signal(object)  # EpochEnded
    setting_changed = Signal(object)  # Changed
    failed = Signal(str)  # sentence

    def __init__(self, files: RunFiles, training: LiveTraining, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._files = files
        self._run: Run | None = None
        self._path = Path()
        self._follower: Follower | None = None  # made where it is used: it loads torch
        self._told: Followed | None = None
        self._looking, self._asking, self._leaving = Task(self), InTurn(self), InTurn(self)
        self._looking.done.connect(self._take)
        self._looking.failed.connect(self._fail)
        self._asking.failed.connect(self.failed)
        self._timer = QTimer(self, interval=_MILLISECONDS)
        self._timer.timeout.connect(self._look)
        training.begun.connect(self.end)

    @property
    def followed(self) -> Followed | None:
        """What is followed; None where nothing is, or nobody has trained it since it was opened."""
        return self._told

    @property
    def refusal(self) -> str:
        """Why the shown run cannot be trained here, in a sentence; empty where another program does not train it."""
        if self._told is None or self._told.state != "training":
            return ""
        text = self.tr("{path} is being trained already, by another program: wait until it has ended.")
        return text.format(path=printable(str(self._told.path)))

    def refuses(self) -> bool:
        """Whether the shown run cannot be trained here, which is told then."""
        if self.refusal:
            self.failed.emit(self.refusal)
        return bool(self.refusal)

    def begin(self, path: Path, run: Run) -> None:
        """Follow a run that was just opened, if its training may go on somewhere."""
        self.end()
        if run.training is not None and run.training.state != "finished":
            self._run, self._path = run, path
            self._timer.start()
            self._look()

    @Slot()
    def end(self) -> None:
        """Follow it no more; what is shown stays."""
        self._timer.stop()
        self._looking.cancel()
        follower, self._follower, self._run = self._follower, None, None
        if follower is not None and self._told is not None:
            self._leaving.start(lambda cancelled, report: follower.end())
        self._tell(None)

    @Slot()
    def leave(self) -> None:
        """Follow it no more, at the wish of a person, who goes on with what is shown."""
        run = self._run
        self.end()
        if run is not None:
            self.read.emit(run)

    @Slot()
    def stop_training(self) -> None:
        """Ask whoever trains it to end, and to keep it."""
        if self._told is not None:
            self.ask_to_stop([self._told.path])

    def ask_to_stop(self, paths: Sequence[Path]) -> None:
        """Ask whoever trains these runs to end, and to keep them."""
        wanted = tuple(paths)

        def ask(cancelled: threading.Event, report: Report) -> None:
            for path in wanted:
                asked.ask_to_stop(path)

        self._asking.start(ask)

    def shut_down(self) -> None:
        """Look no more."""
        self.end()
        Task.shut_down_all((self._looking, self._asking, self._leaving))

    @Slot()
    def _look(self) -> None:
        run, follower, shown = self._run, self._follower, self._files.shown
        if run is None or self._looking.is_busy:
            return
        path = self._path

        def look(cancelled: threading.Event, report: Report) -> tuple[Follower, Seen]:
            from latentlab.core.map.following import Follower

            looking = follower or Follower(path, run)
            return looking, looking.look(shown)

        self._looking.start(look)

    @Slot(object)
    def _take(self, found: tuple[Follower, Seen]) -> None:
        self._follower, seen = found
        before = self._told
        if seen.state == "training" or before is not None:
            self._tell(Followed(self._path, seen.state, seen.epochs, seen.of_epochs, int(seen.age), seen.problem))
            if seen.run is not None:
                self._show(seen, seen.run)
            elif self._run is not None and (before is None or before.state != seen.state):
                self.read.emit(self._run)
        self._timer.setInterval(_MILLISECONDS if seen.state == "training" else _QUIET_MILLISECONDS)
        if seen.state == "finished":
            self._timer.stop()

    def _show(self, seen: Seen, run: Run) -> None:
        before, self._run = self._run, run
        self.read.emit(run)
        for told, signal in ((seen.started, self.started), (seen.now, self.advanced)):
            if told is not None and seen.state == "training":
                signal.emit(told)
        if before is not None:
            self._tell_history(before, run)
        if seen.steps is not None:
            self.steps_read.emit(seen.steps)
        if seen.update is not None:
            self._files.leave_map()  # of the model as it was opened
            self._files.map_made.emit(seen.update)

    def _tell_history(self, before: Run, run: Run) -> None:
        known, changes = len(before.history), len(before.changes)
        if run.history[:known] != before.history or run.changes[:changes] != before.changes:
            self.restarted.emit(run.history, run.changes)
            return
        news: list[EpochEnded | Changed] = [*run.history[known:], *run.changes[changes:]]
        for each in news:
            (self.epoch_ended if isinstance(each, EpochEnded) else self.setting_changed).emit(each)

    @Slot(str)
    def _fail(self, sentence: str) -> None:
        self.end()
        self.failed.emit(sentence)

    def _tell(self, told: Followed | None) -> None:
        if told != self._told:
            self._told = told
            self.changed.emit(told)
