"""Columns of a person's own data: a number or a text for each image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Integers


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """What is known of each image under one name.

    Attributes
    ----------
    name : str
    values : float64 (N,)
        The numbers, or indices into `texts`; NaN for an image without a value.
    texts : tuple of str
        The different texts in alphabetical order; empty for a column of numbers.
    """

    name: str
    values: npt.NDArray[np.float64]
    texts: tuple[str, ...] = ()

    def taken(self, rows: Integers | slice) -> Column:
        """Give the values of some images, in their order."""
        return replace(self, values=self.values[rows])

    def joined(self, other: Column) -> Column:
        """Give these values and those of the same column for other images after them."""
        return replace(self, values=np.concatenate([self.values, other.values]))


def of_texts(name: str, texts: npt.NDArray[np.str_]) -> Column:
    """Make a column of texts (N,); an empty one is no value."""
    different, places = np.unique(texts, return_inverse=True)
    values: npt.NDArray[np.float64] = places.reshape(-1).astype(np.float64)
    if len(different) and not different[0]:  # sorts before all others
        different, values = different[1:], values - 1
        values[values < 0] = np.nan
    return Column(name, values, tuple(different.tolist()))


def joined(first: Sequence[Column], second: Sequence[Column]) -> tuple[Column, ...]:
    """Put the columns of some images before those of others."""
    return tuple(mine.joined(theirs) for mine, theirs in zip(first, second, strict=True))


def picked(first: Sequence[Column], second: Sequence[Column], rows: Integers) -> tuple[Column, ...]:
    """Give the values of some images, counted through those of `first` and then of `second`."""
    return tuple(_picked(mine, theirs, rows) for mine, theirs in zip(first, second, strict=True))


def _picked(first: Column, second: Column, rows: Integers) -> Column:
    # Putting both together first would copy all values for the sake of a few.
    is_first = rows < len(first.values)
    values = np.empty(len(rows), np.float64)
    values[is_first] = first.values[rows[is_first]]
    values[~is_first] = second.values[rows[~is_first] - len(first.values)]
    return replace(first, values=values)


def taken(columns: Sequence[Column], rows: Integers | slice) -> tuple[Column, ...]:
    """Give the columns of some images, in their order."""
    return tuple(column.taken(rows) for column in columns)
