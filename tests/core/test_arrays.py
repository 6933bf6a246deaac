"""The order in which a map is gone through, and its first rows where there are too many to put into one."""

import numpy as np
import pytest

from latentlab.core import arrays
from latentlab.core.arrays import first_rows, row_order, sample_rows


def test_the_first_rows_are_those_of_the_order():
    assert np.array_equal(first_rows(1000, 30), row_order(1000)[:30])
    assert len(first_rows(10, 30)) == 10


@pytest.mark.parametrize("count", [3000, 10**8])
def test_of_very_many_no_more_is_drawn_than_is_asked_for(count, monkeypatch):
    monkeypatch.setattr(arrays, "MOST_ORDERED", 2999)
    monkeypatch.setattr(arrays, "_DRAWN", 1024)
    rows = first_rows(count, 2500)
    assert (len(rows), len(set(rows.tolist()))) == (2500, 2500)
    assert (rows.min() >= 0, rows.max() < count) == (True, True)
    assert np.array_equal(first_rows(count, 700), rows[:700]), "a smaller sample is a part of every larger one"
    assert np.array_equal(sample_rows(count, 700), np.sort(rows[:700]))
    # Uniform: the mean of n draws without replacement of 0 .. N - 1 is N / 2, give or take N / √(12 n).
    assert abs(rows.mean() / count - 0.5) < 4 / np.sqrt(12 * 2500)
    assert len(set(first_rows(3000, 3000).tolist())) == 3000
