"""Files of numpy: one array in ``.npy``, mapped into memory; several in ``.npz``, each read when it is needed."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from latentlab.core.data.arrays.stored_array import OBJECTS, Array, ArrayFile, StoredArray, of_array, of_function
from latentlab.core.data.image_set import DatasetError

MAGIC = b"\x93NUMPY"
_SUFFIX = ".npy"


def read_array(path: Path) -> ArrayFile:
    """Map an ``.npy`` file into memory.

    Raises
    ------
    DatasetError
        When it is damaged, or holds Python objects.
    """
    try:
        with path.open("rb") as file:
            _, dtype = _header(file)
        if dtype.hasobject:
            raise DatasetError(
                f"{path} holds Python objects, which are never unpickled: save its numbers alone, "
                "as in numpy.save(file, numpy.stack(images))."
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = cast(Array, np.load(path, mmap_mode="r", allow_pickle=False))
    except (ValueError, EOFError, OverflowError) as error:
        raise DatasetError(f"{path} is damaged: write it again with numpy.save.") from error
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
        for member in members:
            key = member.removesuffix(_SUFFIX)
            try:
                with archive.open(member) as opened:
                    shape, dtype = _header(opened)
            except (ValueError, EOFError, OverflowError):
                damaged += 1
                continue
            if dtype.hasobject:
                objects += 1
            else:
                arrays[key] = of_function(path, key, shape, dtype, partial(_member, path, member))
    if not (arrays or objects or damaged):
        return None
    counted = ((OBJECTS, objects), ("damaged arrays", damaged))
    return ArrayFile(arrays, tuple((what, count) for what, count in counted if count))


def _header(file: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of headers that Python 2 wrote
            shape, _, dtype = read(file)
    except (OSError, zipfile.BadZipFile, zlib.error):
        raise
    except Exception as error:  # a header is an expression, and what is wrong in one is nearly anything
        raise ValueError("damaged header") from error
    return shape, dtype


def _member(path: Path, name: str) -> Array:
    with zipfile.ZipFile(path) as archive, archive.open(name) as file:
        array: Array = np.lib.format.read_array(file, allow_pickle=False)
        file.read(1)  # its end, where a checksum tells of damage
    return array
