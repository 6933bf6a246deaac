"""What applies to a model is measured on the images that fit it, and nothing else."""

import dataclasses

import numpy as np
import pytest
import torch

from latentlab.core.data.corruption import corrupted
from latentlab.core.measures import metrics
from latentlab.core.measures.image_quality import peak_signal_to_noise
from latentlab.core.measures.latent import active_units, activity, movement
from latentlab.core.measures.pca import compare
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.evaluation import evaluate
from latentlab.core.training.trainer import Trainer

RECIPE = Recipe.from_dict(
    {
        "data": {"dataset": "tiny"},
        "model": {"latent": 3, "encoder": {"layers": [8]}, "decoder": {"layers": [8]}},
        "training": {"batch_size": 60, "epochs": 1, "device": "cpu"},
    }
)
AUTOENCODER = {"model.kind": "autoencoder"}
LINEAR = AUTOENCODER | {"output": "linear", "reconstruction": "squared-error"}
LINEAR |= {
    f"model.{half}.{key}": value for half in ("encoder", "decoder") for key, value in (("activation", "linear"),)
}


def snapshot_of(images, changes=()):
    return Trainer(RECIPE.with_changes(dict(changes)), images).snapshot()


def given(found):
    """Give the names of the measures that apply."""
    return {name for name, value in dataclasses.asdict(found).items() if value is not None}


ALWAYS = {"images", "test", "agreement", "agreement_standard_error", "agreement_images"}
OF_VAE = {"active_units", "beta", "elbo", "elbo_standard_error"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, OF_VAE),
        ({"model.kind": "cvae"}, OF_VAE),
        ({"gaussian": 0.2}, OF_VAE | {"psnr"}),
        (AUTOENCODER, {"movement"}),
        (AUTOENCODER | {"sparsity": 0.1}, {"movement", "active_share"}),
        (AUTOENCODER | {"code_activation": "relu"}, {"movement", "active_share"}),
        (AUTOENCODER | {"salt_and_pepper": 0.2}, {"movement", "psnr"}),
        (LINEAR, {"movement", "principal_angles"}),
        (LINEAR | {"code_activation": "relu"}, {"movement", "active_share"}),
        (LINEAR | {"model.encoder.activation": "relu"}, {"movement"}),
        (
            LINEAR | {"model.encoder.activation": "relu", "model.encoder.layers": ()},
            {"movement", "principal_angles"},
        ),
        (LINEAR | {"model.encoder.kind": "pool"}, {"movement"}),
        (LINEAR | {"model.kind": "vae"}, OF_VAE | {"principal_angles"}),
    ],
)
def test_what_applies_is_measured_and_nothing_else(tiny_images, changes, expected):
    assert given(evaluate(snapshot_of(tiny_images, changes), tiny_images)) == ALWAYS | expected


def test_measures_of_a_vae_are_those_of_its_test_images(tiny_images):
    snapshot = snapshot_of(tiny_images, {"beta": 2.0})
    images, labels = tiny_images.test_images, tiny_images.test_labels
    found = evaluate(snapshot, tiny_images)
    codes, _ = snapshot.encode(images)
    assert found.images == 60
    assert found.test == metrics.snapshot_losses(snapshot, images, labels)
    assert found.agreement == metrics.agreement(codes, labels.numpy())
    assert found.active_units == active_units(codes).sum()
    assert found.agreement_standard_error == pytest.approx(np.sqrt(found.agreement * (1 - found.agreement) / 60))


