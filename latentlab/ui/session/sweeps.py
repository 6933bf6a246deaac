"""Sweeps of the workspace: planned, begun in a process of their own, followed, stopped and gone on with.

Whatever is done to one goes through its folder in the workspace: it is all one who has begun it, this window, an
earlier one, or somebody on another machine.
"""

from __future__ import annotations

import statistics
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.core.errors import LatentlabError
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import workspace
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.training import own_process
from latentlab.core.training.sweep_folder import SweepFolder, SweepProgress, kept_sweeps, progress_of
from latentlab.core.training.sweep_plan import SweepPlan
from latentlab.ui.threads.background import Report, Task
from latentlab.ui.threads.in_turn import InTurn
from latentlab.ui.threads.latest import Latest

_MILLISECONDS = 500  # between two looks
_BEGINNING = 3.0  # seconds until a process trains
_ENDED = (0, 1, 2)  # exit statuses of a process that nobody has stopped


@dataclass(frozen=True, slots=True)
class WantedSweep:
    """What a sweep is to be: settings as `SweepPlan.of` reads them, and how many runs are trained at once."""

    recipe: Recipe
    settings: tuple[str, ...]
    seeds: int
    jobs: int


@dataclass(frozen=True, slots=True)
class PlannedSweep:
    """What would come of it.

    Attributes
    ----------
    plan : SweepPlan or None
        None where it cannot be made.
    problem : str
        Why, in a sentence.
    datasets : tuple of str
        The image sets that it learns from.
    jobs : int
    seconds : float or None
        That it may take, as its recipe's runs took before; None where there are none.
    """

    plan: SweepPlan | None = None
    problem: str = ""
    datasets: tuple[str, ...] = ()
    jobs: int = 1
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class _Begun:
    """A process that goes on with a sweep: the file of what it says, and how many bytes are of others before it."""

    name: str
    process: subprocess.Popen[bytes]
    words: Path
    at: int


@dataclass(frozen=True, slots=True)
class _Planned:
    """What came of a question: the plan, and by which runs, asked for which time, it was made."""

    planned: PlannedSweep
    known: list[KeptRun] | None
    asked: int


