"""Training the runs of a sweep on this machine, several at once, each in a process of its own.

The processes outlive this one. Whoever goes on with a sweep that was killed finds by their locks those that train
still, waits for them, and trains no run twice; by their files the runs that are finished, and those that broke off,
which are finished exactly as they would have been.
"""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from latentlab.core.errors import LatentlabError
from latentlab.core.runs import workspace
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.training import own_process, sweep_run
from latentlab.core.training.sweep_folder import SweepFolder
from latentlab.core.training.sweep_plan import Member, SweepPlan
from latentlab.core.training.sweep_run import SweepEvent
from latentlab.core.training.sweep_spares import spares_of
from latentlab.core.training.words import Words, size_of

_PAUSE = 0.05  # seconds between two looks at the processes


def shared(plan: SweepPlan, among: int, jobs: int | None = None) -> tuple[int, int]:
    """Share cores among the runs of a sweep: one that computes alone is never slower than one that waits for another.

    Parameters
    ----------
    plan : SweepPlan
    among : int
        Cores.
    jobs : int, optional
        How many runs shall be trained at once; by default as many as there are cores for.

    Returns
    -------
    int
        How many runs are trained at once.
    int
        How many threads each computes with, where its recipe does not say.
    """
    own = max(member.recipe.training.threads or 1 for member in plan.members)
    at_once = min(jobs or max(1, among // own), plan.count)
    return at_once, max(1, among // at_once)


class SweepProcesses:
    """Trains what of a sweep is not finished.

    Parameters
    ----------
    plan : SweepPlan
    folder : Path
        The workspace.
    jobs : int
        How many runs are trained at once.
    stop : threading.Event
        Ends all of them, each saved as far as it has come.
    data_dir : Path, optional
        Where image sets lie.
    """

    def __init__(
        self, plan: SweepPlan, folder: Path, jobs: int, stop: threading.Event, data_dir: Path | None = None
    ) -> None:
        self._plan, self._folder, self._jobs, self._stop = plan, folder, jobs, stop
        self._kept = SweepFolder(folder, plan.name)
        self._options = ["--json", "--workspace", str(folder)]
        self._options += [] if data_dir is None else ["--data-dir", str(data_dir)]
        self._going: list[_Going] = []

    def events(self) -> Iterator[SweepEvent]:
        """Train, telling what happens; what is trained by processes of before is waited for, unless it is to stop.

        Yields
        ------
        SweepEvent
            In the end one for each run that says how it ended, but for those that were not begun when it was stopped.
        """
        waiting: deque[Member] = deque()
        spares = spares_of(self._plan)
        for member in self._plan.members:
            if self._lives(member):
                self._going.append(_Going(member, None, self._kept.words(member.number)))
                yield SweepEvent(member, "awaited")
            elif (ended := self._ended(member, spares.get(member.number))) is not None:
                yield ended
            else:
                waiting.append(member)
        try:
            while waiting or self._going:
                if self._stop.is_set() or self._kept.is_asked_to_stop():
                    waiting.clear()
                    for going in self._going:
                        going.ask_to_end()
                    self._going = [going for going in self._going if going.process is not None]
                while waiting and len(self._going) < self._jobs:
                    yield self._begin(waiting.popleft())
                for going in list(self._going):
                    yield from self._follow(going, waiting)
                time.sleep(_PAUSE)
        finally:
            for going in self._going:
                going.ask_to_end()
            for going in self._going:
                if going.process is not None:
                    going.process.wait()

    def _path(self, member: Member) -> Path:
        return self._folder / member.file_name

    def _lives(self, member: Member) -> bool:
        """Whether a process trains the run, or is about to."""
        return own_process.lives(self._kept.words(member.number)) or workspace.is_training(self._path(member))

    def _ended(self, member: Member, spare: KeptRun | None = None) -> SweepEvent | None:
        path = self._path(member)
        return sweep_run.ended(member, path) or sweep_run.taken_back(member, path, spare)

    def _begin(self, member: Member) -> SweepEvent:
        """Start the process of a run, or tell that it needs none by now."""
        if (ended := self._ended(member)) is not None:
            return ended
        path, words = self._path(member), self._kept.words(member.number)
        arguments, recipe = sweep_run.command_of(member, path)
        begin = size_of(words)
        try:
            process = own_process.start(
                [*arguments, *self._options], words, recipe, alone=True, threads=member.recipe.training.threads
            )
        except LatentlabError as error:
            return SweepEvent(member, "failed", problem=str(error))
        self._going.append(_Going(member, process, words, begin))
        return SweepEvent(member, "begun" if recipe else "resumed", of_epochs=member.recipe.training.epochs)

    def _follow(self, going: _Going, waiting: deque[Member]) -> Iterator[SweepEvent]:
        """Tell how far a run has come, and how it ended if it has."""
        member = going.member
        has_ended = going.has_ended() if going.process is not None else not self._lives(member)
        if going.words.look():
            yield SweepEvent(member, "progress", epochs=going.words.epochs, of_epochs=going.words.of_epochs)
        if not has_ended:
            return
        self._going.remove(going)
        ended = self._ended(member)
        if ended is not None:
            if ended.what == "finished":
                with suppress(OSError):
                    self._kept.words(member.number).unlink()
            yield SweepEvent(member, ended.what, run=ended.run, problem=ended.problem)
        elif going.process is None:
            waiting.appendleft(member)
        elif going.is_asked:
            yield SweepEvent(member, "stopped")
        elif self._lives(member):  # another process was the first to begin with it
            self._going.append(_Going(member, None, self._kept.words(member.number)))
            yield SweepEvent(member, "awaited")
        else:
            yield SweepEvent(member, "failed", problem=going.problem())


class _Going:
    """A run that is being trained: by a process of ours, or None for one of before."""

    def __init__(self, member: Member, process: subprocess.Popen[bytes] | None, words: Path, at: int = 0) -> None:
        self.member, self.process = member, process
        self.words = Words(words, at)
        self.is_asked = False

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def ask_to_end(self) -> None:
        if self.process is not None and not self.is_asked:
            self.is_asked = True
            own_process.ask_to_end(self.process)

    def problem(self) -> str:
        """Say why it did not come to its end."""
        status = 0 if self.process is None else self.process.returncode
        if status < 0:
            with suppress(ValueError):
                return f"It was ended by {signal.Signals(-status).name}."
        return self.words.problem or f"It ended with status {status}."
