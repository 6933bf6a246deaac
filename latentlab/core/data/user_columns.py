"""Columns of a person's own data beside their images: further arrays of an ``.npz`` file, or a ``columns.csv``."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from latentlab.core.data.columns import Column, of_texts, taken
from latentlab.core.data.image_set import DatasetError

FILE = "columns.csv"

_TEST = "test_"
_OF_IMAGES = frozenset(("images", "labels", "class_names", "test_images", "test_labels"))

_Both = tuple[tuple[Column, ...], tuple[Column, ...]]


def of_arrays(arrays: Mapping[str, npt.NDArray[Any]], count: int, test_count: int, path: Path) -> _Both:
    """Take every further array of one axis as a column: numbers or texts, one for each image.

    Parameters
    ----------
    arrays : mapping
        All arrays of the file. Where it has test images, ``test_NAME`` is theirs of the column ``NAME``. An empty
        text, or NaN, is no value.
    count, test_count : int
        Images and test images in the file.
    path : Path
        Of the file, for what is said about it.

    Returns
    -------
    tuple of Column, tuple of Column
        Of the images, and of the test images.

    Raises
    ------
    DatasetError
        For a column of another length, of something else than numbers or texts, or with infinite numbers.
    """
    found = [key for key, array in arrays.items() if key not in _OF_IMAGES and array.ndim == 1]
    if not test_count:
        return tuple(_of_array(key, arrays[key], count, path) for key in found), ()
    names = [key for key in found if not key.startswith(_TEST)]
    for key in found:
        other = key.removeprefix(_TEST) if key.startswith(_TEST) else _TEST + key
        if other not in arrays:
            raise DatasetError(f"{path} has '{key}' but no '{other}': give the column for all images, or remove it.")
    whole = []
    for name in names:
        parts = (
            _of_array(name, arrays[name], count, path),
            _of_array(_TEST + name, arrays[_TEST + name], test_count, path),
        )
        if bool(parts[0].texts) != bool(parts[1].texts):
            raise DatasetError(
                f"Of '{name}' and '{_TEST}{name}' in {path}, one holds numbers, one texts: give both alike."
            )
        if parts[0].texts:
            whole.append(of_texts(name, np.concatenate([arrays[name], arrays[_TEST + name]])))
        else:
            whole.append(Column(name, np.concatenate([part.values for part in parts])))
    return taken(whole, slice(count)), taken(whole, slice(count, None))


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


def _of_array(name: str, array: npt.NDArray[Any], count: int, path: Path) -> Column:
    if array.shape != (count,):
        raise DatasetError(
            f"'{name}' in {path} has the shape {array.shape}, but there are {count:,} images of its kind: "
            "give one value each, or remove it."
        )
    if array.dtype.kind == "U":
        return of_texts(name, array)
    if array.dtype.kind not in "buif":
        raise DatasetError(f"'{name}' in {path} holds {array.dtype} values: use numbers or texts, or remove it.")
    with np.errstate(over="ignore"):  # of a wider float: infinite, and told
        values = array.astype(np.float64)
    if np.isinf(values).any():
        raise DatasetError(f"'{name}' in {path} holds infinite values: replace them, by NaN where there is no value.")
    return Column(name, values)


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
    try:
        values = np.array([float(cell) if cell else np.nan for cell in cells], np.float64)
    except ValueError:
        return of_texts(name, cells.astype(np.str_))
    if np.isinf(values).any():
        raise DatasetError(f"'{name}' in {path} holds infinite numbers: replace them, or leave their cells empty.")
    return Column(name, values)


def _is_file(folder: Path, named: str) -> bool:
    """Whether a picture is there, be it left out for being unreadable or beside the classes."""
    try:
        return (folder / named).is_file()
    except (OSError, ValueError):  # too long a name, or a zero in it
        return False
