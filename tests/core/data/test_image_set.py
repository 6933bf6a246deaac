"""How a set is divided for training and testing, and what a limit leaves of it."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.data.image_set import ImageSet
from latentlab.core.data.recipe_images import of_recipe
from latentlab.core.data.splitting import evenly_chosen, is_sorted, split
from latentlab.core.recipe.recipe import Recipe

_LABELS = st.lists(st.integers(-1, 6), min_size=2, max_size=80).map(lambda labels: np.array(labels, np.int64))


def set_of(labels: list[int]) -> ImageSet:
    """A set whose image i is i everywhere."""
    images = torch.arange(len(labels), dtype=torch.uint8)[:, None, None, None].expand(-1, 1, 2, 2)
    classes = tuple(str(label) for label in range(max(labels) + 1))
    return ImageSet("own", "Own", images, torch.tensor(labels), images[:2], torch.tensor(labels[:2]), classes)


@given(_LABELS)
def test_a_split_uses_every_image_once_and_leaves_both_sides_some(labels) -> None:
    train, test = split(labels)
    assert sorted([*train, *test]) == list(range(len(labels)))
    assert min(len(train), len(test)) > 0
    assert 1 <= len(test) <= max(1, 2 * len(labels) / 6), "round(n / 6) of each class, n at least 3"
    assert len(test) >= len(labels) // 12
    again = split(labels)
    assert np.array_equal(again[0], train)


@pytest.mark.parametrize("each", [1, 2, 3])
def test_of_many_small_classes_a_sixth_is_still_for_testing(each) -> None:
    labels = np.repeat(np.arange(1000), each)
    train, test = split(labels)
    assert len(test) == round(1000 * each / 6)
    if each > 1:
        assert np.bincount(labels[test]).max() == 1
        assert len(np.unique(labels[train])) == 1000, "each class can be learned"


def test_classes_of_one_are_learned_from_as_long_as_others_can_be_tested() -> None:
    labels = np.array([0, 1, *[2, 2, 2]])
    assert labels[split(labels)[1]].tolist() == [2]


@pytest.mark.parametrize("counts", [(12, 12, 12), (10, 10), (30, 6, 5), (4, 9, 100)])
def test_larger_classes_give_a_sixth_each(counts) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    _, test = split(labels)
    assert np.bincount(labels[test], minlength=len(counts)).tolist() == [round(count / 6) for count in counts]


def test_a_limit_of_a_set_in_random_order_keeps_its_first_images() -> None:
    labels = np.random.default_rng(0).integers(0, 10, 300)
    part = set_of(labels.tolist()).limited(7)
    assert part.train_images[:, 0, 0, 0].tolist() == list(range(7))


def test_a_limit_of_a_sorted_set_keeps_all_classes() -> None:
    whole = set_of([0] * 40 + [1] * 40 + [2] * 20)
    part = whole.limited(10)
    assert part.train_labels.bincount().tolist() == [4, 4, 2]
    assert part.train_images[:, 0, 0, 0].tolist() == [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert part.rows()[0].tolist() == part.train_images[:, 0, 0, 0].tolist()
    assert part.fingerprint == whole.fingerprint
    assert len(part.test_images) == 2


def test_what_a_recipe_excludes_is_found_in_a_sorted_set_with_a_limit() -> None:
    whole = set_of([0] * 40 + [1] * 40 + [2] * 20)
    recipe = Recipe().with_changes({"data.limit": 10, "data.exclude": (10, 11, 100)})
    part = of_recipe(whole, recipe)
    assert part.train_images[:, 0, 0, 0].tolist() == [0, 20, 30, 40, 50, 60, 70, 80, 90]
    assert len(part.test_images) == 1


@given(_LABELS, st.data())
def test_images_chosen_evenly_hold_every_class_if_there_is_room(labels, data) -> None:
    count = data.draw(st.integers(1, len(labels)))
    rows = evenly_chosen(labels, count)
    assert len(np.unique(rows)) == count == len(rows)
    classes, counts = np.unique(labels, return_counts=True)
    if count >= len(classes):
        assert set(labels[rows]) == set(classes)
        kept = np.array([np.count_nonzero(labels[rows] == label) for label in classes])
        assert (kept <= np.maximum(np.ceil(counts * count / len(labels)), 1)).all()


def test_order_tells_sorted_sets_from_others() -> None:
    random = np.random.default_rng(0)
    assert is_sorted(np.repeat(np.arange(10), 5))
    assert is_sorted(np.repeat([3, 1, 2], 4))
    assert is_sorted(np.repeat([0, 1], [990, 10]))
    assert not is_sorted(np.arange(50) % 10)
    assert not is_sorted(np.full(50, -1))
    assert not is_sorted(np.arange(0))
    for seed in range(20):
        assert not is_sorted(np.random.default_rng(seed).integers(0, 10, 60))
        assert not is_sorted(random.permutation(np.repeat([0, 1], [990, 10])))


def test_one_pixel_of_many_images_makes_another_fingerprint(monkeypatch) -> None:
    monkeypatch.setattr("latentlab.core.data.image_set._MOST_BYTES", 100)
    images = torch.zeros(101, 1, 2, 2, dtype=torch.uint8)
    labels = torch.zeros(101, dtype=torch.int64)

    def fingerprint(changed: int | None) -> str:
        own = images.clone()
        if changed is not None:
            own[changed, 0, 1, 1] = 1
        return ImageSet("own", "Own", own, labels, images, labels, ("a",)).fingerprint

    assert fingerprint(None) == fingerprint(None)
    assert len({fingerprint(changed) for changed in (None, *range(101))}) == 102
