"""Files of safetensors: tensors by name, each read when it is needed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from safetensors import safe_open

from latentlab.core.budgets import ARRAYS, DIRECTORY, contents, few
from latentlab.core.data.arrays.formats.torch_files import of_tensor
from latentlab.core.data.arrays.stored_array import Array, ArrayFile, StoredArray, of_function
from latentlab.core.data.image_set import DatasetError
from latentlab.core.files import utf8_path

_TYPES = {
    **{f"F{bits}": np.dtype(f"f{bits // 8}") for bits in (16, 32, 64)},
    **{f"I{bits}": np.dtype(f"i{bits // 8}") for bits in (8, 16, 32, 64)},
    **{f"U{bits}": np.dtype(f"u{bits // 8}") for bits in (8, 16, 32, 64)},
    "BOOL": np.dtype(np.bool_),
    "BF16": np.dtype(np.float32),  # what it becomes
}


def read(path: Path) -> ArrayFile:
    """Read which tensors there are.

    Raises
    ------
    DatasetError
        When the file is damaged, or a run of latentlab.
    """
    arrays: dict[str, StoredArray] = {}
    others = 0
    with contents(str(path), DatasetError, "is damaged, or no file of safetensors"), utf8_path(path) as place:
        with path.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
        what = "bytes that list what is in it"
        few(min(length, path.stat().st_size), DIRECTORY, str(path), what, DatasetError, "make several files of it")
        with safe_open(place, "pt") as file:
            if "recipe" in (file.metadata() or {}):
                raise DatasetError(f"{path} is a run, a trained model, and holds no images: open it as a run.")
            few(len(file.keys()), ARRAYS, str(path), "tensors", DatasetError, "make several files of it")
            for name in file.keys():  # noqa: SIM118 - no mapping
                part = file.get_slice(name)
                dtype = _TYPES.get(part.get_dtype())
                if dtype is None:
                    others += 1
                    continue
                shape = tuple(part.get_shape())
                arrays[name] = of_function(path, name, shape, dtype, partial(_tensor, path, name))
    return ArrayFile(arrays, (("tensors of unusual types", others),) if others else ())


def _tensor(path: Path, name: str) -> Array:
    with utf8_path(path) as place, safe_open(place, "pt") as file:
        return of_tensor(path, name, file.get_tensor(name)).whole()
