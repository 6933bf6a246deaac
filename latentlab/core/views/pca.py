"""The plane of a model's codes beside the one that PCA finds, as a view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.arrays import Floats
from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import need_images, need_point
from latentlab.core.map.results import MapPoints


@dataclass(frozen=True, slots=True)
class BesidePcaQuestion:
    """The plane of a model's codes beside the one that PCA finds."""

    def answer(self, model: MapUpdate) -> BesidePca:
        """Answer it of a model as it is now: see `beside_pca`."""
        return beside_pca(model)


@dataclass(frozen=True, slots=True, eq=False)
class BesidePca:
    """A model's L dimensions beside the first L principal components of the images.

    Attributes
    ----------
    angles : float32 (K,)
        Principal angles between what both span, degrees, ascending.
    points, principal_points : MapPoints
        Where the images lie along the first two components: as far as the model's codes tell it, and in truth.
    error, principal_error : float
        Squared error of both reconstructions, summed over pixels, averaged over images.
    explained, principal_explained : float
        Shares of the images' variance that they keep.
    """

    run_id: str
    angles: Floats
    points: MapPoints
    principal_points: MapPoints
    error: float
    principal_error: float
    explained: float
    principal_explained: float


def beside_pca(model: MapUpdate) -> BesidePca:
    """Compare a model with PCA of the map's images, of as many components as it has dimensions.

    Raises
    ------
    LatentlabError
        When the model's code is no point, cannot be compared or is not finite, or the images are not loaded.
    """
    import torch  # not above: panels read this file, and load no torch

    from latentlab.core.measures.pca import compare

    snapshot = model.snapshot
    need_point(snapshot)
    images = need_images(model)
    if not model.missing and not np.isfinite(model.means).all():
        raise LatentlabError("The model's codes are not finite: it has diverged, and has no plane to compare.")
    found = compare(snapshot, torch.from_numpy(images))
    rows = np.arange(len(found.positions))
    axes = ("PC 1", "PC 2" if snapshot.latent > 1 else "")

    def points(positions: Floats) -> MapPoints:
        return MapPoints.of(model, positions, axes, rows)

    return BesidePca(
        run_id=model.run_id,
        angles=found.angles,
        points=points(found.positions),
        principal_points=points(found.principal_positions),
        error=found.error,
        principal_error=found.principal_error,
        explained=found.explained,
        principal_explained=found.principal_explained,
    )
