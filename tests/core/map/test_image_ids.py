"""Which images of the data set a map shows, and maps without some of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from latentlab.core.errors import LatentlabError
from latentlab.core.map.image_ids import MapNumbers
from latentlab.core.map.live_map import MapChoice, map_of
from latentlab.core.map.selected_images import on_map
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer

_TINY = {
    "data.dataset": "tiny",
    "training.epochs": 1,
    "training.device": "cpu",
    "model.encoder.layers": (8,),
    "model.decoder.layers": (8,),
}
CHOICE = MapChoice("test", 0)


@pytest.fixture(scope="module")
def run(tiny_images):
    trainer = Trainer(Recipe.load("mlp-vae-2d").with_changes(_TINY), tiny_images)
    for _ in trainer.events():
        pass
    return trainer.result()


@pytest.fixture
def whole(run, tiny_images):
    return map_of(run, on_map(tiny_images, run.recipe, CHOICE))


@pytest.fixture
def numbers():
    made = MapNumbers()
    made.choice = CHOICE
    return made


def test_a_map_without_excluded_images_keeps_all_else(numbers, whole, tiny_images):
    training = len(tiny_images.train_labels)
    shown = numbers.visible(whole, tiny_images, (training + 3, 5, training))
    rest = np.delete(np.arange(len(whole.means)), [0, 3])
    for name in ("means", "labels", "images"):
        np.testing.assert_array_equal(getattr(shown, name), getattr(whole, name)[rest])
    assert numbers.excluded == 2
    np.testing.assert_array_equal(numbers.of(shown), training + rest)
    np.testing.assert_array_equal(numbers.of(whole), training + np.arange(len(whole.means)))
    assert numbers.visible(whole, tiny_images, ()) is whole
    assert numbers.excluded == 0


def test_the_maps_of_a_training_share_what_does_not_change(numbers, whole, tiny_images):
    exclude = (len(tiny_images.train_labels) + 1,)
    first = numbers.visible(whole, tiny_images, exclude)
    later = replace(whole, means=whole.means + 1)
    # The set at hand may be another one by now.
    second = numbers.visible(later, None, exclude)
    assert second.images is first.images
    assert second.labels is first.labels
    np.testing.assert_array_equal(second.means, first.means + 1)


def test_numbers_that_belong_to_other_images_are_not_used(numbers, whole, tiny_images):
    exclude = (len(tiny_images.train_labels),)
    same = replace(whole, images=whole.images.copy())
    for update, data in (
        (replace(whole, images=255 - whole.images), tiny_images),
        (same, replace(tiny_images, name="other")),
        (same, None),
    ):
        assert numbers.visible(update, data, exclude) is update
        assert numbers.of(update) is None
        assert numbers.excluded == 0
    numbers.choice = MapChoice("training", 0)  # which is still on its way to the map
    assert numbers.visible(same, tiny_images, exclude) is same
    numbers.choice = CHOICE
    assert len(numbers.visible(same, tiny_images, exclude).means) == len(whole.means) - 1


def test_a_map_of_excluded_images_alone_stays_whole(numbers, whole, tiny_images):
    everything = range(len(tiny_images.train_labels) + len(tiny_images.test_labels))
    assert numbers.visible(whole, tiny_images, everything) is whole
    assert numbers.excluded == 0


def test_images_are_found_on_the_map_again(numbers, whole, tiny_images):
    training = len(tiny_images.train_labels)
    shown = numbers.visible(whole, tiny_images, (training,))
    found = numbers.named(shown, np.array([4, 0]))
    assert found.tolist() == [training + 5, training + 1]
    assert numbers.rows(shown, found).tolist() == [4, 0]
    # What is excluded, of the other split or not in the set at all is not on the map.
    assert numbers.rows(shown, np.array([training, 3, 10**6, training + 2])).tolist() == [1]
    assert numbers.rows(whole, np.array([training])).tolist() == [0]


def test_what_nobody_can_tell_is_told(numbers, whole, tiny_images):
    numbers.visible(whole, tiny_images, ())
    for shown, rows, word in (
        (None, [1], "No images are chosen"),
        (whole, [], "No images are chosen"),
        (replace(whole, images=None), [1], "not loaded"),
        (replace(whole, images=whole.images.copy()), [1], "about to show other images"),
    ):
        with pytest.raises(LatentlabError, match=word):
            numbers.named(shown, np.array(rows, np.int64))
