"""Files of numpy: one array in ``.npy``, mapped into memory; several in ``.npz``, each read when it is needed."""

from __future__ import annotations

import io
import math
import struct
import warnings
import zipfile
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from latentlab.core.budgets import ARRAYS, DIRECTORY, contents, few, in_words, is_believed
from latentlab.core.data.arrays.stored_array import (
    DAMAGED,
    OBJECTS,
    Array,
    ArrayFile,
    StoredArray,
    of_array,
    of_function,
)
from latentlab.core.data.image_set import DatasetError

MAGIC = b"\x93NUMPY"
_SUFFIX = ".npy"
_LONGEST_HEADER = 10_000  # bytes: numpy evaluates no longer ones
_LAST = 66_000  # bytes at the end of a ZIP file, among which is the place and the length of the list of its files
_END_OF_ZIP, _END_OF_ZIP64, _IS_64 = b"PK\5\6", b"PK\6\6", 0xFFFFFFFF


def read_array(path: Path) -> ArrayFile:
    """Map an ``.npy`` file into memory.

    Raises
    ------
    DatasetError
        When it is damaged, or holds Python objects.
    """
    with contents(str(path), DatasetError, "is damaged", "write it again with numpy.save"):
        with path.open("rb") as file:
            _, dtype, _ = _header(file)
        if dtype.hasobject:
            raise DatasetError(
                f"{path} holds Python objects, which are never unpickled: save its numbers alone, "
                "as in numpy.save(file, numpy.stack(images))."
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = cast(Array, np.load(path, mmap_mode="r", allow_pickle=False))
    return ArrayFile({"": of_array(path, "", array)})


def read_archive(path: Path, file: BinaryIO) -> ArrayFile | None:
    """Read the headers of an ``.npz`` file.

    Parameters
    ----------
    path : Path
    file : file
        The same file, open.

    Returns
    -------
    ArrayFile or None
        None for a ZIP file without arrays.

    Raises
    ------
    DatasetError
        When it is damaged.
    """
    arrays: dict[str, StoredArray] = {}
    objects = damaged = 0
    with zipfile.ZipFile(file) as archive:
        members = [name for name in archive.namelist() if name.endswith(_SUFFIX) and not name.startswith("__MACOSX/")]
        few(len(members), ARRAYS, str(path), "arrays", DatasetError, "make several files of it")
        for member in members:
            key, told = member.removesuffix(_SUFFIX), archive.getinfo(member)
            if not is_believed(told.file_size, told.compress_size):  # some packing gives gigabytes for its first bytes
                raise DatasetError(
                    f"'{key}' in {path} is said to be {in_words(told.file_size)} in {in_words(told.compress_size)}: "
                    "get the file again."
                )
            try:
                with archive.open(member) as opened:
                    shape, dtype, start = _header(opened)
            except (ValueError, EOFError, OverflowError):
                damaged += 1
                continue
            if dtype.hasobject:
                objects += 1
            elif told.file_size != start + math.prod(shape) * dtype.itemsize:
                damaged += 1
            else:
                arrays[key] = of_function(path, key, shape, dtype, partial(_member, path, member))
    if not (arrays or objects or damaged):
        return None
    counted = ((OBJECTS, objects), (DAMAGED, damaged))
    return ArrayFile(arrays, tuple((what, count) for what, count in counted if count))


def check_directory(path: Path) -> None:
    """See that the list of what is in a ZIP file is not too long to be read.

    Raises
    ------
    DatasetError
        When it is.
    """
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, _LAST), io.SEEK_END)
        tail = file.read()
    _, found, end = tail.rpartition(_END_OF_ZIP)
    length = int.from_bytes(end[8:12], "little") if found else 0
    if length == _IS_64:
        _, _, end = tail.rpartition(_END_OF_ZIP64)
        length = int.from_bytes(end[36:44], "little")
    few(length, DIRECTORY, str(path), "bytes that list what is in it", DatasetError, "make several files of it")


def _header(file: Any) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Read the header of an array: its shape, its type, and where its numbers begin, in bytes."""
    version = np.lib.format.read_magic(file)
    size = struct.Struct("<H" if version == (1, 0) else "<I")
    packed = file.read(size.size)
    (length,) = size.unpack(packed) if len(packed) == size.size else (0,)
    if not 0 < length <= _LONGEST_HEADER:  # otherwise numpy would read as much as that
        raise ValueError("damaged header")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    content = io.BytesIO(packed + file.read(length))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of headers that Python 2 wrote
            shape, _, dtype = read(content)
    except Exception as error:  # a header is an expression, and what is wrong in one is nearly anything
        raise ValueError("damaged header") from error
    if any(axis < 0 for axis in shape):
        raise ValueError("damaged header")
    return shape, dtype, len(MAGIC) + 2 + size.size + length


def _member(path: Path, name: str) -> Array:
    with zipfile.ZipFile(path) as archive, archive.open(name) as file:
        array: Array = np.lib.format.read_array(file, allow_pickle=False)
        file.read(1)  # its end, where a checksum tells of damage
    return array
