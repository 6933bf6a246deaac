"""Lines from code to code: points at equal steps along them, however the way is measured."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Doubles


def at_equal_steps(codes: npt.ArrayLike, lengths: npt.ArrayLike, steps: int) -> Doubles:
    """Give points at equal steps along the straight pieces from each code to the next.

    Parameters
    ----------
    codes : float (N, L)
        At least one.
    lengths : float (N - 1,)
        Of each piece, by whatever measure; a piece of no length is a step for itself.
    steps : int
        At least 2, both ends included.

    Returns
    -------
    float64 (steps, L)
        The first and the last are the ends. A line of no length gives its first code, float64 (1, L).
    """
    stops, pieces = np.asarray(codes, np.float64), np.asarray(lengths, np.float64)
    if not pieces.any():
        return stops[:1].copy()
    ends = stops[[0, -1]]  # which the last piece leads to also where it has no length
    stops, pieces = stops[np.r_[True, pieces > 0]], pieces[pieces > 0]
    way = np.r_[0, np.cumsum(pieces)]
    wanted = np.linspace(0, way[-1], steps)
    piece = np.clip(np.searchsorted(way, wanted, "right") - 1, 0, len(pieces) - 1)
    share = ((wanted - way[piece]) / pieces[piece])[:, None]
    found: Doubles = (1 - share) * stops[piece] + share * stops[piece + 1]
    found[0], found[-1] = ends
    return found


def chords(points: npt.NDArray[np.floating]) -> Doubles:
    """Give how far each of points (N, ...) is from the one before: float64 (N - 1,)."""
    flat = points.reshape(len(points), -1)
    found: Doubles = np.linalg.norm(np.diff(flat.astype(np.float64), axis=0), axis=1)
    return found


def distance(points: npt.ArrayLike, place: npt.ArrayLike) -> float:
    """Give how far a place (D,) is from the straight pieces between points (N, D); infinite where there are none."""
    stops, at = np.asarray(points, np.float64), np.asarray(place, np.float64)
    if not len(stops):
        return float("inf")
    starts, ways = (stops, np.zeros_like(stops)) if len(stops) == 1 else (stops[:-1], np.diff(stops, axis=0))
    squared = np.maximum((ways**2).sum(1), np.finfo(np.float64).tiny)
    shares = np.clip(((at - starts) * ways).sum(1) / squared, 0, 1)
    return float(np.linalg.norm(starts + shares[:, None] * ways - at, axis=1).min())
