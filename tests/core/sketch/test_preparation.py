import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from latentlab.core.errors import LatentlabError
from latentlab.core.sketch.painting import Paper
from latentlab.core.sketch.preparation import Preparation, ink_of, measure, prepare

MNIST = Preparation(28, 28, 20.0, "mass", 2.5, 0.0, 1.0, inverted=False)
SEVEN = np.array([(0.1, 0.1), (0.9, 0.1), (0.4, 1.0)])


def drawn(points, side=200, brush=9.0, at=(20, 20), size=120):
    """Ink along a polyline, by the distance of each pixel to it; what QPainter does, without Qt."""
    y, x = np.mgrid[:side, :side] + 0.5
    nearest = np.full((side, side), np.inf)
    corners = np.asarray(points) * size + at
    for start, end in pairwise(corners):
        along = end - start
        t = ((x - start[0]) * along[0] + (y - start[1]) * along[1]) / max(along @ along, 1e-9)
        t = t.clip(0, 1)
        nearest = np.minimum(nearest, np.hypot(x - start[0] - t * along[0], y - start[1] - t * along[1]))
    return (brush / 2 + 0.5 - nearest).clip(0, 1).astype(np.float32)


def hands(count, stroke, grey=255):
    """Random zigzags, fitted into 20x20 and placed by their mass, as uint8 (count, 1, 28, 28)."""
    random = np.random.default_rng(3)
    made = [prepare(drawn(random.random((5, 2))), replace(MNIST, stroke=stroke)) for _ in range(count)]
    return np.rint(np.stack(made) * grey).astype(np.uint8)


preparations = st.builds(
    Preparation,
    height=st.integers(4, 40),
    width=st.integers(4, 40),
    box=st.floats(3, 40),
    centred_by=st.sampled_from(["mass", "box"]),
    stroke=st.sampled_from([0.0, 1.0, 2.5]),
    softness=st.sampled_from([0.0, 1.3]),
    peak=st.floats(0.2, 1),
    inverted=st.booleans(),
)
rasters = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=40),
    elements=st.sampled_from([0.0, 0.3, 1.0, 7.0, -1.0, np.nan, np.inf]) | st.floats(0, 1, width=32),
    fill=st.just(0),
)


@given(rasters, preparations)
def test_any_raster_gives_an_image_like_the_datas_or_none(raster, preparation):
    image = prepare(raster, preparation)
    if image is None:
        assert not (np.nan_to_num(raster) > 0.05).any()
    else:
        assert image.shape == (1, preparation.height, preparation.width)
        assert image.dtype == np.float32
        assert np.isfinite(image).all()
        assert image.min() >= 0
        assert image.max() <= 1
        ink = 1 - image if preparation.inverted else image
        assert ink.max() == pytest.approx(preparation.peak, abs=1e-4)


@pytest.mark.parametrize("shape", [(28, 28), (1, 1), (0, 0), (300, 200)])
def test_blank_paper_gives_nothing(shape):
    assert prepare(np.zeros(shape, np.float32), MNIST) is None


points = hnp.arrays(np.float64, (4, 2), elements=st.floats(0, 1))


@settings(max_examples=15)
@given(points, st.integers(0, 60), st.integers(0, 60))
def test_where_it_is_drawn_does_not_matter(corners, right, down):
    here, there = drawn(corners, at=(12, 12)), drawn(corners, at=(12 + right, 12 + down))
    np.testing.assert_allclose(prepare(here, MNIST), prepare(there, MNIST), atol=1e-4)


@settings(max_examples=15)
@given(points, st.floats(60, 170))
def test_how_large_it_is_drawn_does_not_matter(corners, size):
    # Larger than a few strokes' width, and no lines that only one of the two brushes fuses.
    assume(np.ptp(corners, axis=0).max() > 0.8)
    large, small = drawn(corners, at=(12, 12), size=170, brush=6), drawn(corners, at=(12, 12), size=size, brush=6)
    assert np.abs(prepare(large, MNIST) - prepare(small, MNIST)).mean() < 0.05


@pytest.mark.parametrize("brush", [3, 6, 12, 20])
def test_strokes_come_out_as_wide_as_the_datas(brush):
    thin, thick = (prepare(drawn(SEVEN, brush=brush), replace(MNIST, stroke=stroke))[0] for stroke in (2.0, 4.0))
    # The seven's stem, away from the corner: its ink along a row is its width over the cosine of its slant.
    across = thin[16].sum(), thick[16].sum()
    leaning = np.hypot(0.5, 0.9) / 0.9
    assert across == pytest.approx((2.0 * leaning, 4.0 * leaning), abs=0.5)


