"""A picture at several sizes: each the mean of the one before, down to a size that any screen has."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.core.output.pyramid import Pyramid


def test_each_level_is_half_of_the_one_before():
    picture = np.random.default_rng(0).integers(0, 256, (3, 1100, 300), dtype=np.uint8)
    found = Pyramid.of(picture)
    assert [level.shape for level in found.levels] == [(3, 1100, 300), (3, 550, 150), (3, 275, 75)]
    assert found.shape == (1100, 300)
    np.testing.assert_array_equal(found.levels[0], picture)
    means = picture.reshape(3, 550, 2, 150, 2).mean((2, 4))
    assert np.abs(found.levels[1] - means).max() <= 0.5


def test_floats_become_bytes():
    found = Pyramid.of(np.array([[[0, 0.5, 1]]], np.float32))
    np.testing.assert_array_equal(found.levels[0], [[[0, 128, 255]]])
    assert found.levels[0].dtype == np.uint8


@given(st.integers(1, 700), st.integers(1, 700), st.integers(0, 255))
@settings(max_examples=20)
def test_a_plain_picture_stays_plain(height, width, grey):
    found = Pyramid.of(np.full((1, height, width), grey, np.uint8))
    assert all((level == grey).all() for level in found.levels)
    assert max(found.levels[-1].shape[1:]) <= 512 or min(found.levels[-1].shape[1:]) == 1


@pytest.mark.parametrize("shape", [(1, 2000), (2000, 1)])
def test_a_line_of_pixels_is_a_picture(shape):
    assert Pyramid.of(np.zeros((1, *shape), np.uint8)).shape == shape
