"""Training the runs of a sweep on this machine, several at once, each in a process of its own.

The processes outlive this one. Whoever goes on with a sweep that was killed finds by their locks those that train
still, waits for them, and trains no run twice; by their files the runs that are finished, and those that broke off,
which are finished exactly as they would have been.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from latentlab.core.errors import LatentlabError
from latentlab.core.files import exists, is_file
from latentlab.core.runs import workspace
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.training import own_process
from latentlab.core.training.sweep_folder import SweepFolder
from latentlab.core.training.sweep_plan import Member, SweepPlan
from latentlab.core.training.sweep_spares import spares_of, take_back

_PAUSE = 0.05  # seconds between two looks at the processes
_SAID = "latentlab: "  # before what a command says of a problem

What = Literal["begun", "resumed", "awaited", "progress", "finished", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class SweepEvent:
    """Something that happened to a run of a sweep.

    Attributes
    ----------
    member : Member
    what : str
        It is trained anew (`begun`), to its end (`resumed`), or by a process of before, which is `awaited`; it has come
        further (`progress`), to its end (`finished`), `failed`, or was `stopped` before its end.
    epochs, of_epochs : int
        So far, and in all, where it is trained.
    run : KeptRun or None
        What its file says in the end.
    is_earlier : bool
        Whether it had come to its end before.
    problem : str
        Why it failed, in a sentence.
    """

    member: Member
    what: What
    epochs: int = 0
    of_epochs: int = 0
    run: KeptRun | None = None
    is_earlier: bool = False
    problem: str = ""


def cores() -> int:
    """Give how many cores this program may compute on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
            elif (ended := self._ended(member) or self._taken_back(member, spares.get(member.number))) is not None:
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

    def _ended(self, member: Member) -> SweepEvent | None:
        """Tell that a run needs no training, or cannot be trained; None where it can."""
        path = self._path(member)
        if not exists(path):
            return None
        try:
            run = workspace.known_of(path)
        except LatentlabError as error:
            return SweepEvent(member, "failed", problem=str(error))
        if run.group is None or (run.group["id"], run.group["number"]) != (member.group["id"], member.number):
            problem = f"{path} is no run of this sweep: move it away, or choose another --name."
            return SweepEvent(member, "failed", problem=problem)
        return SweepEvent(member, "finished", run=run, is_earlier=True) if run.state == "finished" else None

    def _taken_back(self, member: Member, spare: KeptRun | None) -> SweepEvent | None:
        """Bring a run to its place that could not be kept there; tell what `_ended` does, or that it still cannot."""
        if spare is None:
            return None
        try:
            take_back(spare, self._path(member))
        except LatentlabError as error:
            return SweepEvent(member, "failed", problem=str(error))
        return self._ended(member)

    def _begin(self, member: Member) -> SweepEvent:
        """Start the process of a run, or tell that it needs none by now."""
        if (ended := self._ended(member)) is not None:
            return ended
        path, words = self._path(member), self._kept.words(member.number)
        resumes = exists(path)
        if resumes:
            arguments, recipe = ["resume", str(path)], ""
        else:
            arguments = ["train", "-", "--out", str(path), "--group", json.dumps(member.group)]
            recipe = member.recipe.to_toml()
        begin = _size(words)
        try:
            process = own_process.start(
                [*arguments, *self._options], words, recipe, alone=True, threads=member.recipe.training.threads
            )
        except LatentlabError as error:
            return SweepEvent(member, "failed", problem=str(error))
        self._going.append(_Going(member, process, words, begin))
        return SweepEvent(member, "resumed" if resumes else "begun", of_epochs=member.recipe.training.epochs)

    def _follow(self, going: _Going, waiting: deque[Member]) -> Iterator[SweepEvent]:
        """Tell how far a run has come, and how it ended if it has."""
        member = going.member
        has_ended = going.has_ended() if going.process is not None else not self._lives(member)
        if going.look():
            yield SweepEvent(member, "progress", epochs=going.epochs, of_epochs=going.of_epochs)
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
        self.epochs, self.of_epochs = 0, 0
        self.is_asked = False
        self._words, self._at, self._rest = words, at, b""
        self._problem = ""

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def ask_to_end(self) -> None:
        if self.process is not None and not self.is_asked:
            self.is_asked = True
            own_process.ask_to_end(self.process)

    def look(self) -> bool:
        """Read what it has said since; give whether it has come further."""
        if not is_file(self._words):  # nobody writes to a pipe, and who reads it waits for ever
            return False
        try:
            with self._words.open("rb") as file:
                file.seek(self._at)
                said = file.read()
        except OSError:
            return False
        self._at += len(said)
        *lines, self._rest = (self._rest + said).split(b"\n")
        before = self.epochs, self.of_epochs
        for line in lines:
            text = line.decode(errors="replace")
            if text.startswith(_SAID):
                self._problem = text.removeprefix(_SAID)
            with suppress(ValueError, KeyError, TypeError, AttributeError):
                told = json.loads(text)
                if told.get("event") == "started":
                    self.epochs, self.of_epochs = int(told["first_epoch"]), int(told["epochs"])
                elif told.get("event") == "epoch":
                    self.epochs = int(told["epoch"])
        return before != (self.epochs, self.of_epochs)

    def problem(self) -> str:
        """Say why it did not come to its end."""
        status = 0 if self.process is None else self.process.returncode
        if status < 0:
            with suppress(ValueError):
                return f"It was ended by {signal.Signals(-status).name}."
        return self._problem or f"It ended with status {status}."


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0
