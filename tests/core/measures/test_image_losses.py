"""What single images cost: the ELBO by a few even samples, beside one by very many, and a closed form."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from latentlab.core.measures.image_losses import FEW_SAMPLES, SAMPLES, image_terms, misfits, normal_points
from latentlab.core.models.building import build
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import Recipe


def elbo_of(snapshot, images, labels, draws):
    """Give the ELBO of each image by as many draws, at β = 1 and temperature 1."""
    mean, deviation = snapshot.posterior(images, labels)
    kl = 0.5 * (mean**2 + deviation**2 - 1 - 2 * np.log(deviation)).sum(1)
    noise, error = np.random.default_rng(0), np.zeros(len(mean))
    for _ in range(draws):
        codes = mean + deviation * noise.standard_normal(mean.shape, np.float32)
        made = snapshot.decode(codes, labels).astype(np.float64).clip(1e-7, 1 - 1e-7)
        pixels = images.numpy() / 255
        error -= (pixels * np.log(made) + (1 - pixels) * np.log(1 - made)).sum((1, 2, 3)) / draws
    return -error - kl


def test_a_few_even_samples_come_near_the_elbo_of_very_many(tiny_model):
    for kind in ("vae", "cvae"):
        model = tiny_model(model__kind=kind, loss__beta=0.5, training__epochs=8, training__temperature=0.5)
        images, labels = torch.from_numpy(model.images[:10]), torch.from_numpy(model.labels[:10])
        expected = -elbo_of(model.snapshot, images, labels, 1000)
        errors = []
        for samples in (1, FEW_SAMPLES, SAMPLES):
            reconstruction, kl, penalty = image_terms(model.snapshot, images, labels, samples)
            assert reconstruction.dtype == kl.dtype == np.float32
            assert not penalty.any()
            errors.append(np.sqrt(np.square(reconstruction + kl - expected).mean()))
        assert errors[2] < 0.6 * errors[1] < 0.6 * errors[0]
        at_mean = np.add(*model.snapshot.loss_terms(images, labels)[:2])
        assert errors[2] < 0.25 * np.abs(at_mean - expected).mean(), "which is what once stood there"


def test_of_a_linear_decoder_it_is_the_closed_form():
    # E |x - W(μ + σ ε) - b|² = |x - Wμ - b|² + Σ σ² |w|²; 16 even samples have nearly those moments.
    recipe = Recipe.load("mlp-vae-2d").with_changes(
        {
            "model.output": "linear", "loss.reconstruction": "squared-error", "model.encoder.layers": (),
            "model.decoder.layers": (), "model.latent": 3, "loss.sparsity": 0.5,
        }
    )  # fmt: skip
    torch.manual_seed(0)
    snapshot = Snapshot("r", recipe, build(recipe, (1, 4, 4), 0), ())
    images = np.random.default_rng(0).random((7, 1, 4, 4), np.float32)
    mean, deviation = snapshot.posterior(images)
    weight = snapshot.model.decoder[0].weight.detach().numpy()
    at_mean = np.square(images - snapshot.model.decode(torch.from_numpy(mean)).detach().numpy()).sum((1, 2, 3))
    expected = at_mean + (deviation**2 * np.square(weight).sum(0)).sum(1)
    reconstruction, kl, penalty = image_terms(snapshot, images, None, 4096)
    assert reconstruction == pytest.approx(expected, rel=2e-3)
    assert kl == pytest.approx(0.5 * (mean**2 + deviation**2 - 1 - 2 * np.log(deviation)).sum(1), rel=1e-4)
    assert penalty == pytest.approx(0.5 * np.abs(mean).sum(1), rel=1e-4)
    assert image_terms(snapshot, images, None, SAMPLES)[0] == pytest.approx(expected, rel=0.15)


def test_an_image_costs_the_same_alone_and_among_others(tiny_model):
    model = tiny_model(model__kind="cvae")
    together = image_terms(model.snapshot, model.images, model.labels, SAMPLES)
    for row in (0, 17, 59):
        alone = image_terms(model.snapshot, model.images[row][None] / 255, model.labels[row : row + 1], SAMPLES)
        for one, all_of_them in zip(alone, together, strict=True):
            assert one[0] == pytest.approx(all_of_them[row], rel=1e-5, abs=1e-5)
    assert all(len(terms) == 0 for terms in image_terms(model.snapshot, model.images[:0], model.labels[:0], SAMPLES))


def test_an_autoencoder_has_its_loss(tiny_model):
    model = tiny_model(model__kind="autoencoder", loss__contraction=0.1)
    found = image_terms(model.snapshot, model.images, model.labels, SAMPLES)
    for mine, theirs in zip(found, model.snapshot.loss_terms(model.images), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not found[1].any()


@pytest.mark.parametrize("error", ["bernoulli", "squared-error"])
def test_a_misfit_is_the_divergence_of_the_reconstruction_and_of_the_posterior(tiny_model, error):
    model = tiny_model(loss__reconstruction=error)
    images = (model.images[:5] / 255).astype(np.float32)
    images[:2] = 0.25 + 0.5 * images[:2]  # grey
    made = model.snapshot.restore(images).astype(np.float64)
    if error == "bernoulli":
        x = np.clip(images.astype(np.float64), 1e-12, 1 - 1e-12)
        expected = (x * np.log(x / made) + (1 - x) * np.log((1 - x) / (1 - made))).sum((1, 2, 3))
    else:
        expected = np.square(images - made).sum((1, 2, 3))
    kl = model.snapshot.loss_terms(images)[1]
    found = misfits(model.snapshot, images, None)
    assert found.shape == (5, 1)
    assert found[:, 0] == pytest.approx(expected + kl, rel=1e-3)
    assert (found > 0).all()


def test_misfits_are_of_each_image_under_each_label(tiny_model):
    model = tiny_model(model__kind="cvae")
    images = (model.images[:4] / 255).astype(np.float32)
    found = misfits(model.snapshot, images, np.array([2, 0]))
    assert found.shape == (4, 2)
    for row in range(4):
        for place, label in enumerate((2, 0)):
            alone = misfits(model.snapshot, images[row : row + 1], np.array([label]))
            assert alone[0, 0] == pytest.approx(found[row, place], rel=1e-5)


@given(st.integers(1, 40))
def test_even_samples_are_standard_normal_and_leave_the_random_numbers_of_others_alone(latent):
    state = torch.get_rng_state()
    points = normal_points(SAMPLES, latent).double().numpy()
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(normal_points(SAMPLES, latent), points.astype(np.float32))
    # Of 16 in one dimension each has a sixteenth of the probability to itself.
    cells = np.floor(stats.norm.cdf(points) * SAMPLES).astype(int)
    assert (np.sort(cells, 0) == np.arange(SAMPLES)[:, None]).all()
