"""HDF5 files: data sets by name, read a part at a time; h5py is an extra."""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from latentlab.core.budgets import ARRAYS, DEPTH, afford, contents, few, in_words, is_believed
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
    seen = others = 0

    def count(inside: int) -> None:  # before their names are read, which takes long where there are very many
        few(seen + inside, ARRAYS, str(path), "groups and data sets or more", DatasetError, "make several files of it")

    def take(name: str, item: Any) -> None:
        nonlocal seen, others
        seen += 1
        count(len(item) if isinstance(item, h5py.Group) else 0)
        few(name.count("/"), DEPTH, str(path), "groups within each other", DatasetError, "store its arrays in one")
        if isinstance(item, h5py.Dataset) and not name.startswith("#"):  # as MATLAB calls the parts of cells
            source = _source(path, name, item)
            others += source is None
            if source is not None:
                arrays[name] = source.turned(np.transpose, source.shape[::-1]) if is_matlab else source

    with contents(str(path), DatasetError, "is damaged, or no HDF5 file"), h5py.File(path, "r") as file:
        count(len(file))
        file.visititems(take)
    return ArrayFile(arrays, (("data sets that hold neither numbers nor text", others),) if others else ())


def _source(path: Path, name: str, item: h5py.Dataset) -> StoredArray | None:
    """Give a data set, where it holds what an image set can use."""
    import h5py

    is_text = h5py.check_string_dtype(item.dtype) is not None
    if item.shape is None or not (is_text or item.dtype.kind in "buif"):
        return None
    if item.external or item.is_virtual:  # whoever made a file does not choose which others are read
        raise DatasetError(f"'{name}' in {path} lies in another file: copy it into this one.")
    promised, stored = math.prod(item.shape) * item.dtype.itemsize, item.id.get_storage_size()
    if not is_believed(promised, stored):
        raise DatasetError(
            f"'{name}' in {path} is empty but for {in_words(stored)} of its {in_words(promised)}: write it again."
        )
    afford(math.prod(item.chunks or ()) * item.dtype.itemsize, f"A part of '{name}' in {path}", DatasetError)

    def rows(part: slice) -> Array:
        with h5py.File(path, "r") as file:
            found = file[name]
            if is_text:
                texts = found.asstr("utf-8", "surrogateescape")[part]
                longest = max(map(len, texts.reshape(-1)), default=0) if isinstance(texts, np.ndarray) else 0
                afford(4 * longest * np.size(texts), f"'{name}' in {path}", DatasetError)
                return np.array(texts, np.str_)
            return cast(Array, found[part])

    dtype = np.dtype(np.str_) if is_text else item.dtype
    return StoredArray(path, name, item.shape, dtype, rows)
