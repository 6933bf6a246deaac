"""What a person wants of Slurm for the runs of a sweep, in the words of sbatch; kept beside the sweep's plan."""

from __future__ import annotations

import json
import re
import shlex
from contextlib import suppress
from dataclasses import dataclass

from latentlab.core.files import is_file
from latentlab.core.training.sweep_folder import SweepFolder
from latentlab.core.training.sweep_plan import SweepError
from latentlab.core.writing import told, whole_file

_LONGEST = 2**20  # bytes of what is kept

# What the job array needs as it is.
_OURS = {"-a", "-o", "-e", "-J", "-D", "-W", "-h", "-V"} | {
    *("--array", "--output", "--error", "--job-name", "--chdir", "--open-mode", "--wrap", "--wait", "--parsable"),
    *("--test-only", "--help", "--usage", "--version"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of Slurm.

    Attributes
    ----------
    options : tuple of str
        As sbatch takes them: ``("--partition=gpu", "-t", "2:00:00")``.
    jobs : int, optional
        How many runs are trained at once at most; by default as many as Slurm has room for.
    """

    options: tuple[str, ...] = ()
    jobs: int | None = None

    def value_of(self, name: str, short: str) -> str | None:
        """Give what an option says, in whichever way it is written; None where nobody wrote it."""
        found = None
        for option, following in zip(self.options, [*self.options[1:], ""], strict=False):
            if option in (name, short):
                found = following
            elif option.startswith(f"{name}="):
                found = option.partition("=")[2]
            elif option.startswith(short) and not option.startswith("--"):
                found = option.removeprefix(short)
        return found

    @property
    def cores(self) -> int | None:
        """How many cores each task has; None where nobody says."""
        number = self.value_of("--cpus-per-task", "-c")
        if number is not None and not (number.isascii() and number.isdigit() and int(number)):
            raise SweepError(f"--slurm takes a whole number of cores, e.g. --cpus-per-task=4, not '{number}'.")
        return None if number is None else int(number)


def read_options(text: str) -> tuple[str, ...]:
    """Read options of sbatch as one types them: ``"--partition=gpu --time=2:00:00"``.

    Raises
    ------
    SweepError
        For what is no option, and for those that the job array has itself.
    """
    if not text.isprintable():
        raise SweepError("--slurm takes sbatch's options in one line of plain text.")
    try:
        options = tuple(shlex.split(text))
    except ValueError as error:
        raise SweepError(f"--slurm takes sbatch's options as in a shell, and a quote is open in '{text}'.") from error
    before = ""
    for option in options:
        if not option.startswith("-") and (not before.startswith("-") or "=" in before):
            raise SweepError(f"--slurm takes sbatch's options, e.g. '--partition=gpu --time=2:00:00', not '{option}'.")
        name = option.partition("=")[0] if option.startswith("--") else option[:2]
        if name in _OURS:
            raise SweepError(f"The job array has its own {name}: leave that out of --slurm.")
        before = option
    Wanted(options).cores  # noqa: B018 - what is wrong with it is told now
    return options


def kept(folder: SweepFolder) -> Wanted | None:
    """Give what was wanted of Slurm when the sweep was given to it; None where it was not."""
    if not is_file(folder.slurm):
        return None
    with suppress(OSError, ValueError, TypeError, KeyError, RecursionError, SweepError):
        with folder.slurm.open("rb") as file:
            stored = json.loads(file.read(_LONGEST))
        jobs = None if stored["jobs"] is None else max(1, int(stored["jobs"]))
        return Wanted(read_options(shlex.join(stored["options"])), jobs)
    raise SweepError(f"{folder.slurm} is damaged: remove it, and give --slurm again.")


def keep(folder: SweepFolder, wanted: Wanted) -> None:
    """Keep what is wanted of Slurm: it is so whenever the sweep goes on."""
    what = "What is wanted of Slurm"
    with told(folder.slurm, what, SweepError), whole_file(folder.slurm, what, SweepError) as partial:
        partial.write_text(json.dumps({"options": wanted.options, "jobs": wanted.jobs}), encoding="utf-8")


def quoted(text: str) -> str:
    """Write an option as sbatch reads it in a script: in double quotes a backslash stands before those and itself."""
    if re.fullmatch(r"[\w@%+=:,./-]+", text, re.ASCII):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
