from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.ui.canvas.points.raster import LARGEST_RADIUS, Raster

RED_AND_BLUE = np.array([[255, 0, 0], [0, 0, 255]], np.uint8)


def pixels_of(image):
    rows = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    return rows[:, : image.width()].copy()


def draw(positions, colours=None, size=(40, 30), radius=2.0):
    positions = np.asarray(positions, np.float64).reshape(-1, 2).T
    colours = np.zeros(positions.shape[1], np.uint8) if colours is None else np.asarray(colours, np.uint8)
    return pixels_of(Raster().draw(size, positions, colours, RED_AND_BLUE, radius))


def alpha(pixels):
    return (pixels >> 24).astype(float) / 255


def test_a_disc_on_the_middle_of_a_pixel_is_symmetric_and_opaque_there():
    pixels = draw([(20, 15)])
    assert pixels[15, 20] == 0xFFFF0000
    around = pixels[11:20, 16:25]
    for turned in (around[::-1], around[:, ::-1], around.T):
        # Centres are known to a quarter of a pixel, and a stamp's is in the middle of that quarter.
        np.testing.assert_allclose(alpha(turned), alpha(around), atol=0.3)


@given(
    x=st.floats(6, 33),
    y=st.floats(6, 23),
    radius=st.floats(1, 5).map(lambda value: round(value * 4) / 4),
)
@settings(max_examples=60, deadline=None)
def test_a_disc_has_its_area_and_its_centre(x, y, radius):
    ink = alpha(draw([(x, y)], radius=radius))
    rows, columns = np.indices(ink.shape)
    assert ink.sum() == pytest.approx(np.pi * radius**2, rel=0.25)
    assert (columns * ink).sum() / ink.sum() == pytest.approx(x, abs=0.3)
    assert (rows * ink).sum() / ink.sum() == pytest.approx(y, abs=0.3)


def test_later_discs_lie_above():
    assert draw([(20, 15), (20, 15)], [0, 1])[15, 20] == 0xFF0000FF
    assert draw([(20, 15), (20, 15)], [1, 0])[15, 20] == 0xFFFF0000


@pytest.mark.parametrize(
    ("position", "radius"),
    [((x, y), 2.0) for x, y in ((-0.5, 15), (39.9, 15), (20, -0.5), (20, 29.9), (0, 0), (39, 29))]
    + [((x, y), LARGEST_RADIUS) for x, y in ((0, 33), (20, 55), (20, -25), (-25, 15), (65, 15), (39, -25), (39, 55))],
)
def test_a_disc_at_the_edge_is_drawn_as_far_as_it_reaches_in(position, radius):
    x, y = position
    whole = alpha(draw([(x + 60, y + 60)], size=(160, 150), radius=radius))[60:90, 60:100]
    np.testing.assert_array_equal(alpha(draw([position], radius=radius)), whole)
    assert whole.any()


@given(
    st.lists(st.tuples(*[st.floats(allow_nan=True, allow_infinity=True)] * 2), max_size=20),
    st.sampled_from([0.75, 2.0, LARGEST_RADIUS]),
)
@settings(deadline=None)
def test_any_position_is_drawn_or_left_out(positions, radius):
    assert draw(positions, radius=radius).shape == (30, 40)


def test_it_can_be_drawn_anew_at_another_size():
    raster = Raster()
    red = np.zeros(1, np.uint8)
    raster.draw((10, 10), np.array([[5.0], [5.0]]), red, RED_AND_BLUE, 2.0)
    pixels = pixels_of(raster.draw((30, 20), np.array([[25.0], [15.0]]), red, RED_AND_BLUE, 2.0))
    assert pixels.shape == (20, 30)
    assert pixels[5, 5] == 0
    assert pixels[15, 25] != 0
    assert not pixels_of(raster.draw((30, 20), np.empty((2, 0)), red[:0], RED_AND_BLUE, 2.0)).any()
