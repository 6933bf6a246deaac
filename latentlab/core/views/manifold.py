"""The manifold: a grid of codes on the plane of the map, decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from latentlab.core.arrays import Floats
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.plane_prior import PlanePrior, prior_on_plane
from latentlab.core.map.requirements import need_point
from latentlab.core.models.decode_grid import decode_grid, need_room


@dataclass(frozen=True, slots=True)
class ManifoldQuestion:
    """A grid of `side` x `side` codes of the map's plane, decoded.

    Attributes
    ----------
    over : str
        ``"radius"``: from -radius to radius on both axes. ``"means"``: the range of the encoder's means, and `radius`
        beyond it on every side. ``"quantiles"``: at equal steps of the prior's probability, of its marginal on each.
    radius : float
        In units of the latent space.
    label : int
        Decoded under it, by a CVAE.
    """

    side: int
    over: Literal["radius", "means", "quantiles"]
    radius: float
    label: int

    def operations(self, model: MapUpdate) -> float:
        """Say what an answer costs."""
        return self.side**2 * model.operations.decode

    def answer(self, model: MapUpdate) -> Manifold:
        """Answer it of a model as it is now: see `manifold`."""
        return manifold(self, model)


@dataclass(frozen=True, slots=True, eq=False)
class Manifold:
    """The decoded grid.

    Attributes
    ----------
    images : float32 (N, N, C, H, W)
        The first row is the uppermost, where y is largest; x grows to the right.
    xs, ys : float32 (N,)
        Positions on the map of columns from the left, and of rows from the top.
    axes : tuple of str
        Names of the two axes.
    """

    run_id: str
    images: Floats
    xs: Floats
    ys: Floats
    axes: tuple[str, str]


def manifold(question: ManifoldQuestion, model: MapUpdate) -> Manifold:
    """Decode a grid of codes on the map's plane.

    With quantiles, Kingma and Welling (2014), appendix D: steps of equal probability of the prior, whose marginal on
    the plane is a Gaussian of deviation 1 around where the code 0 lies; that need not be the plane's origin. Of a
    mixture each axis has the steps of its own marginal, whatever the other one is: its cells are not equally likely.

    Raises
    ------
    LatentlabError
        When the model's code is no point, or the grid would not fit into memory.
    """
    need_point(model.snapshot, "it has no manifold to decode.")
    need_room(model.snapshot, question.side**2, "grid")
    points = model.projection.to_plane(model.means[np.isfinite(model.means).all(1)])
    prior = prior_on_plane(model.snapshot.prior, model.projection)
    xs, ys = (_ticks(question, values, prior, axis) for axis, values in enumerate(points.T))
    ys = ys[::-1]
    codes = model.projection.origin + np.stack(np.meshgrid(xs, ys), -1) @ model.projection.directions
    images = decode_grid(model.snapshot, codes, np.full(codes.shape[:2], question.label))
    return Manifold(model.run_id, images, xs, ys, model.projection.axes)


def _ticks(question: ManifoldQuestion, values: Floats, prior: PlanePrior, axis: int) -> Floats:
    """Give the positions along one axis, ascending; `values` are those of the means."""
    if question.over == "quantiles":
        shares = (np.arange(question.side) + 0.5) / question.side
        return prior.quantiles(axis, shares)
    low, high = -question.radius, question.radius
    if question.over == "means" and len(values):
        low, high = float(values.min()) - question.radius, float(values.max()) + question.radius
    return np.linspace(low, high, question.side, dtype=np.float32)
