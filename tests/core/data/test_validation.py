"""Validation images: drawn from the training images by a seed, and nobody's else."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.data.image_set import DatasetError
from latentlab.core.data.validation import set_apart
from latentlab.core.recipe.recipe import Recipe


@given(total=st.integers(2, 180), share=st.floats(0, 0.5, exclude_min=True), seed=st.integers(0, 2**63 - 1))
def test_they_are_training_images_that_are_learned_from_no_more(tiny_images, total, share, seed):
    images = tiny_images.limited(total)
    learned, validation = set_apart(images, share, seed)
    count = max(1, round(share * total))
    assert len(validation.test_images) == len(validation.test_labels) == count
    assert len(learned.train_images) == len(learned.train_labels) == total - count
    (left, test), (_, apart) = learned.rows(), validation.rows()
    assert sorted(torch.cat([left, apart]).tolist()) == images.rows()[0].tolist()
    assert test.tolist() == images.rows()[1].tolist()
    assert torch.equal(validation.test_images, tiny_images.train_images[apart])
    assert torch.equal(validation.test_labels, tiny_images.train_labels[apart])
    assert torch.equal(learned.test_images, tiny_images.test_images)
    again, _ = set_apart(images, share, seed)
    assert torch.equal(again.train_images, learned.train_images)


def test_another_seed_draws_others(tiny_images):
    apart = [set_apart(tiny_images, 1 / 6, seed)[1].rows()[1].tolist() for seed in (0, 1)]
    assert len(apart[0]) == 30
    assert apart[0] != apart[1]


def test_the_noisy_side_of_pairs_comes_along(tiny_images):
    pairs = dataclasses.replace(
        tiny_images, train_noisy=tiny_images.train_images // 2, test_noisy=tiny_images.test_images // 2
    )
    learned, validation = set_apart(pairs, 0.2, 3)
    np.testing.assert_array_equal(learned.train_noisy, learned.train_images // 2)
    np.testing.assert_array_equal(validation.test_noisy, validation.test_images // 2)


def test_of_a_single_image_none_can_be_set_apart(tiny_images):
    with pytest.raises(DatasetError, match=r"data\.validation to 0"):
        set_apart(tiny_images.limited(1), 0.1, 0)


def test_a_sixth_is_set_apart_where_something_chooses():
    recipe = Recipe()
    assert recipe.validation_share == 0
    assert recipe.with_changes({"patience": 3}).validation_share == 1 / 6
    assert recipe.with_changes({"patience": 3, "validation": 0}).validation_share == 0
    assert recipe.with_changes({"validation": 0.1}).validation_share == 0.1
