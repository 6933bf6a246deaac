"""Curves along which a field on a grid has one value, and values to draw them at."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats
from latentlab.core.measures.level_lines import level_lines

_NICE = (1.0, 2.0, 5.0, 10.0)


def contour(
    values: npt.NDArray[np.floating], xs: npt.NDArray[np.floating], ys: npt.NDArray[np.floating], level: float
) -> Floats:
    """Give the pieces of the curve of a level: see `level_lines`.

    Parameters
    ----------
    values : float (R, C)
        Squares with a corner that is not finite have no curve.
    xs, ys : float (C,), float (R,)
        Where columns and rows lie.
    level : float

    Returns
    -------
    float32 (S, 2, 2)
        Straight pieces, each from one position to another.
    """
    pieces = level_lines(values, level)
    x = np.interp(pieces[..., 1], np.arange(len(xs)), xs)
    y = np.interp(pieces[..., 0], np.arange(len(ys)), ys)
    return np.stack([x, y], -1).astype(np.float32)


def nice_levels(most: float, count: int) -> tuple[float, ...]:
    """Give at most so many multiples of 1, 2 or 5 times a power of ten, above 0 and below the most."""
    if not 0 < most < np.inf:
        return ()
    unit = 10.0 ** np.floor(np.log10(most / count))
    step = next(nice * unit for nice in _NICE if most / (nice * unit) <= count)
    levels = (float(f"{each * step:.12g}") for each in range(1, count + 1))
    return tuple(level for level in levels if level < most)
