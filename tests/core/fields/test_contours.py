"""Curves of one value: of planes and circles, which are known, and of anything else by what is true of every curve."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latentlab.core.fields.contours import contour, nice_levels

XS, YS = np.linspace(-2, 2, 41), np.linspace(2, -2, 31)


def test_a_plane_has_a_straight_line():
    pieces = contour(2 * XS[None] + YS[:, None], XS, YS, 0.7)
    assert pieces.dtype == np.float32
    assert 2 * pieces[..., 0] + pieces[..., 1] == pytest.approx(np.full(pieces.shape[:2], 0.7), abs=1e-5)
    assert np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1).sum() == pytest.approx(4 * 1.25**0.5, rel=1e-4)


def test_a_cone_has_a_circle_of_its_length():
    pieces = contour(np.hypot(XS[None], YS[:, None]), XS, YS, 1.3)
    assert np.linalg.norm(pieces, axis=2) == pytest.approx(np.full(pieces.shape[:2], 1.3), abs=2e-3)
    assert np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1).sum() == pytest.approx(2 * np.pi * 1.3, rel=2e-3)


GRIDS = arrays(np.float64, st.tuples(st.integers(2, 6), st.integers(2, 6)), elements=st.floats(-3, 3, width=16))


@given(values=GRIDS, level=st.floats(-3, 3).map(lambda level: level + 1e-4))
def test_each_piece_ends_on_an_edge_of_the_grid_and_curves_end_at_its_rim_alone(values, level):
    rows, columns = values.shape
    pieces = contour(values, np.arange(columns), np.arange(rows), level)
    ends = pieces.reshape(-1, 2).astype(np.float64)
    on_line = np.abs(ends - np.rint(ends)).min(1)
    assert (on_line < 1e-5).all()
    # As many crossings as edges of the grid have the level between their ends; within it two pieces meet at each.
    above = values > level
    across = np.count_nonzero(above[:, 1:] != above[:, :-1]) + np.count_nonzero(above[1:] != above[:-1])
    at_rim = sum(np.count_nonzero(side[1:] != side[:-1]) for side in (above[0], above[-1], above[:, 0], above[:, -1]))
    assert len(ends) == 2 * (across - at_rim) + at_rim


def test_a_saddle_is_parted_by_its_mean():
    saddle = np.array([[1.0, 0.0], [0.0, 1.0]])  # at (0, 0) and (1, 1) above
    for level, is_joined in ((0.4, True), (0.6, False)):
        pieces = contour(saddle, [0, 1], [0, 1], level)
        assert len(pieces) == 2
        far = np.abs(pieces.mean(1) @ [1, 1] - 1) if is_joined else np.abs(pieces.mean(1) @ [1, -1])
        assert far == pytest.approx([0, 0], abs=1e-6)


def test_what_is_no_number_has_no_curve():
    values = np.add.outer(np.zeros(5), np.arange(5.0))
    values[2, 2] = np.nan
    assert len(contour(values, np.arange(5), np.arange(5), 1.5)) == 2
    assert contour(np.ones((1, 4)), np.arange(4), [0], 1.0).shape == (0, 2, 2)


@given(most=st.floats(1e-6, 1e6), count=st.integers(3, 9))
@example(most=1e-5, count=3)
def test_levels_are_round_numbers_and_a_few(most, count):
    levels = nice_levels(most, count)
    assert 1 <= len(levels) <= count
    assert 0 < levels[0] <= levels[-1] < most
    assert f"{levels[0]:e}"[0] in "125"
    assert nice_levels(0.0, count) == nice_levels(float("inf"), count) == nice_levels(float("nan"), count) == ()
