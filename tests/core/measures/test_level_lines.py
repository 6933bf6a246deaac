"""Lines of equal value: on a cone, a plane and a saddle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from latentlab.core.measures.level_lines import level_lines


def test_the_line_around_a_cone_is_a_circle():
    rows, columns = np.mgrid[:41, :41]
    pieces = level_lines(-np.hypot(rows - 20, columns - 20), -12)
    radii = np.linalg.norm(pieces - 20, axis=2)
    assert np.abs(radii - 12).max() < 0.02
    length = np.linalg.norm(pieces[:, 0] - pieces[:, 1], axis=1).sum()
    assert length == pytest.approx(2 * np.pi * 12, rel=0.01)


def test_through_a_plane_it_is_straight():
    rows, columns = np.mgrid[:5, :7]
    pieces = level_lines(2.0 * rows + columns, 5.5)
    np.testing.assert_allclose(2 * pieces[..., 0] + pieces[..., 1], 5.5)


@given(arrays(np.float64, (5, 6), elements=some.integers(-3, 3).map(float)), some.sampled_from([-2.5, -0.5, 0.25, 1.5]))
def test_lines_end_at_the_edge_alone(values, level):
    pieces = level_lines(values, level)
    places, counts = np.unique(np.round(pieces.reshape(-1, 2), 9), axis=0, return_counts=True)
    is_inside = ((places > 0) & (places < np.array(values.shape) - 1)).all(1)
    assert (counts[is_inside] == 2).all()
    assert (counts <= 2).all()
