"""Ways between codes: their ends, their lengths, and what they do where there is no arc."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from latentlab.core.errors import LatentlabError
from latentlab.core.views.interpolations import arithmetic, linear, spherical

_INTERPOLATIONS = [linear, spherical]
_NUMBERS = st.floats(-100, 100, width=32)


@st.composite
def _codes(draw, count):
    length = draw(st.integers(1, 24))
    return [draw(arrays(np.float32, length, elements=_NUMBERS)) for _ in range(count)]


@pytest.mark.parametrize("interpolate", _INTERPOLATIONS)
@settings(max_examples=100, deadline=None)
@given(codes=_codes(2), steps=st.integers(2, 30))
def test_an_interpolation_begins_and_ends_at_its_codes_and_is_the_same_backwards(interpolate, codes, steps):
    a, b = codes
    there, back = interpolate(a, b, steps), interpolate(b, a, steps)
    assert there.shape == (steps, len(a))
    assert there.dtype == np.float32
    assert np.array_equal(there[0], a)
    assert np.array_equal(there[-1], b)
    assert np.isfinite(there).all()
    assert np.allclose(there, back[::-1], rtol=1e-3, atol=1e-2)


@settings(max_examples=100, deadline=None)
@given(codes=_codes(2), steps=st.integers(2, 30))
def test_a_straight_way_has_equal_steps(codes, steps):
    codes_between = linear(*codes, steps).astype(np.float64)
    assert np.allclose(np.diff(codes_between, axis=0), (codes_between[-1] - codes_between[0]) / (steps - 1), atol=1e-3)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 1000), latent=st.integers(2, 64), radius=st.floats(0.1, 50))
def test_an_arc_keeps_the_length_and_goes_at_equal_angles(seed, latent, radius):
    a, b = np.random.default_rng(seed).standard_normal((2, latent))
    a, b = radius * a / np.linalg.norm(a), radius * b / np.linalg.norm(b)
    codes_between = spherical(a, b, 9).astype(np.float64)
    assert np.allclose(np.linalg.norm(codes_between, axis=1), radius, rtol=1e-3)
    cosines = (codes_between[:-1] * codes_between[1:]).sum(1) / radius**2
    assert np.allclose(cosines, cosines[0], atol=1e-3)


def test_lengths_go_evenly_from_one_to_the_other():
    codes_between = spherical([4.0, 0.0], [0.0, 2.0], 5).astype(np.float64)
    assert np.allclose(np.linalg.norm(codes_between, axis=1), [4, 3.5, 3, 2.5, 2])
    assert np.allclose(np.degrees(np.arctan2(codes_between[:, 1], codes_between[:, 0])), [0, 22.5, 45, 67.5, 90])


@settings(max_examples=100, deadline=None)
@given(codes=_codes(2), steps=st.integers(2, 30))
def test_no_way_leads_farther_out_than_its_ends(codes, steps):
    farthest = max(np.linalg.norm(code.astype(np.float64)) for code in codes)
    for interpolate in _INTERPOLATIONS:
        assert np.linalg.norm(interpolate(*codes, steps).astype(np.float64), axis=1).max() <= farthest * 1.001 + 1e-5


def test_nearly_opposite_codes_of_unlike_length_stay_at_home():
    codes_between = spherical([3.0, 0.01], [-1.0, 0.0], 9)
    assert np.linalg.norm(codes_between, axis=1).max() <= 3.001


@pytest.mark.parametrize(
    ("a", "b"), [([1.0, 2.0], [-1.0, -2.0]), ([1.0, 2.0], [3.0, 6.0]), ([0.0, 0.0], [1.0, 2.0]), ([1.0], [-3.0])]
)
def test_where_there_is_no_arc_the_way_is_straight(a, b):
    assert np.array_equal(spherical(a, b, 7), linear(a, b, 7))


@pytest.mark.parametrize("interpolate", _INTERPOLATIONS)
@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_fewer_than_two_steps_are_told(interpolate, steps):
    with pytest.raises(LatentlabError, match="at least 2 steps"):
        interpolate([0.0], [1.0], steps)


@settings(max_examples=50, deadline=None)
@given(_codes(3))
def test_arithmetic_of_equal_codes_gives_the_third(codes):
    a, b, c = codes
    assert np.array_equal(arithmetic(a, a, c), c)
    assert np.allclose(arithmetic(a, b, b), a, atol=1e-3)
    assert np.allclose(arithmetic(a, b, c), a - b + c, atol=1e-3)
