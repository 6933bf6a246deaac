"""Packs of small shards."""

import pytest

from latentlab.core.data.shards import shard_index
from latentlab.core.data.shards.end_to_end import PAGES


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    """Cut streams into files of 64 kB, so that sets of a test have several, and images lie in two of them."""
    monkeypatch.setattr(shard_index, "_FEWEST", PAGES)
