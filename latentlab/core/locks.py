"""Files that one program has while it lives, and that go when nobody has them any more."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from latentlab.core.files import NotOrdinaryError, exists, is_folder, open_ordinary

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PAUSE = 0.01  # seconds between two tries
_PATIENCE = 2.0  # seconds that are waited for another program to change a file
_FORGOTTEN = 86_400.0  # seconds without a change, after which nobody goes on
_MOMENT = 0.2  # seconds within which whoever only looks at a file has let go of it


def hold(path: Path, mode: int = 0o666) -> int:
    """Make a file, and have it until what is given, its descriptor, is closed, or the program ends, however that comes.

    Parameters
    ----------
    path : Path
    mode : int
        Its permissions, less what the umask takes.

    Raises
    ------
    OSError
        When it cannot be made, or is there already.
    """
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
        if os.name == "nt":  # where nobody removes what is open, and what is locked can be written by nobody else
            return file
        while not lock(file):  # who takes it for a dead one's, and removes it, has it for a moment
            time.sleep(_PAUSE)
        if exists(path):
            return file
        os.close(file)


def hold_alone(path: Path) -> int | None:
    """Have a file, made where there is none, as `hold` does; give None where another has it, for longer than a moment.

    Raises
    ------
    OSError
        When it cannot be made.
    """
    end = time.monotonic() + _MOMENT
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if lock(file) and (os.name == "nt" or _is_at(path, file)):
            return file
        os.close(file)  # another has it, looks whether anybody has, or has just removed it
        if time.monotonic() > end:
            return None
        time.sleep(_PAUSE)


def release(path: Path, file: int) -> None:
    """Remove a file that is had (see `hold`), if that can be done, and have it no more."""
    if os.name != "nt":  # while it is held: after that another may have it
        with suppress(OSError):
            path.unlink()
    os.close(file)
    if os.name == "nt":  # where nothing is removed that is open
        with suppress(OSError):
            path.unlink()


def lock(file: int) -> bool:
    """Take the lock of an open file, until it is closed or the program ends, however that comes.

    Returns
    -------
    bool
        Whether it was free; so it is where the file system has no locks.
    """
    try:
        return _take_lock(file)
    except OSError:
        return True


def is_held(path: Path) -> bool:
    """Whether some program has a file: see `hold_alone`; nobody has one that is not there."""
    for how in (os.O_RDWR, os.O_RDONLY):  # it may be another person's, or lie where nobody may write
        with suppress(OSError, ValueError):
            file = os.open(path, how | getattr(os, "O_NONBLOCK", 0))
            break
    else:
        return False
    try:
        return not lock(file)
    finally:
        os.close(file)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let no other program, and no other thread, that asks for the same change what is in a folder.

    Raises
    ------
    OSError
        When another does for longer than two seconds, or nobody may write there.
    """
    file = os.open(folder / ".latentlab.lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        end = time.monotonic() + _PATIENCE
        while not lock(file):
            if time.monotonic() > end:
                raise TimeoutError(errno.ETIMEDOUT, "another latentlab writes there and does not end")
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(file)


@cache
def machine() -> str:
    """Give eight letters that tell this machine from others, until it starts anew: as far as them all locks are seen.

    Many network file systems tell nobody of the locks of another machine.
    """
    try:
        known = Path("/proc/sys/kernel/random/boot_id").read_bytes()  # one of all containers, as are the locks
    except OSError:
        known = platform.node().encode(errors="surrogateescape")
    return f"{zlib.crc32(known):08x}"


def remove_if_left(path: Path, made_by: str, *beside: Path) -> bool:
    """Remove a file, and the folder that goes with it, unless somebody has it (see `hold`); give whether it went.

    Parameters
    ----------
    path : Path
    made_by : str
        On which `machine`; empty where nobody knows. What another one has may not be seen here: it goes only when
        nothing has changed for a day.
    *beside : Path
        What who has it changes now and then, too.

    Raises
    ------
    OSError
        When that cannot be known, or it cannot be removed.
    """
    if made_by != machine() and not all(map(_is_forgotten, (path, folder_of(path), *beside))):
        return False
    if sys.platform == "win32":
        path.rename(path)  # refused while somebody has it open
        _remove(path)
        return True
    try:
        file = open_ordinary(path, os.O_RDWR)
    except NotOrdinaryError:
        return False
    try:
        if not (_take_lock(file) and _is_at(path, file)):
            return False
        _remove(path)
        return True
    finally:
        os.close(file)


def folder_of(held: Path) -> Path:
    """Give the folder that goes with a file that is held: see `remove_if_left`."""
    return held.with_suffix(".files")


def _remove(path: Path) -> None:
    if is_folder(folder := folder_of(path)):
        shutil.rmtree(folder)
    path.unlink()


def _is_forgotten(path: Path) -> bool:
    """Whether nobody has changed what is there for a day, or nothing is."""
    try:
        return time.time() - os.lstat(path).st_mtime > _FORGOTTEN
    except FileNotFoundError:
        return True


def _take_lock(file: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _is_at(path: Path, file: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.stat(path), os.fstat(file))  # noqa: PTH116
    return False
