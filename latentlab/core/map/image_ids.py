"""Which images of a data set a map shows, row by row: whether two maps show the same ones, and where one has them."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Integers
from latentlab.core.recipe.settings import DataSettings


@dataclass(frozen=True, slots=True)
class ImageIds:
    """The ids of a map's images, row by row. Those of two maps are equal where both show the same images in each row.

    Attributes
    ----------
    fingerprint : str
        Of the data set that `rows` count in: see `ImageSet`.
    rows : int64 (N,) or None
        Which image of the data set each one is, counted as in `ImageSet.selected`; None where nobody knows.
    """

    fingerprint: str
    rows: Integers | None = field(compare=False, repr=False)
    _digest: str

    @classmethod
    def of(cls, fingerprint: str, rows: Integers) -> ImageIds:
        """Give the ids of images by their rows in a data set, int64 (N,)."""
        rows = np.ascontiguousarray(rows, np.int64)
        return cls(fingerprint, rows, hashlib.blake2b(rows.data, digest_size=8).hexdigest())

    @classmethod
    def of_run(cls, images: DataSettings, labels: Integers) -> ImageIds:
        """Give the ids of the images whose codes a run keeps, where the data set itself is not loaded.

        They are the test images of what its recipe says of images, and these are their labels, int64 (N,).
        """
        digest = hashlib.blake2b(repr((images.dataset, images.images, images.exclude)).encode(), digest_size=8)
        digest.update(np.ascontiguousarray(labels, np.int64).data)
        return cls("", None, digest.hexdigest())

    @classmethod
    def unknown(cls) -> ImageIds:
        """Give ids that are equal to no others."""
        return cls("", None, uuid.uuid4().hex)

    def taken(self, rows: npt.NDArray[np.integer]) -> ImageIds:
        """Give the ids of some rows of the map, int64 (K,)."""
        return self.unknown() if self.rows is None else self.of(self.fingerprint, self.rows[rows])

    def has_in_place(self, other: ImageIds, rows: Integers) -> bool:
        """Whether this map shows in these rows, int64 (K,), the images that another one shows in the same rows."""
        if self == other or not len(rows):
            return True
        if self.rows is None or other.rows is None or self.fingerprint != other.fingerprint:
            return False
        is_there = int(rows.max()) < min(len(self.rows), len(other.rows))
        return is_there and np.array_equal(self.rows[rows], other.rows[rows])

    def find(self, other: ImageIds, rows: Integers) -> Integers:
        """Give where this map shows the images that another one shows in these rows of its own.

        Returns
        -------
        int64 (J,)
            Rows of this map in the order of those images; an image that it does not show is left out, one that it
            shows more than once is found where it comes first.
        """
        if self == other:
            return rows
        if other.rows is None or self.fingerprint != other.fingerprint:
            return np.empty(0, np.int64)
        return self.find_rows(other.rows[rows])

    def find_rows(self, numbers: Integers) -> Integers:
        """Give where this map shows images of the data set, as `find` does, by their rows in the set: int64 (K,)."""
        if self.rows is None or not len(self.rows) or not len(numbers):
            return np.empty(0, np.int64)
        places = np.full(max(int(self.rows.max()), int(numbers.max())) + 1, -1)
        places[self.rows[::-1]] = np.arange(len(self.rows))[::-1]  # of equal ones the last assignment counts
        found: Integers = places[numbers[numbers >= 0]]
        return found[found >= 0]
