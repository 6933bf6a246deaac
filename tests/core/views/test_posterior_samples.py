"""Samples of posteriors above samples of the prior, of the same noise."""

import dataclasses

import numpy as np
import pytest

from latentlab.core.errors import LatentlabError
from latentlab.core.views.posterior_samples import PosteriorSamplesQuestion

QUESTION = PosteriorSamplesQuestion(rows=2, columns=4, temperature=1.0, noise_seed=0, image_seed=0)


def asked(model, **changes):
    return dataclasses.replace(QUESTION, **changes).answer(model)


def rows_of(model, images):
    """Give which of the model's images these are."""
    levels = np.rint(images.reshape(-1, 1, 28, 28) * 255)
    return np.array([np.flatnonzero((model.images == image).all((1, 2, 3)))[0] for image in levels])


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_posterior_and_prior_are_of_the_same_noise(tiny_model, kind):
    model = tiny_model(model__kind=kind)
    samples = asked(model, temperature=0.5)
    rows = rows_of(model, samples.images)
    assert len(set(rows)) == 8
    labels = model.labels[rows]
    mean, logvar = model.snapshot.encode(model.images[rows], labels)
    noise = 0.5 * np.random.default_rng(0).standard_normal((8, 2), np.float32)
    posterior = model.snapshot.decode(mean + np.exp(logvar / 2) * noise, labels).reshape(2, 4, 1, 28, 28)
    prior = model.snapshot.decode(noise, labels).reshape(2, 4, 1, 28, 28)
    np.testing.assert_allclose(samples.posterior, posterior, atol=1e-5)
    np.testing.assert_allclose(samples.prior, prior, atol=1e-5)


def test_at_a_temperature_of_zero_the_posterior_is_the_reconstruction(tiny_model):
    model = tiny_model()
    samples = asked(model, temperature=0.0)
    rebuilt = model.snapshot.restore(samples.images.reshape(8, 1, 28, 28)).reshape(2, 4, 1, 28, 28)
    np.testing.assert_allclose(samples.posterior, rebuilt, atol=1e-5)
    np.testing.assert_allclose(samples.prior, np.broadcast_to(samples.prior[:1, :1], (2, 4, 1, 28, 28)), atol=1e-6)


def test_noise_and_images_are_drawn_anew_apart(tiny_model):
    first, noisy, other = asked(tiny_model()), asked(tiny_model(), noise_seed=1), asked(tiny_model(), image_seed=1)
    assert np.array_equal(first.images, noisy.images)
    assert not np.allclose(first.prior, noisy.prior)
    assert not np.array_equal(first.images, other.images)
    np.testing.assert_allclose(first.prior, other.prior, atol=1e-6)


def test_a_single_image_fills_a_row(tiny_model):
    model = tiny_model()
    alone = dataclasses.replace(model, images=model.images[:1], labels=model.labels[:1], means=model.means[:1])
    samples = asked(alone)
    assert (samples.images == samples.images[0, 0]).all()
    assert not np.allclose(samples.prior[0, 0], samples.prior[0, 1])


def test_models_without_a_posterior_or_images_are_refused_in_a_sentence(tiny_model):
    with pytest.raises(LatentlabError, match="no posterior"):
        asked(tiny_model(model__kind="autoencoder"))
    with pytest.raises(LatentlabError, match="not loaded"):
        asked(dataclasses.replace(tiny_model(), images=None))
