"""What the workspace keeps of a sweep beside its runs: its plan, who goes on with it, and that it shall stop.

The runs are the truth of what is done. The plan is kept so that a sweep goes on by its name alone, and its runs,
whenever they are trained, compute with as many threads as the first ones.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latentlab.core import locks
from latentlab.core.errors import printable, reason_of
from latentlab.core.files import inside, is_file
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.training.sweep_plan import DATASET, MOST_RUNS, SweepError, SweepPlan, is_name
from latentlab.core.writing import told, whole_file

FOLDER = ".latentlab-sweeps"
_PLAN, _LOCK, _STOP, _SLURM = "plan.json", "lock", "stop", "slurm.json"
_LONGEST = 2**25  # bytes of a plan


@dataclass(frozen=True, slots=True)
class KeptSweep:
    """What is known of a sweep without reading its plan.

    Attributes
    ----------
    name, id : str
        As its runs have them in their `RunGroup`.
    of : int
        How many runs it has.
    is_going : bool
        Whether some program of this machine trains its runs now.
    is_asked_to_stop : bool
    is_of_slurm : bool
        Whether its runs are tasks of Slurm's, which alone knows of those that wait.
    """

    name: str
    id: str
    of: int
    is_going: bool
    is_asked_to_stop: bool
    is_of_slurm: bool = False


@dataclass(frozen=True, slots=True)
class SweepProgress:
    """How far a sweep is.

    Attributes
    ----------
    kept : KeptSweep
    finished, training : int
        How many of its runs are.
    """

    kept: KeptSweep
    finished: int
    training: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left to be done."""
        return not self.kept.is_going and self.finished >= self.kept.of


