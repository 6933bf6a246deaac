"""Which codes are nearest to another, and which of these count."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Integers

VOTERS = 15
"""So many neighbours vote on the class of a code."""


def nearest_rows(means: Floats, code: Floats, count: int) -> Integers:
    """Give the rows of the codes (N, L) nearest to one code (L,), nearest first, int64, at most `count`.

    Codes that are not finite are near nothing: those of images that have not been encoded yet.
    """
    # One query against a map that has just moved: a scan is faster than building an index.
    with np.errstate(all="ignore"):  # of a model that diverges
        difference = means - code
        squared = np.einsum("ij,ij->i", difference, difference)
    count = min(count, len(means))
    rows = np.argpartition(squared, count - 1)[:count] if count else np.empty(0, np.int64)
    rows = rows[np.argsort(squared[rows], kind="stable")]
    nearest: Integers = rows[np.isfinite(squared[rows])].astype(np.int64)
    return nearest


def are_own(nearest: Integers, rows: Integers, wanted: int) -> npt.NDArray[np.bool_]:
    """Say which neighbours are not to be counted: the code itself, where there are more than are wanted.

    Parameters
    ----------
    nearest : int64 (Q, K)
        Rows of the neighbours of each code, nearest first.
    rows : int64 (Q,)
        Its own.
    wanted : int
        Neighbours of others.

    Returns
    -------
    bool (Q, K)
        Where a code is not among those searched, or identical ones push it out of its own list, the farthest is left
        out in its place.
    """
    own: npt.NDArray[np.bool_] = nearest == rows[:, None]
    own[~own.any(1) & (nearest.shape[1] > wanted), -1] = True
    return own
