"""Curves along which a field on a grid has one value: marching squares."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats

_NICE = (1.0, 2.0, 5.0, 10.0)


def contour(
    values: npt.NDArray[np.floating], xs: npt.NDArray[np.floating], ys: npt.NDArray[np.floating], level: float
) -> Floats:
    """Give the pieces of the curve of a level: marching squares (Lorensen and Cline, 1987, in two dimensions).

    Between two neighbours on the grid values are taken for linear. Where a curve could go either way through a square,
    the mean of its corners says which.

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
    values = np.asarray(values, np.float64)
    rows, columns = values.shape
    if rows < 2 or columns < 2:
        return np.empty((0, 2, 2), np.float32)
    # The corners of each square, around it, and where each of its four edges has the level.
    places = np.stack(np.broadcast_arrays(np.asarray(xs)[None, :], np.asarray(ys)[:, None]), -1).astype(np.float64)
    corners = [(slice(0, -1), slice(0, -1)), (slice(0, -1), slice(1, None)),
               (slice(1, None), slice(1, None)), (slice(1, None), slice(0, -1))]  # fmt: skip
    at = np.stack([values[corner].ravel() for corner in corners], 1)
    spots = np.stack([places[corner].reshape(-1, 2) for corner in corners], 1)
    is_whole = np.isfinite(at).all(1)
    at, spots = at[is_whole], spots[is_whole]
    is_above = at > level
    crosses = is_above != np.roll(is_above, -1, 1)
    following, ends = np.roll(at, -1, 1), np.roll(spots, -1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = ((level - at) / (following - at))[..., None]
        crossings = spots + share * (ends - spots)
    count = crosses.sum(1)
    (once,) = np.nonzero(count == 2)
    (twice,) = np.nonzero(count == 4)
    edges = np.argsort(~crosses[once], 1, kind="stable")[:, :2]
    single = np.take_along_axis(crossings[once], edges[..., None], 1)
    # Edges follow the corners 0-1, 1-2, 2-3, 3-0: a curve cuts off corners 1 and 3, or corners 0 and 2.
    cuts_odd = (at[twice].mean(1) > level) == is_above[twice, 0]
    pairs = np.where(cuts_odd[:, None, None], [[0, 1], [2, 3]], [[3, 0], [1, 2]])
    double = np.take_along_axis(crossings[twice], pairs.reshape(-1, 4)[..., None], 1).reshape(-1, 2, 2)
    return np.concatenate([single, double]).astype(np.float32)


def nice_levels(most: float, count: int) -> tuple[float, ...]:
    """Give at most so many multiples of 1, 2 or 5 times a power of ten, above 0 and below the most."""
    if not 0 < most < np.inf:
        return ()
    unit = 10.0 ** np.floor(np.log10(most / count))
    step = next(nice * unit for nice in _NICE if most / (nice * unit) <= count)
    levels = (float(f"{each * step:.12g}") for each in range(1, count + 1))
    return tuple(level for level in levels if level < most)
