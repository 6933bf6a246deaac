"""Where files lie, and looking at them: Path's own raise where one may not look, of names that no system takes."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from latentlab.core.errors import BYTES

_PACKAGE = Path(__file__).resolve().parent.parent
_ESCAPED = re.compile(r"\\x([89a-f][0-9a-f])|\\u([0-9a-f]{4})")


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


def exists(path: Path) -> bool:
    """Whether there is anything, as far as one may look; nothing is raised, whatever the name."""
    return os.path.exists(path)  # noqa: PTH110


def is_folder(path: Path) -> bool:
    """Whether there is a folder: see `exists`."""
    return os.path.isdir(path)  # noqa: PTH112


def is_file(path: Path) -> bool:
    """Whether there is an ordinary file, no pipe or device: see `exists`."""
    return os.path.isfile(path)  # noqa: PTH113


def is_link(path: Path) -> bool:
    """Whether there is a link, to whatever or to nothing: see `exists`."""
    return os.path.islink(path)  # noqa: PTH114


class NotOrdinaryError(OSError):
    """There is a file, and it is no ordinary one; `open_ordinary` waits for none of these, and writes to none."""


def open_ordinary(path: Path, flags: int) -> int:
    """Open an ordinary file: of what anybody may have put in its place no link is followed, and no pipe waited for.

    Parameters
    ----------
    path : Path
    flags : int
        As `os.open` has them, such as ``os.O_RDONLY``.

    Returns
    -------
    int
        Its descriptor.

    Raises
    ------
    NotOrdinaryError
        When it is a link, a pipe, a device or a folder.
    OSError
        When it cannot be opened.
    """
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(os.lstat(path).st_mode):  # to open a device may do something
            raise NotOrdinaryError(errno.EINVAL, "it is no ordinary file")
    ways = sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NONBLOCK", "O_NOFOLLOW"))
    try:
        file = os.open(path, flags | ways, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # what has just come: a link, or a pipe that nobody reads
            raise NotOrdinaryError(errno.EINVAL, "it is no ordinary file") from error
        raise
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise NotOrdinaryError(errno.EINVAL, "it is no ordinary file")
    return file


def inside(folder: Path) -> list[Path]:
    """Give what lies in a folder, in no order; nothing where there is none, or one may not look: see `exists`."""
    with suppress(OSError, ValueError):
        return list(folder.iterdir())
    return []


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


def _unescaped(found: re.Match[str]) -> str:
    byte, number = found.groups()
    return chr(BYTES + int(byte, 16)) if byte else chr(int(number, 16))
