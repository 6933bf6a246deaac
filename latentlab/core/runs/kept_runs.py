"""Runs that lie where nobody has named a place for them: in a folder of their own, so that no training is lost."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import platformdirs

from latentlab.core.errors import reason_of
from latentlab.core.runs.run import SUFFIX, Run, RunError, dated_name

_KEPT = 20  # the latest


def folder() -> Path:
    """Give the folder of kept runs; it may not be there yet."""
    return platformdirs.user_data_path("latentlab", appauthor=False) / "runs"


def keep_somewhere(run: Run) -> Path:
    """Save a run in the folder of kept runs, or among temporary files where that does not take it, and give its file.

    Raises
    ------
    RunError
        When neither takes it.
    """
    try:
        return keep(run, folder())
    except RunError as error:
        try:
            return keep(run, Path(tempfile.gettempdir()) / "latentlab-runs")
        except (RunError, OSError):
            raise error from error.__cause__


def keep(run: Run, folder: Path) -> Path:
    """Save a run that nobody has named in a folder of such runs, and let the oldest go when they become too many.

    Parameters
    ----------
    run : Run
    folder : Path
        Made if it is not there; only runs that were kept by this function are in it.

    Returns
    -------
    Path
        Of the new file.

    Raises
    ------
    RunError
        When the file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"The run could not be kept in {folder}: {reason_of(error)}.") from error
    path = folder / f"{dated_name(run.recipe, run.snapshot.run_id)}{SUFFIX}"
    run.save(path)
    with contextlib.suppress(OSError):  # one too many does no harm
        kept = sorted(folder.glob(f"*{SUFFIX}"), key=lambda kept: kept.stat().st_mtime)
        for oldest in kept[: max(0, len(kept) - _KEPT)]:
            oldest.unlink(missing_ok=True)
    return path


def save_or_keep(run: Run, path: Path) -> str:
    """Save a run as a file; where that cannot be done, keep it elsewhere.

    Returns
    -------
    str
        Empty, or what went wrong and where the run is now, in a sentence.

    Raises
    ------
    RunError
        When no place takes it.
    """
    try:
        run.save(path)
    except RunError as error:
        told = str(error).partition("; ")[0]  # without the advice to choose another place: nobody may be there
        return f"{told}; it is kept as {keep_somewhere(run)}."
    return ""
