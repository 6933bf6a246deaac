"""Damage is done again in the same way, restored by the model, and measured against the clean image."""

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.core.errors import LatentlabError
from latentlab.core.map.live_map import LiveMap, map_of
from latentlab.core.map.map_images import MapSource, choose
from latentlab.core.measures.image_quality import peak_signal_to_noise
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer
from latentlab.core.views.restored import Damage, RestoredQuestion, damaged_again, restored, restored_image

KINDS = ("salt_and_pepper", "gaussian", "occlusion", "stains", "creases", "light")
LAYERS = {"layers": [32]}
DENOISING = Recipe.from_dict(
    {
        "data": {"dataset": "tiny"},
        "model": {"kind": "autoencoder", "latent": 8, "encoder": LAYERS, "decoder": LAYERS},
        "corruption": {"salt_and_pepper": 0.2},
        "training": {"learning_rate": 1e-2, "batch_size": 32, "epochs": 30, "device": "cpu"},
    }
)
PLAIN = DENOISING.with_changes({"salt_and_pepper": 0, "model.kind": "vae", "epochs": 1})
PEPPER = Damage("salt_and_pepper", 0.3, 0)


@pytest.fixture(scope="module")
def paired(tiny_images):
    """The tiny images with dirty ones, which are darker."""
    return dataclasses.replace(
        tiny_images, train_noisy=tiny_images.train_images // 2, test_noisy=tiny_images.test_images // 2
    )


@pytest.fixture(scope="module")
def update(tiny_images):
    trainer = Trainer(DENOISING, tiny_images)
    list(trainer.events())
    return map_of(trainer.result(), choose(tiny_images, MapSource()))


@pytest.fixture(scope="module")
def snapshot(update):
    return update.snapshot


def test_a_denoising_model_brings_images_nearer_to_the_clean_ones(update):
    found = RestoredQuestion(Damage("training", 0, 0), 12).answer(update)
    assert found.run_id == update.run_id
    assert found.clean.shape == found.noisy.shape == found.restored.shape == (12, 1, 28, 28)
    assert {part.dtype for part in (found.clean, found.noisy, found.restored)} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(found.clean, update.images[:12].astype(np.float32) / np.float32(255))
    share = (found.noisy != found.clean).mean()
    assert 0.08 < share < 0.22  # half of the salt and pepper falls on what is white or black already
    assert found.noisy_quality == peak_signal_to_noise(found.clean, found.noisy)
    assert found.restored_quality > found.noisy_quality + 3


def test_what_was_done_in_training_is_the_recipes_own_damage(update):
    own = restored(RestoredQuestion(Damage("training", 0.9, 4), 5), update)
    same = restored(RestoredQuestion(Damage("salt_and_pepper", 0.2, 4), 5), update)
    np.testing.assert_array_equal(own.noisy, same.noisy)


@pytest.mark.parametrize("kind", KINDS)
def test_more_damage_leaves_less(update, kind):
    page = dataclasses.replace(update, images=255 - update.images)  # stains and light fall on light paper
    qualities = [
        restored(RestoredQuestion(Damage(kind, amount, 0), 10), page).noisy_quality for amount in (0, 0.1, 0.4, 0.9)
    ]
    assert qualities[0] == math.inf
    assert qualities == sorted(qualities, reverse=True)


@given(
    st.builds(Damage, st.sampled_from(("training", *KINDS)), st.floats(0, 1), st.integers(0, 2**31)),
    st.integers(1, 40),
)
@settings(max_examples=20)
def test_any_damage_gives_images(update, damage, count):
    found = restored(RestoredQuestion(damage, count), update)
    for images in (found.noisy, found.restored):
        assert images.shape == (count, 1, 28, 28)
        assert images.min() >= 0
        assert images.max() <= 1
    again = restored(RestoredQuestion(damage, count), update)
    np.testing.assert_array_equal(found.noisy, again.noisy)


def test_another_seed_damages_other_places(update):
    one, other = (restored(RestoredQuestion(Damage("occlusion", 0.2, seed), 5), update) for seed in (0, 1))
    assert (one.noisy != other.noisy).any()


