"""A second set that is learned from beside the first one."""

import dataclasses

import numpy as np
import pytest
import torch

from latentlab.core.data import registry
from latentlab.core.data.learned_beside import with_beside
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.training_images import TrainingImages
from tests.core.data.sentences import sentence_of


@pytest.fixture
def other(tmp_path, tiny_images):
    """An array file in a data folder: three images of a class that the tiny images have, and of one that they lack."""
    known = tiny_images.class_names[1]
    images = np.arange(4, dtype=np.uint8)[:, None, None].repeat(28, 1).repeat(28, 2) * 40
    np.savez(tmp_path / "others.npz", images=images[:3], labels=np.array([known, "x", known]),
             test_images=images[3:], test_labels=np.array([known]))  # fmt: skip
    return tmp_path


def settings(name, times=1):
    return Recipe().with_changes({"data.beside": name, "data.beside_repeat": times}).data


def test_its_training_images_are_added_and_nothing_is_tested_on_them(tiny_images, other):
    data = dataclasses.replace(tiny_images, folder=other)
    both = with_beside(data, settings("array:others.npz", 2))  # its path in the data folder
    count = len(data.train_labels)
    assert torch.equal(both.train_images[:count], data.train_images)
    assert both.train_images[count:, 0, 0, 0].tolist() == [0, 40, 80] * 2
    assert both.train_labels[count:].tolist() == [1, -1, 1] * 2  # found by name; x is no class of the first
    assert torch.equal(both.test_images, data.test_images)
    assert both.fingerprint == data.fingerprint
    rows = both.rows()[0].tolist()
    assert len(set(rows)) == len(rows)
    assert rows[:count] == data.rows()[0].tolist()


def test_what_is_set_apart_is_of_the_first_set_alone(tiny_images, other):
    data = dataclasses.replace(tiny_images, folder=other)
    recipe = Recipe().with_changes({"data.beside": "array:others.npz", "data.validation": 0.25})
    images = TrainingImages.of(data, recipe, None)
    total = len(data.train_labels)
    assert len(images.validation.test_labels) == round(total / 4)
    assert len(images.learned.train_labels) == total - round(total / 4) + 3


def test_without_one_it_is_the_set_itself(tiny_images):
    assert with_beside(tiny_images, Recipe().data) is tiny_images


def test_one_that_is_not_there_or_does_not_fit_is_one_sentence(tiny_images, other):
    data = dataclasses.replace(tiny_images, folder=other)
    assert "'array:none.npz' is to be learned" in sentence_of(with_beside, data, settings("array:none.npz"))
    assert "32×32 colour pixels" in sentence_of(with_beside, data, settings("patches"))
    pairs = dataclasses.replace(data, train_noisy=data.train_images, test_noisy=data.test_images)
    assert "alone" in sentence_of(with_beside, pairs, settings("array:others.npz"))


def test_a_set_remembers_its_folder(tmp_path):
    assert registry.load("digits", tmp_path).limited(3).folder == tmp_path
