"""The aggregate posterior on the plane, beside scipy's own Gaussians added up one by one."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from latentlab.core.errors import LatentlabError
from latentlab.core.fields.aggregate_posterior import (
    density,
    is_along_axes,
    log_ratio,
    mixture,
)
from latentlab.core.fields.grid import middles, sides
from latentlab.core.fields.prepared_map import PreparedMap
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.plane_prior import prior_on_plane
from latentlab.core.map.projection import Projection, fit
from latentlab.core.models.building import build
from latentlab.core.models.operations import Operations
from latentlab.core.models.prior import STANDARD_NORMAL, Mixture
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import Recipe

BOX = (-12.0, 12.0, -12.0, 12.0)
ALL = 1_000_000


def made(means, deviations=None, *, kind="vae", projection=None):
    """Prepare a map whose codes lie where they are put."""
    means = np.asarray(means, np.float32)
    recipe = Recipe.load("digits-vae-2d").with_changes(
        {"model.kind": kind, "model.latent": means.shape[1], "model.encoder.layers": (4,), "model.decoder.layers": (4,)}
    )
    snapshot = Snapshot("r", recipe, build(recipe, (8, 8), 0), ())
    if deviations is not None:
        deviations = np.broadcast_to(np.float32(deviations), means.shape)
    labels = np.full(len(means), -1)
    projection = fit(means) if projection is None else projection
    return PreparedMap(
        MapUpdate("r", 1.0, snapshot, means, labels, projection, None, None, Operations(0, 0), None, deviations)
    )


def cloud(count=300, latent=2, seed=0):
    return np.random.default_rng(seed).standard_normal((count, latent)).astype(np.float32)


def mixture_of(places, means, covariances):
    """Add up scipy's Gaussians one by one."""
    return np.mean([multivariate_normal(m, c).pdf(places) for m, c in zip(means, covariances, strict=True)], axis=0)


def mass(field):
    left, right, bottom, top = field.extent
    return float(field.values.mean(dtype=np.float64) * (right - left) * (top - bottom))


EXTENT = (-2.0, 3.0, -1.0, 4.0)


def cell_means(extent, cells, means, covariances):
    """Give the mean over each cell by Gauss and Legendre's rule in x and y, of scipy's own densities."""
    nodes, weights = np.polynomial.legendre.leggauss(12)
    xs, ys = middles(extent, cells)
    width, height = sides(extent, xs, ys)
    x, y = (side[:, None] + nodes * size / 2 for side, size in ((xs, width), (ys, height)))
    places = np.stack(np.broadcast_arrays(x[None, :, None, :], y[:, None, :, None]), -1)
    return (mixture_of(places, means, covariances) * np.outer(weights, weights)).sum((2, 3)) / 4


@given(st.integers(1, 20), st.integers(0, 1000), st.floats(0.2, 3), st.floats(-0.9, 0.9))
def test_cells_have_the_mean_of_scipys_gaussians_over_them(count, seed, scale, correlation):
    rng = np.random.default_rng(seed)
    means = rng.normal(0, 2, (count, 2))
    deviations = scale * rng.uniform(0.5, 2, (count, 2))
    diagonal = np.array([np.diag(d**2) for d in deviations])
    found = mixture(EXTENT, 81, means, diagonal, is_line=False)
    assert found == pytest.approx(cell_means(EXTENT, 81, means, diagonal), rel=1e-4, abs=1e-12)
    correlated = diagonal.copy()
    correlated[:, 0, 1] = correlated[:, 1, 0] = correlation * deviations.prod(1)
    found = mixture(EXTENT, 81, means, correlated, is_line=False)
    expected = cell_means(EXTENT, 81, means, correlated)
    highest = 1 / (2 * np.pi * np.sqrt(np.linalg.det(correlated)).min())
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-7 * highest)  # beyond 6 deviations it is less exact


