"""Geodesics: a plane's straight lines, a sphere's great circles, and with any decoder never longer than the line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from latentlab.core.measures import geodesics
from latentlab.core.measures.geodesics import MEASURED, geodesic, measured, shortest_on_grid

EVERY = np.eye(2)


def line(start, end):
    return np.float32([start, end])


def sphere(codes):
    """Decode latitude and longitude to a place on a sphere of radius 3."""
    up, around = codes.astype(np.float64).T
    places = np.stack([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)], 1)
    return (3 * places).astype(np.float32)[:, :, None, None]


def network(seed, latent=2, sharp=1.5, kind=np.float32):
    """Give a decoder of random weights, to ten pixels."""
    random = np.random.default_rng(seed)
    first, second = random.standard_normal((latent, 12)) * sharp, random.standard_normal((12, 10)) * 0.5
    bias = random.standard_normal(12)
    return lambda codes: np.tanh(np.tanh(codes @ first + bias) @ second).astype(kind)


def length_of(decode, codes, count=4000):
    """Measure a line by other points than the program does."""
    at = np.linspace(0, len(codes) - 1, count)
    fine = np.stack([np.interp(at, np.arange(len(codes)), column) for column in codes.T.astype(np.float64)], 1)
    return np.linalg.norm(np.diff(decode(fine).reshape(count, -1).astype(np.float64), axis=0), axis=1).sum()


@pytest.mark.parametrize("latent", [1, 2, 5])
def test_a_linear_decoders_geodesic_is_the_straight_line(latent):
    weights = np.random.default_rng(0).standard_normal((latent, 30)).astype(np.float32)
    ends = np.random.default_rng(1).standard_normal((2, latent)).astype(np.float32)
    found = geodesic(lambda codes: codes @ weights, ends, np.eye(2, latent), 1.0)
    assert found.length == pytest.approx(np.linalg.norm((ends[1] - ends[0]) @ weights), rel=1e-4)
    assert found.straight == pytest.approx(found.length, rel=1e-4)
    share = np.linspace(0, 1, MEASURED)[:, None]
    assert found.codes == pytest.approx((1 - share) * ends[0] + share * ends[1], abs=1e-2)


@pytest.mark.parametrize(
    ("start", "end"), [((1.0, 0.0), (1.0, 2.0)), ((-0.3, -1.0), (1.2, 1.0)), ((0.5, 0.0), (0.5, 0.3))]
)
def test_a_spheres_geodesic_is_the_arc_of_a_great_circle(start, end):
    found = geodesic(sphere, line(start, end), EVERY, 1.0)
    a, b = sphere(line(start, end))[:, :, 0, 0].astype(np.float64) / 3
    angle = np.arccos(a @ b)
    assert found.length == pytest.approx(3 * angle, rel=1e-3)
    assert found.straight > found.length
    assert found.straight == pytest.approx(length_of(sphere, line(start, end)), rel=1e-3)
    normal = np.cross(a, b) / np.linalg.norm(np.cross(a, b))
    places = sphere(found.codes)[:, :, 0, 0]
    assert np.abs(places @ normal).max() < 0.05  # on the plane through the middle, of a radius of 3
    assert np.array_equal(found.codes[[0, -1]], line(start, end))
    steps = np.linalg.norm(np.diff(places.astype(np.float64), axis=0), axis=1)
    assert steps == pytest.approx(steps.mean(), rel=0.02)


NUMBERS = st.floats(-2, 2, width=32)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    latent=st.sampled_from([1, 2, 3]),
    ends=st.lists(NUMBERS, min_size=9, max_size=9),
    count=st.integers(2, 3),
    sharp=st.sampled_from([0.5, 2.0, 8.0]),
)
@example(seed=12, latent=1, ends=[-1.2734375, 0, 0, -1.28125, 0, 0, 0, 0, 0], count=2, sharp=8.0)
@example(seed=3300, latent=3, ends=[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, -2.0], count=3, sharp=8.0)
def test_no_geodesic_is_longer_than_the_line(seed, latent, ends, count, sharp):
    decode = network(seed, latent, sharp)
    own = np.float32(ends).reshape(3, 3)[:count, :latent]
    found = geodesic(decode, own, np.eye(2, latent), 1.0)
    assert found.length <= found.straight
    assert np.array_equal(found.codes[0], own[0])
    if len(found.codes) > 1:
        assert np.array_equal(found.codes[-1], own[-1])
    exact = network(seed, latent, sharp, np.float64)
    assert length_of(exact, found.codes) <= length_of(exact, measured(decode, own)[0]) * (1 + 2e-3) + 1e-5
    assert found.length == pytest.approx(length_of(exact, found.codes), rel=0.01, abs=1e-5)


@pytest.mark.parametrize("apart", [1e-2, 1e-3, 1e-4, 1e-5, 3e-6])
def test_rounding_makes_no_line_longer(apart):
    """512 images between ends that are hardly apart differ by their last digits, each its own way."""
    decode, exact = network(12, 2, 8.0), network(12, 2, 8.0, np.float64)
    ends = np.float32([[-1.27, 0.3], [-1.27 - apart, 0.3]])
    a, b = exact(ends.astype(np.float64))
    found = geodesic(decode, ends, EVERY, 1.0)
    # The ends' own rounding is no fault of the line between them: some 5e-7 pixels.
    assert found.length == pytest.approx(np.linalg.norm(b - a), rel=0.01, abs=1e-6)
    assert found.straight == pytest.approx(np.linalg.norm(b - a), rel=0.01, abs=1e-6)


def test_a_hill_is_gone_around_though_straight_over_it_is_a_minimum_too():
    """Over a steep hill, right in the middle, nothing says to which side to go: the grid does."""

    def hill(codes):
        x, y = codes.astype(np.float64).T
        return np.stack([x, y, 5 * np.exp(-3 * (x**2 + y**2))], 1).astype(np.float32)

    found = geodesic(hill, line((-2, 0), (2, 0)), EVERY, 1.0)
    assert found.straight > 10
    assert found.length < 6
    assert np.abs(found.codes[:, 1]).max() > 0.7


def test_a_way_over_the_grid_goes_from_end_to_end():
    start, end = line((-0.3, -1.0), (1.2, 1.0))
    way = shortest_on_grid(sphere, start, end, EVERY)
    assert np.array_equal(way[[0, -1]], np.stack([start, end]))
    straight = measured(sphere, np.stack([start, end]))[1]
    assert measured(sphere, way)[1] < straight * 1.03
    assert shortest_on_grid(sphere, start, start, EVERY) is None
    assert shortest_on_grid(lambda codes: codes, start[:1], end[:1], np.eye(2, 1)) is None
    assert shortest_on_grid(lambda codes: np.zeros((len(codes), 1_000_000), np.float32), start, end, EVERY) is None


@pytest.mark.parametrize(
    "decode", [lambda codes: codes * 0, lambda codes: codes * np.nan, lambda codes: codes * np.inf]
)
def test_images_that_are_alike_or_no_numbers_leave_the_line_as_it_is(decode):
    with np.errstate(all="ignore"):
        found = geodesic(decode, line((0, 0), (1, 1)), EVERY, 1.0)
    assert not found.length > 0
    assert np.isfinite(found.codes).all()


def test_where_tangents_would_not_fit_into_memory_the_grid_is_all(monkeypatch):
    monkeypatch.setattr(geodesics, "_MOST_VALUES", 90)
    found = geodesic(sphere, line((1.0, 0.0), (1.0, 2.0)), EVERY, 1.0)
    assert np.linalg.norm(np.diff(sphere(line((1.0, 0.0), (1.0, 2.0))), axis=0)) < found.length < found.straight
