"""The workspace: the folder in which every training is kept as it goes, and what lies in it."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from latentlab.core import locks, writing
from latentlab.core.errors import LatentlabError, reason_of
from latentlab.core.files import at_home, exists, is_link, open_ordinary
from latentlab.core.runs import asked, run_index
from latentlab.core.runs.kept_run import KeptRun, read_kept
from latentlab.core.runs.run_header import SUFFIX, RunError
from latentlab.core.runs.run_notes import NOTES_SUFFIX, notes_file

if TYPE_CHECKING:
    from latentlab.core.runs.run import Run

VARIABLE = "LATENTLAB_WORKSPACE"


def default_folder() -> Path:
    """Give the folder: ``$LATENTLAB_WORKSPACE``, or the place for a person's data on this system."""
    chosen = os.environ.get(VARIABLE)
    return at_home(chosen) if chosen else platformdirs.user_data_path("latentlab", appauthor=False) / "runs"


@dataclass(frozen=True, slots=True)
class Listing:
    """The runs in a folder, the latest first.

    Attributes
    ----------
    runs : list of KeptRun
    problem : str
        Why listing them takes longer than it need, in a sentence, or empty.
    """

    runs: list[KeptRun]
    problem: str = ""


def runs(folder: Path) -> list[KeptRun]:
    """List the runs in a folder, the latest first; files that are no runs are passed over.

    Raises
    ------
    RunError
        When the folder is there and cannot be looked into.
    """
    return _listing(folder).runs


def all_runs(folder: Path, known: Sequence[KeptRun] = ()) -> Listing:
    """List the runs in a folder, and those among temporary files as a folder did not take them, the latest first.

    Parameters
    ----------
    folder : Path
    known : sequence of KeptRun
        What was listed before: where no file is another one not even the index is read.

    Raises
    ------
    RunError
        When the folder is there and cannot be looked into.
    """
    listing = _listing(folder, known)
    spare = [] if folder == spare_folder() else spare_runs()
    return replace(listing, runs=sorted([*listing.runs, *spare], key=_when, reverse=True)) if spare else listing


def readable_runs(folder: Path) -> list[KeptRun]:
    """List all runs, the latest first, where one may not look into the folder those alone that it did not take."""
    try:
        return all_runs(folder).runs
    except RunError:
        return spare_runs()


def known_of(path: Path) -> KeptRun:
    """Tell what the head of a run's file says.

    Raises
    ------
    RunError
        When it is no run.
    """
    return _as_it_is(read_kept(path))


def _listing(folder: Path, known: Sequence[KeptRun] = ()) -> Listing:
    if not exists(folder):
        return Listing([])
    try:
        stamps, sizes = _files(folder)
    except (OSError, ValueError) as error:
        raise RunError(f"The folder {folder} cannot be looked into: choose another with --workspace.") from error

    before = {run.path.name: run for run in known if run.path.parent == folder}
    if before and stamps == {name: run.stamp for name, run in before.items()}:
        return Listing(sorted(map(_as_it_is, before.values()), key=_when, reverse=True))

    def read(name: str) -> KeptRun | None:
        try:
            return read_kept(folder / name)._replace(size=sizes[name], stamp=stamps[name])
        except LatentlabError:
            return None

    found, problem = run_index.look_up(folder, stamps, read)
    return Listing(sorted(map(_as_it_is, found), key=_when, reverse=True), problem)


def _files(folder: Path) -> tuple[dict[str, str], dict[str, int]]:
    """Look at what may be a run: by the name of each the stamp of its file and of its notes, and its size in bytes."""
    stamps: dict[str, str] = {}
    said: dict[str, str] = {}
    sizes: dict[str, int] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            is_run, is_said = entry.name.endswith(SUFFIX), entry.name.endswith(NOTES_SUFFIX)
            if entry.name.startswith(".") or not (is_run or is_said):
                continue
            try:
                found = entry.stat()
            except OSError:  # it has just gone, or is a link to nothing
                continue
            if stat.S_ISREG(found.st_mode):
                # Another run may have one size and time, but it was not put there at that time, nor in one place.
                times = f"{found.st_mtime_ns}:{found.st_ctime_ns}"
                (stamps if is_run else said)[entry.name] = f"{found.st_size}:{times}:{found.st_ino}"
                sizes[entry.name] = found.st_size
    for name in stamps if said else ():
        if (notes := notes_file(Path(name)).name) in said:
            stamps[name] += f" {said[notes]}"
    return stamps, sizes


