"""Latent space to the plane of the map and back: the identity for two dimensions, PCA for more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Position, row_order

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_MOST_FITTED = 10_000  # codes that components are fitted to; of more, always the same sample


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """A plane in latent space.

    Attributes
    ----------
    origin : float32 (L,)
        The code at (0, 0) of the map.
    directions : float32 (2, L)
        Orthonormal rows: where x and y of the map point to. For L = 1 the second is zero.
    axes : tuple of str
        What the map writes at its axes; for PCA with the share of variance that each explains.
    """

    origin: Floats
    directions: Floats
    axes: tuple[str, str]

    def to_plane(self, codes: Floats) -> Floats:
        """Project codes (N, L) to positions, float32 (N, 2)."""
        return ((codes - self.origin) @ self.directions.T).astype(np.float32, copy=False)

    def position(self, code: Floats) -> Position:
        """Project one code (L,)."""
        x, y = self.to_plane(code[None])[0]
        return float(x), float(y)

    def prior_centre(self) -> Position:
        """Give where the prior's mean, the code 0, lies: on the plane the prior is a Gaussian of deviation 1 there."""
        return self.position(np.zeros_like(self.origin))

    def moved(self, code: Floats, position: Position) -> Floats:
        """Give the code at `position`, parallel to the plane through `code`: what lies off the plane is kept."""
        step = np.asarray(position, np.float32) - self.to_plane(code[None])[0]
        moved: Floats = (code + step @ self.directions).astype(np.float32)
        return moved

    def covariance(self, deviations: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Give the covariance on the plane, float64 (..., 2, 2), of diagonal Gaussians with deviations (..., L).

        P diag(σ²) Pᵀ for directions P (Bishop, 2006, "Pattern Recognition and Machine Learning", eq. 2.115).
        """
        x, y = self.directions.astype(np.float64)
        variances = np.square(deviations, dtype=np.float64)
        across, slant, up = variances @ x**2, variances @ (x * y), variances @ y**2
        return np.stack([across, slant, slant, up], -1).reshape(*deviations.shape[:-1], 2, 2)


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """Principal components of codes.

    Attributes
    ----------
    mean : float32 (L,)
        Of the codes.
    directions : float32 (K, L)
        Orthonormal rows, that of most variance first.
    shares : float32 (K,)
        Of the variance that each explains.
    """

    mean: Floats
    directions: Floats
    shares: Floats


def fit(means: Floats, previous: Projection | None = None) -> Projection:
    """Choose the plane of the map for encoder means.

    Parameters
    ----------
    means : float32 (N, L)
    previous : Projection, optional
        The plane until now. Principal axes take the sign that agrees with it, so
        that the map of a training model does not flip from one update to the next.

    Returns
    -------
    Projection
        The latent axes themselves for L <= 2, else the first two principal components.
    """
    latent = means.shape[1]
    if latent <= 2:
        directions = np.zeros((2, latent), np.float32)
        directions[range(latent), range(latent)] = 1
        axes = ("z₁", "z₂" if latent == 2 else "")
        return Projection(np.zeros(latent, np.float32), directions, axes)

    found = principal_components(means, 2, None if previous is None else previous.directions)
    if found is None:
        return Projection(np.zeros(latent, np.float32), np.eye(2, latent, dtype=np.float32), ("z₁", "z₂"))
    return Projection(found.mean, found.directions, (component_name(0, found), component_name(1, found)))


def principal_components(means: Floats, count: int, guide: Floats | None = None) -> Components | None:
    """Find the directions in which codes vary most (Hotelling, 1933), of a bounded sample where they are many.

    Parameters
    ----------
    means : float32 (N, L)
    count : int
        How many are wanted; there are at most L.
    guide : float32 (G, L), optional
        Directions until now: components take the sign that agrees with them. Where there are none the largest weight
        is positive.

    Returns
    -------
    Components or None
        None where fewer than two different codes are finite.
    """
    if len(means) > _MOST_FITTED:
        means = means[row_order(len(means))[:_MOST_FITTED]]
    means = means[np.isfinite(means).all(1)]  # a model that diverges is shown before its loss is read
    if len(means) < 2 or (means == means[0]).all():
        return None
    centre = means.mean(0, dtype=np.float64)
    centred = means - centre
    variances, vectors = np.linalg.eigh(centred.T @ centred)
    directions = vectors.T[::-1][:count].astype(np.float32)
    variances = np.maximum(variances[::-1], 0)
    shares = np.nan_to_num(variances / variances.sum())[:count].astype(np.float32)
    # The sign of a component is arbitrary.
    rows = np.arange(len(directions))
    signs = np.where(directions[rows, np.abs(directions).argmax(1)] < 0, -1, 1)
    if guide is not None and guide.shape[1] == directions.shape[1]:
        known = min(len(guide), len(directions))
        signs[:known] = np.where((directions[:known] * guide[:known]).sum(1) < 0, -1, 1)
    return Components(centre.astype(np.float32), directions * signs[:, None].astype(np.float32), shares)


def component_name(index: int, components: Components | None = None) -> str:
    """Name a principal component, counted from 0, with its share of the variance where that is known."""
    if components is None:
        return f"PC {index + 1}"
    return f"PC {index + 1} ({components.shares[index]:.0%} of variance)"


def dimension_name(index: int) -> str:
    """Name a latent dimension, counted from 0: z₁, z₂, ..."""
    return f"z{index + 1}".translate(_SUBSCRIPTS)