@pytest.mark.parametrize("correlation", [0.0, 0.3, -0.95, 0.998])
@pytest.mark.parametrize("scale", [1e-9, 0.01, 0.1, 1.0])
def test_coarse_cells_are_the_means_of_the_fine_ones_in_them_at_every_zoom(correlation, scale):
    rng = np.random.default_rng(0)
    means = rng.uniform(-1, 1, (30, 2))
    shape = np.array([[1, correlation * 0.5], [correlation * 0.5, 0.25]]) * scale**2
    fine, coarse = (
        mixture((-1.0, 1.0, -1.0, 1.0), cells, means, np.tile(shape, (30, 1, 1)), is_line=False)
        for cells in (120**2, 12**2)
    )
    assert coarse == pytest.approx(fine.reshape(12, 10, 12, 10).mean((1, 3)), rel=1e-5, abs=1e-12)
    near = mixture((-1.0, 0.0, 0.0, 1.0), 6**2, means, np.tile(shape, (30, 1, 1)), is_line=False)
    assert near == pytest.approx(coarse[:6, :6], rel=1e-6, abs=1e-12), "a part has what the whole has there"


@pytest.mark.parametrize("turn", [0.0, 0.5])
def test_what_is_shown_of_a_spike_does_not_fall_as_one_looks_from_further_away(turn):
    """Cells as wide as the posterior once showed a fourth of log q/p, as all was smoothed by half a cell."""
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]], np.float32)
    prepared = made(np.zeros((5000, 2)), (0.15, 0.3), projection=Projection(np.zeros(2, np.float32), axes, ("", "")))
    true = np.log(1 / (0.15 * 0.3))
    for side in (0.02, 0.1, 0.2):
        half = side * 4.5
        found = log_ratio(prepared, (-half, half, -half, half), cells=81, images=ALL)
        covariance = prepared.model.projection.covariance(np.array([0.15, 0.3]))
        expected = cell_means(found.extent, 81, np.zeros((1, 2)), covariance[None])[4, 4]
        ours = found.values[4, 4] + np.log(cell_means(found.extent, 81, np.zeros((1, 2)), np.eye(2)[None])[4, 4])
        assert ours == pytest.approx(np.log(expected), abs=1e-4)
        assert found.values[4, 4] == pytest.approx(true, abs=0.11)


def test_deep_inside_a_gaussian_cells_have_its_density():
    covariance = np.array([[[0.5, 0.2], [0.2, 0.3]]])
    for size in (1e-2, 1e-6, 1e-12):
        extent = (0.4, 0.4 + size, -0.3, -0.3 + size)
        found = mixture(extent, 16, np.zeros((1, 2)), covariance, is_line=False)
        assert found == pytest.approx(cell_means(extent, 16, np.zeros((1, 2)), covariance), rel=1e-4)


def test_far_tails_are_told_on_both_sides():
    means, covariances = np.zeros((1, 2)), np.diag([0.04, 0.09])[None]
    extent = (-4.0, 4.0, -0.1, 0.1)
    found = mixture(extent, 640, means, covariances, is_line=False)
    assert found.shape[0] < 5
    assert found == pytest.approx(found[:, ::-1], rel=1e-9)
    assert np.log(found) == pytest.approx(np.log(cell_means(extent, 640, means, covariances)), abs=1e-3)


@pytest.mark.parametrize("latent", [2, 5])
def test_the_density_is_the_mean_of_all_posteriors_on_the_plane(latent):
    means = cloud(40, latent)
    prepared = made(means, 0.4)
    projection = prepared.model.projection
    extent = (-3.0, 3.0, -2.0, 2.0)
    found = density(prepared, extent, cells=150, images=ALL)
    rows, columns = found.values.shape
    assert (rows, columns) == (10, 15)
    assert (found.images, found.total, found.is_of_codes, found.run_id) == (40, 40, False, "r")
    covariance = projection.covariance(np.full(latent, 0.4, np.float32))
    expected = cell_means(extent, 150, projection.to_plane(means), [covariance] * 40)
    assert found.values == pytest.approx(expected, rel=1e-3)
    assert found.values.max() >= found.top > np.median(found.values)


@pytest.mark.parametrize(
    "prepared",
    [
        lambda: made(cloud(), 0.3),
        lambda: made(cloud(latent=6), 0.3),
        lambda: made(cloud(), 1e-4),  # far narrower than a cell
        lambda: made(cloud(), kind="autoencoder"),
        lambda: made(cloud(latent=6), kind="autoencoder"),
    ],
)
def test_a_density_integrates_to_one(prepared):
    for cells in (32**2, 90**2):
        assert mass(density(prepared(), BOX, cells=cells, images=ALL)) == pytest.approx(1, abs=1e-3)