def _as_it_is(run: KeptRun) -> KeptRun:
    """Tell whether a training that goes on by its file does."""
    if run.state not in ("training", "interrupted"):
        return run
    is_so = is_training(run.path)
    return run if is_so == (run.state == "training") else run._replace(state="training" if is_so else "interrupted")


def keep(run: Run, path: Path) -> tuple[Path | None, str]:
    """Save a run in the workspace; where that does not take it, among temporary files.

    Returns
    -------
    Path or None
        Where it is now; None where no place takes it.
    str
        Why it is not where it should be, in half a sentence, or empty.
    """
    problem = ""
    for is_elsewhere in (False, True):
        try:
            place = _elsewhere(run) if is_elsewhere else path
            make_folder(place.parent)
            run.save(place)
        except RunError as error:
            problem = problem or without_advice(error)
        else:
            return place, problem
    return None, problem


def without_advice(error: RunError) -> str:
    """Say what could not be saved, without the advice to choose another place: nobody may be there."""
    return str(error).removesuffix("; choose another place.").removesuffix(".")


def make_folder(folder: Path) -> None:
    """Make a workspace where there is none.

    Raises
    ------
    RunError
        When it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise RunError(f"The run could not be kept in {folder}: {reason_of(error)}; choose another place.") from error


class Presence:
    """Says, to whoever looks at a run's file, that its training is going on; however it ends, that ends with it.

    A file beside it is locked meanwhile. Where there is no place for that, nothing is said.

    Parameters
    ----------
    path : Path
        Of the run.

    Raises
    ------
    RunError
        When another program trains it.
    """

    def __init__(self, path: Path) -> None:
        self._place, self._file = _mark_of(path), -1
        with contextlib.suppress(OSError, ValueError):
            held = locks.hold_alone(self._place)
            if held is None:
                raise RunError(f"{path} is being trained already, by another program: wait until it has ended.")
            self._file = held
            name = locks.machine().encode()
            if os.fstat(held).st_size in (0, len(name)) and not is_link(self._place):  # it is no file of anybody else
                os.write(held, name)

    def end(self) -> None:
        """Say so no more."""
        file, self._file = self._file, -1
        if file >= 0:
            locks.release(self._place, file)


def is_training(path: Path) -> bool:
    """Whether some program trains the run of this file now, perhaps of another person, or where nobody may write."""
    return locks.is_held(_mark_of(path))


def sweep(folder: Path) -> None:
    """Remove what programs that died have left in a workspace, but no run; nothing is raised."""
    writing.sweep(folder)
    asked.sweep(folder)
    with contextlib.suppress(OSError, ValueError):
        for mark in folder.glob(f".*{SUFFIX}.lock"):
            with contextlib.suppress(OSError):
                locks.remove_if_left(mark, _made_by(mark), _run_of(mark))


def spare_folder() -> Path | None:
    """Give the folder among temporary files, of this person alone, for what a workspace does not take."""
    owner = f"-{os.getuid()}" if hasattr(os, "getuid") else ""  # where there is none such files are a person's own
    try:
        folder = Path(tempfile.gettempdir()) / f"latentlab-runs{owner}"
        is_another_persons = hasattr(os, "getuid") and exists(folder) and folder.stat().st_uid != os.getuid()
    except OSError:  # whether there is a place is tried by writing a file
        return None
    return None if is_another_persons else folder


def spare_runs() -> list[KeptRun]:
    """List the runs that a workspace did not take, the latest first; none where one may not look."""
    folder = spare_folder()
    with contextlib.suppress(RunError):
        return [] if folder is None else runs(folder)
    return []


def _elsewhere(run: Run) -> Path:
    """Give a place in the spare folder, of this training alone."""
    from latentlab.core.runs.run import plain_name

    folder = spare_folder()
    if folder is None:
        raise RunError("There is no place for temporary files; choose another place.")
    return folder / f"{plain_name(run.recipe, run.snapshot.run_id)}{SUFFIX}"


def _mark_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


def _made_by(mark: Path) -> str:
    """Read on which machine a training has begun."""
    with os.fdopen(open_ordinary(mark, os.O_RDONLY), "rb") as file:
        return file.read(len(locks.machine())).decode(errors="replace")


def _run_of(mark: Path) -> Path:
    return mark.with_name(mark.name.removeprefix(".").removesuffix(".lock"))


def _when(run: KeptRun) -> tuple[float, str]:
    return run.moment, run.path.name
