"""A second model beside the first: which images two maps share, and what the second makes of the cursor."""

from dataclasses import replace

import numpy as np
import pytest

from latentlab.core.map import comparing
from latentlab.core.map.live_map import map_of
from latentlab.core.map.map_images import MapImages, MapSource, choose
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer

TINY = {"model.encoder.layers": (8,), "model.decoder.layers": (8,), "training.epochs": 1, "training.device": "cpu"}


@pytest.fixture(scope="module")
def runs(tiny_images):
    """Give runs of the same three classes of images: a VAE, an autoencoder, a CVAE of five dimensions."""
    changes = ({}, {"model.kind": "autoencoder"}, {"model.kind": "cvae", "model.latent": 5})
    made = []
    for change in changes:
        trainer = Trainer(Recipe.load("digits-vae-2d").with_changes(TINY | change), tiny_images)
        for _ in trainer.events():
            pass
        made.append(trainer.result())
    return made


@pytest.fixture(scope="module")
def images(tiny_images):
    return choose(tiny_images, MapSource())


def of_other_data(run):
    recipe = run.recipe.with_changes({"data.dataset": "mnist"})
    snapshot = type(run.snapshot)("other", recipe, run.snapshot.model, run.snapshot.class_names)
    return replace(run, snapshot=snapshot)


def test_the_second_map_is_of_the_first_ones_images(runs, images):
    first = map_of(runs[0], images)
    second = map_of(runs[1], comparing.images_for_second(runs[1], first))
    assert first.ids == second.ids
    assert np.allclose(second.means, runs[1].snapshot.encode(images.images)[0])


def test_other_images_are_not_shared(runs, images):
    first = map_of(runs[0], images)
    other = of_other_data(runs[1])
    assert comparing.images_for_second(other, first) is None
    assert first.ids != map_of(other, None).ids
    again = map_of(runs[1], load_again(images))
    assert first.ids != again.ids  # alike, but nobody can know


def load_again(images):
    return MapImages(images.images.clone(), images.labels)


def test_codes_that_are_kept_without_images_are_of_the_same_ones(runs):
    first, second = (map_of(run, None) for run in runs[:2])
    assert comparing.images_for_second(runs[1], first) is None
    assert first.ids == second.ids
    assert first.ids != map_of(of_other_data(runs[1]), None).ids


def test_a_cvae_of_other_classes_cannot_read_the_labels(runs, images):
    first = map_of(runs[0], images)
    assert comparing.images_for_second(runs[2], first) is not None
    stranger = replace(runs[2], snapshot=type(first.snapshot)("s", runs[2].recipe, runs[2].snapshot.model, ("x",) * 3))
    assert comparing.images_for_second(stranger, first) is None


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_an_image_is_rebuilt_where_its_mean_lies(runs, images, kind):
    model = map_of(runs[kind], images)
    found = comparing.at_image(model, 7)
    labels = images.labels[7:8]
    assert found.position == pytest.approx(model.projection.position(model.means[7]))
    assert found.image == pytest.approx(model.snapshot.restore(images.images[7:8], labels)[0], abs=1e-5)
    assert found.losses.loss > 0
    clean = images.images[7].numpy() / np.float32(255)
    assert found.psnr == pytest.approx(-10 * np.log10(np.square(found.image - clean).mean()), rel=1e-4)
    without = comparing.at_image(map_of(runs[kind], None), 7)
    assert without.losses is without.psnr is None


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_a_place_is_decoded_on_the_plane_of_the_map(runs, images, kind):
    model = map_of(runs[kind], images)
    found = comparing.at_place(model, (0.4, -0.3), label=1)
    code = model.projection.origin + np.array([0.4, -0.3], np.float32) @ model.projection.directions
    assert found.position == (0.4, -0.3)
    assert found.label == ("level" if kind == 2 else "")
    assert comparing.at_place(model, (0.4, -0.3), label=20).label == ("ring" if kind == 2 else "")
    assert found.image == pytest.approx(model.snapshot.decode(code[None], [1])[0], abs=1e-5)


def test_the_nearest_image_is_nearest_on_the_map(runs, images):
    model = map_of(runs[2], images)
    points = model.projection.to_plane(model.means)
    assert comparing.nearest_image(model, tuple(points[11].tolist())) == 11
    assert comparing.nearest_image(replace(model, means=model.means[:0]), (0.0, 0.0)) is None
