"""What others ask of a training, by files beside its run: to be saved often, as somebody follows it, or to end.

So it works wherever the folder is seen: by another program, and from another machine that has it mounted. Only an
ordinary file asks for something: a folder, pipe or link of such a name is nobody's word.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import stat
import time
from pathlib import Path

from latentlab.core.errors import reason_of
from latentlab.core.files import NotOrdinaryError, open_ordinary
from latentlab.core.runs.run_header import SUFFIX, RunError

_FOLLOW, _STOP = ".follow", ".stop"
_LOOK_SECONDS = 0.5  # between two looks of who trains
_FOLLOWED_SECONDS = 10.0  # after the last word of a follower: a share may tell it late, and a program may have died
_LEFT_SECONDS = 3600.0  # after which nobody can be there any more whose file this is


def follow(path: Path) -> float | None:
    """Ask for frequent saves of a run; to be said again every second or two.

    Returns
    -------
    float or None
        The present time in seconds since 1970, by the clock that the files there have theirs from; None where nobody
        may write there: then it is saved as often as its trainer has it.
    """
    try:
        return _mark(_beside(path, _FOLLOW))
    except (OSError, ValueError):
        return None


def follow_no_more(path: Path) -> None:
    """Ask for it no longer; another follower says so again."""
    _remove(_beside(path, _FOLLOW))


def ask_to_stop(path: Path) -> None:
    """Ask a training to end, and to be kept as one that was stopped.

    Raises
    ------
    RunError
        When nobody may write beside the run.
    """
    try:
        _mark(_beside(path, _STOP))
    except (OSError, ValueError) as error:
        raise RunError(f"The training of {path} could not be asked to stop: {reason_of(error)}.") from error


def sweep(folder: Path) -> None:
    """Remove what followers that died have left; nothing is raised."""
    with contextlib.suppress(OSError, ValueError):
        for mark in [*folder.glob(f".*{SUFFIX}{_FOLLOW}"), *folder.glob(f".*{SUFFIX}{_STOP}")]:
            with contextlib.suppress(OSError):
                if time.time() - mark.stat().st_mtime > _LEFT_SECONDS:
                    mark.unlink()


class Asked:
    """What is asked of a training, for who trains it: two files are looked at, twice a second.

    A follower counts as long as its file changes, by whichever clock, so that one that died is forgotten.

    Parameters
    ----------
    path : Path
        Of the run.

    Attributes
    ----------
    is_followed : bool
    is_to_stop : bool
    problem : str
        Why it may not hear that it is to stop, in a sentence, or empty.
    """

    def __init__(self, path: Path) -> None:
        self._follow, self._stop = _beside(path, _FOLLOW), _beside(path, _STOP)
        self._looked = self._changed = -math.inf
        self._said: int | None = None  # when the follower's file was written, by the clock of its folder
        self.is_followed = self.is_to_stop = False
        _remove(self._stop)  # meant for the training before this one
        self._before = _changed(self._stop)
        is_in_the_way = os.path.lexists(self._stop)
        self.problem = (
            f"{self._stop} cannot be removed, and is passed over: remove it, so that others can stop this training."
            if is_in_the_way
            else ""
        )

    def look(self, now: float) -> None:
        """Bring it up to date, if that was not done just before; `now` in seconds, of a clock that only goes on."""
        if now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        said = _changed(self._follow)
        if said is not None and said != self._said:
            self._changed = now
        self._said = said
        self.is_followed = said is not None and now - self._changed < _FOLLOWED_SECONDS
        if _changed(self._stop) not in (None, self._before):
            self.is_to_stop = True
            _remove(self._stop)

    def end(self) -> None:
        """Take back what is asked: there is nobody any more to ask."""
        _remove(self._follow)
        _remove(self._stop)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(f".{path.name}{ending}")


def _mark(mark: Path) -> float:
    """Make an empty file, or have it changed now; give when that is, by the clock of its folder.

    Nobody's file but this one is changed, and nothing is waited for, whatever has been put in its place.
    """
    try:
        file = open_ordinary(mark, os.O_WRONLY | os.O_CREAT)
    except NotOrdinaryError as error:
        raise _in_the_way(mark) from error
    try:
        if os.fstat(file).st_nlink > 1:
            raise _in_the_way(mark)
        os.utime(file if os.utime in os.supports_fd else mark)
        return os.fstat(file).st_mtime
    finally:
        os.close(file)


def _in_the_way(mark: Path) -> OSError:
    return OSError(errno.EINVAL, f"{mark.name} is no ordinary file of its own, and has to be removed")


def _changed(mark: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        found = os.lstat(mark)
        return found.st_mtime_ns if stat.S_ISREG(found.st_mode) else None
    return None


def _remove(mark: Path) -> None:
    with contextlib.suppress(OSError, ValueError):
        mark.unlink()