@pytest.mark.parametrize(("side", "count"), [(100, 20), (224, 5), (400, 2)])
def test_large_images_are_few(update, side, count):
    snapshot = SimpleNamespace(run_id="run", recipe=PLAIN, restore=lambda noisy, labels: noisy)
    images = np.zeros((20, *update.images.shape[1:-2], side, side), np.uint8)
    large = dataclasses.replace(update, snapshot=snapshot, images=images)
    assert len(restored(RestoredQuestion(PEPPER, 20), large).clean) == count


def test_without_its_images_a_run_says_so(update):
    with pytest.raises(LatentlabError, match="get the data set"):
        RestoredQuestion(PEPPER, 5).answer(dataclasses.replace(update, images=None))


# Pairs


def test_the_dirty_image_of_a_pair_is_what_training_saw(paired):
    trainer = Trainer(PLAIN, paired)
    update = LiveMap(choose(paired, MapSource("both", 0))).update(trainer)
    np.testing.assert_array_equal(update.noisy, torch.cat([paired.test_noisy, paired.train_noisy]))
    found = restored(RestoredQuestion(Damage("training", 0, 0), 6), update)
    np.testing.assert_allclose(found.noisy, paired.test_noisy[:6] / 255, atol=1e-6)
    np.testing.assert_allclose(found.clean, paired.test_images[:6] / 255, atol=1e-6)
    other = restored(RestoredQuestion(Damage("light", 0.5, 0), 6), update)
    assert (other.noisy > found.noisy).any(), "another damage begins with the clean image"
    some = choose(paired, MapSource("training", 10))
    kept = map_of(trainer.result(), some)
    np.testing.assert_array_equal(kept.noisy, paired.train_noisy[some.ids.rows])


def test_a_recipes_corruption_comes_on_top_of_a_pair(paired):
    clean = np.ones((2, 1, 28, 28), np.float32)
    result = damaged_again(clean, clean * np.float32(0.5), Damage("training", 0, 0), DENOISING)
    assert set(np.unique(result)) == {0, 0.5, 1}


# One image


def test_one_image_is_restored(snapshot, tiny_images):
    image = tiny_images.test_images[3].numpy().astype(np.float32) / 255
    found = restored_image(snapshot, image, PEPPER, label=None, pair=None, source="sketch")
    assert (found.run_id, found.source, found.damage) == (snapshot.run_id, "sketch", PEPPER)
    np.testing.assert_array_equal(found.clean, image)
    np.testing.assert_array_equal(found.noisy, damaged_again(image[None], None, PEPPER, DENOISING)[0])
    np.testing.assert_allclose(found.restored, snapshot.restore(found.noisy[None])[0], atol=1e-6)
    assert found.restored_quality == pytest.approx(peak_signal_to_noise(image, found.restored))
    pair = restored_image(
        snapshot, image, Damage("gaussian", 0, 0), label=None, pair=tiny_images.test_images[4].numpy(), source="point"
    )
    assert pair.noisy_quality == math.inf


def test_a_cvae_is_told_the_class(tiny_images):
    snapshot = Trainer(PLAIN.with_changes({"model.kind": "cvae"}), tiny_images).snapshot()
    image = tiny_images.test_images[0].numpy().astype(np.float32) / 255
    nothing = Damage("light", 0, 0)
    by_label = [
        restored_image(snapshot, image, nothing, label=label, pair=None, source="point").restored for label in (0, 1)
    ]
    for label, found in enumerate(by_label):
        np.testing.assert_allclose(found, snapshot.restore(image[None], [label])[0], atol=1e-6)
    assert (by_label[0] != by_label[1]).any()
    restored_image(snapshot, image, nothing, label=None, pair=None, source="decoded")  # a sketch of no class


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, True), ({"salt_and_pepper": 0}, False), ({"salt_and_pepper": 0, "dataset": "pages"}, True)],
)
def test_a_model_knows_whether_it_learnt_from_damage(tiny_images, changes, expected):
    assert Trainer(DENOISING.with_changes(changes), tiny_images).snapshot().facts.is_denoising is expected
