"""Lines of straight pieces: how far a place is from one, and equal steps along it."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.measures.polylines import at_equal_steps, distance


@given(seed=st.integers(0, 10_000), count=st.integers(1, 6))
def test_it_is_that_of_many_places_along_the_line(seed, count):
    random = np.random.default_rng(seed)
    points, place = random.standard_normal((count, 2)), random.standard_normal(2)
    shares = np.linspace(0, 1, 2001)[:, None]
    pieces = itertools.pairwise(points)
    along = np.concatenate([points, *((1 - shares) * first + shares * last for first, last in pieces)])
    nearest = np.linalg.norm(along - place, axis=1).min()
    assert distance(points, place) == pytest.approx(nearest, abs=2e-3)
    assert distance(points, place) <= nearest + 1e-12


def test_places_that_coincide_and_no_places():
    assert distance([[1, 1], [1, 1]], (1, 3)) == 2
    assert distance(np.empty((0, 2)), (1, 3)) == math.inf


@given(lengths=st.lists(st.sampled_from([0.0, 1.0, 2.5]), min_size=1, max_size=5), steps=st.integers(2, 9))
def test_equal_steps_begin_and_end_where_the_line_does_also_by_pieces_of_no_length(lengths, steps):
    codes = np.arange(len(lengths) + 1.0)[:, None]
    found = at_equal_steps(codes, lengths, steps)
    assert found[0] == codes[0]
    assert found[-1] == (codes[-1] if any(lengths) else codes[0])
    assert (np.diff(found[:, 0]) >= 0).all()
