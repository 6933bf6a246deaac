"""Ways between codes: straight, along a sphere, and the arithmetic of differences."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats
from latentlab.core.errors import LatentlabError

_SMALLEST_SINE = 1e-6  # of the angle between two codes that span a plane


def linear(a: npt.ArrayLike, b: npt.ArrayLike, steps: int) -> Floats:
    """Give codes at equal steps on the straight line from one code to another.

    Parameters
    ----------
    a, b : float (L,)
    steps : int
        At least 2.

    Returns
    -------
    float32 (steps, L)
        The first and the last are `a` and `b`.

    Raises
    ------
    LatentlabError
        For fewer than 2 steps.
    """
    first, last, share = _ends(a, b, steps)
    return _exact((1 - share) * first + share * last, first, last)


def spherical(a: npt.ArrayLike, b: npt.ArrayLike, steps: int) -> Floats:
    """Give codes at equal angles on the arc from one code to another, around the origin.

    Directions follow Shoemake (1985), section 3.3; lengths go evenly from one to the other. White (2016), section
    2.1: under a Gaussian prior in many dimensions nearly all codes lie near a sphere, and a straight line leaves it.
    His formula weighs the codes themselves, which is the same for two of one length, but throws others far out where
    they lie on nearly opposite sides.

    Parameters
    ----------
    a, b : float (L,)
        Where one is zero or both lie on a line through the origin there is no arc: then the way is straight.
    steps : int
        At least 2.

    Returns
    -------
    float32 (steps, L)
        The first and the last are `a` and `b`.

    Raises
    ------
    LatentlabError
        For fewer than 2 steps.
    """
    first, last, share = _ends(a, b, steps)
    lengths = np.linalg.norm(first), np.linalg.norm(last)
    if min(lengths) == 0:
        return linear(a, b, steps)
    from_, to = first / lengths[0], last / lengths[1]
    # Kahan's formula: the arc cosine loses half its digits where the codes are nearly parallel.
    angle = 2 * np.arctan2(np.linalg.norm(to - from_), np.linalg.norm(to + from_))
    if not np.sin(angle) > _SMALLEST_SINE:
        return linear(a, b, steps)
    directions = (np.sin((1 - share) * angle) * from_ + np.sin(share * angle) * to) / np.sin(angle)
    return _exact(((1 - share) * lengths[0] + share * lengths[1]) * directions, first, last)


def arithmetic(a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike) -> Floats:
    """Give A - B + C: what tells A from B, done to C; float32 (L,) for three codes (L,).

    Larsen et al. (2016), section 3.3, edit images so; Mikolov et al. (2013) words.
    """
    first, second, third = (np.asarray(code, np.float64) for code in (a, b, c))
    return (first - second + third).astype(np.float32)


def _ends(
    a: npt.ArrayLike, b: npt.ArrayLike, steps: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give both codes, and the share of the way at each step (steps, 1)."""
    if steps < 2:
        raise LatentlabError("An interpolation needs at least 2 steps: its two ends.")
    return np.asarray(a, np.float64), np.asarray(b, np.float64), np.linspace(0, 1, steps)[:, None]


def _exact(codes: npt.NDArray[np.float64], first: npt.NDArray[np.float64], last: npt.NDArray[np.float64]) -> Floats:
    """Put the ends where rounding may have moved them from."""
    codes[0], codes[-1] = first, last
    return codes.astype(np.float32)
