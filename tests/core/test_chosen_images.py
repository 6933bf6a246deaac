"""Which rows of a data set the points of a map are, and the recipe that trains on some of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.core.chosen_images import for_chosen, rows_on_map
from latentlab.core.errors import LatentlabError
from latentlab.core.live_map import MapChoice, choose, map_of
from latentlab.core.recipe import Recipe
from latentlab.core.training import Trainer, of_recipe

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
)
def test_rows_lead_back_to_the_images_of_the_map(tiny_images, recipe, choice, limit, images):
    recipe = recipe.with_changes({"data.limit": limit, "data.images": images})
    shown = choose(of_recipe(tiny_images, recipe), choice)
    rows = rows_on_map(tiny_images, recipe, choice)
    assert len(rows) == len(shown.labels)
    everything = torch.cat([tiny_images.train_images, tiny_images.test_images])
    assert torch.equal(everything[torch.from_numpy(rows)], shown.images)


def test_a_recipe_for_chosen_images_is_trained_on_these(tiny_images, recipe, run):
    choice = MapChoice("test", 0)
    shown = map_of(run, choose(tiny_images, choice))
    changed = for_chosen(recipe, tiny_images, shown, (5, 2), choice)
    assert changed.data.images == (185, 182)
    assert changed.training.batch_size == 2
    assert changed.data.repeat == 1000  # with one epoch of a single step nothing would be learned
    assert set(recipe.differences(changed)) == {"data.images", "data.repeat", "training.batch_size"}
    trained_on = of_recipe(tiny_images, changed)
    assert torch.equal(trained_on.train_images, tiny_images.test_images[[5, 2]])


def test_batches_and_limits_only_shrink_where_they_must(tiny_images, recipe, run):
    choice = MapChoice("training", 0)
    shown = map_of(run, choose(tiny_images, choice))
    small = recipe.with_changes({"training.batch_size": 1, "data.limit": 2, "training.epochs": 500})
    changed = for_chosen(small, tiny_images, shown, (7, 8, 9), choice)
    assert changed.training.batch_size == 1
    assert (changed.training.epochs, changed.data.repeat) == (500, 1)
    assert changed.data.limit is None
    assert for_chosen(small, tiny_images, shown, (7,), choice).data.limit == 2


def test_the_same_image_twice_on_a_map_is_taken_once(tiny_images, recipe, run):
    own = recipe.with_changes({"data.images": (3, 4)})
    choice = MapChoice("both", 0)
    shown = map_of(run, choose(of_recipe(tiny_images, own), choice))
    snapshot = run.snapshot
    shown = replace(shown, snapshot=type(snapshot)(snapshot.run, own, snapshot.model, snapshot.class_names))
    assert for_chosen(recipe, tiny_images, shown, (0, 1, 2), choice).data.images == (3, 4)


def test_what_cannot_be_trained_on_is_told(tiny_images, recipe, run):
    choice = MapChoice("test", 0)
    shown = map_of(run, choose(tiny_images, choice))
    for data, told, update, rows, word in (
        (tiny_images, choice, shown, (), "No images are chosen"),
        (tiny_images, choice, None, (1,), "No images are chosen"),
        (None, choice, shown, (1,), "not loaded"),
        (tiny_images, choice, replace(shown, images=None), (1,), "not loaded"),
        (replace(tiny_images, name="other"), choice, shown, (1,), "the set at hand is 'other'"),
        (tiny_images, MapChoice("training", 0), shown, (1,), "about to show other images"),
        (tiny_images, MapChoice("test", 5), shown, (50,), "about to show other images"),
    ):
        with pytest.raises(LatentlabError, match=word):
            for_chosen(recipe, data, update, rows, told)


def test_one_image_and_two_give_a_whole_run(tiny_images, recipe, tmp_path):
    from latentlab.core import metrics
    from latentlab.core.runs import Run

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
