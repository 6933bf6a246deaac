"""The workspace: the folder in which every training is kept as it goes, and what lies in it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import platformdirs

from latentlab.core import locks, writing
from latentlab.core.errors import LatentlabError, printable, reason_of
from latentlab.core.files import at_home, exists
from latentlab.core.runs.run_header import SUFFIX, RunError, read_header

if TYPE_CHECKING:
    from latentlab.core.runs.run import Run

VARIABLE = "LATENTLAB_WORKSPACE"


def default_folder() -> Path:
    """Give the folder: ``$LATENTLAB_WORKSPACE``, or the place for a person's data on this system."""
    chosen = os.environ.get(VARIABLE)
    return at_home(chosen) if chosen else platformdirs.user_data_path("latentlab", appauthor=False) / "runs"


@dataclass(frozen=True, slots=True)
class KeptRun:
    """What is known of a run without reading it whole.

    Attributes
    ----------
    path : Path
    state : "finished", "stopped", "interrupted" or "training"
        Interrupted is one whose training was going on when its program ended.
    recipe, dataset : str
        Their names.
    epochs : int
        Whole ones, so far.
    of_epochs : int
        As many as there are when it is finished.
    test : dict or None
        The losses of its last epoch, nats per image: loss, reconstruction, kl and penalty.
    started, saved : str
        In ISO 8601 with the zone; empty in the files of earlier versions.
    """

    path: Path
    state: Literal["finished", "stopped", "interrupted", "training"]
    recipe: str
    dataset: str
    epochs: int
    of_epochs: int
    test: dict[str, float | None] | None
    started: str
    saved: str


def runs(folder: Path) -> list[KeptRun]:
    """List the runs in a folder, the latest first; files that are no runs are passed over.

    Raises
    ------
    RunError
        When the folder is there and cannot be looked into.
    """
    if not exists(folder):
        return []
    try:
        paths = [path for path in folder.iterdir() if path.suffix == SUFFIX and not path.name.startswith(".")]
    except (OSError, ValueError) as error:
        raise RunError(f"The folder {folder} cannot be looked into: choose another with --workspace.") from error
    found = []
    for path in paths:
        with contextlib.suppress(LatentlabError):
            found.append(known_of(path))
    return sorted(found, key=_when, reverse=True)


def all_runs(folder: Path) -> list[KeptRun]:
    """List the runs in a folder, and those among temporary files as a folder did not take them, the latest first.

    Raises
    ------
    RunError
        When the folder is there and cannot be looked into.
    """
    found = {run.path: run for run in [*runs(folder), *_spare_runs()]}
    return sorted(found.values(), key=_when, reverse=True)


def interrupted(folder: Path) -> list[KeptRun]:
    """List those of all runs whose training broke off, the latest first; none where one may not look."""
    try:
        found = all_runs(folder)
    except RunError:
        found = _spare_runs()
    return [run for run in found if run.state == "interrupted"]


def known_of(path: Path) -> KeptRun:
    """Tell what the head of a run's file says.

    Raises
    ------
    RunError
        When it is no run.
    """
    values = read_header(path).values
    try:
        training = values.get("training") or {}
        recipe, history = values["recipe"], values["history"]
        epochs = int(values["epochs"])
        state = training.get("state", "finished")
        if state not in ("training", "stopped", "finished"):
            raise ValueError("no state of a training")
        if state == "training" and not is_training(path):
            state = "interrupted"
        return KeptRun(
            path=path,
            state=state,
            recipe=printable(str(recipe["name"])),
            dataset=printable(str(recipe["data"]["dataset"])),
            epochs=epochs,
            of_epochs=int(training.get("last_epoch", epochs)),
            test=_losses(_shown_epoch(history, training), recipe) if history else None,
            started=str(training.get("started", "")),
            saved=str(training.get("saved", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise RunError(f"{path} is damaged: its parts do not fit each other. Use another copy of it.") from error


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

    def end(self) -> None:
        """Say so no more."""
        file, self._file = self._file, -1
        if file < 0:
            return
        if os.name != "nt":
            with contextlib.suppress(OSError):
                self._place.unlink()
        os.close(file)
        if os.name == "nt":  # where nothing is removed that is open
            with contextlib.suppress(OSError):
                self._place.unlink()


def is_training(path: Path) -> bool:
    """Whether some program trains the run of this file now."""
    try:
        file = os.open(_mark_of(path), os.O_RDWR | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError):
        return False
    try:
        return not locks.lock(file)
    finally:
        os.close(file)


def sweep(folder: Path) -> None:
    """Remove what programs that died have left in a workspace, but no run; nothing is raised."""
    writing.sweep(folder)
    with contextlib.suppress(OSError, ValueError):
        for mark in folder.glob(f".*{SUFFIX}.lock"):
            with contextlib.suppress(OSError):
                locks.remove_if_left(mark)


def spare_folder() -> Path | None:
    """Give the folder among temporary files, of this person alone, for what a workspace does not take."""
    owner = f"-{os.getuid()}" if hasattr(os, "getuid") else ""  # where there is none such files are a person's own
    try:
        folder = Path(tempfile.gettempdir()) / f"latentlab-runs{owner}"
        is_another_persons = hasattr(os, "getuid") and exists(folder) and folder.stat().st_uid != os.getuid()
    except OSError:  # whether there is a place is tried by writing a file
        return None
    return None if is_another_persons else folder


def _spare_runs() -> list[KeptRun]:
    """List the runs in the spare folder; none where one may not look."""
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


def _shown_epoch(history: list[dict[str, Any]], training: dict[str, Any]) -> dict[str, Any]:
    """Give the epoch whose model a file has: the last, or the best once a training with a patience has ended."""
    best = training.get("best_epoch") if training.get("state") != "training" else None
    return next((ended for ended in history if ended["epoch"] == best), history[-1])


def _losses(ended: dict[str, Any], recipe: dict[str, Any]) -> dict[str, float | None]:
    """Give the test losses of an epoch; earlier versions told them with the beta then in force."""
    stored = ended["test"]
    names = ("loss", "reconstruction", "kl")
    losses = {name: float(stored[name]) for name in names} | {"penalty": float(stored.get("penalty", 0))}
    if "objective" not in ended:
        beta = float(recipe.get("loss", {}).get("beta", 1))
        losses["loss"] = losses["reconstruction"] + beta * losses["kl"] + losses["penalty"]
    error = stored.get("standard_error")
    return {**losses, "standard_error": None if error is None else float(error)}


def _when(run: KeptRun) -> tuple[float, str]:
    return _moment(run.saved), run.path.name


def _moment(stored: str) -> float:
    """Give a time as a number: zones change, if only from winter to summer."""
    try:
        return datetime.fromisoformat(stored).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