def test_the_marginal_on_a_plane_along_latent_axes_is_the_same_by_both_ways():
    means, rng = cloud(50, 4), np.random.default_rng(1)
    deviations = rng.uniform(0.1, 0.5, means.shape)
    axes = np.zeros((2, 4), np.float32)
    axes[0, 2], axes[1, 0] = 1, -1
    straight = made(means, deviations, projection=Projection(means.mean(0), axes, ("z₃", "z₁")))
    assert is_along_axes(straight.model.projection)
    angle = 1e-4  # a plane that is turned by so little takes the other way
    turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32) @ axes
    oblique = made(means, deviations, projection=Projection(means.mean(0), turned, ("a", "b")))
    assert not is_along_axes(oblique.model.projection)
    fields = [density(each, BOX, cells=40**2, images=ALL).values for each in (straight, oblique)]
    assert fields[0] == pytest.approx(fields[1], abs=2e-3 * float(fields[0].max()))


def test_fewer_images_stand_for_all():
    prepared = made(cloud(4000, 6), 0.5)
    some, every = (density(prepared, (-3, 3, -3, 3), cells=400, images=count) for count in (1000, ALL))
    assert (some.images, some.total) == (1000, 4000)
    assert some.values == pytest.approx(every.values, abs=0.15 * every.top)


def test_an_autoencoder_has_a_density_of_its_codes_that_a_few_far_ones_do_not_rule():
    means = cloud(2000)
    plain = density(made(means, kind="autoencoder"), (-3, 3, -3, 3), cells=400, images=ALL)
    assert plain.is_of_codes
    truth = norm.pdf(middles((-3, 3, -3, 3), 400)[0], scale=(1 + 2000 ** (-1 / 3)) ** 0.5)
    assert plain.values == pytest.approx(np.outer(truth, truth), abs=0.02)
    far = np.concatenate([means, [[500, 0], [0, -900], [np.nan, 1]]])
    assert density(made(far, kind="autoencoder"), (-3, 3, -3, 3), cells=400, images=ALL).values == pytest.approx(
        plain.values, abs=2e-3
    )


def test_a_latent_space_of_one_dimension_has_a_density_per_unit_of_length():
    found = density(made(cloud(50, 1), 0.3), BOX, cells=60**2, images=ALL)
    assert (found.values == found.values[0]).all()
    assert found.values[0].sum() * 24 / len(found.values[0]) == pytest.approx(1, abs=1e-3)
    ratio = log_ratio(made(np.zeros((500, 1)), 1.0), (-2, 2, -1, 1), cells=100, images=ALL)
    assert np.abs(ratio.values).max() < 1e-5


@pytest.mark.parametrize("latent", [1, 2, 3, 20])
def test_the_ratio_is_nothing_where_the_posterior_is_the_prior(latent):
    found = log_ratio(made(np.zeros((500, latent)), 1.0), (-2, 2, -2, 2), cells=100, images=ALL)
    assert np.abs(found.values).max() < 1e-4
    assert (found.trust == 1).all()


def test_holes_are_below_zero_and_pile_ups_above_it_on_any_plane():
    rng = np.random.default_rng(0)
    means = np.zeros((1000, 6), np.float32)
    means[:, 0] = np.repeat([-1.5, 1.5], 500)
    means[:, 3] = rng.normal(0, 0.8, 1000)
    axes = np.zeros((2, 6), np.float32)
    axes[0, 0] = axes[1, 3] = 1
    for angle in (0.0, 0.6):
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
        origin = np.float32([0.7, 0, 0, -0.4, 0, 0])  # the map's (0, 0) is not the prior's mean
        projection = Projection(origin, turn @ axes, ("a", "b"))
        prepared = made(means, 0.1, projection=projection)
        prior = prior_on_plane(STANDARD_NORMAL, projection)
        assert prior.centre == pytest.approx(tuple(-turn @ axes @ origin))
        found = log_ratio(prepared, (-3, 3, -3, 3), cells=60**2, images=ALL)
        places = np.stack(np.meshgrid(*middles(found.extent, 60**2)), -1)

        def at(code, places=places, found=found, projection=projection):
            distances = np.linalg.norm(places - projection.to_plane(np.float32([code]))[0], axis=-1)
            place = np.unravel_index(distances.argmin(), distances.shape)
            return found.values[place], found.trust[place]

        hole, pile = at([0, 0, 0, 0, 0, 0]), at([1.5, 0, 0, 0, 0, 0])
        assert hole[0] < -10
        assert pile[0] > 0.5
        assert hole[1] == pile[1] == 1


