"""The manifold: which codes of the plane are decoded, and that the prior's quantiles are the prior's."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats

from latentlab.core.map.axes import BetweenClasses, Component, Dimension, PlaneAxes
from latentlab.core.map.plane import map_along
from latentlab.core.map.projection import Projection
from latentlab.core.views.manifold import ManifoldQuestion

QUANTILES = ManifoldQuestion(side=5, over="quantiles", radius=4.0, label=0)


def on_plane(model, origin, directions):
    origin, directions = np.array(origin, np.float32), np.linalg.qr(np.array(directions, np.float32).T)[0].T
    return dataclasses.replace(model, projection=Projection(origin, directions, ("x", "y")))


def test_quantiles_are_around_the_priors_mean_wherever_the_planes_origin_is(tiny_model):
    model = on_plane(tiny_model(model__latent=3), [2.5, -1.0, 0.5], [[1, 2, 0], [0, 1, 1]])
    found = QUANTILES.answer(model)
    # Brute force: the prior's samples, projected, are divided evenly by positions half-way between those of the grid.
    drawn = model.projection.to_plane(np.random.default_rng(0).standard_normal((200_000, 3)).astype(np.float32))
    for ticks, values in ((found.xs, drawn[:, 0]), (found.ys[::-1], drawn[:, 1])):
        below = (values[:, None] < ticks).mean(0)
        np.testing.assert_allclose(below, (np.arange(5) + 0.5) / 5, atol=0.005)
    centre = -model.projection.directions @ model.projection.origin
    np.testing.assert_allclose(found.xs, centre[0] + stats.norm.ppf((np.arange(5) + 0.5) / 5), atol=1e-5)
    # The middle image is of the code of the plane that is nearest to the prior's mean.
    middle = model.projection.moved(model.projection.origin, tuple(centre.tolist()))
    np.testing.assert_allclose(found.images[2, 2], model.snapshot.decode(middle[None])[0], atol=1e-5)
    assert abs(middle @ model.projection.directions.T).max() < 1e-5


def test_quantiles_of_a_mixture_are_those_of_its_marginal_on_each_axis(tiny_model):
    model = on_plane(tiny_model(model__latent=3, model__prior="vamp"), [0.5, -1.0, 0.5], [[1, 2, 0], [0, 1, 1]])
    found = QUANTILES.answer(model)
    noise = np.random.default_rng(0).standard_normal((200_000, 3)).astype(np.float32)
    drawn = model.projection.to_plane(model.snapshot.prior.place(noise))
    for ticks, values in ((found.xs, drawn[:, 0]), (found.ys[::-1], drawn[:, 1])):
        np.testing.assert_allclose((values[:, None] < ticks).mean(0), (np.arange(5) + 0.5) / 5, atol=0.005)


@pytest.mark.parametrize(
    "axes", [PlaneAxes(Component(0), Component(1)), PlaneAxes(BetweenClasses(0, 1), Dimension(1)), PlaneAxes()]
)
def test_on_axes_that_were_chosen_quantiles_are_those_of_the_prior(tiny_model, axes):
    model = map_along(axes, tiny_model())
    found = QUANTILES.answer(model)
    x, y = model.projection.position(np.zeros(2, np.float32))
    assert (found.xs[2], found.ys[2]) == pytest.approx((x, y), abs=1e-5)


def test_a_radius_and_the_range_of_the_means_are_of_the_plane_itself(tiny_model):
    model = on_plane(tiny_model(), [2.5, -1.0], [[1, 2], [-2, 1]])
    found = dataclasses.replace(QUANTILES, over="radius", radius=2.0).answer(model)
    np.testing.assert_allclose(found.xs, [-2, -1, 0, 1, 2])
    np.testing.assert_allclose(found.ys, [2, 1, 0, -1, -2])
    points = model.projection.to_plane(model.means)
    found = dataclasses.replace(QUANTILES, over="means", radius=0.5).answer(model)
    np.testing.assert_allclose(found.xs[[0, -1]], [points[:, 0].min() - 0.5, points[:, 0].max() + 0.5], atol=1e-6)
