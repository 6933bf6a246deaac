"""Columns of a person's own data: a number or a text for each image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Integers
from latentlab.core.errors import printable

MOST_HELD = 2**53  # of whole numbers, by float64


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """What is known of each image under one name.

    Attributes
    ----------
    name : str
    values : float64 (N,), or int64 or uint64 (N,)
        The numbers, or indices into `texts`; NaN for an image without a value. Whole numbers that float64 does not
        hold, such as ids of 64 bits, stay as they are.
    texts : tuple of str
        The different texts in alphabetical order; empty for a column of numbers.
    """

    name: str
    values: npt.NDArray[Any]
    texts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", printable(self.name))

    def taken(self, rows: Integers | slice) -> Column:
        """Give the values of some images, in their order."""
        return replace(self, values=self.values[rows])

    def joined(self, other: Column) -> Column:
        """Give these values and those of the same column for other images after them."""
        return replace(self, values=np.concatenate([self.values, other.values]))


def of_texts(name: str, texts: npt.NDArray[np.str_]) -> Column:
    """Make a column of texts (N,); an empty one is no value."""
    different, places = np.unique(texts, return_inverse=True)
    told = [printable(text) for text in different.tolist()]
    if told != different.tolist():  # two may be told alike, or in another order
        different, places = np.unique(np.array(told, np.str_)[places.reshape(-1)], return_inverse=True)
    values: npt.NDArray[np.float64] = places.reshape(-1).astype(np.float64)
    if len(different) and not different[0]:  # sorts before all others
        different, values = different[1:], values - 1
        values[values < 0] = np.nan
    return Column(name, values, tuple(different.tolist()))


def of_numbers(name: str, numbers: npt.NDArray[Any]) -> Column:
    """Make a column of numbers (N,), bool, integers or floating point; NaN is no value."""
    if not are_held(numbers):
        return Column(name, numbers.astype(np.uint64 if numbers.dtype.kind == "u" else np.int64))
    with np.errstate(over="ignore"):  # of a wider float: infinite
        return Column(name, numbers.astype(np.float64))


def are_held(numbers: npt.NDArray[Any]) -> bool:
    """Whether float64 holds them: all but whole numbers of more than 53 bits."""
    if numbers.dtype.kind not in "iu" or not numbers.size:
        return True
    return int(numbers.min()) >= -MOST_HELD and int(numbers.max()) <= MOST_HELD


def joined(first: Sequence[Column], second: Sequence[Column]) -> tuple[Column, ...]:
    """Put the columns of some images before those of others."""
    return tuple(mine.joined(theirs) for mine, theirs in zip(first, second, strict=True))


def picked(first: Sequence[Column], second: Sequence[Column], rows: Integers) -> tuple[Column, ...]:
    """Give the values of some images, counted through those of `first` and then of `second`."""
    return tuple(_picked(mine, theirs, rows) for mine, theirs in zip(first, second, strict=True))


def _picked(first: Column, second: Column, rows: Integers) -> Column:
    # Putting both together first would copy all values for the sake of a few.
    is_first = rows < len(first.values)
    values = np.empty(len(rows), first.values.dtype)
    values[is_first] = first.values[rows[is_first]]
    values[~is_first] = second.values[rows[~is_first] - len(first.values)]
    return replace(first, values=values)


def taken(columns: Sequence[Column], rows: Integers | slice) -> tuple[Column, ...]:
    """Give the columns of some images, in their order."""
    return tuple(column.taken(rows) for column in columns)
