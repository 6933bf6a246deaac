"""Named selections of a data set's images, kept between starts in a file a set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from latentlab.core.errors import LatentlabError
from latentlab.core.map.kept_list import KeptList


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


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    selections: tuple[NamedSelection, ...]


def of_dataset(folder: Path, dataset: str) -> KeptList[NamedSelection]:
    """Give the selections of a set, by its name, as they are kept in a folder; their error is `SelectionsError`."""
    return KeptList(
        KeptList.file(folder, dataset),
        f"The named selections of '{dataset}'",
        SelectionsError,
        lambda content: _File.model_validate_json(content).selections,
        lambda selections: _File(dataset=dataset, selections=selections).model_dump_json().encode(),
    )
