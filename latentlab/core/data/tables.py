"""Tables in text files: CSV, packed or not, and what is in their cells."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from latentlab.core.budgets import LINE, contents
from latentlab.core.data.columns import MOST_HELD
from latentlab.core.data.image_set import DatasetError

_WHOLE = re.compile(r"[+-]?[0-9]{1,40}")


@contextmanager
def opened(path: Path) -> Iterator[Iterator[str]]:
    """Open a table to read its lines, there and then.

    Raises
    ------
    DatasetError
        When it cannot be read, is not text in UTF-8, or not CSV, or when a line is longer than those of tables are.
    """
    lines = _lines(path)
    try:
        yield lines
    except csv.Error as error:
        raise DatasetError(f"{path} cannot be read as CSV ({error}): separate cells by commas.") from error
    finally:
        lines.close()


def _lines(path: Path) -> Generator[str, None, None]:
    open_it = gzip.open if path.suffix.lower() == ".gz" else open
    with (
        contents(str(path), DatasetError, "is cut short, or damaged", "get the file again"),
        open_it(path, "rt", encoding="utf-8-sig", newline="") as file,
    ):
        try:
            while line := file.readline(LINE):
                if len(line) == LINE:
                    raise DatasetError(
                        f"{path} has a line of {LINE:,} characters or more: give a table with an image in each line."
                    )
                yield line
        except UnicodeDecodeError as error:
            raise DatasetError(f"{path} is not text in UTF-8: save it as CSV in UTF-8.") from error


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
