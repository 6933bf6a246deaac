"""IDX files, as MNIST and those like it come in: one array, packed or not."""

from __future__ import annotations

import gzip
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from latentlab.core.budgets import in_words, is_believed
from latentlab.core.data.arrays.stored_array import Array, ArrayFile, StoredArray, of_array, of_function
from latentlab.core.data.image_set import DatasetError

_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_MOST_AXES = 4
HEAD = 4 + 4 * _MOST_AXES  # bytes, at most, that say what follows


@dataclass(frozen=True, slots=True)
class IdxHeader:
    """What the first bytes of a file announce.

    Attributes
    ----------
    shape : tuple of int
    dtype : dtype
    start : int
        Where the numbers begin, in bytes.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    start: int

    @property
    def size(self) -> int:
        """Bytes of the whole file, unpacked."""
        return self.start + math.prod(self.shape) * self.dtype.itemsize


def is_idx(head: bytes) -> bool:
    """Whether the first bytes of a file, unpacked, are those of an IDX file."""
    return len(head) >= 4 and head[:2] == b"\0\0" and head[2] in _TYPES and 1 <= head[3] <= _MOST_AXES


def header_of(head: bytes) -> IdxHeader | None:
    """Read the first `HEAD` bytes of a file, or all of a shorter one; None where they are not those of an IDX file."""
    start = 4 + 4 * head[3] if is_idx(head) else HEAD + 1
    if len(head) < start:
        return None
    shape = tuple(int.from_bytes(head[at : at + 4], "big") for at in range(4, start, 4))
    return IdxHeader(shape, np.dtype(_TYPES[head[2]]), start)


def read(path: Path, *, is_packed: bool) -> ArrayFile:
    """Map an IDX file into memory, or unpack it when it is needed.

    Those of EMNIST are stored column by column, and are turned; of QMNIST's labels the first tells the class.

    Raises
    ------
    DatasetError
        When it does not hold what it announces.
    """
    with gzip.open(path) if is_packed else path.open("rb") as file:
        header = header_of(file.read(HEAD))
    if header is None:
        raise DatasetError(f"{path} is cut short: get the file again.")
    shape, dtype, start, announced = header.shape, header.dtype, header.start, header.size - header.start

    def unpacked() -> Array:
        with gzip.open(path) as file:
            file.read(start)
            content = file.read(announced + 1)
        return np.frombuffer(_whole(path, content, announced), dtype).reshape(shape)

    if is_packed:
        stored = path.stat().st_size
        if not is_believed(announced, stored):
            raise DatasetError(
                f"{path} announces {in_words(announced)}, which its {in_words(stored)} cannot hold: get the file again."
            )
        source = of_function(path, "", shape, dtype, unpacked)
    else:
        if path.stat().st_size != header.size:
            raise DatasetError(
                f"{path} has {path.stat().st_size:,} bytes instead of {header.size:,}: it is damaged, so get "
                "the file again."
            )
        mapped = np.memmap(path, dtype, "r", start, shape) if announced else np.empty(shape, dtype)
        source = of_array(path, "", mapped)
    return _as_people_see_them(path, source)


def _whole(path: Path, content: bytes, announced: int) -> bytes:
    if len(content) != announced:
        raise DatasetError(f"{path} does not hold as much as it announces: it is damaged, so get the file again.")
    return content


def _as_people_see_them(path: Path, source: StoredArray) -> ArrayFile:
    name = path.name.casefold()
    if "emnist" in name and len(source.shape) == 3:
        count, columns, rows = source.shape
        note = f"{path.name} is taken to be stored column by column, as EMNIST's files are, and turned."
        turned = source.viewed(lambda part: part.swapaxes(1, 2), (count, rows, columns))
        return ArrayFile({"": turned}, notes=(note,))
    if "qmnist" in name and len(source.shape) == 2:
        note = f"Of the {source.shape[1]} numbers of a label in {path.name} the first is taken for the class."
        return ArrayFile({"": source.viewed(lambda part: part[:, 0], source.shape[:1])}, notes=(note,))
    return ArrayFile({"": source})
