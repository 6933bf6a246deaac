"""Very many points: each on its pixel, in the stated order, with an opacity that tells how many there are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.ui.canvas.points.crowd import Crowd, pack
from latentlab.ui.canvas.points.drawn_points import DrawnPoints
from latentlab.ui.canvas.points.pixel_index import MARGIN, Frame
from latentlab.ui.canvas.points.transition import Transition

SIZE = (60, 50)
FRAME = Frame(origin=(0.0, 0.0), scale=(1.0, 1.0), shift=(0.0, 0.0), size=SIZE)
COUNTS = [1, 3, 11, 27, 63]


def palette_of(count):
    return np.random.default_rng(1).integers(0, 256, (count, 3)).astype(np.uint8)


def draw(places, inks=None, colours=3, radius=1):
    """Draw points at pixels, x to the right and y down, as a crowd; give uint8 (H, W, 4): red, green, blue, alpha."""
    places = np.asarray(places, np.float32).reshape(-1, 2)
    inks = np.zeros(len(places), np.uint8) if inks is None else np.asarray(inks, np.uint8)
    cells = FRAME.cells(np.ascontiguousarray((places * (1, -1)).T.astype(np.float32)))
    counts = np.zeros(FRAME.shape, np.uint32)
    np.add.at(counts.reshape(-1), cells, 1)
    counts[[0, -1]] = counts[:, [0, -1]] = 0
    codes, bits = pack(inks, colours)
    return argb(Crowd().draw(FRAME, cells, counts, codes, bits, palette_of(colours), radius))


def argb(image):
    straight = image.convertToFormat(image.Format.Format_RGBA8888)
    return np.frombuffer(straight.constBits(), np.uint8).reshape(straight.height(), straight.width(), 4).astype(int)


pixels = st.tuples(st.integers(0, SIZE[0] - 1), st.integers(0, SIZE[1] - 1))


@given(
    center=st.tuples(st.floats(-5, 5), st.floats(-5, 5)),
    zoom=st.floats(-5, 2),
    shift=st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5)),
    seed=st.integers(0, 99),
)
def test_every_point_falls_on_its_pixel_at_every_zoom(center, zoom, shift, seed):
    # As far in as the map goes: beyond, the numbers of a point cannot be told apart.
    span = max(abs(c) for c in (*center, 1.0)) * 10**zoom
    points = (center + np.random.default_rng(seed).uniform(-0.6, 0.6, (200, 2)) * span).astype(np.float32)
    scale = 800 / span
    origin = (center[0] - span / 2, center[1] + span / 2)
    frame = Frame(origin=origin, scale=(scale, scale), shift=shift, size=(800, 800))
    x, y = (points.astype(np.float64) - origin).T * scale * [[1], [-1]] + np.array(shift)[:, None]
    rows, columns = np.divmod(frame.cells(np.ascontiguousarray(points.T)), frame.shape[1])
    for found, wanted in ((columns - MARGIN, x), (rows - MARGIN, y)):
        inside = (wanted > -MARGIN + 2) & (wanted < 800 + MARGIN - 2)
        assert np.abs(found - wanted)[inside].max(initial=0) < 0.505
        assert not np.any(~inside & (found > 1) & (found < 799))
    np.testing.assert_allclose(frame.places(points.T), [x, y], atol=1e-6)


@given(st.lists(pixels, min_size=1, max_size=300), st.sampled_from(COUNTS), st.integers(1, 4), st.integers(0, 9))
def test_on_each_pixel_the_last_point_is_seen_in_its_colour(places, colours, radius, seed):
    inks = np.random.default_rng(seed).integers(0, colours, len(places))
    picture = draw(places, inks, colours, radius)
    last = dict(zip(places, inks, strict=True))
    for (x, y), ink in last.items():
        assert picture[y, x, 3] >= 70
        # What is translucent is known to some digits only.
        np.testing.assert_allclose(picture[y, x, :3], palette_of(colours)[ink], atol=4)


@given(st.lists(pixels, min_size=1, max_size=40, unique=True), st.integers(1, 3))
def test_a_pixel_belongs_to_the_nearest_point_and_far_ones_to_none(places, radius):
    places = np.array(places)
    inks = np.arange(len(places)) % 3
    picture = draw(places, inks, 3, radius)
    rows, columns = np.nonzero(picture[..., 3])
    distances = np.hypot(columns[:, None] - places[:, 0], rows[:, None] - places[:, 1])
    assert distances.min(axis=1).max() <= radius + 0.5
    if radius == 1:
        seen = np.abs(picture[rows, columns, None, :3] - palette_of(3)).sum(axis=2).argmin(axis=1)
        nearest = [set(inks[near].tolist()) for near in distances == distances.min(axis=1, keepdims=True)]
        assert all(ink in wanted for ink, wanted in zip(seen, nearest, strict=True))
    lost = np.ones(len(places), bool)
    lost[np.unique(distances.argmin(axis=1))] = False
    assert not lost.any()


@pytest.mark.parametrize("radius", [1, 2, 3, 5, 8])
def test_a_disc_is_round(radius):
    alpha = draw([(30, 25)], radius=radius)[..., 3]
    for turned in (alpha[::-1][1:], alpha[1:, ::-1][:, 1:].T[::-1, ::-1]):
        assert turned.any()
    around = alpha[25 - 10 : 25 + 11, 30 - 10 : 30 + 11]
    np.testing.assert_array_equal(around, around.T)
    np.testing.assert_array_equal(around, around[::-1])
    area = (around > 0).sum()
    assert 0.6 * np.pi * radius**2 <= area <= 1.5 * np.pi * (radius + 0.5) ** 2
    assert around[10, 10] == around.max()


@pytest.mark.parametrize("place", [(-1, 20), (60, 20), (20, -1), (20, 50), (-2, -1), (61, 51)])
def test_a_disc_whose_centre_lies_outside_reaches_in(place):
    whole = draw([(30, 25)], radius=4)[..., 3]
    shifted = np.roll(whole, (place[1] - 25, place[0] - 30), (0, 1))
    reach = 6
    keep = np.zeros_like(whole, bool)
    rows = slice(max(place[1] - reach, 0), max(place[1] + reach, 0))
    columns = slice(max(place[0] - reach, 0), max(place[0] + reach, 0))
    keep[rows, columns] = True
    picture = draw([place], radius=4)[..., 3]
    np.testing.assert_array_equal(picture, np.where(keep, shifted, 0))
    assert picture.any()


@pytest.mark.parametrize("place", [(np.nan, 3), (3, np.inf), (-np.inf, np.nan), (1e30, 3), (3e38, -3e38), (-40, 20)])
def test_what_is_no_number_or_far_away_is_not_drawn(place):
    assert not draw([place]).any()


def test_more_points_are_more_opaque_and_one_alone_is_seen():
    random = np.random.default_rng(0)
    dense = np.column_stack([random.normal(15, 3, 40_000), random.normal(25, 3, 40_000)])
    picture = draw([*dense, (50, 25)])
    alpha = picture[..., 3]
    assert alpha[25, 50] >= 75
    assert alpha[25, 15] > 240
    ring = alpha[25, [15, 21, 23, 25]]
    assert (np.diff(ring) <= 0).all()
    assert ring[-1] < ring[0] - 40
    alone = draw([(50, 25)])[..., 3]
    assert alone[25, 50] > 220


@pytest.mark.parametrize("count", [256, 65_536])
def test_however_many_lie_on_one_pixel_it_is_seen(count):
    picture = draw(np.full((count, 2), 20))
    assert picture[20, 20, 3] > 200


def test_colours_beyond_what_fits_are_shared_by_neighbours():
    inks = np.arange(256).astype(np.uint8)
    codes, bits = pack(inks, 256)
    assert bits == 3
    assert (np.diff(codes.astype(int)) >= 0).all()
    assert codes.min() > 0
    ramp = np.repeat(np.arange(256)[:, None], 3, axis=1).astype(np.uint8)
    points = DrawnPoints(np.arange(256), 1.0)
    points.colour(inks, 256)
    x, y = np.divmod(np.arange(256), 40)
    places = np.column_stack([5 + 4 * x, -5 - y]).astype(np.float32)
    points.place(FRAME, Transition(places, places))
    few = argb(points.draw(FRAME, ramp, 1.0))
    assert few[5, 5, 0] == 0
    assert abs(few[5 + 255 % 40, 5 + 4 * (255 // 40), 0] - 255) <= 1


@pytest.mark.parametrize("colours", COUNTS)
def test_few_and_many_points_have_the_same_colours(colours):
    """Above a number of points they are drawn in another way; nobody should see it in their colours."""
    palette = palette_of(colours)
    places = np.array([(30.0, -25.0)] * 2, np.float32)
    for count in (2, 200_000):
        points = DrawnPoints(np.zeros(count, np.int64), 1.0)
        points.colour(np.full(2, colours - 1, np.uint8), colours)
        assert points.place(FRAME, Transition(places, places)) == count
        picture = argb(points.draw(FRAME, palette, 2.0))
        np.testing.assert_allclose(picture[25, 30, :3], palette[-1], atol=2)
        assert picture[25, 30, 3] > 220
