"""Which rows of a data set the points of a map are, and the recipe that trains on some of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from latentlab.core.data.recipe_images import of_recipe

from latentlab.core.data.image_set import DatasetError
from latentlab.core.map.live_map import MapChoice, choose, map_of
from latentlab.core.map.selected_images import are_of, excluding, for_chosen, on_map, rows_on_map, still_shown
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


@settings(max_examples=40)
@given(
    choice=st.builds(MapChoice, st.sampled_from(["test", "training", "both"]), st.integers(0, 300)),
    limit=st.none() | st.integers(1, 200),
    images=st.lists(st.integers(0, 239), max_size=12),
    exclude=st.lists(st.integers(0, 239), max_size=12),
)
def test_rows_lead_back_to_the_images_of_the_map(tiny_images, recipe, choice, limit, images, exclude):
    recipe = recipe.with_changes({"data.limit": limit, "data.images": images, "data.exclude": exclude})
    shown = on_map(tiny_images, recipe, choice)
    rows = rows_on_map(tiny_images, recipe, choice)
    assert len(rows) == len(shown.labels)
    everything = torch.cat([tiny_images.train_images, tiny_images.test_images])
    assert torch.equal(everything[torch.from_numpy(rows)], shown.images)


def test_a_recipe_for_chosen_images_is_trained_on_these(tiny_images, recipe):
    changed = for_chosen(recipe, np.array([185, 182, 185]))
    assert changed.data.images == (185, 182)
    assert changed.training.batch_size == 2
    assert changed.data.repeat == 1000  # with one epoch of a single step nothing would be learned
    assert set(recipe.differences(changed)) == {"data.images", "data.repeat", "training.batch_size"}
    trained_on = of_recipe(tiny_images, changed)
    training = len(tiny_images.train_images)
    assert torch.equal(trained_on.train_images, tiny_images.test_images[[185 - training, 182 - training]])


def test_batches_and_limits_only_shrink_where_they_must(recipe):
    small = recipe.with_changes({"training.batch_size": 1, "data.limit": 2, "training.epochs": 500})
    changed = for_chosen(small, np.array([7, 8, 9]))
    assert changed.training.batch_size == 1
    assert (changed.training.epochs, changed.data.repeat) == (500, 1)
    assert changed.data.limit is None
    assert for_chosen(small, np.array([7])).data.limit == 2


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


def test_another_choice_on_its_way_to_the_map_is_noticed(tiny_images, recipe, run):
    choice = MapChoice("test", 0)
    shown = map_of(run, on_map(tiny_images, recipe, choice))
    numbers = rows_on_map(tiny_images, recipe, choice)
    assert are_of(shown, tiny_images, numbers)
    assert not are_of(shown, tiny_images, numbers[:-1])
    assert not are_of(shown, tiny_images, numbers - 1)
    assert not are_of(replace(shown, images=None), tiny_images, numbers)


def test_what_another_map_still_shows_is_found(tiny_images, recipe, run):
    whole = map_of(run, on_map(tiny_images, recipe, MapChoice("test", 0)))
    fewer = map_of(run, on_map(tiny_images, recipe, MapChoice("test", 20)))
    others = map_of(run, on_map(tiny_images, recipe, MapChoice("training", 0)))
    rows = np.array([30, 5, 19])
    assert still_shown(rows, whole, replace(whole, run="other")).tolist() == [30, 5, 19]
    assert still_shown(rows, whole, fewer).tolist() == [5, 19]
    assert still_shown(np.array([5, 19]), fewer, whole).tolist() == [5, 19]
    assert still_shown(rows, whole, others).tolist() == []
    assert still_shown(rows, replace(whole, images=None), replace(whole, images=None)).tolist() == [30, 5, 19]
    assert still_shown(rows, replace(whole, images=None), others).tolist() == []
    alone = for_chosen(recipe, rows_on_map(tiny_images, recipe, MapChoice("test", 0))[rows])
    these = map_of(run, on_map(tiny_images, alone, MapChoice("test", 0)))
    assert still_shown(rows, whole, these).tolist() == [0, 1, 2]


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
        update = map_of(opened, choose(of_recipe(tiny_images, own), MapChoice()))
        assert np.isfinite(update.projection.to_plane(update.means)).all()
        assert np.isfinite(update.projection.directions).all()
        assert np.isnan(metrics.agreement(opened.codes, opened.labels))
