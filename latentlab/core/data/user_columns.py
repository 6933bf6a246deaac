"""Columns of a person's own data beside their images: further arrays of a file, or a ``columns.csv``."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from latentlab.core.data.columns import Column, are_held, numbers_or_texts, of_numbers, of_texts, taken
from latentlab.core.data.image_set import DatasetError
from latentlab.core.data.stored_array import StoredArray, decoded

FILE = "columns.csv"

_MOST_TOGETHER = 16  # numbers of an image in one array that are columns each
_NAMED = 6  # so many arrays are named in a sentence, and further ones are counted

_Both = tuple[tuple[Column, ...], tuple[Column, ...]]


def of_arrays(
    own: Mapping[str, StoredArray], tests: Mapping[str, StoredArray], count: int, test_count: int, notes: list[str]
) -> _Both:
    """Take every further array as a column: numbers or texts, one for each image; a few numbers each are as many.

    Parameters
    ----------
    own, tests : mapping of str to StoredArray
        The further arrays of the images and of those to test with, by the same names.
    count, test_count : int
        Images, and images to test with.
    notes : list of str
        What is not used is told here, in a sentence: arrays of another shape, or with infinite numbers.

    Returns
    -------
    tuple of Column, tuple of Column
        Of the images, and of those to test with; an empty text or NaN is no value.

    Raises
    ------
    DatasetError
        When they cannot be read.
    """
    columns: list[Column] = []
    unused = [name for name in tests if name not in own]
    for name, source in own.items():
        array = _of_array(source, count)
        test = _of_array(tests[name], test_count) if name in tests else None
        if array is None or (name in tests and test is None):
            unused.append(name)
            continue
        if test is None:
            test = _without_values(array, test_count)
        if (array.dtype.kind == "U") != (test.dtype.kind == "U") or array.shape[1:] != test.shape[1:]:
            unused.append(name)
            continue
        whole = _joined(array, test)
        make = of_texts if whole.dtype.kind == "U" else of_numbers
        if whole.ndim == 1:
            columns.append(make(name, whole))
        else:
            columns += [make(f"{name}_{place}", part) for place, part in enumerate(whole.T, 1)]
    if unused:
        told = ", ".join(unused[:_NAMED]) + (f" and {len(unused) - _NAMED} more" if len(unused) > _NAMED else "")
        notes.append(f"Not used are {told}: neither images nor a finite number or a text for each of them.")
    return taken(columns, slice(count)), taken(columns, slice(count, None))


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
    if not path.is_file():
        return ()
    names, lines = _read(path)
    rows_of: dict[str, list[int]] = {}
    for row, file in enumerate(files):
        rows_of.setdefault(file.relative_to(folder).as_posix(), []).append(row)
    cells = np.full((len(names), len(files)), "", object)
    seen: set[str] = set()
    for number, line in lines:
        named = PurePosixPath(_in_a_line(line[0]).replace("\\", "/")).as_posix()
        if named in seen:
            raise DatasetError(f"Line {number} of {path} names '{named}' a second time: remove one of the two.")
        seen.add(named)
        if named in rows_of:
            cells[:, rows_of[named]] = [[cell.strip()] for cell in line[1:]]
        elif not _is_file(folder, named):
            raise DatasetError(
                f"Line {number} of {path} names '{named}', which is not in the folder: correct its path."
            )
    return tuple(_of_cells(name, column, path) for name, column in zip(names, cells, strict=True))


def _of_array(source: StoredArray, count: int) -> npt.NDArray[Any] | None:
    """Give numbers or texts (N,), or some numbers for each image (N, K); None for what is no column."""
    shape = tuple(axis for axis in source.shape[1:] if axis != 1)
    if source.shape[:1] != (count,) or len(shape) > 1 or source.dtype.kind not in "buifSU":
        return None
    if shape and (shape[0] > _MOST_TOGETHER or source.dtype.kind in "SU"):
        return None
    array = decoded(source.whole()).reshape(count, *shape)
    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):  # of a wider float
            array = array.astype(np.float64)
        if np.isinf(array).any():
            return None
    return array


def _without_values(like: npt.NDArray[Any], count: int) -> npt.NDArray[Any]:
    """Give rows that have no value, to follow others."""
    shape = (count, *like.shape[1:])
    return np.full(shape, "") if like.dtype.kind == "U" else np.full(shape, np.nan)


def _joined(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Put numbers or texts one after the other; where float64 would not hold whole numbers, they become texts."""
    if not len(second):
        return first
    if np.result_type(first, second).kind == "f" and not (are_held(first) and are_held(second)):
        first, second = (np.where(part == part, part.astype(np.str_), "") for part in (first, second))
    return np.concatenate([first, second])


def _read(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Give the names of the columns, and each line's number and cells."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            lines = [(reader.line_num, line) for line in reader if any(cell.strip() for cell in line)]
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or 'it is damaged'}.") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not text in UTF-8: save it as CSV in UTF-8.") from error
    except csv.Error as error:
        raise DatasetError(f"{path} cannot be read as CSV ({error}): separate cells by commas.") from error
    if any("\0" in cell for _, line in lines for cell in line):
        raise DatasetError(f"{path} holds NUL characters, as a table in UTF-16 does: save it as CSV in UTF-8.")
    if not lines or len(lines[0][1]) < 2:
        raise DatasetError(
            f"The first line of {path} must name two columns or more, separated by commas, the first for files."
        )
    header = [_in_a_line(name) for name in lines[0][1]]
    names = header[1:]
    for name in names:
        if not name or names.count(name) > 1:
            what = f"'{name}' twice" if name else "a column without a name"
            raise DatasetError(f"The first line of {path} has {what}: give each column a name of its own.")
    for number, line in lines[1:]:
        if len(line) != len(header):
            raise DatasetError(
                f"Line {number} of {path} has {len(line)} cells, but the first line {len(header)}: make them equal."
            )
    return names, lines[1:]


def _in_a_line(text: str) -> str:
    return " ".join(text.splitlines()).strip()


def _of_cells(name: str, cells: npt.NDArray[np.object_], path: Path) -> Column:
    array = numbers_or_texts(cells.tolist())
    if array.dtype.kind == "U":
        return of_texts(name, array)
    if array.dtype.kind == "f" and np.isinf(array).any():
        raise DatasetError(f"'{name}' in {path} holds infinite numbers: replace them, or leave their cells empty.")
    return of_numbers(name, array)


def _is_file(folder: Path, named: str) -> bool:
    """Whether a picture is there, be it left out for being unreadable or beside the classes."""
    try:
        return (folder / named).is_file()
    except (OSError, ValueError):  # too long a name, or a zero in it
        return False
