"""Columns of a person's own data beside their pictures: a table ``columns.csv`` in the folder."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from latentlab.core.budgets import COLUMNS, few
from latentlab.core.data.columns import Column, of_numbers, of_texts
from latentlab.core.data.image_set import DatasetError
from latentlab.core.data.tables import numbers_or_texts, opened
from latentlab.core.files import is_file

FILE = "columns.csv"


def of_folder(folder: Path, files: Sequence[Path]) -> tuple[Column, ...]:
    """Read ``columns.csv`` in a folder of pictures, where there is one.

    Its first line names the columns, separated by commas; the first of them holds a picture's path within the folder,
    the others numbers or texts. Empty cells, and pictures that it does not name, have no value.

    Parameters
    ----------
    folder : Path
    files : sequence of Path
        The pictures in use, in the order of their images; one of several images stands here as many times.

    Raises
    ------
    DatasetError
        If it cannot be read, or names a file that is not there, a file or a column twice, or an infinite number.
    """
    path = folder / FILE
    if not is_file(path):
        return ()
    rows_of: dict[str, list[int]] = {}
    for row, file in enumerate(files):
        rows_of.setdefault(file.relative_to(folder).as_posix(), []).append(row)
    with opened(path) as lines:
        reader = csv.reader(lines)
        table = ((reader.line_num, line) for line in reader if any(cell.strip() for cell in line))
        names = _names(path, next(table, (0, []))[1])
        cells = np.full((len(names), len(files)), "", object)
        seen: set[str] = set()
        for number, line in table:
            _check(path, number, line, len(names))
            named = PurePosixPath(_in_a_line(line[0]).replace("\\", "/")).as_posix()
            if named in seen:
                raise DatasetError(f"Line {number} of {path} names '{named}' a second time: remove one of the two.")
            seen.add(named)
            if named in rows_of:
                cells[:, rows_of[named]] = [[cell.strip()] for cell in line[1:]]
            elif not is_file(folder / named):  # be it left out for being unreadable or beside the classes
                raise DatasetError(
                    f"Line {number} of {path} names '{named}', which is not in the folder: correct its path."
                )
    return tuple(_of_cells(name, column, path) for name, column in zip(names, cells, strict=True))


def _names(path: Path, header: list[str]) -> list[str]:
    """Give the names of the columns beside that of the files."""
    _check(path, 1, header, len(header) - 1)
    if len(header) < 2:
        raise DatasetError(
            f"The first line of {path} must name two columns or more, separated by commas, the first for files."
        )
    few(len(header) - 1, COLUMNS, str(path), "columns", DatasetError, "leave some out")
    names = [_in_a_line(name) for name in header[1:]]
    for name in names:
        if not name or names.count(name) > 1:
            what = f"'{name}' twice" if name else "a column without a name"
            raise DatasetError(f"The first line of {path} has {what}: give each column a name of its own.")
    return names


def _check(path: Path, number: int, line: list[str], columns: int) -> None:
    """See that a line is one of a table."""
    if any("\0" in cell for cell in line):
        raise DatasetError(f"{path} holds NUL characters, as a table in UTF-16 does: save it as CSV in UTF-8.")
    if len(line) != 1 + columns:
        raise DatasetError(
            f"Line {number} of {path} has {len(line)} cells, but the first line {1 + columns}: make them equal."
        )


def _in_a_line(text: str) -> str:
    return " ".join(text.splitlines()).strip()


def _of_cells(name: str, cells: npt.NDArray[np.object_], path: Path) -> Column:
    array = numbers_or_texts(cells.tolist())
    if array.dtype.kind == "U":
        return of_texts(name, array)
    if array.dtype.kind == "f" and np.isinf(array).any():
        raise DatasetError(f"'{name}' in {path} holds infinite numbers: replace them, or leave their cells empty.")
    return of_numbers(name, array)
