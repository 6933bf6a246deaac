"""Named selections of a data set's images, kept between starts in a file a set."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from latentlab.core.errors import LatentlabError
from latentlab.core.files import whole_file


class NamedSelection(BaseModel):
    """Images under a name.

    Attributes
    ----------
    name : str
    images : tuple of int
        Counted as in `ImageSet.selected`, so that they are found on the map of any model, in the order in which they
        were selected.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    images: tuple[Annotated[int, Field(ge=0)], ...]


class SelectionsError(LatentlabError):
    """Selections that cannot be read or written; the message names the file."""


class UnreadableError(SelectionsError):
    """A file that cannot be read and is still in its place: writing would destroy it."""


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    selections: tuple[NamedSelection, ...]


def load(folder: Path, dataset: str) -> tuple[NamedSelection, ...]:
    """Read the selections of a data set, by its name; none where there are none.

    Raises
    ------
    SelectionsError
        When they are damaged; their file is put aside first, so that new ones do not overwrite it.
    UnreadableError
        When they cannot be read.
    """
    path = _path(folder, dataset)
    try:
        return _File.model_validate_json(path.read_bytes()).selections
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise UnreadableError(f"The named selections in {path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        aside = _put_aside(path)
        raise SelectionsError(
            f"The named selections of '{dataset}' are damaged; their file was put aside as {aside}."
        ) from error


def save(folder: Path, dataset: str, selections: tuple[NamedSelection, ...]) -> None:
    """Write the selections of a data set.

    Raises
    ------
    SelectionsError
        When they cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SelectionsError(f"The named selections could not be kept in {folder}: {error.strerror}.") from error
    with whole_file(_path(folder, dataset), "The named selections", SelectionsError) as partial:
        partial.write_text(_File(dataset=dataset, selections=selections).model_dump_json(), encoding="utf-8")


def _put_aside(path: Path) -> Path:
    """Rename a damaged file; an earlier one is kept too."""
    number = 1
    while (aside := path.with_suffix(f".damaged-{number}")).exists():
        number += 1
    try:
        return path.replace(aside)
    except OSError as error:
        raise UnreadableError(f"The named selections in {path} are damaged: put the file elsewhere.") from error


def _path(folder: Path, dataset: str) -> Path:
    # The name of a person's own set is a path.
    return folder / f"{hashlib.sha256(dataset.encode()).hexdigest()[:24]}.json"