class Sweeps(QObject):
    """Plans and begins sweeps, and tells how far those of a folder are.

    Parameters
    ----------
    folder : Path
        The workspace.
    runs : callable
        Gives what is known of its runs.
    """

    planned = Signal(object)  # PlannedSweep
    begun = Signal(str)  # name
    changed = Signal(object)  # list of SweepProgress: those that go on, or are not finished
    failed = Signal(str)  # sentence

    def __init__(self, folder: Path, runs: Callable[[], Sequence[KeptRun]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder, self._runs = folder, runs
        self._known: list[KeptRun] | None = None  # by which it is estimated how long a sweep takes
        self._asked = 0  # how often it was to be found out anew
        self._told: list[SweepProgress] = []
        self._begun: list[_Begun] = []
        self._planning = Latest(self, self._take_planned, self.failed.emit)
        self._doing, self._reading, self._looking = InTurn(self), InTurn(self), Task(self)
        self._doing.done.connect(self._take_done)
        self._doing.failed.connect(self.failed)
        self._reading.done.connect(self._tell_problem)
        self._reading.failed.connect(self.failed)
        self._looking.done.connect(self._take_seen)
        self._looking.failed.connect(self._fail_to_look)
        self._timer = QTimer(self, interval=_MILLISECONDS)
        self._timer.timeout.connect(self.look)

    @Slot(bool)
    def watch(self, is_looked_at: bool) -> None:
        """Follow the sweeps, or do so no more."""
        if is_looked_at:
            self._timer.start()
            self.look()
        else:
            self._timer.stop()

    def look_into(self, folder: Path) -> None:
        """Follow those of another folder from now on."""
        had, self._folder, self._told = self._told, folder, []
        self.get_ready()
        self._looking.cancel()
        if had:  # the names on them would be those of other sweeps there
            self.changed.emit([])

    def get_ready(self) -> None:
        """Plan by what is known of runs now."""
        self._known = None
        self._asked += 1

    def plan(self, wanted: WantedSweep) -> None:
        """Say what would come of a sweep; `planned` follows."""
        folder, before, asked = self._folder, self._known, self._asked

        def answer() -> _Planned:
            try:
                plan = SweepPlan.of(wanted.recipe, wanted.settings, wanted.seeds)
            except LatentlabError as error:
                return _Planned(PlannedSweep(problem=str(error)), before, asked)
            known = before
            if known is None:
                with suppress(LatentlabError):
                    known = workspace.all_runs(folder).runs
            datasets = tuple(dict.fromkeys(member.recipe.data.dataset for member in plan.members))
            jobs = min(wanted.jobs, plan.count)
            planned = PlannedSweep(plan, "", datasets, jobs, _estimated(plan, jobs, known or []))
            return _Planned(planned, known, asked)

        self._planning.ask(answer)

    def begin(self, planned: PlannedSweep, cores: int, data_dir: Path) -> None:
        """Train a sweep in a process of its own, which goes on when this program ends."""
        plan, folder = planned.plan, self._folder
        if plan is None:
            return

        def do(cancelled: threading.Event, report: Report) -> _Begun:
            from latentlab.core.training.sweep_processes import shared

            _, threads = shared(plan, cores, planned.jobs)
            workspace.make_folder(folder)
            SweepFolder(folder, plan.name).keep(plan.computing_with(threads))
            return _started(folder, plan.name, planned.jobs, data_dir)

        self._doing.start(do)

    def go_on(self, name: str, jobs: int, data_dir: Path) -> None:
        """Go on with a sweep that was stopped, or whose program is gone."""
        folder = self._folder
        is_of_slurm = any(each.kept.name == name and each.kept.is_of_slurm for each in self._told)
        at_once = None if is_of_slurm else jobs  # as many as were wanted of it
        self._doing.start(lambda cancelled, report: _started(folder, name, at_once, data_dir))

    def stop(self, name: str) -> None:
        """Have whoever trains a sweep save its runs, and end."""
        folder = self._folder
        self._doing.start(lambda cancelled, report: SweepFolder(folder, name).ask_to_stop())

    def forget(self, name: str) -> None:
        """Offer no more to go on with a sweep; its runs stay."""
        folder = self._folder
        self._doing.start(lambda cancelled, report: SweepFolder(folder, name).forget())

    def shut_down(self) -> None:
        """Look no more; what was begun goes on."""
        self._timer.stop()
        self._planning.shut_down()
        Task.shut_down_all((self._doing, self._reading, self._looking))

    @Slot()
    def look(self) -> None:
        """Look how far the sweeps are."""
        if self._looking.is_busy:
            return
        self._tell_ended()
        folder, runs = self._folder, self._runs()
        self._looking.start(lambda cancelled, report: (folder, progress_of(kept_sweeps(folder), runs)))

    @Slot(object)
    def _take_seen(self, seen: tuple[Path, list[SweepProgress]]) -> None:
        folder, found = seen
        unfinished = [each for each in found if not each.is_whole]
        if folder == self._folder and unfinished != self._told:
            self._told = unfinished
            self.changed.emit(unfinished)

    @Slot(str)
    def _fail_to_look(self, sentence: str) -> None:
        self._timer.stop()  # what nobody foresaw is told once
        self.failed.emit(sentence)

    @Slot(object)
    def _take_planned(self, found: _Planned | None) -> None:
        if found is None:
            return
        if found.asked == self._asked:
            self._known = found.known
        self.planned.emit(found.planned)

    @Slot(object)
    def _take_done(self, begun: _Begun | None) -> None:
        if begun is not None:
            self._begun.append(begun)
            self.begun.emit(begun.name)
        self.look()

    def _tell_ended(self) -> None:
        """Tell what those that this window has begun say of problems, once they have ended."""
        for begun in list(self._begun):
            if begun.process.poll() is not None:
                self._begun.remove(begun)
                if begun.process.returncode in _ENDED:
                    self._reading.start(lambda cancelled, report, begun=begun: _problem(begun))

    @Slot(object)
    def _tell_problem(self, sentence: str) -> None:
        if sentence:
            self.failed.emit(sentence)


def _started(folder: Path, name: str, jobs: int | None, data_dir: Path) -> _Begun:
    from latentlab.core.training.words import size_of

    arguments = ["sweep", "--resume", name, "--workspace", str(folder), "--data-dir", str(data_dir)]
    arguments += [] if jobs is None else ["--jobs", str(jobs)]
    words = SweepFolder(folder, name).words()
    at = size_of(words)
    return _Begun(name, own_process.start(arguments, words), words, at)


def _problem(begun: _Begun) -> str:
    """Give the last sentence that it has told of a problem, or nothing."""
    from latentlab.core.training.words import Words

    words = Words(begun.words, begun.at)
    words.look()
    return words.problem


def _estimated(plan: SweepPlan, jobs: int, known: Sequence[KeptRun]) -> float | None:
    """Estimate the seconds of a sweep, by what an epoch of runs of the same recipe and images took."""
    recipe = plan.recipe
    took = [
        run.seconds / run.epochs
        for run in known
        if run.seconds and run.epochs and (run.recipe, run.dataset) == (recipe.name, recipe.data.dataset)
    ]
    if not took:
        return None
    epochs = [member.recipe.training.epochs for member in plan.members]
    return sum(_BEGINNING + statistics.median(took) * each for each in epochs) / jobs
