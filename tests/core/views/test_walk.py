"""Walks: equal steps along a line, whatever the line; arrows; labels; sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latentlab.core.errors import LatentlabError
from latentlab.core.views.walk import CodeStop, WalkPlan, WalkQuestion, along, bent

LINES = st.integers(1, 4).flatmap(
    lambda latent: arrays(
        np.float64, st.tuples(st.integers(1, 12), st.just(latent)), elements=st.floats(-50, 50, width=32)
    )
)


def ask(model, stops, steps=7, kind="line", through=None, label=0, each=False, geodesic=False):
    return WalkQuestion(WalkPlan(kind, tuple(stops)), steps, through, label, each, geodesic).answer(model)


def decoded_length(model, codes, labels=(None,)):
    """Give the length, in pixels, of the images along a line of codes, side by side under some labels."""
    at = np.linspace(0, len(codes) - 1, 2000)
    fine = np.stack([np.interp(at, np.arange(len(codes)), column) for column in codes.T], 1).astype(np.float32)
    rows = [model.snapshot.decode(fine, model.snapshot.under(label, len(fine))) for label in labels]
    images = np.stack(rows, 1).reshape(len(fine), -1).astype(np.float64)
    return np.linalg.norm(np.diff(images, axis=0), axis=1).sum()


@given(line=LINES, steps=st.integers(2, 60))
def test_no_line_gives_anything_but_numbers_and_the_ends_are_exact(line, steps):
    codes = along(line, steps)
    assert codes.dtype == np.float32
    assert np.isfinite(codes).all()
    assert np.array_equal(codes[0], line[0].astype(np.float32))
    if (line == line[0]).all():
        assert len(codes) == 1
    else:
        assert len(codes) == steps
        assert np.array_equal(codes[-1], line[-1].astype(np.float32))


@given(
    turns=st.lists(st.floats(-2.5, 2.5), min_size=1, max_size=8),
    lengths=st.lists(st.floats(0.3, 5), min_size=9, max_size=9),
    repeats=st.lists(st.booleans(), min_size=10, max_size=10),
    steps=st.integers(2, 40),
)
def test_frames_are_equally_far_from_each_other_along_the_line(turns, lengths, repeats, steps):
    angles = np.cumsum([0, *turns])
    pieces = np.stack([np.cos(angles), np.sin(angles), 0.3 * np.sign(angles)], 1)
    pieces *= np.array(lengths[: len(pieces)])[:, None]
    line = np.concatenate([np.zeros((1, 3)), np.cumsum(pieces, 0)])
    whole = np.linalg.norm(np.diff(line, axis=0), axis=1).sum()
    twice = np.repeat(line, 1 + np.array(repeats[: len(line)]), axis=0)
    codes = along(twice, steps).astype(np.float64)
    chords = np.linalg.norm(np.diff(codes, axis=0), axis=1)
    equal = whole / (steps - 1)
    assert (chords <= equal * (1 + 1e-4) + 1e-5).all()
    # Whoever walks on the line from corner to corner passes a frame at each equal distance.
    reached = np.r_[0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]
    wanted = np.stack([np.interp(np.linspace(0, whole, steps), reached, line[:, axis]) for axis in range(3)], 1)
    assert np.abs(codes - wanted).max() < 1e-4


def test_on_a_straight_line_of_many_way_points_all_distances_are_equal():
    places = np.sort(np.random.default_rng(0).random(30))[:, None] * [[3.0, -4.0, 12.0]]
    chords = np.linalg.norm(np.diff(along(places, 25), axis=0), axis=1)
    assert chords == pytest.approx(chords.mean(), rel=1e-4)


@settings(max_examples=30)
@given(
    places=st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=20),
    end=st.sampled_from([0, 1]),
    to=st.tuples(st.floats(-9, 9), st.floats(-9, 9)),
)
def test_an_end_of_a_drawn_line_takes_the_line_along_and_leaves_the_other_end(places, end, to):
    places = tuple(places)
    moved = bent(places, end * (len(places) - 1), to)
    assert len(moved) == len(places)
    assert moved[-end] == to
    assert np.isfinite(moved).all()
    if len(set(places)) > 1:
        assert moved[end - 1] == pytest.approx(places[end - 1], abs=1e-9)


@pytest.mark.parametrize("changes", [{}, {"model__latent": 1}, {"model__latent": 5}, {"model__kind": "autoencoder"}])
def test_a_walk_is_decoded_where_it_leads(tiny_model, changes):
    model = tiny_model(**changes)
    found = ask(model, ((-1.0, 0.5), (1.0, 0.5), 4))
    assert found.images.shape == (1, 7, 1, 28, 28)
    assert np.allclose(found.images[0], model.snapshot.decode(found.codes), atol=1e-5)
    assert found.places == pytest.approx(model.projection.to_plane(found.codes), abs=1e-5)
    assert np.array_equal(found.codes[-1], model.means[4])
    assert found.row_names == ()
    assert found.sum is None
    start = (-1.0, 0.5 if model.snapshot.latent > 1 else 0.0)
    assert found.places[0] == pytest.approx(start, abs=1e-4)


def test_places_lie_on_the_plane_through_the_current_code(tiny_model):
    model = tiny_model(model__latent=5)
    through = model.means[7]
    found = ask(model, ((-1.0, 0.0), (1.0, 1.0)), through=tuple(through.tolist()))
    off = found.codes - through
    off -= (off @ model.projection.directions.T) @ model.projection.directions
    assert np.abs(off).max() < 1e-4
    assert not np.allclose(found.codes, ask(model, ((-1.0, 0.0), (1.0, 1.0))).codes)
    straight = ask(model, (CodeStop((1.0, 2.0, 3.0, 4.0, 5.0)), 7))
    assert np.allclose(straight.codes[[0, -1]], [[1, 2, 3, 4, 5], through])


@pytest.mark.parametrize("stops", [((0.5, 0.5),), ((0.5, 0.5),) * 4, (3, 3)])
def test_a_walk_of_no_length_is_one_image(tiny_model, stops):
    found = ask(tiny_model(), stops)
    assert found.codes.shape == (1, 2)
    assert found.images.shape == (1, 1, 1, 28, 28)
    assert np.isfinite(found.images).all()


@pytest.mark.parametrize("changes", [{}, {"model__latent": 5}])
def test_an_arrow_leads_from_c_by_what_leads_from_a_to_b(tiny_model, changes):
    model = tiny_model(**changes)
    a, b, c = model.means[[3, 8, 12]]
    found = ask(model, (3, 8, 12), kind="arrow")
    assert found.codes[0] == pytest.approx(c)
    assert found.codes[-1] == pytest.approx(c + (b - a), abs=1e-5)
    assert np.allclose(found.sum.images[:3], model.images[[8, 3, 12]] / 255)
    assert np.allclose(found.sum.images[3], found.images[0, -1], atol=1e-5)
    assert found.sum.nearest == np.linalg.norm(model.means - (c + (b - a)), axis=1).argmin()
    assert np.allclose(found.sum.images[4], model.images[found.sum.nearest] / 255)
    assert ask(model, (3, 8), kind="arrow").codes[[0, -1]] == pytest.approx(np.stack([a, b]))
    assert ask(model, (3, 8), kind="arrow").sum is None


def test_an_arrow_between_places_and_without_the_data_is_decoded(tiny_model):
    model = replace(tiny_model(), images=None)
    found = ask(model, ((0.0, 0.0), (1.0, 0.5), (-1.0, 1.0)), kind="arrow")
    assert found.places[-1] == pytest.approx((0.0, 1.5), abs=1e-5)
    assert np.allclose(found.sum.images[:3], model.snapshot.decode([(1, 0.5), (0, 0), (-1, 1)]), atol=1e-5)
    assert np.allclose(found.sum.images[4], model.snapshot.decode(model.means[[found.sum.nearest]])[0], atol=1e-5)


def test_a_cvae_decodes_under_the_label_in_force_or_under_each(tiny_model):
    model = tiny_model(model__kind="cvae")
    stops = ((-1.0, 0.0), (1.0, 0.0))
    one = ask(model, stops, label=2)
    assert np.allclose(one.images[0], model.snapshot.decode(one.codes, np.full(7, 2)), atol=1e-5)
    each = ask(model, stops, each=True)
    assert each.images.shape == (3, 7, 1, 28, 28)
    assert (each.labels, each.row_names) == ((0, 1, 2), ("upright", "level", "ring"))
    assert np.allclose(each.images[2], one.images[0], atol=1e-5)
    assert ask(tiny_model(), stops, each=True).images.shape == (1, 7, 1, 28, 28)


@pytest.mark.parametrize(
    "changes", [{}, {"model__latent": 1}, {"model__latent": 5}, {"model__kind": "autoencoder"}, {"model__kind": "cvae"}]
)
@pytest.mark.parametrize("kind", ["line", "drawn"])
def test_a_geodesic_is_no_longer_than_the_walk_and_its_frames_are_equally_far_by_their_images(
    tiny_model, changes, kind
):
    model = tiny_model(**changes)
    stops = ((-1.5, 0.5), (0.3, -0.8), 4)
    straight, bent = (ask(model, stops, 30, kind, label=1, geodesic=geodesic) for geodesic in (False, True))
    assert straight.way is None
    assert bent.way.length <= bent.way.straight
    assert bent.codes[[0, -1]] == pytest.approx(straight.codes[[0, -1]])
    assert len(bent.codes) == 30
    label = 1 if model.snapshot.uses_labels else None
    assert bent.way.straight == pytest.approx(decoded_length(model, straight.codes, (label,)), rel=0.03)
    assert decoded_length(model, bent.codes, (label,)) <= bent.way.straight * 1.01
    assert np.allclose(bent.images[0], model.snapshot.decode(bent.codes, model.snapshot.under(label, 30)), atol=1e-5)
    assert bent.way.places[[0, -1]] == pytest.approx(bent.places[[0, -1]], abs=1e-4)
    # By the way along it, not straight from frame to frame.
    chords = np.linalg.norm(np.diff(bent.images[0].reshape(30, -1), axis=0), axis=1)
    assert chords.max() <= bent.way.length / 29 * 1.01
    if kind == "line":  # it passes its way-points
        corner = model.projection.moved(model.projection.origin, stops[1])
        near = np.linalg.norm(bent.way.places - model.projection.position(corner), axis=1).min()
        assert near == pytest.approx(0, abs=1e-4)


def test_under_each_label_all_rows_together_are_bent(tiny_model):
    model = tiny_model(model__kind="cvae")
    stops = ((-1.5, 0.5), (1.0, -0.8))
    straight, bent = (ask(model, stops, 30, each=True, geodesic=geodesic) for geodesic in (False, True))
    assert bent.images.shape == straight.images.shape
    assert bent.way.straight == pytest.approx(decoded_length(model, straight.codes, (0, 1, 2)), rel=0.01)
    assert bent.way.length == pytest.approx(decoded_length(model, bent.codes, (0, 1, 2)), rel=0.03)
    assert bent.way.length <= bent.way.straight


@pytest.mark.parametrize("stops", [((0.5, 0.5),), (3, 3), (3, 8, 12)])
def test_an_arrow_and_what_has_no_length_have_no_geodesic(tiny_model, stops):
    found = ask(tiny_model(), stops, kind="arrow" if len(stops) == 3 else "line", geodesic=True)
    assert found.way is None


@pytest.mark.parametrize(
    ("stops", "sentence"),
    [
        ((), "at least one place"),
        ((0, 1000), "other images by now"),
        (((0.0, 0.0), (1e300, 0.0)), "no numbers"),
        ((3, CodeStop((1.0,) * 5)), "another latent space"),
    ],
)
def test_what_cannot_be_walked_is_told(tiny_model, stops, sentence):
    with pytest.raises(LatentlabError, match=sentence), np.errstate(over="ignore", invalid="ignore"):
        ask(tiny_model(), stops)


def test_a_model_that_diverged_is_told(tiny_model):
    model = tiny_model()
    means = model.means.copy()
    means[4] = np.nan
    with pytest.raises(LatentlabError, match="no numbers"):
        ask(replace(model, means=means), (3, 4))


def test_a_film_too_large_for_memory_is_told(tiny_model):
    with pytest.raises(LatentlabError, match="too large"):
        ask(tiny_model(), (3, 4), steps=1_000_000)
