"""Bookmarks of a run: places of its map that a person has named, kept between starts in a file a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, TypeAdapter, model_validator

from latentlab.core.arrays import Extent
from latentlab.core.errors import LatentlabError, printable
from latentlab.core.map.axes import Axis, BetweenClasses, BetweenImages, Component, Dimension, PlaneAxes
from latentlab.core.map.kept_list import KeptList

_KINDS: dict[str, Callable[..., Axis]] = {
    "dimension": Dimension,
    "component": Component,
    "images": BetweenImages,
    "classes": BetweenClasses,
}
_Axis = tuple[Literal["dimension", "component", "images", "classes"], tuple[int, ...]]


class Bookmark(BaseModel):
    """A named place.

    Attributes
    ----------
    name : str
    extent : tuple of float
        Left, right, bottom and top of what was seen.
    code : tuple of float
        What was picked, (L,); empty for nothing.
    x, y : tuple or None
        The axes: what they are, and of which dimension, component, images or classes; None for the map's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    extent: tuple[float, float, float, float]
    code: tuple[float, ...] = ()
    x: _Axis | None = None
    y: _Axis | None = None

    @classmethod
    def at(cls, name: str, extent: Extent, code: tuple[float, ...], axes: PlaneAxes) -> Self:
        """Name a place of the map along some axes."""
        return cls(name=printable(name), extent=extent, code=code, x=_plain(axes.x), y=_plain(axes.y))

    @property
    def axes(self) -> PlaneAxes:
        """The axes of the map, as it is asked for them."""
        return PlaneAxes(*(None if axis is None else _KINDS[axis[0]](*axis[1]) for axis in (self.x, self.y)))

    @model_validator(mode="after")
    def _has_axes(self) -> Self:
        for axis in (self.x, self.y):
            if axis is not None and len(axis[1]) != (2 if axis[0] in ("images", "classes") else 1):
                raise ValueError("an axis leads through one dimension or component, or through two images or classes")
        return self


class BookmarksError(LatentlabError):
    """Bookmarks that cannot be read or written; the message names the file."""


_BOOKMARKS = TypeAdapter(tuple[Bookmark, ...])


def of_run(folder: Path, run_id: str) -> KeptList[Bookmark]:
    """Give the bookmarks of a run, by its id, as they are kept in a folder; their error is `BookmarksError`."""
    return KeptList(
        KeptList.file(folder, run_id),
        "The bookmarks of this run",
        BookmarksError,
        _BOOKMARKS.validate_json,
        lambda bookmarks: _BOOKMARKS.dump_json(bookmarks, indent=1),
    )


def _plain(axis: Axis | None) -> _Axis | None:
    match axis:
        case Dimension(index):
            return "dimension", (index,)
        case Component(index):
            return "component", (index,)
        case BetweenImages(start=start, end=end):
            return "images", (start, end)
        case BetweenClasses(start=start, end=end):
            return "classes", (start, end)
    return None
