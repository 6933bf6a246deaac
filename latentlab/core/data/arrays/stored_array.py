"""What a file of arrays holds: each array with its name, its shape, and its numbers as they are asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from latentlab.core.budgets import CHARACTERS, afford, contents
from latentlab.core.data.image_set import DatasetError

Array = npt.NDArray[Any]

DAMAGED = "damaged arrays"
OBJECTS = "arrays of Python objects, which are never unpickled"
_PART = 16_000_000  # bytes that are read at once


@dataclass(frozen=True, slots=True)
class StoredArray:
    """An array in a file, of which as much is read as is needed.

    Attributes
    ----------
    path : Path
        Of the file.
    key : str
        Its name in the file, empty where it has none.
    shape : tuple of int
    dtype : dtype
        Never of objects.
    read : callable
        Gives rows of its first axis, by a slice; what it raises is told by `rows` in a sentence.
    """

    path: Path
    key: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[slice], Array]

    @property
    def what(self) -> str:
        """What it is, for a sentence: ``"'images' in /home/me/own.npz"``."""
        return f"'{self.key}' in {self.path}" if self.key else str(self.path)

    @property
    def short(self) -> str:
        """What it is, where its folder is known."""
        return f"'{self.key}'" if self.key else self.path.name

    @property
    def nbytes(self) -> int:
        """How many bytes it is, unpacked."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def is_long(self) -> bool:
        """Whether there are texts in it that nobody reads."""
        width = {"S": 1, "U": 4}.get(self.dtype.kind)  # bytes of a character
        return width is not None and self.dtype.itemsize > width * CHARACTERS

    def __len__(self) -> int:
        return self.shape[0] if self.shape else 0

    def rows(self, start: int, stop: int) -> Array:
        """Give some rows.

        Raises
        ------
        DatasetError
            When they cannot be read, or memory does not hold them.
        """
        with contents(self.what, DatasetError, "is damaged", "write the file again"):
            return self.read(slice(start, stop))

    def whole(self) -> Array:
        """Give all of it; see `rows`."""
        self.check_memory()
        return self.rows(0, len(self))

    def check_memory(self) -> None:
        """See that memory holds all of it.

        Raises
        ------
        DatasetError
            When it does not.
        """
        afford(self.nbytes, self.what, DatasetError, "make a smaller file of it, or one that ends in .npy")

    def parts(self) -> Iterator[tuple[slice, Array]]:
        """Give all of it in parts of a few megabytes, each with the rows that it is; see `rows`."""
        step = max(1, _PART * len(self) // max(1, self.nbytes))
        for start in range(0, len(self), step):
            stop = min(start + step, len(self))
            yield slice(start, stop), self.rows(start, stop)

    def viewed(self, view: Callable[[Array], Array], shape: tuple[int, ...]) -> StoredArray:
        """Give what a function makes of its rows: it keeps their number and order."""
        read = self.read
        return replace(self, shape=shape, read=lambda rows: view(read(rows)))

    def turned(self, view: Callable[[Array], Array], shape: tuple[int, ...]) -> StoredArray:
        """Give what a function makes of the whole array, which is read once."""
        return of_function(self.path, self.key, shape, self.dtype, lambda: view(self.whole()))


def of_array(path: Path, key: str, array: Array) -> StoredArray:
    """Take an array that is in memory, or mapped into it."""
    return StoredArray(path, key, array.shape, array.dtype, array.__getitem__)


def of_function(
    path: Path, key: str, shape: tuple[int, ...], dtype: np.dtype[Any], read: Callable[[], Array]
) -> StoredArray:
    """Take an array that can only be read whole: once, when the first of it is needed."""

    @cache
    def whole() -> Array:
        source.check_memory()
        return read()

    source = StoredArray(path, key, shape, dtype, lambda rows: whole()[rows])
    return source


@dataclass(frozen=True, slots=True)
class ArrayFile:
    """The arrays of a file.

    Attributes
    ----------
    arrays : dict of str to StoredArray
        By their names in the file, ``""`` for one that has none.
    left_out : tuple of (str, int)
        What cannot be used, and how many there are.
    notes : tuple of str
        What was assumed, in sentences.
    """

    arrays: dict[str, StoredArray] = field(default_factory=dict)
    left_out: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()


def decoded(array: Array) -> Array:
    """Give texts that are stored as bytes as such; other arrays as they are."""
    if array.dtype.kind != "S":
        return array
    texts = [text.decode("utf-8", "surrogateescape") for text in array.reshape(-1).tolist()]
    return np.array(texts, np.str_).reshape(array.shape)