def test_against_a_mixture_prior_the_ratio_is_that_of_both_mixtures():
    means, deviation = cloud(40, 3), 0.6
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0][:2].astype(np.float32)
    prepared = made(means, deviation, projection=Projection(np.float32([0.3, 0, -0.2]), turn, ("a", "b")))
    logvar = torch.full((40, 3), 2 * np.log(deviation))
    prepared.model.snapshot.fit(Mixture.of_posteriors(torch.from_numpy(means), logvar))
    found = log_ratio(prepared, (-2, 2, -2, 2), cells=20**2, images=ALL)
    np.testing.assert_allclose(found.values, 0, atol=1e-3)  # the prior is the aggregate posterior itself
    weights = np.random.default_rng(2).dirichlet(np.ones(40))
    prior = Mixture(
        torch.from_numpy(np.log(weights)).float(), torch.from_numpy(means), torch.diag_embed(torch.exp(0.5 * logvar))
    )
    prepared.model.snapshot.fit(prior)
    found = log_ratio(prepared, (-2, 2, -2, 2), cells=20**2, images=ALL)
    places = np.stack(np.meshgrid(*middles(found.extent, 20**2)), -1)
    on_plane = prepared.model.projection.to_plane(means), deviation**2 * np.eye(2)
    each = np.stack([multivariate_normal(m, on_plane[1]).pdf(places) for m in on_plane[0]], -1)
    np.testing.assert_allclose(found.values, np.log(each.mean(-1)) - np.log(each @ weights), atol=0.02)


def test_the_ratio_is_what_both_densities_say():
    prepared = made(cloud(200), 0.5)
    extent = (-2.0, 2.0, -2.0, 2.0)
    q = density(prepared, extent, cells=900, images=ALL).values
    xs, ys = middles(extent, 900)
    p = np.outer(*(np.diff(norm.cdf(np.append(side - 1 / 15, side[-1] + 1 / 15))) for side in (ys[::-1], xs))) * 7.5**2
    assert log_ratio(prepared, extent, cells=900, images=ALL).values == pytest.approx(np.log(q / p), abs=2e-3)


def test_a_single_image_far_out_is_no_pile_up_and_where_the_prior_is_nothing_there_is_no_hole():
    means = np.concatenate([cloud(1000), [[6, 0]], np.tile([[-6, 0]], (50, 1))])
    found = log_ratio(made(means, 0.2), (-8, 8, -8, 8), cells=161**2, images=ALL)
    trust = {x: found.trust[80, round((x + 8) / 16 * 161 - 0.5)] for x in (6.0, -6.0, 0.0)}
    assert trust == {6.0: pytest.approx(0, abs=0.05), -6.0: 1, 0.0: 1}
    assert found.trust[0].max() == 0
    assert np.isfinite(found.values).all()


@pytest.mark.parametrize("extent", [(0.0, 1e-12, 0.0, 5.0), (-1e30, 1e30, -1e30, 1e30), (3.0, 3.0, 3.0, 3.0)])
@pytest.mark.parametrize("latent", [1, 2, 5])
def test_any_part_of_the_plane_can_be_asked_for(extent, latent):
    for field in (density, log_ratio):
        found = field(made(cloud(latent=latent), 0.3), extent, cells=100, images=ALL)
        assert found.values.size
        assert not np.isnan(found.values).any()


def test_what_has_no_such_field_says_why():
    with pytest.raises(LatentlabError, match="An autoencoder has no prior"):
        log_ratio(made(cloud(), kind="autoencoder"), BOX, cells=4, images=ALL)
    with pytest.raises(LatentlabError, match="finite"):
        density(made(np.full((3, 2), np.nan), 1.0), BOX, cells=4, images=ALL)
    with pytest.raises(LatentlabError, match="one point"):
        density(made(np.ones((30, 2)), kind="autoencoder"), BOX, cells=4, images=ALL)
