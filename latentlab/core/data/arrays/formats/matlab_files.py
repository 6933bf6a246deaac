"""Files of MATLAB, version 5 to 7: arrays by name, each read when it is needed.

Read here and not by scipy, which reads whatever is in a file, and ends the program where cells are nested deeply.
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from latentlab.core.budgets import ARRAYS, contents, few, in_words, is_believed
from latentlab.core.data.arrays.stored_array import Array, ArrayFile, StoredArray, of_function
from latentlab.core.data.image_set import DatasetError

MAGIC = b"MATLAB 5.0 MAT-file"
MAGIC_OF_HDF5 = b"MATLAB 7.3 MAT-file"

_BEGIN = 128  # bytes before the first array, the last two of which tell the order of bytes
_MATRIX, _PACKED, _FLAGS, _AXES = 14, 15, 6, 5  # types of elements
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_CODECS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
_TEXT, _NUMBERS = 4, range(6, 16)  # classes of arrays
_COMPLEX = 0x800
_MOST_AXES = 32
_LONGEST_NAME = 1_000


@dataclass(frozen=True, slots=True)
class _Variable:
    """What the header of an array tells.

    Attributes
    ----------
    name : str
    kind : int
        Its class.
    is_complex : bool
    axes : tuple of int
    type : int
        Of its numbers, as they are stored.
    nbytes : int
        Of its numbers.
    """

    name: str
    kind: int
    is_complex: bool
    axes: tuple[int, ...]
    type: int
    nbytes: int


@dataclass(frozen=True, slots=True)
class _Element:
    """Where an array lies in its file: the place and the length of what is stored, in bytes."""

    path: Path
    place: int
    length: int
    is_packed: bool
    order: str

    def header(self) -> _Variable | None:
        """Read its header; None for what has no axes, such as functions."""
        with self.path.open("rb") as file:
            return _header(self._content(file), self.order)

    def read(self, dtype: np.dtype[Any]) -> Array:
        """Read its numbers or texts."""
        with self.path.open("rb") as file:
            content = self._content(file)
            known = _header(content, self.order)
            assert known is not None
            stored = _exactly(content, known.nbytes)
        if known.kind != _TEXT:
            return np.frombuffer(stored, dtype).reshape(known.axes, order="F")
        count = math.prod(known.axes)
        text = stored.decode(_codec(known.type, self.order), "replace").ljust(count)[:count]
        letters = np.array(list(text), "U1").reshape(known.axes, order="F")
        return np.ascontiguousarray(letters).view(dtype)[..., 0]

    def _content(self, file: BinaryIO) -> BinaryIO:
        file.seek(self.place)
        return io.BufferedReader(_Unpacked(file, self.length)) if self.is_packed else file


def read(path: Path) -> ArrayFile:
    """Read which arrays there are; cells and structures are left out.

    Raises
    ------
    DatasetError
        When it is damaged.
    """
    arrays: dict[str, StoredArray] = {}
    others = 0
    with contents(str(path), DatasetError, "is damaged", "write it again, with MATLAB's save"):
        for number, element in enumerate(_elements(path)):
            few(number, ARRAYS, str(path), "arrays", DatasetError, "make several files of it")
            known = element.header()
            if known is None or known.name.startswith("__") or not known.name:
                continue
            source = _source(element, known)
            others += source is None
            if source is not None:
                arrays[known.name] = source
    return ArrayFile(arrays, (("cells, structures and functions of MATLAB", others),) if others else ())


def _elements(path: Path) -> Iterator[_Element]:
    """Give where what lies side by side in a file is."""
    size, place = path.stat().st_size, _BEGIN
    with path.open("rb") as file:
        order = "<" if file.read(_BEGIN)[-2:] == b"IM" else ">"
        while place < size:
            file.seek(place)
            kind, length = struct.unpack(f"{order}II", _exactly(file, 8))
            if kind not in (_MATRIX, _PACKED) or place + 8 + length > size:
                raise ValueError("an element reaches beyond the end")
            # What is packed has a tag of its own in it.
            yield _Element(path, place + 8 if kind == _PACKED else place, length, kind == _PACKED, order)
            place += 8 + length


def _source(element: _Element, known: _Variable) -> StoredArray | None:
    """Give an array, where it holds what an image set can use."""
    count = math.prod(known.axes)
    if known.kind == _TEXT and known.type in _CODECS:
        dtype, shape = np.dtype(f"U{max(1, known.axes[-1])}"), known.axes[:-1]
        if not count:
            return None
    elif known.kind in _NUMBERS and known.type in _TYPES and not known.is_complex:
        dtype, shape = np.dtype(f"{element.order}{_TYPES[known.type]}"), known.axes
        if known.nbytes != count * dtype.itemsize:
            raise ValueError("an array is not as long as its axes tell")
    else:
        return None
    if known.nbytes > element.length and not (element.is_packed and is_believed(known.nbytes, element.length)):
        raise DatasetError(
            f"'{known.name}' in {element.path} is said to be {in_words(known.nbytes)} in {in_words(element.length)}: "
            "get the file again."
        )
    return of_function(element.path, known.name, shape, dtype, partial(element.read, dtype))


def _header(content: BinaryIO, order: str) -> _Variable | None:
    """Read what stands before the numbers of an array."""
    kind, length, _ = _tag(content, order)
    if kind != _MATRIX or not length:
        return None
    flags = _part(content, order, _FLAGS, 8)
    (bits,) = struct.unpack(f"{order}I", flags[:4])
    if bits & 0xFF > _NUMBERS[-1]:  # functions and objects, which have no axes
        return None
    axes = _part(content, order, _AXES, 4 * _MOST_AXES)
    shape = struct.unpack(f"{order}{len(axes) // 4}i", axes)
    if len(shape) < 2 or min(shape) < 0:
        raise ValueError("axes are damaged")
    name = _part(content, order, None, _LONGEST_NAME).decode("latin-1")
    stored, nbytes, _ = _tag(content, order) if bits & 0xFF in (_TEXT, *_NUMBERS) else (0, 0, 0)
    return _Variable(name, bits & 0xFF, bool(bits & _COMPLEX), shape, stored, nbytes)


def _part(content: BinaryIO, order: str, expected: int | None, most: int) -> bytes:
    """Read one of the parts of a header, and what fills it up to eight bytes."""
    kind, length, filling = _tag(content, order)
    if expected not in (None, kind) or length > most:
        raise ValueError("a header is damaged")
    found = _exactly(content, length)
    _exactly(content, filling)
    return found


def _tag(content: BinaryIO, order: str) -> tuple[int, int, int]:
    """Read a tag, eight bytes, or four before what is as short: a type, a length, and how many bytes fill it up."""
    (kind,) = struct.unpack(f"{order}I", _exactly(content, 4))
    if kind >> 16:
        kind, length = kind & 0xFFFF, kind >> 16
        if length > 4:
            raise ValueError("a tag is damaged")
        return kind, length, 4 - length
    (length,) = struct.unpack(f"{order}I", _exactly(content, 4))
    return kind, length, -length % 8


def _exactly(content: BinaryIO, count: int) -> bytes:
    found = content.read(count)
    if len(found) != count:
        raise EOFError("cut short")
    return found


def _codec(kind: int, order: str) -> str:
    codec = _CODECS[kind]
    return codec if codec in ("latin-1", "utf-8") else f"{codec}-{'le' if order == '<' else 'be'}"


class _Unpacked(io.RawIOBase):
    """What zlib packed, unpacked as it is read."""

    def __init__(self, packed: BinaryIO, length: int) -> None:
        super().__init__()
        self._packed = packed
        self._left = length
        self._zlib = zlib.decompressobj()

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there is something."""
        found = b""
        while not found and not self._zlib.eof:
            tail = self._zlib.unconsumed_tail
            chunk = tail or self._packed.read(min(self._left, len(buffer), 1 << 20))
            self._left -= 0 if tail else len(chunk)
            if not chunk:
                break
            found = self._zlib.decompress(chunk, len(buffer))
        buffer[: len(found)] = found
        return len(found)
