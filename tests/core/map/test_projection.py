import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from latentlab.core.map.projection import dimension_name, fit

FLOATS = st.floats(-50, 50, width=32)
POSITIONS = st.tuples(FLOATS, FLOATS)


@st.composite
def fitted(draw, sides=(1, 2, 3, 5, 16)):
    """Draw a plane fitted to random codes, and a code."""
    latent = draw(st.sampled_from(sides))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    means = (random.normal(size=(40, latent)) * random.uniform(0.1, 5, latent)).astype(np.float32)
    return fit(means), draw(hnp.arrays(np.float32, latent, elements=FLOATS))


def cloud(deviations, count=500, seed=0):
    """Give codes whose axes have the given deviations, turned at random in space."""
    random = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(random.normal(size=(len(deviations), len(deviations))))
    codes = random.normal(size=(count, len(deviations))) * deviations
    return (codes @ turn + random.normal(size=len(deviations))).astype(np.float32)


def test_two_dimensions_are_the_map():
    means = cloud([1, 2])
    plane = fit(means)
    np.testing.assert_array_equal(plane.to_plane(means), means)
    assert plane.axes == ("z₁", "z₂")
    assert plane.position(np.array([0.5, -2], np.float32)) == (0.5, -2)
    np.testing.assert_array_equal(plane.moved(means[0], (3, 4)), [3, 4])


def test_one_dimension_lies_along_x():
    means = cloud([2])
    plane = fit(means)
    positions = plane.to_plane(means)
    np.testing.assert_array_equal(positions[:, 0], means[:, 0])
    assert (positions[:, 1] == 0).all()
    assert plane.axes == ("z₁", "")
    np.testing.assert_array_equal(plane.moved(np.array([1], np.float32), (2.5, 9)), [2.5])
    covariance = plane.covariance(np.array([3], np.float32))
    np.testing.assert_allclose(covariance, [[9, 0], [0, 0]])


def test_more_dimensions_show_the_plane_of_most_variance():
    means = cloud([5, 3, 0.5, 0.1])
    plane = fit(means)
    centred = means.astype(np.float64) - means.mean(0)
    values, vectors = np.linalg.eigh(np.cov(centred.T))
    expected = vectors[:, [3, 2]].T
    np.testing.assert_allclose(np.abs((plane.directions * expected).sum(1)), 1, atol=1e-4)
    np.testing.assert_allclose(plane.origin, means.mean(0), atol=1e-4)
    shares = values[[3, 2]] / values.sum()
    assert plane.axes == (f"PC 1 ({shares[0]:.0%} of variance)", f"PC 2 ({shares[1]:.0%} of variance)")


@given(fitted())
def test_directions_are_orthonormal(drawn):
    plane, code = drawn
    expected = np.diag([1, 1 if len(code) > 1 else 0])
    np.testing.assert_allclose(plane.directions @ plane.directions.T, expected, atol=1e-5)
    assert plane.directions.dtype == plane.origin.dtype == np.float32


@given(fitted(sides=(2, 3, 5, 16)), POSITIONS)
def test_a_move_lands_where_it_should_and_keeps_what_lies_off_the_plane(drawn, position):
    plane, code = drawn
    moved = plane.moved(code, position)
    assert moved.dtype == np.float32
    np.testing.assert_allclose(plane.position(moved), position, atol=2e-4)
    step = moved.astype(np.float64) - code
    off_plane = step - step @ plane.directions.T @ plane.directions
    np.testing.assert_allclose(off_plane, 0, atol=2e-4)


@given(fitted(), POSITIONS)
def test_moving_there_and_back_is_no_move(drawn, position):
    plane, code = drawn
    back = plane.moved(plane.moved(code, position), plane.position(code))
    np.testing.assert_allclose(back, code, atol=5e-4)


@given(fitted())
def test_one_position_is_the_same_as_many(drawn):
    plane, code = drawn
    np.testing.assert_allclose(plane.position(code), plane.to_plane(np.stack([code, -code]))[0], atol=1e-4)


