"""Lines from place to place: equal steps along them, and what moving an end does to them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Position


def along(codes: npt.ArrayLike, steps: int) -> Floats:
    """Give codes at equal steps along the straight lines from each code to the next.

    Parameters
    ----------
    codes : float (N, L)
        At least one.
    steps : int
        At least 2, both ends included.

    Returns
    -------
    float32 (steps, L)
        The first and the last are the ends. A line of no length gives float32 (1, L).
    """
    stops = np.asarray(codes, np.float64)
    lengths = np.linalg.norm(np.diff(stops, axis=0), axis=1)
    if not lengths.any():
        return stops[:1].astype(np.float32)
    stops, lengths = stops[np.r_[True, lengths > 0]], lengths[lengths > 0]
    reached = np.r_[0, np.cumsum(lengths)]
    wanted = np.linspace(0, reached[-1], steps)
    piece = np.clip(np.searchsorted(reached, wanted, "right") - 1, 0, len(lengths) - 1)
    share = ((wanted - reached[piece]) / lengths[piece])[:, None]
    found: Floats = ((1 - share) * stops[piece] + share * stops[piece + 1]).astype(np.float32)
    found[0], found[-1] = stops[0], stops[-1]
    return found


def bent(places: tuple[Position, ...], index: int, place: Position) -> tuple[Position, ...]:
    """Move an end of a drawn line to another place: what lies on the way goes along, the less the farther it is.

    Parameters
    ----------
    places : tuple of Position
        At least one.
    index : int
        0 for the first end, any other for the last.
    """
    line = np.asarray(places, np.float64)
    end = 0 if index == 0 else len(line) - 1
    reached = np.r_[0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]
    share = reached / reached[-1] if reached[-1] > 0 else np.ones(len(line))
    weight = 1 - share if end == 0 else share
    line = line + weight[:, None] * (np.asarray(place) - line[end])
    line[end] = place
    return tuple((x, y) for x, y in line.tolist())
