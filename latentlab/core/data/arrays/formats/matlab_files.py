"""Files of MATLAB, up to version 7: arrays by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from latentlab.core.data.arrays.stored_array import ArrayFile, of_array
from latentlab.core.data.image_set import DatasetError

MAGIC = b"MATLAB 5.0 MAT-file"
MAGIC_OF_HDF5 = b"MATLAB 7.3 MAT-file"


def read(path: Path) -> ArrayFile:
    """Read the arrays of a ``.mat`` file; cells and structures are left out.

    Raises
    ------
    DatasetError
        When it is damaged.
    """
    from scipy.io import loadmat

    try:
        content = loadmat(path, mat_dtype=False, chars_as_strings=True, struct_as_record=True)
    except MemoryError as error:
        raise DatasetError(f"{path} is larger than memory holds: make a smaller file of it.") from error
    except Exception as error:  # damaged files raise nearly anything
        raise DatasetError(f"{path} is damaged: write it again, with MATLAB's save.") from error
    found = {name: value for name, value in content.items() if not name.startswith("__")}
    arrays = {
        name: of_array(path, name, value)
        for name, value in found.items()
        if isinstance(value, np.ndarray) and value.dtype.kind in "buifU"
    }
    others = len(found) - len(arrays)
    return ArrayFile(arrays, (("cells, structures and functions of MATLAB", others),) if others else ())
