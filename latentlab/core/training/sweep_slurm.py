"""Training the runs of a sweep by Slurm: a job array, of which each task trains one run and keeps it in the workspace.

The workspace, and the folder that the command was given in, are seen by all machines. What is finished is told by the
runs' files, what waits or runs by Slurm's queue; the lock of a run tells it alone where there is no Slurm, and only as
far as the file system tells the locks of other machines.
"""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from latentlab.core.errors import LatentlabError, printable, ranges, reason_of
from latentlab.core.files import absolute, is_file, resolved
from latentlab.core.runs import workspace
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.training import sweep_run
from latentlab.core.training.slurm_options import Wanted, quoted
from latentlab.core.training.sweep_folder import SweepFolder
from latentlab.core.training.sweep_plan import Member, SweepError, SweepPlan
from latentlab.core.training.sweep_run import SweepEvent
from latentlab.core.training.words import Words
from latentlab.core.writing import told, whole_file

_PAUSE = 1.0  # seconds between two looks at what the tasks say
_QUEUE_SECONDS = 15.0  # between two questions to Slurm, which answers for all who use it
_PATIENCE = 60.0  # seconds that it has for an answer
_GONE = 2  # looks in a row without a task: what it has saved may show on this machine a moment later
_IN_TURN = {"PD", "RQ", "RF", "RH", "RD", "SE"}  # states of tasks that have not begun, or will begin again


@dataclass(slots=True)
class Standing:
    """Where each run of a sweep is, by its number; each is in one of these.

    Attributes
    ----------
    finished : dict of int to KeptRun
    running, waiting : set of int
        What is being trained, by Slurm or whoever has its lock, and what Slurm will begin.
    failed : dict of int to str
        Why, in a sentence: they are tried again.
    refused : dict of int to str
        Why they cannot be trained: another file is in their place.
    missing : set of int
        Not begun, or stopped.
    unseen : set of int
        Those that run by Slurm's word and their own, and whose lock is not seen here.
    jobs : tuple of str
        The ids of Slurm's jobs that run or wait.
    """

    finished: dict[int, KeptRun] = field(default_factory=dict)
    running: set[int] = field(default_factory=set)
    waiting: set[int] = field(default_factory=set)
    failed: dict[int, str] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)
    unseen: set[int] = field(default_factory=set)
    jobs: tuple[str, ...] = ()

    @property
    def to_submit(self) -> list[int]:
        """What nobody trains, and nobody will."""
        return sorted(self.missing | self.failed.keys())


