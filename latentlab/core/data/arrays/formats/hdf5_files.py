"""HDF5 files: data sets by name, read a part at a time; h5py is an extra."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from latentlab.core.data.arrays.stored_array import Array, ArrayFile, StoredArray
from latentlab.core.data.image_set import DatasetError

if TYPE_CHECKING:
    import h5py

MAGIC = b"\x89HDF\r\n\x1a\n"


def can_be_read() -> bool:
    """Whether h5py is installed."""
    return find_spec("h5py") is not None


def read(path: Path, *, is_matlab: bool = False) -> ArrayFile:
    """Read which data sets there are, in all groups; those of MATLAB 7.3 have their axes the other way round.

    Raises
    ------
    DatasetError
        When h5py is not installed, or the file is damaged.
    """
    try:
        import h5py
    except ImportError as error:
        raise DatasetError(
            f"{path} is an HDF5 file, for which h5py is needed: install it with 'pip install h5py', and open it again."
        ) from error
    arrays: dict[str, StoredArray] = {}
    others = 0

    def take(name: str, item: Any) -> None:
        nonlocal others
        if isinstance(item, h5py.Dataset) and not name.startswith("#"):  # as MATLAB calls the parts of cells
            source = _source(path, name, item)
            others += source is None
            if source is not None:
                arrays[name] = source.turned(np.transpose, source.shape[::-1]) if is_matlab else source

    try:
        with h5py.File(path, "r") as file:
            file.visititems(take)
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise DatasetError(f"{path} is damaged, or no HDF5 file: write it again.") from error
    return ArrayFile(arrays, (("data sets that hold neither numbers nor text", others),) if others else ())


def _source(path: Path, name: str, item: h5py.Dataset) -> StoredArray | None:
    """Give a data set, where it holds what an image set can use."""
    import h5py

    is_text = h5py.check_string_dtype(item.dtype) is not None
    if item.shape is None or not (is_text or item.dtype.kind in "buif"):
        return None

    def rows(part: slice) -> Array:
        with h5py.File(path, "r") as file:
            found = file[name]
            if is_text:
                return np.array(found.asstr("utf-8", "surrogateescape")[part], np.str_)
            return cast(Array, found[part])

    dtype = np.dtype(np.str_) if is_text else item.dtype
    return StoredArray(path, name, item.shape, dtype, rows)
