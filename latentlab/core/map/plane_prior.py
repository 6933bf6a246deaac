"""The prior on the plane of the map: its marginal there.

On a plane with origin o and orthonormal directions P that of N(m, S) is N(P(m - o), P S Pᵀ); of the standard normal it
is a Gaussian of deviation 1, whatever the plane.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from latentlab.core.arrays import Doubles, Floats, Position
from latentlab.core.map.projection import Projection

if TYPE_CHECKING:
    from latentlab.core.models.prior import Prior

_HALVINGS = 60


@dataclass(frozen=True, slots=True, eq=False)
class PlanePrior:
    """A prior's marginal on the plane of a map.

    Attributes
    ----------
    weights : float64 (K,)
        Of the Gaussians that it is a mixture of; they add up to 1.
    means : float64 (K, 2)
    covariances : float64 (K, 2, 2)
    is_line : bool
        The latent space has one dimension: the prior tells nothing of y.
    is_normal : bool
        It is that of the standard normal.
    """

    weights: Doubles
    means: Doubles
    covariances: Doubles
    is_line: bool
    is_normal: bool

    @classmethod
    def normal(cls, centre: Position, *, is_line: bool) -> PlanePrior:
        """Give that of a standard normal whose mean lies here."""
        return cls(np.ones(1), np.array([centre], np.float64), np.eye(2)[None], is_line, is_normal=True)

    @property
    def centre(self) -> Position:
        """Where its mean lies."""
        x, y = self.weights @ self.means
        return float(x), float(y)

    def quantiles(self, axis: int, shares: Doubles) -> Floats:
        """Give where along an axis so large shares (N,) of it lie below: float32 (N,)."""
        parts = [
            NormalDist(mean, max(variance, 0.0) ** 0.5 or 1.0)
            for mean, variance in zip(self.means[:, axis], self.covariances[:, axis, axis], strict=True)
        ]
        if self.is_normal:
            return np.array([parts[0].inv_cdf(share) for share in shares], np.float32)

        from scipy.special import ndtr  # not above: panels read this file

        means, deviations = np.array([part.mean for part in parts]), np.array([part.stdev for part in parts])
        low = np.full(len(shares), float((means - 40 * deviations).min()))
        high = np.full(len(shares), float((means + 40 * deviations).max()))
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            is_below = ndtr((middle[:, None] - means) / deviations) @ self.weights < shares
            low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
        found: Floats = ((low + high) / 2).astype(np.float32)
        return found


def prior_on_plane(prior: Prior, projection: Projection) -> PlanePrior:
    """Give a prior's marginal on a plane."""
    is_line, components = not projection.directions[1].any(), prior.components
    if components is None:
        return PlanePrior.normal(projection.prior_centre(), is_line=is_line)
    directions = projection.directions.astype(np.float64)
    means = (components.means - projection.origin) @ directions.T
    covariances = directions @ components.covariances @ directions.T
    return PlanePrior(components.weights, means, covariances, is_line, is_normal=False)
