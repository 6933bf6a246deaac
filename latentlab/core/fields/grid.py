"""Cells over a part of the plane of the map, at whose middles its fields are computed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Extent, Floats
from latentlab.core.map.projection import Projection

Doubles = npt.NDArray[np.float64]


def middles(extent: Extent, cells: int) -> tuple[Doubles, Doubles]:
    """Divide a part of the plane into about so many cells, as square as they come.

    Returns
    -------
    xs, ys : float64 (C,), float64 (R,)
        Where their middles are, from left to right and from top to bottom.
    """
    left, right, bottom, top = extent
    width, height = max(right - left, 1e-30), max(top - bottom, 1e-30)
    columns = int(np.clip(round((cells * width / height) ** 0.5), 1, cells))
    rows = max(1, round(cells / columns))
    xs = left + (np.arange(columns) + 0.5) / columns * width
    ys = top - (np.arange(rows) + 0.5) / rows * height
    return xs, ys


def sides(extent: Extent, xs: Doubles, ys: Doubles) -> tuple[float, float]:
    """Give the width and height of a cell."""
    left, right, bottom, top = extent
    return max(right - left, 1e-30) / len(xs), max(top - bottom, 1e-30) / len(ys)


def places(xs: Doubles, ys: Doubles) -> Floats:
    """Give the middles of all cells, row by row: float32 (R·C, 2)."""
    return np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2).astype(np.float32)


def plane_code(projection: Projection, through: Floats | None) -> Floats:
    """Give the code at (0, 0) of the plane of the map, or of its parallel through a code (L,)."""
    return projection.origin if through is None else projection.moved(through, (0.0, 0.0))
