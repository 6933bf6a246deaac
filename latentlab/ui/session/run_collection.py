"""The runs in the workspace, listed and followed: what is trained, renamed, deleted or brought back shows by itself.

All of it happens off the GUI thread. The folder is looked at twice a second as long as somebody looks at the list: that
is one question of the system, answered alike by a disk, a share of another machine, and where a system has no more
watches to give. It is listed where it says that something in it has changed, or a training has ended without a word.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.core.errors import LatentlabError
from latentlab.core.map.run_steps import Done, RunSteps
from latentlab.core.runs import trash, workspace
from latentlab.core.runs.collection import matching, ordered
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.runs.run_tree import Placed, in_a_row, planted
from latentlab.core.runs.trash import Deleted
from latentlab.ui.session.sweeps import Sweeps
from latentlab.ui.threads.background import Report, Task
from latentlab.ui.threads.in_turn import InTurn
from latentlab.ui.threads.latest import Latest

_MILLISECONDS = 500  # between two looks
_SETTLED = 2.0  # seconds: the coarsest clock of any file system; what has just changed may change in the same tick
_OPERATIONS = 60_000  # that it takes to look for words in a run, and to put it in its place


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs are wanted, by words that they have, and in which order, or as a tree: see `core.runs.collection`."""

    words: str = ""
    by: str = "saved"
    is_reversed: bool = False
    is_tree: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Arranged:
    """The runs that are wanted, in their order.

    Attributes
    ----------
    runs : list of KeptRun
    of : int
        How many there are in all.
    placed : list of Placed
        Their places in the tree, and where each came from.
    """

    runs: list[KeptRun]
    of: int
    placed: list[Placed]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What there was when the folder was listed."""

    folder: Path
    signature: int
    runs: list[KeptRun]
    problem: str
    deleted: list[Deleted]


class RunCollection(QObject):
    """Lists the runs in a folder, follows them, and does to them what a person wants; that can be undone.

    Parameters
    ----------
    folder : Path
        The workspace.
    """

    arranged = Signal(object)  # Arranged
    trash_changed = Signal(object)  # list of Deleted
    done = Signal(str, object)  # see `Done`: what, and list of Path
    index_told = Signal(str)  # why listing takes longer than it need; empty where it does not
    failed = Signal(str)  # sentence
    group_shown = Signal(str)  # the runs of this sweep alone are to be looked at

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._seen: _Seen | None = None
        self._wanted = Wanted()
        self._told_problem = ""
        self._looking, self._doing = Task(self), InTurn(self)
        self._looking.done.connect(self._take)
        self._looking.failed.connect(self._fail_to_look)
        self._doing.done.connect(self._take_done)
        self._doing.failed.connect(self._fail)
        self._arranging = Latest(self, self._tell_arranged, self.failed.emit)
        self.sweeps = Sweeps(folder, lambda: self.runs, self)
        self._timer = QTimer(self, interval=_MILLISECONDS)
        self._timer.timeout.connect(self._look_again)

    @property
    def runs(self) -> list[KeptRun]:
        """All that were found, the latest first."""
        return [] if self._seen is None else self._seen.runs

    @property
    def is_watching(self) -> bool:
        """Whether the folder is looked at again and again."""
        return self._timer.isActive()

    @Slot(bool)
    def watch(self, is_looked_at: bool) -> None:
        """Follow the folder and its sweeps, or do so no more."""
        self.sweeps.watch(is_looked_at)
        if not is_looked_at:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()
            self._look_again()

    def look_into(self, folder: Path) -> None:
        """List another folder from now on."""
        if folder != self._folder:
            self._folder, self._seen = folder, None
            self.sweeps.look_into(folder)
            self._looking.cancel()
            if self.is_watching:
                self._look_again()

    @Slot(object)
    def want(self, wanted: Wanted) -> None:
        """List these; `arranged` follows."""
        self._wanted = wanted
        self._arrange()

    def show_group(self, name: str) -> None:
        """Have the runs of a sweep looked at."""
        self.group_shown.emit(name)

    # What is done to runs

    def rename(self, path: Path, title: str) -> None:
        """Give a run another title; an empty one is its file's name again."""
        steps = RunSteps(self._folder)
        self._do(lambda: steps.rename(path, title))

    def note(self, path: Path, notes: str) -> None:
        """Say something else of a run."""
        steps = RunSteps(self._folder)
        self._do(lambda: steps.note(path, notes))

    def delete(self, paths: Sequence[Path]) -> None:
        """Move runs to the trash."""
        steps, wanted = RunSteps(self._folder), list(paths)
        self._do(lambda: steps.delete(wanted))

    def restore(self, paths: Sequence[Path]) -> None:
        """Bring runs back that lie in the trash."""
        steps, wanted = RunSteps(self._folder), list(paths)
        self._do(lambda: steps.restore(wanted))

    def empty_trash(self) -> None:
        """Remove for good what lies in the trash."""
        folder = self._folder
        self._do(lambda: RunSteps(folder).empty(_places(folder)))

    @Slot()
    def undo(self) -> None:
        """Take back what was done last, with this start or an earlier one, within a week."""
        self._do(RunSteps(self._folder).undo)

    def shut_down(self) -> None:
        """Look no more; what is being done is waited for, with a limit."""
        self._timer.stop()
        self.sweeps.shut_down()
        self._arranging.shut_down()
        Task.shut_down_all((self._doing, self._looking))

    def _do(self, work: Callable[[], Done]) -> None:
        """Do something after what is being done: of two that meet the later one counts."""
        self._doing.start(lambda cancelled, report: work())

    @Slot(object)
    def _take_done(self, done: Done) -> None:
        self.done.emit(done.what, done.paths)
        if done.problem:
            self.failed.emit(done.problem)
        self._finish_doing()

    @Slot(str)
    def _fail(self, sentence: str) -> None:
        self.failed.emit(sentence)
        self._finish_doing()

    def _finish_doing(self) -> None:
        self._seen = None if self._seen is None else _forgotten(self._seen)
        self._looking.cancel()  # it may have listed what there was before
        self._look_again()

    # Looking

    @Slot()
    def _look_again(self) -> None:
        if self._looking.is_busy:
            return
        folder, seen = self._folder, self._seen

        def look(cancelled: threading.Event, report: Report) -> _Seen | None:
            signature = _signature(folder)
            if seen is not None and signature and signature == seen.signature and not _has_ended(seen.runs):
                return None
            try:
                listing = workspace.all_runs(folder, () if seen is None or seen.problem else seen.runs)
            except LatentlabError as error:
                return _Seen(folder, 0, [], str(error), [])
            runs = listing.runs if seen is None else _reused(listing.runs, seen.runs)
            deleted = [each for place in _places(folder) for each in trash.deleted(place)]
            return _Seen(folder, signature, runs, listing.problem, deleted)

        self._looking.start(look)

    @Slot(object)
    def _take(self, seen: _Seen | None) -> None:
        if seen is None or seen.folder != self._folder:
            return
        before, self._seen = self._seen, seen
        if seen.problem != self._told_problem:
            self._told_problem = seen.problem
            self.index_told.emit(seen.problem)
        if before is None or before.deleted != seen.deleted:
            self.trash_changed.emit(seen.deleted)
        if before is None or before.runs != seen.runs:
            self._arrange()

    @Slot(str)
    def _fail_to_look(self, sentence: str) -> None:
        self._timer.stop()  # what nobody foresaw is told once
        self.failed.emit(sentence)

    def _arrange(self) -> None:
        seen, wanted = self._seen, self._wanted
        if seen is None:
            return
        runs = seen.runs

        def arrange() -> Arranged:
            found = ordered(matching(runs, wanted.words), wanted.by, is_reversed=wanted.is_reversed)
            placed = (planted if wanted.is_tree else in_a_row)(found, runs)
            return Arranged([each.run for each in placed], len(runs), placed)

        self._arranging.ask(arrange, _OPERATIONS * len(runs))

    def _tell_arranged(self, arranged: Arranged | None) -> None:
        if arranged is not None:
            self.arranged.emit(arranged)


