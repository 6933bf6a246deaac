"""The plane of a model's codes beside the one that PCA finds, as a view."""

from __future__ import annotations

import numpy as np
import torch

from latentlab.core.arrays import Floats
from latentlab.core.errors import LatentlabError
from latentlab.core.map.live_map import MapUpdate
from latentlab.core.map.requirements import need_images, need_point
from latentlab.core.map.results import MapPoints
from latentlab.core.measures.pca import compare
from latentlab.core.views.pca import BesidePca, BesidePcaQuestion


def beside_pca(question: BesidePcaQuestion, model: MapUpdate) -> BesidePca:
    """Compare a model with PCA of the map's images, of as many components as it has dimensions.

    Raises
    ------
    LatentlabError
        When the model's code is no point, cannot be compared or is not finite, or the images are not at hand.
    """
    snapshot = model.snapshot
    need_point(snapshot)
    images = need_images(model)
    if not model.missing and not np.isfinite(model.means).all():
        raise LatentlabError("The model's codes are not finite: it has diverged, and has no plane to compare.")
    found = compare(snapshot, torch.from_numpy(images))
    labels = model.labels[: len(found.positions)]
    axes = ("PC 1", "PC 2" if snapshot.latent > 1 else "")

    def points(positions: Floats) -> MapPoints:
        return MapPoints(model.run, positions, labels, snapshot.class_names, axes, glide=True)

    return BesidePca(
        run=model.run,
        angles=found.angles,
        points=points(found.positions),
        principal_points=points(found.principal_positions),
        error=found.error,
        principal_error=found.principal_error,
        explained=found.explained,
        principal_explained=found.principal_explained,
    )
