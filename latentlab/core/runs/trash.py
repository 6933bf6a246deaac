"""Runs that a person has deleted: they lie in a folder inside that of the runs, and come back until it is emptied.

Their earlier epochs stay where they are until then: another file may be of the same run. No folder of the trash is a
link: what one leads to was never put there.
"""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from latentlab.core.errors import reason_of
from latentlab.core.files import exists, inside, is_link
from latentlab.core.runs import epochs_on_disk
from latentlab.core.runs.run_header import SUFFIX, RunError, is_run, read_header
from latentlab.core.runs.run_notes import notes_file
from latentlab.core.runs.workspace import Presence

FOLDER = "trash"
_WHEN = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True)
class Deleted:
    """A run that was deleted.

    Attributes
    ----------
    path : Path
        Where it lies now, in a folder of its own.
    size : int
        Bytes.
    moment : float
        When it was deleted, in seconds since 1970; 0 where its folder does not say.
    """

    path: Path
    size: int
    moment: float


def delete(path: Path, place: Path | None = None) -> Path:
    """Move a run, with its notes, into the trash beside it; give where it is now.

    Parameters
    ----------
    path : Path
    place : Path, optional
        Where it lay in the trash before it was brought back from there; by default a new place.

    Raises
    ------
    RunError
        When it is being trained, or cannot be moved; then it is where it was.
    """
    if is_link(path.parent / FOLDER):
        raise RunError(f"{path} could not be moved to the trash: {path.parent / FOLDER} is a link; remove that.")
    presence = Presence(path)  # nobody begins to train it meanwhile
    try:
        if place is None:
            place = path.parent / FOLDER / f"{datetime.now(UTC):{_WHEN}}-{os.urandom(4).hex()}" / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            _move_both(path, place)
        except OSError:
            _remove_empty(place.parent)
            raise
        return place
    except OSError as error:
        raise RunError(f"{path} could not be moved to the trash: {reason_of(error)}.") from error
    finally:
        presence.end()


def restore(path: Path) -> Path:
    """Move a run back out of the trash; give where it is, under another name if its own is another's by now.

    Raises
    ------
    RunError
        When it cannot be; then it is in the trash.
    """
    folder = path.parent.parent.parent
    place, number = folder / path.name, 1
    while exists(place) or exists(notes_file(place)):
        number += 1
        place = folder / f"{path.name.removesuffix(SUFFIX)}-{number}{SUFFIX}"
    try:
        _move_both(path, place)
    except OSError as error:
        raise RunError(f"{path} could not be moved back: {reason_of(error)}.") from error
    _remove_empty(path.parent)
    return place


def deleted(folder: Path) -> list[Deleted]:
    """List the runs in the trash of a folder, the one that was deleted last first."""
    found = []
    for place in _folders(folder / FOLDER):
        for path in inside(place):
            if path.name.endswith(SUFFIX):
                with contextlib.suppress(OSError):
                    there = path.lstat()  # a run may have been a link to one; that alone is what was moved
                    if stat.S_ISREG(there.st_mode) or stat.S_ISLNK(there.st_mode):
                        found.append(Deleted(path, there.st_size, _moment(place.name)))
    return sorted(found, key=lambda each: (each.moment, each.path.parent.name), reverse=True)


def empty(folder: Path) -> None:
    """Remove the runs in the trash of a folder for good, and nothing else: the one way in which runs are removed.

    Raises
    ------
    RunError
        When some of it cannot be removed.
    """
    run_ids = set()
    for each in deleted(folder):
        if not is_run(each.path):
            continue
        with contextlib.suppress(RunError):
            run_ids.add(str(read_header(each.path).values.get("run")))
        try:
            each.path.unlink()
            notes_file(each.path).unlink(missing_ok=True)
        except OSError as error:
            raise RunError(f"{each.path} cannot be removed: {reason_of(error)}.") from error
        _remove_empty(each.path.parent)
    epochs_on_disk.forget(folder, run_ids)


def _move_both(path: Path, place: Path) -> None:
    """Move a run and its notes, or neither."""
    path.rename(place)
    if exists(notes_file(path)):
        try:
            notes_file(path).rename(notes_file(place))
        except OSError:
            place.rename(path)
            raise


def _remove_empty(place: Path) -> None:
    """Remove a folder in the trash, and the trash, as far as nothing is in them."""
    with contextlib.suppress(OSError):
        place.rmdir()
        place.parent.rmdir()


def _folders(trash: Path) -> list[Path]:
    """Give the folders in a trash, as far as no link leads to one."""
    return [] if is_link(trash) else [place for place in inside(trash) if not is_link(place)]


def _moment(name: str) -> float:
    try:
        return datetime.strptime(name.rpartition("-")[0], _WHEN).replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return 0.0
