"""Where the files that come with the program lie, and files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from latentlab.core.errors import LatentlabError

_PRIVATE = 0xEF00
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


def shown_name(name: str) -> str:
    """Give the name of a file or folder as text that can be shown and stored anywhere: what is no text becomes �."""
    return re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", name)


def path_as_text(path: str) -> str:
    """Give a path as text that can be stored anywhere, and be turned back by `text_as_path`.

    Names on a disk may be bytes that are no UTF-8. Python has lone surrogates for these, which can be neither encoded
    nor validated; here they become characters for private use, U+EF80 to U+EFFF.
    """
    return re.sub("[\udc80-\udcff]", lambda found: chr(ord(found[0]) - 0xDC00 + _PRIVATE), path)


def text_as_path(text: str) -> Path:
    """Give the path that `path_as_text` made a text of, or that a person wrote; ``~`` is their home."""
    path = Path(text).expanduser()
    if re.search("[\uef80-\uefff]", text) and not path.exists():  # or these are characters of its name
        return Path(re.sub("[\uef80-\uefff]", lambda found: chr(ord(found[0]) - _PRIVATE + 0xDC00), text)).expanduser()
    return path


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
    if path.is_dir():
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
        # The system's own words, without numbers and paths.
        reason = (error.strerror or str(error)).rstrip(".")
        raise failure(
            f"{what} could not be saved as {path}: {reason[:1].lower()}{reason[1:]}; choose another place."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
