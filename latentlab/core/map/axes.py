"""Which directions of the latent space the axes of the map are: what a person can choose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from string import ascii_uppercase

from latentlab.core.arrays import Integers
from latentlab.core.errors import LatentlabError
from latentlab.core.map.projection import component_name, dimension_name

MOST_COMPONENTS = 10  # that are offered
_LETTERED = 12  # of the selected images


class AxesError(LatentlabError):
    """Axes that a model does not have, or that make no plane."""


class AxesPending(AxesError):
    """Axes through images that are about to be encoded."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A latent dimension, counted from 0; its value is the coordinate."""

    index: int


@dataclass(frozen=True, slots=True)
class Component:
    """A principal component of the map's codes, counted from 0; their mean lies at 0."""

    index: int


@dataclass(frozen=True, slots=True)
class BetweenImages:
    """From one image's code towards another's, by their rows of the map; the first lies at 0.

    Attributes
    ----------
    names : tuple of str
        What the two are called: the letters of selected images.
    """

    start: int
    end: int
    names: tuple[str, str] = ("A", "B")


@dataclass(frozen=True, slots=True)
class BetweenClasses:
    """From the mean code of one class towards that of another; the first lies at 0."""

    start: int
    end: int


Axis = Dimension | Component | BetweenImages | BetweenClasses


@dataclass(frozen=True, slots=True)
class PlaneAxes:
    """The axes of the map; None leaves one to the map, which shows z₁ and z₂, or PC 1 and PC 2 of a larger code."""

    x: Axis | None = None
    y: Axis | None = None

    def pair(self, latent: int) -> tuple[Axis, Axis | None]:
        """Say what they are for a code of so many dimensions; a code of one has no second axis."""
        own: tuple[Axis, Axis] = (Component(0), Component(1)) if latent > 2 else (Dimension(0), Dimension(1))
        return self.x or own[0], (self.y or own[1]) if latent > 1 else None

    def rows(self) -> tuple[int, ...]:
        """Give the rows of the images that they lead through."""
        images = [axis for axis in (self.x, self.y) if isinstance(axis, BetweenImages)]
        return tuple(row for axis in images for row in (axis.start, axis.end))

    def named_after(self, selected: Integers) -> PlaneAxes:
        """Give the same axes with images named as they are selected, by their rows (K,): A, B, C and so on.

        An image that is no longer selected is named by its row.
        """
        return PlaneAxes(*(_named(axis, selected) for axis in (self.x, self.y)))


def axis_name(axis: Axis, class_names: tuple[str, ...]) -> str:
    """Name an axis as the map does: z₃, PC 2, 3 → 8, A → B."""
    match axis:
        case Dimension(index):
            return dimension_name(index)
        case Component(index):
            return component_name(index)
        case BetweenImages(names=(start, end)):
            return f"{start} → {end}"
        case BetweenClasses(start, end):
            return f"{class_names[start]} → {class_names[end]}"


def image_name(row: int, selected: Integers) -> str:
    """Name an image of the map: by its letter where it is among the first selected ones, else by its row."""
    places = (selected[:_LETTERED] == row).nonzero()[0]
    return ascii_uppercase[places[0]] if len(places) else f"image {row}"


def _named(axis: Axis | None, selected: Integers) -> Axis | None:
    if isinstance(axis, BetweenImages):
        return replace(axis, names=(image_name(axis.start, selected), image_name(axis.end, selected)))
    return axis
