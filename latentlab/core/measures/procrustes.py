"""Points turned onto others: the rotation or reflection, and the shift, that bring them nearest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.arrays import Doubles, Floats
from latentlab.core.errors import LatentlabError


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """A rigid motion: ``x -> (x - centre) @ rotation + onto``.

    Attributes
    ----------
    rotation : float64 (D, D)
        Orthogonal; its determinant is -1 where it mirrors.
    centre, onto : float64 (D,)
    residual : float
        What is left: the root mean square distance of the points, moved, from those that they belong to, as a share of
        the root mean square distance of these from their mean. 0 where they coincide; 1 is as good as all in one place.
    """

    rotation: Doubles
    centre: Doubles
    onto: Doubles
    residual: float

    def moved(self, points: Floats) -> Floats:
        """Move points, (N, D): float32 (N, D)."""
        return ((points - self.centre) @ self.rotation + self.onto).astype(np.float32)


def rotation(points: Doubles, targets: Doubles) -> Doubles:
    """Find the rotation or reflection about the origin that brings points nearest to others, row by row.

    The orthogonal Procrustes problem (Schönemann, 1966, eq. 1.1 and 1.11): of U S Vᵀ = AᵀB the orthogonal R with the
    least ‖A R − B‖ is U Vᵀ.

    Parameters
    ----------
    points, targets : float64 (N, D)

    Returns
    -------
    float64 (D, D)
    """
    left, _, right = np.linalg.svd(points.T @ targets)
    return np.asarray(left @ right, np.float64)


def procrustes(points: Floats, targets: Floats) -> Alignment:
    """Find the rigid motion that brings points nearest to others, row by row; nothing is stretched.

    Their means are brought onto each other; then it is the problem of `rotation`.

    Parameters
    ----------
    points, targets : (N, D)
        Rows with a number that is not finite are left out.

    Raises
    ------
    LatentlabError
        Where the targets are not at two different places.
    """
    are_finite = np.isfinite(points).all(1) & np.isfinite(targets).all(1)
    first, second = (each[are_finite].astype(np.float64) for each in (points, targets))
    if len(first) < 2 or not (second != second[0]).any():
        raise LatentlabError("Maps are aligned by two images or more that both show, at different places.")
    centre, onto = first.mean(0), second.mean(0)
    first, second = first - centre, second - onto
    turn = rotation(first, second)
    residual = float(np.linalg.norm(first @ turn - second) / np.linalg.norm(second))
    return Alignment(turn, centre, onto, residual)