@given(fitted(sides=(1, 2, 3, 5)))
def test_covariance_is_that_of_samples(drawn):
    plane, code = drawn
    deviation = np.abs(code) / 10 + np.float32(0.1)
    samples = code + deviation * np.random.default_rng(1).standard_normal((20_000, len(code)), np.float32)
    scale = float(np.square(deviation).max())
    covariance = plane.covariance(deviation)
    np.testing.assert_allclose(covariance, np.cov(plane.to_plane(samples).T), atol=0.06 * scale)
    assert np.linalg.eigvalsh(covariance).min() > -1e-5 * scale


def test_covariances_of_many_are_those_of_each():
    plane = fit(cloud([5, 3, 1, 0.8, 0.5, 0.2, 0.1]))
    deviations = np.abs(np.random.default_rng(3).standard_normal((9, 7), np.float32))
    expected = [plane.directions @ np.diag(deviation**2) @ plane.directions.T for deviation in deviations]
    assert plane.covariance(deviations) == pytest.approx(np.array(expected), rel=1e-5, abs=1e-6)


def test_the_map_does_not_flip_from_one_update_to_the_next():
    random = np.random.default_rng(3)
    means = cloud([5, 3, 1, 0.5])
    plane, first = fit(means), None
    first = plane.to_plane(means)
    for _ in range(30):
        means = means + random.normal(0, 0.05, means.shape).astype(np.float32)
        plane = fit(means, plane)
        now = plane.to_plane(means)
        assert (first * now).sum(0).min() > 0
    # Without what came before, the sign is free: this cloud is mirrored, yet drawn as it was.
    mirrored = fit(means, type(plane)(plane.origin, -plane.directions, plane.axes))
    np.testing.assert_allclose(mirrored.directions, -plane.directions, atol=1e-6)


def test_the_same_means_give_the_same_plane():
    means = cloud([5, 3, 1])
    first, second = fit(means), fit(means[::-1].copy())
    np.testing.assert_allclose(first.directions, second.directions, atol=1e-4)


def test_a_plane_of_another_latent_space_is_no_guide():
    means = cloud([5, 3, 1, 0.5])
    np.testing.assert_array_equal(fit(means, fit(cloud([3, 2, 1]))).directions, fit(means).directions)
    np.testing.assert_array_equal(fit(means, fit(cloud([3, 2]))).directions, fit(means).directions)


@pytest.mark.parametrize("latent", [1, 2, 3, 8])
@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(lambda latent: np.empty((0, latent)), id="no points"),
        pytest.param(lambda latent: np.full((1, latent), 3), id="one point"),
        pytest.param(lambda latent: np.full((2, latent), 3), id="the same point twice"),
        pytest.param(lambda latent: np.zeros((50, latent)), id="all at the origin"),
        pytest.param(lambda latent: np.full((50, latent), 0.1), id="all equal"),
        pytest.param(lambda latent: np.outer(np.arange(50), np.ones(latent)), id="all on a line"),
        pytest.param(lambda latent: np.eye(2, latent), id="two points"),
        pytest.param(lambda latent: 1e-30 * np.random.default_rng(0).normal(size=(50, latent)), id="tiny"),
        pytest.param(lambda latent: 1e18 * np.random.default_rng(0).normal(size=(50, latent)), id="huge"),
    ],
)
def test_degenerate_codes_still_make_a_map(rows, latent):
    means = rows(latent).astype(np.float32)
    plane = fit(means)
    assert np.isfinite(plane.directions).all()
    assert np.isfinite(plane.origin).all()
    assert np.isfinite(plane.to_plane(means)).all()
    assert "nan" not in " ".join(plane.axes)
    expected = np.diag([1, 1 if latent > 1 else 0])
    np.testing.assert_allclose(plane.directions @ plane.directions.T, expected, atol=1e-4)
    assert np.isfinite(fit(means, plane).directions).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("count", [1, 48, 49, 50])
def test_codes_that_are_not_finite_do_not_spoil_the_plane_of_the_others(bad, count):
    # A model that diverges is encoded before its loss is read.
    means = cloud([5, 3, 1], 50)
    means[:count] = bad
    plane = fit(means)
    assert np.isfinite(plane.directions).all()
    assert np.isfinite(plane.origin).all()
    np.testing.assert_array_equal(plane.directions, fit(means[count:]).directions)


def test_dimensions_are_named_as_in_the_field():
    assert [dimension_name(index) for index in (0, 1, 9, 31)] == ["z₁", "z₂", "z₁₀", "z₃₂"]
