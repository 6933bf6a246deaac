"""What differs between runs as a table for other programs: a file of comma-separated values, or text to be pasted."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from latentlab.core.runs.comparison_table import FIGURES, NATS, ComparisonTable, Row

SUFFIX = ".csv"
_KINDS = ("run", "mean", "standard deviation")


def columns(table: ComparisonTable) -> Mapping[str, npt.NDArray[Any]]:
    """Give the columns of a table by their names, each (N,).

    Of each run is a line; below those that differ only in the seed one of their mean and one of their standard
    deviation, that of a sample. ``runs`` says of how many, ``row`` which of these. Nats are per test image, seconds
    those of training and tests. ``NAME_set`` tells which runs may be compared by a figure: those of one number.
    """
    lines = [(row, kind) for row in table.rows for kind in (_KINDS[:1] if row.run is not None else _KINDS[1:])]
    found: dict[str, npt.NDArray[Any]] = {
        "run": np.array([_name(table, row) for row, _ in lines], np.str_),
        "row": np.array([kind for _, kind in lines], np.str_),
        "runs": np.array([len(row.runs) for row, _ in lines], np.int64),
    }
    for key in table.settings:
        found[key] = np.array([_written(row.settings.get(key, "")) for row, _ in lines], np.str_)
    for name in FIGURES:
        found[name] = np.array([_number(row, name, kind) for row, kind in lines], np.float64)
    for quantity in NATS:
        of = table.sets[quantity].of
        found[f"{quantity}_set"] = np.array([of[row.runs[0]] for row, _ in lines], np.int64)
    return found


def as_text(table: ComparisonTable) -> str:
    """Give the table with tabs between its cells, as spreadsheets take what is pasted."""
    found = columns(table)
    made = io.StringIO()
    writer = csv.writer(made, delimiter="\t", lineterminator="\n")
    writer.writerow(found)
    writer.writerows(zip(*([_cell(value) for value in each.tolist()] for each in found.values()), strict=True))
    return made.getvalue()


def save(path: Path, table: ComparisonTable) -> None:
    """Write the table as comma-separated values; the file appears whole or not at all.

    Raises
    ------
    ExportError
        When it cannot be written.
    """
    from latentlab.core.output.export import check_target, save_table  # not above: it loads what pictures need

    check_target(path, "the comparison", (SUFFIX,))
    save_table(path, columns(table))


def _name(table: ComparisonTable, row: Row) -> str:
    return ", ".join(table.names[run] for run in row.runs)


def _number(row: Row, name: Any, kind: str) -> float:
    if (known := row.figures.get(name)) is None:
        return math.nan
    if kind != _KINDS[2]:
        return known.mean
    return math.nan if known.deviation is None else known.deviation


def _written(value: object) -> str:
    return "" if value is None else " ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _cell(value: object) -> object:
    return ("" if math.isnan(value) else f"{value:.7g}") if isinstance(value, float) else value
