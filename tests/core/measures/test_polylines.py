"""How far a place is from a line of straight pieces."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.measures.polylines import distance


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
