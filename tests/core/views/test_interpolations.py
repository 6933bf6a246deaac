"""What is decoded between selected images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from latentlab.core.errors import LatentlabError
from latentlab.core.map.live_map import map_of
from latentlab.core.map.map_images import MapSource, choose
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer
from latentlab.core.views.interpolations import FRAMES, InterpolationsQuestion


@pytest.fixture(scope="module")
def made(tiny_images):
    """Give the map of a barely trained model, by what differs from a tiny recipe; each is made once."""
    models = {}

    def give(**changes):
        key = repr(sorted(changes.items()))
        if key not in models:
            recipe = Recipe.load("mlp-vae-2d").with_changes(
                {
                    "data.dataset": "tiny",
                    "training.epochs": 1,
                    "training.device": "cpu",
                    "model.encoder.layers": (8,),
                    "model.decoder.layers": (8,),
                }
                | {name.replace("__", "."): value for name, value in changes.items()}
            )
            trainer = Trainer(recipe, tiny_images)
            for _ in trainer.events():
                pass
            models[key] = map_of(trainer.result(), choose(tiny_images, MapSource("test", 0)))
        return models[key]

    return give


def ask(model, rows, steps=5, kind="linear", label=None):
    return InterpolationsQuestion(rows, steps, kind, label).answer(model)


@pytest.mark.parametrize("changes", [{}, {"model__latent": 5}, {"model__latent": 1}, {"model__kind": "autoencoder"}])
def test_ways_begin_and_end_at_the_means_of_the_images(made, changes):
    model = made(**changes)
    found = ask(model, (3, 8))
    decoded = model.snapshot.decode(model.means[[3, 8]])
    assert [interpolation.kind for interpolation in found.interpolations] == ["linear", "spherical"]
    assert found.nearest is None
    for interpolation in found.interpolations:
        assert interpolation.steps.shape == (5, 1, 28, 28)
        assert np.allclose(interpolation.steps[[0, -1]], decoded, atol=1e-5)
        assert np.allclose(interpolation.ends, model.images[[3, 8]] / 255)
    assert found.frames.shape == (FRAMES, 1, 28, 28)
    assert np.allclose(found.frames[[0, -1]], decoded, atol=1e-5)


def test_the_animation_goes_the_way_that_was_asked_for(made):
    model = made(model__latent=5)
    straight, round_about = (ask(model, (3, 8), FRAMES, kind) for kind in ("linear", "spherical"))
    assert np.allclose(straight.frames, straight.interpolations[0].steps, atol=1e-5)
    assert np.allclose(round_about.frames, round_about.interpolations[1].steps, atol=1e-5)
    assert not np.allclose(straight.frames, round_about.frames, atol=1e-5)


def test_arithmetic_leads_from_c_to_the_sum_and_names_the_nearest_image(made):
    model = made()
    found = ask(model, (3, 8, 12, 20), kind="arithmetic")
    arithmetic = found.interpolations[2]
    code = model.means[3] - model.means[8] + model.means[12]
    assert np.allclose(arithmetic.steps[0], model.snapshot.decode(model.means[[12]])[0], atol=1e-5)
    assert np.allclose(arithmetic.steps[-1], model.snapshot.decode(code[None])[0], atol=1e-5)
    assert found.nearest == np.linalg.norm(model.means - code, axis=1).argmin()
    assert np.allclose(arithmetic.ends, model.images[[12, found.nearest]] / 255)
    assert found.images.shape == (4, 1, 28, 28)
    assert np.allclose(found.frames[-1], arithmetic.steps[-1], atol=1e-5)
    same = ask(model, (3, 3, 12))
    assert same.nearest == 12


def test_too_few_images_give_no_interpolations(made):
    for rows in ((), (4,)):
        found = ask(made(), rows)
        assert found.interpolations == ()
        assert len(found.images) == len(rows)
        assert len(found.frames) == 0
    assert len(ask(made(), (4, 5), kind="arithmetic").frames) == 0


def test_a_cvae_decodes_under_the_label_of_a_or_the_one_chosen(made):
    model = made(model__kind="cvae")
    rows = (3, 4)
    assert model.labels[3] != model.labels[4]
    for label, wanted in ((None, model.labels[3]), (2, 2)):
        found = ask(model, rows, label=label)
        decoded = model.snapshot.decode(model.means[list(rows)], np.full(2, wanted))
        assert np.allclose(found.interpolations[0].steps[[0, -1]], decoded, atol=1e-5)


def test_without_the_data_the_images_are_rebuilt(made):
    model = replace(made(), images=None)
    found = ask(model, (3, 8, 12))
    assert np.allclose(found.images, model.snapshot.decode(model.means[[3, 8, 12]]), atol=1e-5)


def test_rows_that_the_map_no_longer_has_are_told(made):
    with pytest.raises(LatentlabError, match="other images by now"):
        ask(made(), (3, 1000))