def test_a_mnist_like_drawing_fits_the_box_and_lies_by_its_mass():
    image = prepare(drawn(SEVEN), MNIST)[0]
    rows, columns = np.flatnonzero((image > 0.3).any(1)), np.flatnonzero((image > 0.3).any(0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(20, abs=1)
    y, x = np.mgrid[:28, :28] + 0.5
    assert ((image * y).sum() / image.sum(), (image * x).sum() / image.sum()) == pytest.approx((14, 14), abs=0.1)


def test_a_dot_stays_a_dot():
    image = prepare(drawn([(0.5, 0.5), (0.5, 0.5)], brush=20), MNIST)
    assert 2 < (image > 0.5).sum() < 30


def test_what_lies_far_off_its_mass_is_not_cut_off():
    # A heavy blot with a long tail: placed by mass alone, the tail would leave the image.
    drawing = drawn([(0, 0), (0, 0.05)], brush=30)
    drawing = np.maximum(drawing, drawn([(0, 0), (1, 0)], brush=3))
    image = prepare(drawing, replace(MNIST, box=28.0, stroke=0.0))[0]
    assert image[:, -1].max() > 0.1
    assert image[:, 0].max() > 0.1


def test_leaning_to_the_left_straightens_what_leans_to_the_right():
    upright, leaning = drawn([(0.5, 0), (0.5, 1)]), drawn([(0.7, 0), (0.4, 1)])
    assert np.abs(prepare(upright, MNIST) - prepare(leaning, MNIST)).mean() > 0.05
    assert np.abs(prepare(upright, MNIST) - prepare(leaning, MNIST, slant=0.3)).mean() < 0.02


def test_ink_is_dark_where_the_data_are_on_paper():
    image = prepare(drawn(SEVEN), replace(MNIST, inverted=True, peak=0.9))[0]
    assert image[0, 0] == 1
    assert image.min() == pytest.approx(0.1, abs=1e-4)


def test_greys_are_kept_where_the_data_are_no_lines():
    shirt = np.zeros((80, 80), np.float32)
    shirt[10:70, 20:60] = 0.6
    shirt[10:70, 20:30] = 1.0
    image = prepare(shirt, replace(MNIST, box=28.0, centred_by="box", stroke=0.0))
    assert np.median(image[image > 0.3]) == pytest.approx(0.6, abs=0.05)


def test_measuring_finds_what_the_images_share():
    found = measure(hands(60, stroke=3.0, grey=230))
    assert (found.height, found.width, found.centred_by, found.inverted) == (28, 28, "mass", False)
    assert found.box == pytest.approx(20, abs=1)
    assert found.stroke == pytest.approx(3.0, abs=0.6)
    assert found.softness < 0.5
    assert found.peak == pytest.approx(230 / 255, abs=0.01)


def test_measuring_tells_thin_pens_from_thick_ones():
    assert measure(hands(40, stroke=1.6)).stroke + 0.8 < measure(hands(40, stroke=3.2)).stroke


def test_measuring_sees_paper():
    found = measure(255 - hands(40, stroke=2.5))
    assert found.inverted
    assert found.stroke == pytest.approx(measure(hands(40, stroke=2.5)).stroke, abs=0.01)


def test_measuring_takes_no_shirt_for_a_pen_drawing():
    random = np.random.default_rng(0)
    shirts = np.zeros((40, 28, 28), np.uint8)
    for shirt in shirts:
        half = random.integers(3, 12)
        shirt[1:27, 14 - half : 14 + half] = random.integers(120, 255, (26, 2 * half))
    assert measure(shirts[:, None]).stroke == 0


@given(hnp.arrays(np.uint8, st.tuples(st.integers(0, 4), st.integers(1, 12), st.integers(1, 12))))
def test_measuring_any_images_gives_what_prepare_can_use(images):
    found = Preparation.from_dict(measure(images[:, None]).to_dict())
    assert prepare(drawn(SEVEN, side=150), found).shape == (1, *images.shape[1:])


@given(preparations)
def test_a_preparation_survives_json(preparation):
    assume(preparation.box <= max(preparation.height, preparation.width) and preparation.stroke < preparation.box)
    assert Preparation.from_dict(json.loads(json.dumps(preparation.to_dict()))) == preparation


@pytest.mark.parametrize(
    "change",
    [
        {"box": 0},
        {"box": "wide"},
        {"stroke": -1},
        {"peak": 0},
        {"height": 0},
        {"ground": []},
        {"ground": [0, 0]},
        {"ground": [0, 256, 0]},
        {"ground": 0},
        {"softness": float("nan")},
        {"width": []},
    ],
)
def test_a_preparation_that_makes_no_sense_is_refused_in_a_sentence(change):
    with pytest.raises(LatentlabError, match=r"drawings.*\.$"):
        Preparation.from_dict(MNIST.to_dict() | change)


def test_a_drawing_for_images_in_colour_is_a_painting_on_their_ground():
    images = np.zeros((9, 3, 8, 12), np.uint8)
    images[:, 2] = 200
    found = Preparation.from_dict(json.loads(json.dumps(measure(images).to_dict())))
    assert found.paper == Paper(8, 12, (0, 0, 200))
    assert not found.are_drawings
    painting = np.zeros((3, 80, 120), np.float32)
    painting[1] = 1
    np.testing.assert_allclose(prepare(painting, found), [np.zeros((8, 12)), np.ones((8, 12)), np.zeros((8, 12))])
    # What was drawn for another kind of images says nothing.
    assert prepare(np.ones((80, 80), np.float32), found) is None
    assert prepare(painting, MNIST) is None


@pytest.mark.parametrize("inverted", [False, True])
def test_a_run_of_when_all_images_were_grey_tells_ink_from_what_lies_on_a_light_ground(inverted):
    values = MNIST.to_dict() | {"inverted": inverted}
    del values["ground"]
    found = Preparation.from_dict(values)
    assert found.are_drawings != inverted
    assert found.paper is None


def test_a_preparation_without_a_value_is_refused_in_a_sentence():
    values = MNIST.to_dict()
    del values["box"]
    with pytest.raises(LatentlabError, match=r"drawings.*\.$"):
        Preparation.from_dict(values)


def test_ink_is_found_on_light_and_on_dark_ground():
    grey = np.rint(drawn(SEVEN) * 200).astype(np.uint8)
    np.testing.assert_allclose(ink_of(grey + 20), ink_of(255 - grey), atol=0.01)
    assert ink_of(grey).max() == 1
    assert ink_of(grey)[0, 0] == 0


def test_the_grain_of_paper_is_no_ink():
    grain = np.random.default_rng(0).integers(238, 243, (50, 50)).astype(np.uint8)
    assert not ink_of(grain).any()
