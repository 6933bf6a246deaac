"""Tables in text files: CSV, packed or not, and what is in their cells."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from latentlab.core.data.columns import MOST_HELD
from latentlab.core.data.image_set import DatasetError

_WHOLE = re.compile(r"[+-]?[0-9]{1,40}")


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """Open a table to read it, there and then.

    Raises
    ------
    DatasetError
        When it is not text in UTF-8, or not CSV.
    OSError, EOFError
        When it cannot be read.
    """
    is_packed = path.suffix.lower() == ".gz"
    try:
        with (gzip.open if is_packed else open)(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not text in UTF-8: save it as CSV in UTF-8.") from error
    except csv.Error as error:
        raise DatasetError(f"{path} cannot be read as CSV ({error}): separate cells by commas.") from error


def numbers_or_texts(cells: Sequence[str]) -> npt.NDArray[Any]:
    """Give the cells of a table as an array (N,): whole numbers, floating point with NaN for empty ones, or texts.

    Whole numbers that no type holds, or that would need float64, where there are empty cells, are texts.
    """
    if all(_WHOLE.fullmatch(cell) for cell in cells if cell):
        whole = [int(cell) for cell in cells if cell]
        lowest, highest = min(whole, default=0), max(whole, default=0)
        if len(whole) == len(cells) > 0:
            for dtype in (np.int64, np.uint64):
                if np.iinfo(dtype).min <= lowest and highest <= np.iinfo(dtype).max:
                    return np.array(whole, dtype)
        if max(-lowest, highest) > MOST_HELD:
            return np.array(cells, np.str_)
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells], np.float64)
    except ValueError:
        return np.array(cells, np.str_)
