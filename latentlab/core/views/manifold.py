"""The manifold: a grid of codes on the plane of the map, decoded."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from latentlab.core.arrays import Floats
from latentlab.core.errors import LatentlabError
from latentlab.core.map.live_map import MapUpdate
from latentlab.core.views.manifold import Manifold, ManifoldQuestion

_MOST_PIXELS = 40_000_000  # of all the images: 160 MB


def manifold(question: ManifoldQuestion, model: MapUpdate) -> Manifold:
    """Decode a grid of codes on the map's plane.

    With quantiles, Kingma and Welling (2014), appendix D: steps of equal probability of the prior.

    Raises
    ------
    LatentlabError
        When the model's code is no point, or the grid would not fit into memory.
    """
    snapshot = model.snapshot
    height, width = snapshot.image_shape
    if snapshot.takes_any_size:
        raise LatentlabError("The code of this model is a stack of planes, not a point: it has no manifold to decode.")
    if question.side**2 * height * width > _MOST_PIXELS:
        raise LatentlabError("Images of this size make too large a grid: choose fewer of them.")
    xs, ys = (
        _ticks(question, values) for values in model.projection.to_plane(model.means[np.isfinite(model.means).all(1)]).T
    )
    ys = ys[::-1]
    grid = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    codes = model.projection.origin + grid @ model.projection.directions
    labels = np.full(len(codes), question.label, np.int64) if snapshot.uses_labels else None
    images = snapshot.decode(codes, labels).reshape(question.side, question.side, height, width)
    return Manifold(model.run, images, xs, ys, model.projection.axes)


def _ticks(question: ManifoldQuestion, values: Floats) -> Floats:
    """Give the positions along one axis, ascending; `values` are those of the means."""
    if question.over == "quantiles":
        shares = (np.arange(question.side) + 0.5) / question.side
        return np.array([NormalDist().inv_cdf(share) for share in shares], np.float32)
    low, high = -question.radius, question.radius
    if question.over == "means" and len(values):
        low, high = float(values.min()) - question.radius, float(values.max()) + question.radius
    return np.linspace(low, high, question.side, dtype=np.float32)
