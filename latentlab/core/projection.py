"""Latent space to the plane of the map and back: the identity for two dimensions, PCA for more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.events import Floats
from latentlab.core.results import Position

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


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
        return ((codes - self.origin) @ self.directions.T).astype(np.float32)

    def position(self, code: Floats) -> Position:
        """Project one code (L,)."""
        x, y = self.to_plane(code[None])[0]
        return float(x), float(y)

    def moved(self, code: Floats, position: Position) -> Floats:
        """Give the code at `position`, parallel to the plane through `code`: what lies off the plane is kept."""
        step = np.asarray(position, np.float32) - self.to_plane(code[None])[0]
        moved: Floats = (code + step @ self.directions).astype(np.float32)
        return moved

    def covariance(self, deviation: Floats) -> Floats:
        """Give the covariance on the plane, float32 (2, 2), of a diagonal Gaussian with `deviation` (L,)."""
        scaled = self.directions * deviation
        return (scaled @ scaled.T).astype(np.float32)


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

    from sklearn.decomposition import PCA  # a second to import, and a 2-D model never needs it

    means = means[np.isfinite(means).all(1)]  # a model that diverges is shown before its loss is read
    if len(means) < 2 or (means == means[0]).all():
        return Projection(np.zeros(latent, np.float32), np.eye(2, latent, dtype=np.float32), ("z₁", "z₂"))
    pca = PCA(2, svd_solver="covariance_eigh").fit(means.astype(np.float64))
    directions = pca.components_.astype(np.float32)
    shares = np.nan_to_num(pca.explained_variance_ratio_)
    if previous is None or previous.directions.shape != directions.shape:
        # The sign of a component is arbitrary: its largest weight points up.
        largest = np.abs(directions).argmax(1)
        directions *= np.sign(directions[[0, 1], largest])[:, None]
    else:
        directions *= np.where((directions * previous.directions).sum(1) < 0, -1, 1)[:, None]
    names = [f"PC {i + 1} ({share:.0%} of variance)" for i, share in enumerate(shares)]
    return Projection(pca.mean_.astype(np.float32), directions, (names[0], names[1]))


def dimension_name(index: int) -> str:
    """Name a latent dimension, counted from 0: z₁, z₂, ..."""
    return f"z{index + 1}".translate(_SUBSCRIPTS)
