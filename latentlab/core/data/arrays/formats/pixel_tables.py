"""Tables of pixels, such as Kaggle's: an image a line, a number a pixel, and what else is known of it beside them."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from latentlab.core.budgets import COLUMNS, LINE, afford, few
from latentlab.core.data.arrays.array_axes import FEWEST, square_channels
from latentlab.core.data.arrays.stored_array import Array, ArrayFile, StoredArray, of_array
from latentlab.core.data.image_set import DatasetError
from latentlab.core.data.tables import numbers_or_texts, opened

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")

_LINES, _CHARACTERS = 4000, 2 * LINE  # read at once, at most
_CELL = 60  # bytes that a short text takes in memory
_LOOKED_AT = 100  # lines, to tell what is in them
_FEW = 64  # levels, which 8 bits are not filled with
_LABEL = ("label", "labels", "class", "y", "target", "emotion")


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which of a table's cells are pixels: places in a line, and the names of the others."""

    separator: str
    has_header: bool
    pixels: Sequence[int]
    others: dict[str, int]
    is_packed: bool = False  # all pixels of an image in one cell, with spaces between
    note: str = ""


def read(path: Path) -> ArrayFile:
    """Read a table of pixels: arrays ``images`` (N, pixels), ``labels`` if there are any, and further columns.

    Raises
    ------
    DatasetError
        When it is no such table.
    """
    with opened(path) as lines:
        layout = _layout(path, next(_batches(lines, _LOOKED_AT), []))
    few(len(layout.others), COLUMNS, str(path), "columns beside the pixels", DatasetError, "leave some out")
    with opened(path) as lines:
        pixels, cells = _contents(path, lines, layout)
    arrays: dict[str, StoredArray] = {"images": of_array(path, "", pixels)}
    label = next((name for name in layout.others if name.casefold() in _LABEL), None)
    for name, column in zip(layout.others, cells, strict=True):
        arrays["labels" if name == label else name] = of_array(path, name, numbers_or_texts(column))
    return ArrayFile(arrays, notes=(layout.note,) if layout.note else ())


def _layout(path: Path, lines: list[str]) -> _Layout:
    """Tell pixels from what else there is, by the first line's names, or by how many cells there are."""
    separator = max(",;\t", key=lines[1].count) if len(lines) > 1 else ","
    table = [[cell.strip() for cell in line] for line in csv.reader(lines, delimiter=separator)]
    if len(table) < 2:
        raise DatasetError(f"{path} has no two lines: a table of pixels has an image in each.")
    header, first = table[:2]
    header = [name or f"column {place}" for place, name in enumerate(header, 1)]  # pandas leaves its index unnamed
    packed = [place for place, cell in enumerate(first) if len(cell.split()) >= FEWEST and _are_numbers(cell.split())]
    if packed:
        others = {name: place for place, name in enumerate(header) if place != packed[0]}
        return _Layout(separator, True, packed[:1], others, is_packed=True)
    note = ""
    pixels: Sequence[int]
    has_header = not _are_numbers(header) or _are_one_name(header)
    if has_header:
        stems = [re.sub(r"\d+", "", name).casefold() for name in header]
        most = Counter(stems).most_common(1)[0][0]
        pixels = [place for place, stem in enumerate(stems) if stem == most]
        names = [(place, name) for place, name in enumerate(header) if stems[place] != most]
        others = {"label" if name and _are_numbers([name]) else name: place for place, name in names}
    else:
        pixels, others = range(len(header)), {}
        if not square_channels(len(header)) and square_channels(len(header) - 1):
            # A pixel of the rim is the same in most images, a label is not.
            is_last = len({line[0] for line in table}) == 1 < len({line[-1] for line in table})
            others = {"label": len(pixels) - 1 if is_last else 0}
            pixels = pixels[:-1] if is_last else pixels[1:]
            note = f"The {'last' if is_last else 'first'} number of each line in {path.name} is taken for the label."
    if len(pixels) < FEWEST or not square_channels(len(pixels)):
        raise DatasetError(
            f"{path} is no table of square images: of its {len(header):,} columns {len(pixels):,} look like pixels; "
            "give a line with a label and the pixels of each, such as 784 of 28×28."
        )
    return _Layout(separator, has_header, pixels, others, note=note)


def _contents(path: Path, table: Iterator[str], layout: _Layout) -> tuple[Array, list[list[str]]]:
    """Read a table: the pixels of each line, in 8 bits where that holds them, and the other cells by columns."""
    parts: list[Array] = []
    cells: list[list[str]] = [[] for _ in layout.others]
    if layout.has_header:
        next(table)
    number, size = 1 + layout.has_header, 0
    for lines in _batches((line for line in table if line.strip()), _LINES):
        rows = list(csv.reader(lines, delimiter=layout.separator)) if layout.is_packed else _beside(lines, layout)
        try:
            for column, place in zip(cells, layout.others.values(), strict=True):
                column += [row[place].strip() for row in rows]
            if layout.is_packed:
                lines = [row[layout.pixels[0]] for row in rows]
            parts.append(_pixels(lines, layout))
        except (ValueError, IndexError) as error:
            raise DatasetError(
                f"In lines {number:,} to {number + len(lines) - 1:,} of {path} there is a pixel that is no number, or "
                "a line with more or fewer pixels: correct it."
            ) from error
        number += len(lines)
        size += parts[-1].nbytes + _CELL * len(rows) * len(cells)
        afford(size, str(path), DatasetError)
    if not parts or len({part.shape[1] for part in parts}) > 1:
        raise DatasetError(f"The lines of {path} have no pixels, or not equally many: correct them.")
    kind = np.result_type(*{part.dtype for part in parts})
    if max(part.max() for part in parts) < _FEW:
        kind = np.result_type(kind, np.int16)  # a table has no types: they are not the darkest of 256 levels
    return np.concatenate([part.astype(kind, copy=False) for part in parts]), cells


def _batches(lines: Iterable[str], most: int) -> Iterator[list[str]]:
    """Give lines together, so many at once, but not many long ones."""
    batch: list[str] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if len(batch) == most or size > _CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _beside(lines: list[str], layout: _Layout) -> list[list[str]]:
    """Give the cells of each line as far as the last one that is no pixel: most of a line is pixels."""
    if any('"' in line for line in lines):
        return list(csv.reader(lines, delimiter=layout.separator))
    most = max(layout.others.values(), default=-1) + 1
    return [line.split(layout.separator, most) for line in lines] if most else []


def _pixels(lines: list[str], layout: _Layout) -> Array:
    if layout.is_packed:
        numbers = np.loadtxt(lines, np.float32, ndmin=2)
    else:
        numbers = np.loadtxt(
            lines, np.float32, delimiter=layout.separator, usecols=layout.pixels, ndmin=2, quotechar='"', comments=None
        )
    small = numbers.astype(np.uint8, casting="unsafe") if numbers.min() >= 0 and numbers.max() <= 255 else None
    return small if small is not None and (small == numbers).all() else numbers


def _are_numbers(cells: Sequence[str]) -> bool:
    try:
        [float(cell) for cell in cells]
    except ValueError:
        return False
    return True


def _are_one_name(header: Sequence[str]) -> bool:
    """Whether numbers are one name counted on, as pandas writes it: 0, 0.1, 0.2, ..."""
    return len(header) > FEWEST and header[2:5] == [f"{header[1].split('.')[0]}.{place}" for place in (2, 3, 4)]
