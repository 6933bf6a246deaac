"""Where the files that come with the program lie, and files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from latentlab.core.errors import BYTES, LatentlabError, reason_of

_PACKAGE = Path(__file__).resolve().parent.parent


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
    root = installed if installed.is_dir() else _PACKAGE.parent / "resources"
    return root.joinpath(*parts)


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
    except OSError as error:
        raise failure(f"The folder {path.parent} cannot be made ({error.strerror}): {remedies[1]}.") from error


@contextmanager
def whole_file(path: Path, what: str, failure: type[LatentlabError]) -> Iterator[Path]:
    """Give where to write a file that takes its place when it is done.

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
        Of the type `failure`, when it cannot be written.
    """
    partial = path.parent / f".{path.name}.part"
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise failure(f"{what} could not be saved as {path}: {reason_of(error)}; choose another place.") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def named(text: str) -> Path:
    """Give the path that a person, or `errors.printable`, wrote: the one whose name is just so, if there is one."""
    path = _at_home(text)
    if "\\" not in text or os.path.lexists(path):
        return path
    meant = _at_home(_ESCAPED.sub(_unescaped, text))
    return meant if os.path.lexists(meant) else path


def is_folder(path: Path) -> bool:
    """Whether there is a folder, as far as one may look; Path's own raises where one may not."""
    return os.path.isdir(path)  # noqa: PTH112


def is_file(path: Path) -> bool:
    """Whether there is a file: see `is_folder`."""
    return os.path.isfile(path)  # noqa: PTH113


def _at_home(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # a ~ of nobody whom the system knows
        return Path(text)


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


_ESCAPED = re.compile(r"\\x([89a-f][0-9a-f])|\\u([0-9a-f]{4})")


def _unescaped(found: re.Match[str]) -> str:
    byte, number = found.groups()
    return chr(BYTES + int(byte, 16)) if byte else chr(int(number, 16))
