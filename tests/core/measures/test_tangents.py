"""How images move with their codes: against a derivative in closed form, and what two vectors span against det."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.measures.tangents import areas, radius_of, tangents


def wave(codes):
    """Decode to two channels of a value each, whose Jacobian is known."""
    x, y = codes.astype(np.float64).T
    return np.stack([np.sin(x) * y, x * x], 1).astype(np.float32)[:, :, None, None]


def test_tangents_are_the_derivatives_along_the_directions():
    codes = np.random.default_rng(0).standard_normal((40, 2)).astype(np.float32)
    x, y = codes.T
    along_x = np.stack([np.cos(x) * y, 2 * x], 1)
    along_y = np.stack([np.sin(x), 0 * x], 1)
    slanted = np.array([[0.6, 0.8]])
    assert tangents(wave, codes, np.eye(2), 1.0) == pytest.approx(np.stack([along_x, along_y], 1), abs=1e-3)
    assert tangents(wave, codes, slanted, 1.0)[:, 0] == pytest.approx(0.6 * along_x + 0.8 * along_y, abs=1e-3)


@given(place=st.floats(-1e6, 1e6), radius=st.floats(0.01, 100))
def test_a_linear_decoder_has_its_slope_wherever_the_code_is(place, radius):
    slope = tangents(lambda codes: 3 * codes, np.float32([[place, 0]]), np.eye(2), radius)[0]
    assert slope == pytest.approx(3 * np.eye(2), rel=2e-3, abs=2e-3)


def test_areas_are_the_root_of_the_determinant_and_keep_the_digits_of_a_thin_one():
    columns = np.random.default_rng(0).standard_normal((30, 2, 50))
    gram = columns @ columns.transpose(0, 2, 1)
    assert areas(columns) == pytest.approx(np.sqrt(np.linalg.det(gram)))
    thin = np.zeros((1, 2, 3))
    thin[0, :, 0] = 1.0
    thin[0, 1, 1] = 1e-9
    assert areas(thin) == pytest.approx([1e-9])
    assert areas(np.zeros((2, 2, 3))) == pytest.approx([0, 0])


def test_the_radius_is_of_finite_codes_and_never_nothing():
    means = np.float32([[0, 0], [2, 0], [-2, 0], [0, 2], [0, -2], [np.nan, 0]])
    assert radius_of(means) == 2
    assert radius_of(np.full((3, 2), np.nan, np.float32)) == 1
    assert radius_of(np.ones((3, 2), np.float32)) == 1
