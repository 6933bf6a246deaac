"""Which dimensions are used, which units are on, and how far noise moves a code: against sums by hand."""

import numpy as np
import pytest
import torch

from latentlab.core.measures.latent import active_units, activity, kl_per_dimension, movement, movements
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer

RECIPE = Recipe.from_dict(
    {
        "data": {"dataset": "tiny"},
        "model": {"latent": 3, "encoder": {"layers": [8]}, "decoder": {"layers": [8]}},
        "training": {"batch_size": 60, "epochs": 1, "device": "cpu"},
    }
)
LINEAR = {"model.kind": "autoencoder", "model.encoder.layers": (), "model.decoder.layers": ()}


def snapshot_of(images, changes=()):
    return Trainer(RECIPE.with_changes(dict(changes)), images).snapshot()


# KL per dimension


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_kl_per_dimension_adds_up_to_the_kl(tiny_images, kind):
    snapshot = snapshot_of(tiny_images, {"model.kind": kind})
    images, labels = tiny_images.test_images, tiny_images.test_labels
    each = kl_per_dimension(snapshot, images, labels)
    assert each.shape == (3,)
    assert each.dtype == np.float32
    assert each.sum() == pytest.approx(snapshot.loss_terms(images, labels)[1].mean(), rel=1e-5)
    mean, logvar = (part.astype(float) for part in snapshot.encode(images, labels))
    np.testing.assert_allclose(each, 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar).mean(0), rtol=1e-4)


def test_an_autoencoder_has_no_kl(tiny_images):
    with pytest.raises(ValueError, match="no posterior"):
        kl_per_dimension(snapshot_of(tiny_images, LINEAR), tiny_images.test_images)


# Active units


def test_a_dimension_is_active_where_its_mean_varies_by_more_than_a_hundredth():
    spread = np.tile([[-1.0], [1.0]], (50, 1))  # of variance 1
    means = (spread * np.sqrt([0, 0.0099, 0.0101, 4]) + [9, 0, 0, 1]).astype(np.float32)
    active = active_units(means)
    assert active.dtype == bool
    assert active.tolist() == [False, False, True, True]


# Activity


def test_shares_are_counted_by_unit_by_class_and_by_image():
    codes = np.array([[9, 0, 0, 1], [0, 0, 5, 2], [10, 0, 0, 0.05], [8, 0, 0, 0.2]], np.float32)
    shares = activity(codes, np.array([0, 1, 2, 2]), 4)
    assert shares.by_unit.tolist() == [0.75, 0, 0.25, 0.75]
    assert shares.by_class.tolist() == [[1, 0, 0, 1], [0, 0, 1, 1], [1, 0, 0, 0.5], [0, 0, 0, 0]]
    assert shares.by_image.tolist() == [0.5, 0.5, 0.25, 0.5]
    assert {part.dtype for part in shares} == {np.dtype(np.float32)}


def test_a_unit_is_on_above_a_hundredth_of_the_largest_whatever_the_scale():
    codes = np.array([[1, 0.0101, 0.0099, 0]], np.float32)
    for scale in (1e-3, 1, 1e3):
        assert activity(scale * codes, np.array([0]), 1).by_unit.tolist() == [1, 1, 0, 0]
    assert activity(-codes, np.array([0]), 1).by_unit.tolist() == [1, 1, 0, 0]  # as tanh gives them


def test_a_silent_code_is_off_everywhere():
    shares = activity(np.zeros((3, 5), np.float32), np.array([0, 1, -1]), 2)
    assert not any(part.any() for part in shares)


def test_images_without_a_class_count_for_units_alone():
    shares = activity(np.array([[1, 0], [0, 1]], np.float32), np.array([-1, 0]), 1)
    assert shares.by_class.tolist() == [[0, 1]]
    assert shares.by_unit.tolist() == [0.5, 0.5]
    assert activity(np.ones((2, 2), np.float32), np.array([-1, -1]), 0).by_class.shape == (0, 2)


# Movement


def test_movement_of_a_linear_code_is_what_its_matrix_says(tiny_images):
    snapshot = snapshot_of(tiny_images, LINEAR | {"latent": 1})
    images = tiny_images.test_images
    codes, _ = snapshot.encode(images)
    weight = snapshot.model.mean_head.weight
    # Noise moves the code by a Gaussian of this deviation, whose mean size is sqrt(2 / pi) of it.
    expected = 0.2 * float(weight.norm()) * np.sqrt(2 / np.pi) / codes.std()
    measured = np.mean([movement(snapshot, images, None, 0.2, seed) for seed in range(40)])
    assert measured == pytest.approx(expected, rel=0.05)


def test_movement_grows_with_the_noise_and_not_with_the_scale_of_the_code(tiny_images):
    snapshot, images = snapshot_of(tiny_images, LINEAR), tiny_images.test_images
    small, large = (movement(snapshot, images, None, deviation, 0) for deviation in (0.1, 0.3))
    assert large == pytest.approx(3 * small, rel=1e-4)
    with torch.no_grad():
        snapshot.model.mean_head.weight *= 1e-3
    assert movement(snapshot, images, None, 0.1, 0) == pytest.approx(small, rel=1e-3)


def test_movement_is_the_same_for_the_same_seed_and_as_of_all_images_at_once(tiny_images):
    snapshot = snapshot_of(tiny_images, {"model.kind": "cvae"})
    rows = np.arange(1200) % 60  # more than go through a model at once
    images, labels = tiny_images.test_images[rows], tiny_images.test_labels[rows]
    whole = movement(snapshot, images, labels, 0.1, 3)
    assert whole == movement(snapshot, (images / 255).numpy(), labels.numpy(), 0.1, 3) > 0
    assert whole != movement(snapshot, images, labels, 0.1, 4)
    assert movement(snapshot, images, labels, 0.0, 3) == 0
    noise = np.random.default_rng(3).standard_normal(images.shape, np.float32)
    before, after = (snapshot.encode(x, labels)[0] for x in (images, images / 255 + 0.1 * torch.from_numpy(noise)))
    expected = np.linalg.norm(after - before, axis=1).mean() / np.sqrt(before.var(0).sum())
    assert whole == pytest.approx(expected, rel=1e-5)


def test_several_strengths_are_those_of_one_noise(tiny_images):
    snapshot = snapshot_of(tiny_images)
    images, deviations = tiny_images.test_images, (0.0, 0.1, 0.3)
    alone = [movement(snapshot, images, None, deviation, 5) for deviation in deviations]
    np.testing.assert_allclose(movements(snapshot, images, None, deviations, 5), alone, rtol=1e-6)


def test_movement_is_unknown_where_all_codes_are_the_same(tiny_images):
    snapshot = snapshot_of(tiny_images, LINEAR)
    assert np.isnan(movement(snapshot, tiny_images.test_images[:1], None, 0.1, 0))
