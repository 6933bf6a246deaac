"""Lines of equal value through a grid of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Doubles


def level_lines(values: npt.NDArray[np.floating[Any]], level: float) -> Doubles:
    """Give the line where values between the nodes of a grid, taken as linear along its edges, are at a level.

    Marching squares (Lorensen and Cline, 1987, in two dimensions); where a cell's corners are above and below by turns,
    its middle, the mean of all four, says which of them belong together.

    Parameters
    ----------
    values : float (R, C)
        Cells with a corner that is not finite have no line.
    level : float

    Returns
    -------
    float64 (S, 2, 2)
        Pieces of the line, from one place to another; a place is (row, column), counted in nodes.
    """
    values = np.asarray(values, np.float64)
    above = (values >= level).astype(np.int64)
    corners = above[:-1, :-1], above[:-1, 1:], above[1:, 1:], above[1:, :-1]
    case = sum((corner << bit for bit, corner in enumerate(corners)), np.zeros_like(corners[0]))
    with np.errstate(invalid="ignore"):  # of infinities
        middle = 0.25 * (values[:-1, :-1] + values[:-1, 1:] + values[1:, 1:] + values[1:, :-1])
    rows, columns = np.nonzero((case > 0) & (case < 15) & np.isfinite(middle))
    case, middle = case[rows, columns], middle[rows, columns]
    # Of the two ways through such a cell one is that of the other, upside down.
    saddles = ((case == 5) | (case == 10)) & (middle < level)
    case = np.where(saddles, 15 - case, case)
    pieces = []
    for first, last, cases in _EDGES:
        here = np.isin(case, cases)
        ends = [_crossing(values, level, rows[here], columns[here], edge) for edge in (first, last)]
        pieces.append(np.stack(ends, 1))
    return np.concatenate(pieces)


# Edges of a cell that a piece joins, each from a corner (row, column) to the next, and the cases in which it does: a
# bit for each corner above the level. Corners 0 and 2 alone above (5), or 1 and 3 (10), are joined in the middle.
_TOP, _RIGHT, _BOTTOM, _LEFT = ((0, 0), (0, 1)), ((0, 1), (1, 1)), ((1, 1), (1, 0)), ((1, 0), (0, 0))
_EDGES = (
    (_LEFT, _TOP, (1, 14, 10)),
    (_TOP, _RIGHT, (2, 13, 5)),
    (_RIGHT, _BOTTOM, (4, 11, 10)),
    (_BOTTOM, _LEFT, (8, 7, 5)),
    (_LEFT, _RIGHT, (3, 12)),
    (_TOP, _BOTTOM, (6, 9)),
)


def _crossing(
    values: npt.NDArray[np.floating[Any]],
    level: float,
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    edge: tuple[tuple[int, int], tuple[int, int]],
) -> Doubles:
    """Give where the level is crossed along an edge of cells: float64 (K, 2)."""
    start, end = (np.stack([rows + row, columns + column], 1) for row, column in edge)
    first, last = values[tuple(start.T)], values[tuple(end.T)]
    share = (level - first) / (last - first)
    crossing: Doubles = start + share[:, None] * (end - start)
    return crossing
