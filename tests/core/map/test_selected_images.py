"""Which rows of a data set the points of a map are, and the recipe that trains on some of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.core.arrays import row_order
from latentlab.core.data.image_set import DatasetError
from latentlab.core.data.recipe_images import of_recipe
from latentlab.core.errors import LatentlabError
from latentlab.core.map.live_map import map_of
from latentlab.core.map.map_images import MapSource, choose
from latentlab.core.map.selected_images import excluding, for_selected, on_map, rows_in_set, without
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer

_TINY = {
    "data.dataset": "tiny",
    "training.epochs": 1,
    "training.device": "cpu",
    "model.encoder.layers": (8,),
    "model.decoder.layers": (8,),
}


@pytest.fixture(scope="module")
def recipe():
    return Recipe.load("mlp-vae-2d").with_changes(_TINY)


@pytest.fixture(scope="module")
def run(recipe, tiny_images):
    trainer = Trainer(recipe, tiny_images)
    for _ in trainer.events():
        pass
    return trainer.result()


def test_a_recipe_for_selected_images_is_trained_on_these(tiny_images, recipe):
    changed = for_selected(recipe, np.array([185, 182, 185]))
    assert changed.data.images == (185, 182)
    assert changed.training.batch_size == 2
    assert changed.data.repeat == 1000  # with one epoch of a single step nothing would be learned
    assert set(recipe.differences(changed)) == {"data.images", "data.repeat", "training.batch_size"}
    trained_on = of_recipe(tiny_images, changed)
    training = len(tiny_images.train_images)
    assert torch.equal(trained_on.train_images, tiny_images.test_images[[185 - training, 182 - training]])


def test_batches_and_limits_only_shrink_where_they_must(recipe):
    small = recipe.with_changes({"training.batch_size": 1, "data.limit": 2, "training.epochs": 500})
    changed = for_selected(small, np.array([7, 8, 9]))
    assert changed.training.batch_size == 1
    assert (changed.training.epochs, changed.data.repeat) == (500, 1)
    assert changed.data.limit is None
    assert for_selected(small, np.array([7])).data.limit == 2


@settings(max_examples=40)
@given(
    limit=st.none() | st.integers(2, 180),
    images=st.lists(st.integers(0, 239), max_size=12),
    exclude=st.lists(st.integers(0, 239), min_size=1, max_size=30),
)
def test_what_is_excluded_is_neither_learned_from_nor_tested_on(tiny_images, recipe, limit, images, exclude):
    recipe = recipe.with_changes({"data.limit": limit, "data.images": images})
    everything = torch.cat([tiny_images.train_images, tiny_images.test_images])
    training = len(tiny_images.train_images)
    train = [row for row in (images or range(training))[:limit] if row not in exclude]
    test = [row for row in images or range(training, len(everything)) if row not in exclude]
    less = excluding(recipe, np.array(exclude))
    assert less.data.exclude == tuple(sorted(set(exclude)))
    if not train or not test:
        with pytest.raises(DatasetError, match="would be left: exclude fewer"):
            of_recipe(tiny_images, less)
        return
    part = of_recipe(tiny_images, less)
    assert torch.equal(part.train_images, everything[train])
    assert torch.equal(part.test_images, everything[test])
    assert len(part.train_labels) == len(train)


def test_an_image_that_is_not_there_cannot_be_excluded(tiny_images, recipe):
    with pytest.raises(DatasetError, match="there is no image 5000"):
        of_recipe(tiny_images, recipe.with_changes({"data.exclude": (5, 5000)}))


@pytest.fixture(scope="module")
def whole(run, tiny_images):
    return map_of(run, on_map(tiny_images, run.recipe, MapSource("test", 0)))


def test_a_map_without_excluded_images_keeps_all_else(whole, tiny_images):
    training = len(tiny_images.train_labels)
    shown = without(whole, (training + 3, 5, training))
    rest = np.delete(np.arange(len(whole.means)), [0, 3])
    for name in ("means", "labels", "images"):
        np.testing.assert_array_equal(getattr(shown, name), getattr(whole, name)[rest])
    np.testing.assert_array_equal(shown.ids.rows, training + rest)
    assert without(whole, ()) is whole


def test_the_maps_of_a_training_share_what_does_not_change(whole, tiny_images):
    exclude = (len(tiny_images.train_labels) + 1,)
    first = without(whole, exclude)
    second = without(replace(whole, means=whole.means + 1), exclude, first)
    assert second.images is first.images
    assert second.labels is first.labels
    assert second.ids == first.ids
    np.testing.assert_array_equal(second.means, first.means + 1)
    third = without(whole, (exclude[0] + 1,), first)
    np.testing.assert_array_equal(third.images, np.delete(whole.images, 2, 0))


def test_nothing_is_left_out_of_a_map_of_nobody_knows_which_images_or_of_excluded_ones_alone(run, whole, tiny_images):
    everything = range(len(tiny_images.train_labels) + len(tiny_images.test_labels))
    assert without(whole, everything) is whole
    kept = map_of(run, None)
    assert without(kept, (len(tiny_images.train_labels),)) is kept


def test_what_nobody_can_tell_is_told(run, whole, tiny_images):
    training = len(tiny_images.train_labels)
    shown = without(whole, (training,))
    found = rows_in_set(shown, np.array([4, 0]))
    assert found.tolist() == [training + 5, training + 1]
    assert shown.ids.find_rows(found).tolist() == [4, 0]
    for nobody, rows, word in (
        (None, [1], "No images are selected"),
        (whole, [], "No images are selected"),
        (map_of(run, None), [1], "not loaded"),
    ):
        with pytest.raises(LatentlabError, match=word):
            rows_in_set(nobody, np.array(rows, np.int64))


def test_what_another_map_still_shows_is_found(tiny_images, recipe, run, whole):
    fewer = map_of(run, on_map(tiny_images, recipe, MapSource("test", 20)))
    others = map_of(run, on_map(tiny_images, recipe, MapSource("training", 0)))
    kept = map_of(run, None)
    rows = np.array([30, 5, 19])
    assert replace(whole, run_id="other").ids.find(whole.ids, rows).tolist() == [30, 5, 19]
    of_fewer = np.sort(row_order(60)[:20]).tolist()
    assert fewer.ids.find(whole.ids, rows).tolist() == [of_fewer.index(row) for row in (30, 5, 19) if row in of_fewer]
    assert whole.ids.find(fewer.ids, np.array([5, 19])).tolist() == [of_fewer[5], of_fewer[19]]
    assert others.ids.find(whole.ids, rows).tolist() == []
    assert kept.ids.find(map_of(run, None).ids, rows).tolist() == [30, 5, 19]
    assert others.ids.find(kept.ids, rows).tolist() == []
    alone = for_selected(recipe, whole.ids.rows[rows])
    these = map_of(run, on_map(tiny_images, alone, MapSource("test", 0)))
    assert these.ids.find(whole.ids, rows).tolist() == [0, 1, 2]
    less = without(whole, whole.ids.rows[:5])
    assert less.ids.find(whole.ids, rows).tolist() == [25, 0, 14]  # the same images, in other rows


def test_one_image_and_two_give_a_whole_run(tiny_images, recipe, tmp_path):
    from latentlab.core.measures import metrics
    from latentlab.core.runs.run import Run

    for images, latent in (((3,), 5), ((3, 200), 5), ((3, 3), 5)):
        own = recipe.with_changes({"data.images": images, "training.batch_size": 1, "model.latent": latent})
        trainer = Trainer(own, tiny_images)
        events = list(trainer.events())
        assert np.isfinite(events[-1].test.loss)
        trainer.result().save(tmp_path / "run.safetensors")
        opened = Run.open(tmp_path / "run.safetensors")
        assert opened.codes.shape == (len(images), latent)
        update = map_of(opened, choose(of_recipe(tiny_images, own), MapSource()))
        assert np.isfinite(update.projection.to_plane(update.means)).all()
        assert np.isfinite(update.projection.directions).all()
        assert np.isnan(metrics.agreement(opened.codes, opened.labels))
