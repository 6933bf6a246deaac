"""Bookmarks of a run: places of its map that a person has named, kept between starts in a file a run."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from latentlab.core.errors import LatentlabError
from latentlab.core.whole_file import whole_file


class Bookmark(BaseModel):
    """A named place.

    Attributes
    ----------
    name : str
    extent : tuple of float
        Left, right, bottom and top of what was seen.
    code : tuple of float
        What was picked, (L,); empty for nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    extent: tuple[float, float, float, float]
    code: tuple[float, ...] = ()


class BookmarksError(LatentlabError):
    """Bookmarks that cannot be read or written; the message names the file."""


_BOOKMARKS = TypeAdapter(tuple[Bookmark, ...])


def load(folder: Path, run: str) -> tuple[Bookmark, ...]:
    """Read the bookmarks of a run, by its id; none where there are none.

    Raises
    ------
    BookmarksError
        When they cannot be read; a damaged file is put aside, so that new ones do not overwrite it.
    """
    path = _path(folder, run)
    try:
        return _BOOKMARKS.validate_json(path.read_bytes())
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise BookmarksError(f"The bookmarks in {path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        aside = path.with_suffix(".damaged")
        path.replace(aside)
        raise BookmarksError(f"The bookmarks of this run are damaged; their file was put aside as {aside}.") from error


def save(folder: Path, run: str, bookmarks: tuple[Bookmark, ...]) -> None:
    """Write the bookmarks of a run; without any there is no file.

    Raises
    ------
    BookmarksError
        When they cannot be written.
    """
    path = _path(folder, run)
    try:
        if not bookmarks:
            path.unlink(missing_ok=True)
            return
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BookmarksError(f"The bookmarks could not be kept in {folder}: {error.strerror}.") from error
    with whole_file(path, "The bookmarks", BookmarksError) as partial:
        partial.write_bytes(_BOOKMARKS.dump_json(bookmarks, indent=1))


def _path(folder: Path, run: str) -> Path:
    # An id comes from a file, and could hold anything.
    return folder / f"{hashlib.sha256(run.encode()).hexdigest()[:24]}.json"
