"""Where one is on the map: coordinates under the mouse, and the bar of the scale."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.ui.canvas.layers.where_layer import WhereLayer, decimals, round_length


@pytest.fixture
def where(canvas):
    layer = WhereLayer(canvas.view)
    canvas.mouse.cursor_moved.connect(layer.set_cursor)
    return layer


def test_coordinates_are_those_under_the_mouse(canvas, where, qtbot):
    assert where.coordinates() == ""
    qtbot.mouseMove(canvas.viewport(), canvas.pixel_of(1.5, -0.5))
    qtbot.waitUntil(lambda: where.coordinates() != "")
    x, y = (float(part.replace("−", "-")) for part in where.coordinates().strip("()").split(","))
    assert (x, y) == pytest.approx((1.5, -0.5), abs=0.02)


@pytest.mark.parametrize("factor", [1e-4, 0.03, 0.5, 7, 4e5])
def test_the_bar_is_as_long_as_it_says(canvas, where, factor):
    canvas.view.zoom(factor)
    length, pixels = where.scale()
    (start, end) = canvas.view.to_pixels([(0, 0), (length, 0)])
    assert end[0] - start[0] == pytest.approx(pixels, rel=1e-6)
    assert 40 < pixels <= 121


@given(st.floats(1e-12, 1e12))
def test_a_round_length_is_one_two_or_five(most):
    length = round_length(most)
    assert most / 2.51 <= length <= most * (1 + 1e-6)
    assert f"{length:.0e}"[0] in "125"


@given(st.floats(1e-9, 1e9))
def test_decimals_tell_pixels_apart(step):
    assert 10.0 ** -decimals(step) <= max(step, 1) * (1 + 1e-9)
