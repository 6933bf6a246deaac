"""Whoever waits hears how far it is, and ends what nobody waits for any more."""

import numpy as np
import pytest

from latentlab.core.models import decode_grid as grid
from latentlab.core.progress import GivenUp, part, reached, watched


def test_where_nobody_watches_nothing_happens():
    reached()
    reached(0.5)


def test_shares_are_told_within_the_watch_alone():
    told = []
    with watched(told.append, lambda: False):
        reached(0.25)
        reached()
        with watched(lambda share: told.append(-share), lambda: False):
            reached(0.5)
        reached(1.0)
    reached(0.75)
    assert told == [0.25, -0.5, 1.0]


def test_a_part_of_the_work_tells_a_part_of_the_share():
    told = []
    with part(0.5, 1):
        reached(0.5)
    with watched(told.append, lambda: False):
        with part(0.5, 1), part(0, 0.5):
            reached(0)
            reached(1)
        reached(1)
    assert told == [0.5, 0.75, 1]


def test_a_grid_and_an_encoding_end_at_their_next_part_once_nobody_waits(tiny_model, monkeypatch):
    model, told = tiny_model(), []
    codes, labels = np.zeros((10, 2), np.float32), np.zeros(10, np.int64)
    monkeypatch.setattr(grid, "chunk_of", lambda snapshot: 4)
    with watched(told.append, lambda: len(told) == 2), pytest.raises(GivenUp):
        grid.decode_grid(model.snapshot, codes, labels)
    assert told == [0.4, 0.8]
    with watched(told.append, lambda: True), pytest.raises(GivenUp):
        model.snapshot.encode(model.images, model.labels)
    assert len(grid.decode_grid(model.snapshot, codes, labels)) == 10
