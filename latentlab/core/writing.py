"""Files that are written whole or not at all: whatever the program writes goes through here."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from latentlab.core import locks
from latentlab.core.errors import LatentlabError, reason_of
from latentlab.core.files import inside, is_folder
from latentlab.core.locks import folder_of, hold, remove_if_left

if sys.platform != "win32":
    import fcntl

_TEMPORARY = re.compile(r"\.latentlab-(?:([0-9a-f]{8})-)?[0-9a-f]{16}\.part")  # earlier versions named no machine
_TRIES = 20 if os.name == "nt" else 1  # where what somebody just reads cannot be replaced
_PAUSE = 0.01  # seconds between two tries


def make_way(
    path: Path, failure: type[LatentlabError], remedies: tuple[str, str] = ("name a file", "choose another")
) -> None:
    """See that there can be a file at a path, and make its folder.

    Parameters
    ----------
    path : Path
    failure : type
        What to raise.
    remedies : tuple of str
        What to do where there is a folder in its place, and where its own folder cannot be made.

    Raises
    ------
    LatentlabError
        Of the type `failure`, when it cannot be.
    """
    if is_folder(path):
        raise failure(f"{path} is a folder: {remedies[0]}.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise failure(f"The folder {path.parent} cannot be made ({reason_of(error)}): {remedies[1]}.") from error


@contextmanager
def told(path: Path, what: str, failure: type[LatentlabError]) -> Iterator[None]:
    """Turn what the system refuses while something is saved into a sentence: see `whole_file`."""
    try:
        yield
    except OSError as error:
        raise failure(f"{what} could not be saved as {path}: {reason_of(error)}; choose another place.") from error


@contextmanager
def whole_file(path: Path, what: str, failure: type[LatentlabError]) -> Iterator[Path]:
    """Give where to write a file that takes its place when it is done.

    That is a temporary file beside its place, of this writer alone: there already, and empty, to be opened and written,
    not replaced. It is on the disk before it takes the place of the earlier file, whose permissions it gets; until
    then, and after an error, that one is untouched. Links are followed.

    Parameters
    ----------
    path : Path
        Its place.
    what : str
        For the sentence, such as ``"The run"``.
    failure : type
        What to raise.

    Raises
    ------
    LatentlabError
        Of the type `failure`, when it cannot be written, or in its place is what nobody should replace: a folder, a
        pipe, a device, or a file that is marked read-only.
    """
    with told(path, what, failure):
        place, mode = _place(path)
        with _Temporary(place.parent, 0o666 if mode is None else 0o600) as temporary:
            yield temporary.path
            if mode is not None:
                with suppress(OSError):  # not every file system has permissions
                    temporary.path.chmod(mode)
            temporary.settle(place)


def prove(path: Path, what: str, failure: type[LatentlabError]) -> None:
    """See that a file can be written, long before it is: write a temporary one beside its place, and remove it.

    Parameters and what is raised are those of `whole_file`.
    """
    with told(path, what, failure), _Temporary(_place(path)[0].parent) as temporary:
        os.write(temporary.file, bytes(4096))  # a full disk still takes an empty file
        _sync(temporary.file)


@contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """Give an empty folder inside another; it goes with all that is in it, after a crash when `sweep` comes by.

    Raises
    ------
    OSError
        When it cannot be made.
    """
    with _Temporary(parent) as guard:  # which is there before the folder, and longer
        folder = folder_of(guard.path)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def settle(temporary: Path, place: Path) -> None:
    """Put a file that is written into its place on the same disk, for good.

    Raises
    ------
    OSError
        When it cannot be; then what was there before is there still.
    """
    file = os.open(temporary, os.O_RDWR)
    try:
        _sync(file)
    finally:
        os.close(file)
    _replace(temporary, place)


def sweep(folder: Path) -> None:
    """Remove the temporary files in a folder whose writers are dead, and nothing else; nothing is raised.

    Those of another machine, which may write still, go after a day.
    """
    for path in inside(folder):
        if found := _TEMPORARY.fullmatch(path.name):
            with suppress(OSError):
                remove_if_left(path, found[1] or "")


def temporary_name() -> str:
    """Give a name for a temporary file that a writer on this machine makes."""
    return f".latentlab-{locks.machine()}-{os.urandom(8).hex()}.part"


class _Temporary:
    """A file of its writer alone, locked while that one lives; it is gone in the end, unless it was settled.

    Parameters
    ----------
    folder : Path
        Where it lies; what dead writers left there is removed.
    mode : int
        Its permissions, less what the umask takes.
    """

    def __init__(self, folder: Path, mode: int = 0o666) -> None:
        self._folder, self._mode = folder, mode

    def __enter__(self) -> Self:
        sweep(self._folder)
        self.path = self._folder / temporary_name()
        self.file = hold(self.path, self._mode)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()
        with suppress(OSError):
            self.path.unlink()

    def settle(self, place: Path) -> None:
        """Put it into its place, for good."""
        _sync(self.file)
        if os.name == "nt":  # where nobody renames what is open
            self._close()
        _replace(self.path, place)

    def _close(self) -> None:
        file, self.file = self.file, -1
        if file >= 0:
            os.close(file)


def _place(path: Path) -> tuple[Path, int | None]:
    """Give where a file goes that is written to a path, and the permissions of the one that is there, if one is."""
    try:
        place = Path(os.path.realpath(path)) if os.path.islink(path) else path  # noqa: PTH114
        mode = os.stat(place).st_mode  # noqa: PTH116
    except FileNotFoundError:
        return place, None
    except ValueError as error:
        raise OSError(errno.EINVAL, "no file can have such a name") from error
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no ordinary file")
    if not (mode & 0o222 and os.access(place, os.W_OK)):  # root may all, but what is marked is meant
        raise OSError(errno.EACCES, "it is marked read-only")
    return place, stat.S_IMODE(mode)


def _sync(file: int) -> None:
    """Wait until an open file is on the disk."""
    if sys.platform == "darwin":  # whose fsync leaves it in the memory of the disk
        with suppress(OSError):
            fcntl.fcntl(file, fcntl.F_FULLFSYNC)
            return
    os.fsync(file)


def _replace(temporary: Path, place: Path) -> None:
    for last in range(_TRIES - 1, -1, -1):
        try:
            temporary.replace(place)
            break
        except PermissionError:
            if not last:
                raise
            time.sleep(_PAUSE)
    if os.name == "nt":  # where a folder is no file
        return
    with suppress(OSError):  # a folder that nobody may list, or of a file system that syncs none
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