class SlurmArray:
    """Has Slurm train what of a sweep is not finished.

    Parameters
    ----------
    plan : SweepPlan
    folder : Path
        The workspace, as all machines see it.
    wanted : Wanted
    data_dir : Path
        Where image sets lie, as all machines see it.
    """

    def __init__(self, plan: SweepPlan, folder: Path, wanted: Wanted, data_dir: Path) -> None:
        self._plan, self._folder, self._wanted = plan, absolute(folder), wanted
        self._data_dir = absolute(data_dir)
        self._kept = SweepFolder(self._folder, plan.name)
        where = hashlib.sha256(f"{resolved(self._folder)}\0{plan.id}".encode(errors="surrogateescape")).hexdigest()
        self._job_name = f"latentlab-{plan.name}-{where[:8]}"  # no other sweep has it, and no other workspace

    def look(self) -> Standing:
        """Say where each run is.

        Raises
        ------
        SweepError
            When there is a Slurm that does not say what it does: what it trains already must not be given to it again.
        """
        queue, standing = self._queue(), Standing()
        if isinstance(queue, str):
            raise SweepError(f"Slurm does not say which runs it trains ({queue}): try again when it does.")
        for member in self._plan.members:
            number, path = member.number, self._path(member)
            is_held, ended = workspace.is_training(path), sweep_run.ended(member, path)
            if ended is not None and ended.run is not None:
                standing.finished[number] = ended.run
            elif number in queue:
                waits = queue[number][1] in _IN_TURN and not is_held
                (standing.waiting if waits else standing.running).add(number)
                if not waits and not is_held and self._trains(number):
                    standing.unseen.add(number)
            elif is_held:
                standing.running.add(number)
            elif ended is not None:
                standing.refused[number] = ended.problem
            elif self._said(number) is not None and not self._is_stopped(member):
                standing.failed[number] = self._problem(number)
            else:
                standing.missing.add(number)
        standing.jobs = tuple(sorted({job for job, _ in queue.values()}))
        return standing

    def submit(self, numbers: Iterable[int]) -> str | None:
        """Write a job array of these runs, and give it to Slurm.

        Returns
        -------
        str or None
            The id of the job; None where there is no Slurm on this machine.

        Raises
        ------
        SweepError
            When it cannot be written, or Slurm does not take it.
        """
        numbers = sorted(numbers)
        text, script = self._script(numbers), self._kept.script
        with told(script, "The job array", SweepError), whole_file(script, "The job array", SweepError) as partial:
            partial.write_text(text, encoding="utf-8", errors="surrogateescape", newline="\n")
        sbatch = shutil.which("sbatch")
        if sbatch is None:
            return None
        with self._kept.set_aside(numbers):  # what was said of an earlier training is not the end of this one
            said, problem = _answer([sbatch, "--parsable", str(script)])
            if problem:
                raise SweepError(f"Slurm does not take the job array {script}: {problem}.")
        if found := re.fullmatch(r"(\d+)(;.*)?", said.strip().rpartition("\n")[2]):
            return found[1]
        raise SweepError(f"sbatch took {script} and told no number of the job: see what squeue says.")

    def follow(self, standing: Standing, stop: threading.Event) -> Iterator[SweepEvent]:
        """Tell what happens to the runs that are trained or wait, until all have ended, or nobody wants to know.

        Yields
        ------
        SweepEvent
        """
        members = {member.number: member for member in self._plan.members}
        going = {n: Words(self._kept.words(n)) for n in sorted(standing.running | standing.waiting)}
        begun, gone = set[int](), dict.fromkeys(going, 0)
        asked = time.monotonic()
        while going and not stop.wait(_PAUSE):
            queue: dict[int, tuple[str, str]] | str = ""
            if time.monotonic() - asked >= _QUEUE_SECONDS:
                queue, asked = self._queue(), time.monotonic()
            for number, words in list(going.items()):
                member, path = members[number], self._path(members[number])
                if words.look() or (words.of_epochs and number not in begun):
                    begun.add(number)
                    yield SweepEvent(member, "progress", epochs=words.epochs, of_epochs=words.of_epochs)
                if not isinstance(queue, str):  # else it was not asked, or is busy, and is asked again
                    gone[number] = 0 if number in queue or workspace.is_training(path) else gone[number] + 1
                if not words.has_finished and not gone[number]:
                    continue
                ended = sweep_run.ended(member, path)
                if ended is not None and (ended.what == "finished" or gone[number] >= _GONE):
                    yield SweepEvent(member, ended.what, run=ended.run, problem=ended.problem)
                elif gone[number] >= _GONE:
                    yield self._broken_off(member)
                else:
                    continue
                del going[number]

    def _path(self, member: Member) -> Path:
        return self._folder / member.file_name

    def _trains(self, number: int) -> bool:
        """Whether a run says that it is being trained, which it does once it has its lock."""
        words = Words(self._kept.words(number))
        words.look()
        return words.of_epochs > 0 and not words.has_finished

    def _is_stopped(self, member: Member) -> bool:
        """Whether a run was stopped, or not begun as the sweep was asked to stop: that is no failure."""
        with suppress(LatentlabError):
            if is_file(self._path(member)):
                return workspace.known_of(self._path(member)).state == "stopped"
        return self._kept.is_asked_to_stop()

    def _broken_off(self, member: Member) -> SweepEvent:
        if self._is_stopped(member):
            return SweepEvent(member, "stopped")
        return SweepEvent(member, "failed", problem=self._problem(member.number))

    def _said(self, number: int) -> Path | None:
        """Find what is said of a run, also where a program died that was about to submit it anew."""
        return next(filter(is_file, (self._kept.words(number), self._kept.earlier_words(number))), None)

    def _problem(self, number: int) -> str:
        """Say why a run did not come to its end."""
        words = Words(self._said(number) or self._kept.words(number))
        words.look()
        if words.problem or not words.last:
            return printable(words.problem) or "Its task ended, and has not said why."
        return f"Its task ended, and said last: {printable(words.last)}"

    def _queue(self) -> dict[int, tuple[str, str]] | str:
        """Ask Slurm for the tasks that run or wait.

        Returns
        -------
        dict of int to (str, str), or str
            By the number of the run, the job's id and the state; none where there is no Slurm. Why it does not say, in
            half a sentence.
        """
        squeue = shutil.which("squeue")
        if squeue is None:
            return {}
        options = ["--noheader", "--array", f"--name={self._job_name}", "--format=%F %K %t"]
        if (clusters := self._wanted.value_of("--clusters", "-M")) is not None:  # Slurm's own is another
            options.append(f"--clusters={clusters}")
        said, problem = _answer([squeue, *options])
        found = re.findall(r"^\s*(\d+) (\d+) (\w+)\s*$", said, re.MULTILINE)
        return problem or {int(number): (job, state) for job, number, state in found}

    def _script(self, numbers: list[int]) -> str:
        """Write the script of the job array; each task trains the run that has its number."""
        place, here = str(self._kept.words().parent), absolute(Path())
        if "\\" in place or any(ord(letter) < 32 for letter in f"{place}{here}{self._data_dir}"):
            raise SweepError(f"Slurm takes no such path for what its tasks say: {place}; move the workspace.")
        threads = max(member.recipe.training.threads or 1 for member in self._plan.members)
        jobs = "" if self._wanted.jobs is None else f"%{self._wanted.jobs}"
        lines = [
            f"--job-name={self._job_name}",
            f"--array={','.join(ranges(numbers))}{jobs}",
            f"--output={place.replace('%', '%%')}/%a.words",
            "--open-mode=truncate",
            *([] if self._wanted.cores else [f"--cpus-per-task={threads}"]),
        ]
        own = " ".join(map(quoted, self._wanted.options))
        command = [sys.executable, "-m", "latentlab", "sweep", "--resume", self._plan.name, "--json"]
        command += ["--workspace", str(self._folder), "--data-dir", str(self._data_dir)]
        return "\n".join(
            [
                "#!/bin/bash",
                *(f"#SBATCH {quoted(line)}" for line in lines),
                *([f"#SBATCH {own}"] if own else []),
                f"# The sweep {self._plan.name}: each task trains the run of its number, or goes on with it.",
                f"cd -- {shlex.quote(str(here))} || exit 1",
                f"export OMP_NUM_THREADS={threads}",
                f'exec {shlex.join(command)} --task "$SLURM_ARRAY_TASK_ID"',
                "",
            ]
        )


def _answer(command: list[str]) -> tuple[str, str]:
    """Give what a command of Slurm's says, and why it says nothing, in half a sentence, or nothing."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return "", "it does not answer"
    except OSError as error:
        return "", reason_of(error)
    said, wrong = (each.decode(errors="replace").strip() for each in (done.stdout, done.stderr))
    if done.returncode == 0:
        return said, ""
    last = printable(wrong.rpartition("\n")[2]) or f"it ended with status {done.returncode}"
    return said, last.rstrip(".")