class SweepFolder:
    """The hidden folder of a sweep.

    Parameters
    ----------
    folder : Path
        The workspace.
    name : str
        Of the sweep.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._folder = folder
        self._path = folder / FOLDER / name

    def words(self, number: int = 0) -> Path:
        """Give the file for what the training of a run says; 0 is for what the sweep itself does beside a window."""
        return self._path / f"{number}.words"

    def earlier_words(self, number: int) -> Path:
        """Give the file of what was said of a run before it is submitted anew: see `set_aside`."""
        return self._path / f"{number}.words.earlier"

    @contextmanager
    def set_aside(self, numbers: Iterable[int]) -> Iterator[None]:
        """Have what is said of some runs out of the way of what is submitted meanwhile, to be let go with its success.

        After an error it is where it was, but where a training has begun to say something.
        """
        pairs = [(self.words(number), self.earlier_words(number)) for number in numbers]
        for words, earlier in pairs:
            if is_file(words):
                with suppress(OSError):
                    words.replace(earlier)
        try:
            yield
        except BaseException:
            for words, earlier in pairs:
                if not os.path.lexists(words):
                    with suppress(OSError):
                        earlier.rename(words)
            raise
        for _, earlier in pairs:
            with suppress(OSError):
                earlier.unlink()

    @property
    def slurm(self) -> Path:
        """The file of what is wanted of Slurm (see `slurm_options`), there where it trains the runs."""
        return self._path / _SLURM

    @property
    def script(self) -> Path:
        """The file of the job array that Slurm is given."""
        return self._path / "array.sbatch"

    def plan(self) -> SweepPlan:
        """Read the plan.

        Raises
        ------
        SweepError
            When there is none, or it is damaged.
        """
        file = self._path / _PLAN
        if not is_name(self.name) or not os.path.lexists(file):
            raise SweepError(f"There is no sweep '{printable(self.name)}' in {self._folder}: begin it by its command.")
        stored, plan = _stored(self._path), None
        if stored is not None:
            with suppress(SweepError):
                plan = SweepPlan.from_json(json.dumps(stored["plan"]))
        remedy = "remove it, and begin the sweep by its own command again, which goes on with its runs."
        if stored is None or plan is None or (plan.name, plan.count) != (self.name, stored["of"]):
            raise SweepError(f"The plan {file} is damaged: {remedy}")
        if plan.id != stored["id"]:
            # Files that are named as seen from a folder are others where one looks from another.
            elsewhere = any(key == DATASET for key, _ in plan.settings)
            other = " or was begun in another folder, where it goes on" if elsewhere else ""
            raise SweepError(f"The plan {file} is damaged{other}: {remedy}")
        return plan

    def keep(self, plan: SweepPlan) -> SweepPlan:
        """Keep a plan, unless it is kept already; give the one that is kept, with the threads that it has.

        A damaged one of the same sweep is kept anew.

        Raises
        ------
        SweepError
            When another sweep is called so, or it cannot be written.
        """
        if (stored := _stored(self._path)) is not None:
            if stored["id"] != plan.id:
                raise SweepError(f"There is another sweep called '{plan.name}' already: choose another --name.")
            with suppress(SweepError):
                return self.plan()
        file, what = self._path / _PLAN, "The plan of the sweep"
        try:
            self._path.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise SweepError(f"The folder {self._path} cannot be made: {reason_of(error)}.") from error
        known = {"id": plan.id, "of": plan.count, "plan": json.loads(plan.to_json())}
        with told(file, what, SweepError), whole_file(file, what, SweepError) as partial:
            partial.write_text(json.dumps(known, indent=1), encoding="utf-8")
        return plan

    @contextmanager
    def held(self, *, is_left: bool = False) -> Iterator[str]:
        """Go on with the sweep, and let nobody else; whoever was asked to stop it before was another.

        Parameters
        ----------
        is_left : bool
            Whether others train it afterwards, who shall hear it if it is asked to stop meanwhile.

        Yields
        ------
        str
            Why nobody can ask it to stop, in a sentence, or empty.

        Raises
        ------
        SweepError
            When another program does, or what was said to another cannot be removed.
        """
        file = None
        with suppress(OSError):  # where the folder takes no locks, there are none
            file = locks.hold_alone(self._path / _LOCK)
            if file is None:
                raise SweepError(f"The sweep '{self.name}' is going on already: wait until it has ended, or stop it.")
        try:
            self._forget_stop()
            stop = self._path / _STOP
            if _is_word(stop):
                raise SweepError(f"{stop} asks the sweep to stop and cannot be removed: remove it.")
            yield f"{stop} is no ordinary file, and is passed over: remove it." if os.path.lexists(stop) else ""
        finally:
            if not is_left:
                self._forget_stop()
            if file is not None:
                os.close(file)

    def ask_to_stop(self) -> None:
        """Ask whoever goes on with the sweep, perhaps on another machine, to stop.

        Raises
        ------
        SweepError
            When that cannot be written.
        """
        file, what = self._path / _STOP, "That the sweep shall stop"
        with told(file, what, SweepError), whole_file(file, what, SweepError) as partial:
            partial.write_text("stop\n", encoding="utf-8")

    def is_asked_to_stop(self) -> bool:
        """Whether somebody did."""
        return _is_word(self._path / _STOP)

    def forget(self) -> None:
        """Keep nothing of the sweep but its runs; it goes on by its own command alone.

        Raises
        ------
        SweepError
            When some program goes on with it, or it cannot be removed.
        """
        with self.held():
            pass
        try:
            shutil.rmtree(self._path)
        except OSError as error:
            raise SweepError(f"{self._path} cannot be removed: {reason_of(error)}.") from error

    def _forget_stop(self) -> None:
        with suppress(OSError):
            (self._path / _STOP).unlink()


def kept_sweeps(folder: Path) -> list[KeptSweep]:
    """List the sweeps of a workspace, by their names; what cannot be read is passed over."""
    found = []
    for path in sorted(inside(folder / FOLDER)):
        if (stored := _stored(path)) is not None:
            of, stops, is_going = int(stored["of"]), _is_word(path / _STOP), locks.is_held(path / _LOCK)
            is_of_slurm = is_file(path / _SLURM)
            found.append(KeptSweep(path.name, str(stored["id"]), of, is_going, stops, is_of_slurm))
    return found


def progress_of(sweeps: Iterable[KeptSweep], runs: Iterable[KeptRun]) -> list[SweepProgress]:
    """Count, for each sweep, those of some runs that are its own; the checkpoints of a run are not counted again."""
    states: dict[str, dict[int, set[str]]] = {}
    for run in runs:
        if run.group is not None:
            states.setdefault(run.group["id"], {}).setdefault(run.group["number"], set()).add(run.state)
    found = []
    for kept in sweeps:
        each = states.get(kept.id, {}).values()
        finished = sum("finished" in of_one for of_one in each)
        training = sum("finished" not in of_one and "training" in of_one for of_one in each)
        found.append(SweepProgress(kept, finished, training))
    return found


def _is_word(file: Path) -> bool:
    """Whether somebody has said something by an ordinary file; a folder of its name may be there by any accident."""
    with suppress(OSError):
        return stat.S_ISREG(os.lstat(file).st_mode)
    return False


def _stored(path: Path) -> dict[str, Any] | None:
    """Read what is kept in a sweep's folder; None where there is nothing that can be read."""
    file = path / _PLAN
    if not is_file(file):
        return None
    try:
        with file.open("rb") as opened:
            stored = json.loads(opened.read(_LONGEST))
        is_one = isinstance(stored["id"], str) and 1 < stored["of"] <= MOST_RUNS and "plan" in stored
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return stored if is_one else None
