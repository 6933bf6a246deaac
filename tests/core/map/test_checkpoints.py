import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.map.checkpoints import Checkpoints


class Model(str):
    """Stands in for the map of a model, by its epoch's number."""

    means, deviations = np.zeros((0, 2), np.float32), None


def after(epochs, first=1, every=None):
    """Offer the model of each epoch, as training does."""
    checkpoints = Checkpoints(every)
    for epoch in range(first, first + epochs):
        checkpoints.add(epoch, Model(f"model {epoch}"))
    return checkpoints


@given(epochs=st.integers(0, 3000), first=st.integers(1, 200))
def test_few_are_kept_and_evenly_spaced(epochs, first):
    kept = after(epochs, first).epochs()
    assert len(kept) <= 25
    assert len(set(np.diff(kept))) <= 1
    assert all(first <= epoch < first + epochs for epoch in kept)
    if epochs:  # and they reach as far as the run does
        spacing = kept[1] - kept[0] if len(kept) > 1 else 1
        assert first + epochs - 1 - kept[-1] < spacing
        assert len(kept) >= min(epochs, 12)


@pytest.mark.parametrize("epochs", [0, 1, 25])
def test_a_short_run_is_kept_whole(epochs):
    assert after(epochs).epochs() == list(range(1, epochs + 1))


def test_a_longer_run_keeps_every_second():
    assert after(26).epochs() == list(range(2, 27, 2))


def test_what_is_kept_of_an_epoch_is_its_own_model():
    checkpoints = after(100)
    assert [checkpoints.at(epoch) for epoch in checkpoints.epochs()] == [
        f"model {epoch}" for epoch in checkpoints.epochs()
    ]
    assert 51 not in checkpoints.epochs()
    with pytest.raises(KeyError):
        checkpoints.at(51)


def test_an_epoch_that_is_not_wanted_is_not_kept():
    checkpoints = after(30)
    checkpoints.add(31, Model("model 31"))
    assert 31 not in checkpoints.epochs()


@given(epochs=st.integers(1, 3000), every=st.integers(1, 300))
def test_checkpoints_of_the_recipe_stay_as_long_as_they_alone_are_few(epochs, every):
    checkpoints = after(epochs, every=every)
    kept, marked = checkpoints.epochs(), range(every, epochs + 1, every)
    assert len(kept) <= 25
    assert len(kept) >= min(epochs, 12)
    if len(marked) <= 25:
        assert set(marked) <= set(kept)
    assert all(checkpoints.at(epoch) == f"model {epoch}" for epoch in kept)


def test_between_the_checkpoints_of_the_recipe_others_are_kept_too():
    assert after(60, every=15).epochs() == sorted({*range(4, 61, 4), *range(15, 61, 15)})
