"""Where files lie, and files that are written whole or not at all: whatever the program writes goes through here."""

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

from latentlab.core.errors import BYTES, LatentlabError, reason_of

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PACKAGE = Path(__file__).resolve().parent.parent
_TEMPORARY = re.compile(r"\.latentlab-[0-9a-f]{16}\.part")
_TRIES = 20 if os.name == "nt" else 1  # where what somebody just reads cannot be replaced
_PAUSE = 0.01  # seconds between two tries
_PATIENCE = 2.0  # seconds that are waited for another program to change a file
_MOMENT = 0.2  # seconds within which whoever only looks at a file has let go of it


def resource(*parts: str) -> Path:
    """Give the path of a bundled file or folder.

    Parameters
    ----------
    *parts : str
        Components below ``resources``, e.g. ``"recipes", "mlp-vae-2d.toml"``.

    Returns
    -------
    Path
        It is not checked that it exists.
    """
    installed = _PACKAGE / "resources"
    root = installed if is_folder(installed) else _PACKAGE.parent / "resources"
    return root.joinpath(*parts)


# To look. Path's own raise where one may not look, of names that no system takes, of a home of nobody.


def exists(path: Path) -> bool:
    """Whether there is anything, as far as one may look; nothing is raised, whatever the name."""
    return os.path.exists(path)  # noqa: PTH110


def is_folder(path: Path) -> bool:
    """Whether there is a folder: see `exists`."""
    return os.path.isdir(path)  # noqa: PTH112


def is_file(path: Path) -> bool:
    """Whether there is an ordinary file, no pipe or device: see `exists`."""
    return os.path.isfile(path)  # noqa: PTH113


def at_home(path: str | Path) -> Path:
    """Put a person's home in the place of its ``~``; one of nobody whom the system knows stays as it is written."""
    try:
        return Path(path).expanduser()
    except (RuntimeError, ValueError):
        return Path(path)


def absolute(path: Path) -> Path:
    """Give a path from the root; as it is where the folder that one works in is gone."""
    try:
        return path.absolute()
    except OSError:
        return path


def resolved(path: Path) -> Path:
    """Give a path from the root without links; as it is where they lead in a circle, or nobody may follow them."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path


def named(text: str) -> Path:
    """Give the path that a person, or `errors.printable`, wrote: the one whose name is just so, if there is one."""
    path = at_home(text)
    if "\\" not in text or os.path.lexists(path):
        return path
    meant = at_home(_ESCAPED.sub(_unescaped, text))
    return meant if os.path.lexists(meant) else path


@contextmanager
def utf8_path(path: Path) -> Iterator[Path]:
    """Give a path that libraries open which take UTF-8 alone; on Linux names may be other bytes."""
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:
        with path.open("rb") as file:
            yield Path(f"/proc/self/fd/{file.fileno()}")
    else:
        yield path


# To write.


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
        folder = _folder_of(guard.path)
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
    """Remove the temporary files in a folder whose writers are dead, and nothing else; nothing is raised."""
    try:
        found = [path for path in folder.iterdir() if _TEMPORARY.fullmatch(path.name)]
    except (OSError, ValueError):
        return
    for path in found:
        with suppress(OSError):
            remove_if_left(path)


def remove_if_left(path: Path) -> bool:
    """Remove a file, and a temporary folder with it, unless somebody has it (see `hold`); give whether it went.

    Raises
    ------
    OSError
        When that cannot be known, or it cannot be removed.
    """
    if sys.platform == "win32":
        path.rename(path)  # refused while somebody has it open
        _remove(path)
        return True
    file = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not (stat.S_ISREG(os.fstat(file).st_mode) and _take_lock(file) and _is_at(path, file)):
            return False
        _remove(path)
        return True
    finally:
        os.close(file)


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
        self.path = self._folder / f".latentlab-{os.urandom(8).hex()}.part"
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


def _folder_of(guard: Path) -> Path:
    return guard.with_suffix(".files")


def _remove(path: Path) -> None:
    if is_folder(folder := _folder_of(path)):
        shutil.rmtree(folder)
    path.unlink()


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


_ESCAPED = re.compile(r"\\x([89a-f][0-9a-f])|\\u([0-9a-f]{4})")


def _unescaped(found: re.Match[str]) -> str:
    byte, number = found.groups()
    return chr(BYTES + int(byte, 16)) if byte else chr(int(number, 16))
