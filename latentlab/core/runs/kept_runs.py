"""Runs that lie where nobody has named a place for them: in a folder of their own, so that no training is lost."""

from __future__ import annotations

import tempfile
from pathlib import Path

import platformdirs

from latentlab.core.runs.run import Run, RunError, keep


def folder() -> Path:
    """Give the folder of kept runs; it may not be there yet."""
    return platformdirs.user_data_path("latentlab", appauthor=False) / "runs"


def keep_somewhere(run: Run) -> Path:
    """Save a run in the folder of kept runs, or among temporary files where that does not take it.

    Returns
    -------
    Path
        Of the new file.

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