def test_the_bound_is_that_of_beta_1_and_of_no_penalty(tiny_images):
    snapshot = snapshot_of(tiny_images, {"beta": 2.0, "contraction": 0.1})
    found = evaluate(snapshot, tiny_images)
    plain = Snapshot("", RECIPE, snapshot.model, ())
    expected = metrics.snapshot_losses(plain, tiny_images.test_images, tiny_images.test_labels)
    assert found.beta == 2
    assert found.elbo == pytest.approx(-expected.reconstruction - expected.kl)
    noise = torch.randn(60, 3, generator=torch.Generator().manual_seed(0))
    reconstruction, kl, _ = snapshot.loss_terms(tiny_images.test_images, tiny_images.test_labels, noise)
    error = (reconstruction + kl).std(ddof=1, dtype=float) / np.sqrt(60)
    assert found.elbo_standard_error == pytest.approx(error, rel=1e-5)
    assert found.test.loss == pytest.approx(found.test.reconstruction + 2 * found.test.kl + found.test.penalty)


def test_measures_of_an_autoencoder_are_those_of_its_code(tiny_images):
    snapshot = snapshot_of(tiny_images, AUTOENCODER | {"latent": 40, "code_activation": "relu"})
    images = tiny_images.test_images
    found = evaluate(snapshot, tiny_images)
    codes, _ = snapshot.encode(images)
    share = activity(codes, tiny_images.test_labels.numpy(), 3).by_image.mean()
    assert 0 < share < 1
    assert found.active_share == pytest.approx(share)
    assert found.movement == movement(snapshot, images, None, 0.1, 0)


def test_angles_are_to_the_components_of_the_images_it_learned_from(tiny_images):
    snapshot = snapshot_of(tiny_images, LINEAR)
    found = evaluate(snapshot, tiny_images)
    assert found.principal_angles == tuple(compare(snapshot, tiny_images.train_images).angles.tolist())
    assert len(found.principal_angles) == 3


def test_restored_images_are_held_against_clean_ones(tiny_images):
    snapshot = snapshot_of(tiny_images, AUTOENCODER | {"salt_and_pepper": 0.2})
    found = evaluate(snapshot, tiny_images)
    clean = tiny_images.test_images[:, None] / 255
    noisy = corrupted(clean, snapshot.recipe.corruption, torch.Generator().manual_seed(0))[:, 0]
    assert found.psnr.noisy == pytest.approx(peak_signal_to_noise(clean[:, 0], noisy))
    assert found.psnr.restored == pytest.approx(peak_signal_to_noise(clean[:, 0], snapshot.restore(noisy)), rel=1e-5)
    assert evaluate(snapshot, tiny_images) == found  # the same damage every time


def test_of_pairs_the_noisy_side_is_restored(tiny_images):
    pairs = dataclasses.replace(
        tiny_images, train_noisy=tiny_images.train_images // 2, test_noisy=tiny_images.test_images // 2
    )
    snapshot = snapshot_of(pairs, AUTOENCODER)
    found = evaluate(snapshot, pairs)
    clean, noisy = ((part / 255).numpy() for part in (pairs.test_images, pairs.test_noisy))
    assert found.psnr.noisy == pytest.approx(peak_signal_to_noise(clean, noisy), rel=1e-5)
    assert found.psnr.restored == pytest.approx(peak_signal_to_noise(clean, snapshot.restore(noisy)), rel=1e-5)
    assert found.test == metrics.snapshot_losses(snapshot, pairs.test_images, pairs.test_labels, pairs.test_noisy)


def test_images_without_labels_and_large_codes_have_no_agreement(tiny_images, nameless_images):
    assert evaluate(snapshot_of(nameless_images), nameless_images).agreement is None
    assert evaluate(snapshot_of(tiny_images, {"latent": 1024}), tiny_images).agreement is not None
    assert evaluate(snapshot_of(tiny_images, {"latent": 1025}), tiny_images).agreement is None


@pytest.mark.parametrize("changes", [AUTOENCODER | {"code_activation": "relu"}, LINEAR, {}])
def test_a_single_image_has_few_measures(tiny_images, changes):
    one = tiny_images.selected((3,))
    found = evaluate(snapshot_of(one, changes), one)
    assert found.images == 1
    assert np.isfinite(found.test.loss)
    assert found.agreement is found.movement is found.principal_angles is None