def _places(folder: Path) -> list[Path]:
    """Give where runs are listed: the folder, and where they go that it does not take."""
    spare = workspace.spare_folder()
    return [folder] if spare in (None, folder) else [folder, spare]


def _signature(folder: Path) -> int:
    """Give what is another number whenever a file in a folder has come, gone or been replaced; 0 where nobody knows."""
    try:
        changed = folder.stat().st_mtime_ns
    except (OSError, ValueError):
        return 0
    return changed if abs(time.time() - changed / 1e9) > _SETTLED else 0


def _has_ended(runs: list[KeptRun]) -> bool:
    """Whether a training has ended, or begun again, without a change of its file, as when its program is killed."""
    going = {"training": True, "interrupted": False}
    return any(run.state in going and workspace.is_training(run.path) != going[run.state] for run in runs)


def _reused(runs: list[KeptRun], before: list[KeptRun]) -> list[KeptRun]:
    """Give runs, those that are as before as the objects of before: so thousands are compared in a moment."""
    known = {run.stamp: run for run in before}
    return [old if (old := known.get(run.stamp)) == run else run for run in runs]


def _forgotten(seen: _Seen) -> _Seen:
    """Give what was seen as something that must be looked at again."""
    return _Seen(seen.folder, 0, seen.runs, seen.problem, seen.deleted)
