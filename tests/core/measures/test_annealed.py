"""Annealed importance sampling: against the marginal of linear models, and where it disagrees with the encoder."""

import numpy as np
import pytest
import torch

from latentlab.core.errors import LatentlabError
from latentlab.core.measures.annealed import annealed, disagreement
from latentlab.core.measures.likelihood import estimate, likelihoods
from tests.core.measures.linear_models import Linear, snapshot_of


@pytest.fixture(scope="module")
def linear(tiny_images):
    """Give a linear model of six dimensions, narrow and broad ones."""
    random = np.random.default_rng(7)
    directions = np.linalg.qr(random.normal(size=(28 * 28, 6)))[0]
    return Linear(
        tiny_images, directions * [6, 3, 1, 1, 0.5, 0.1], tiny_images.test_images.float().mean(0).ravel() / 255
    )


def test_the_marginal_of_a_linear_model_of_six_dimensions(linear, tiny_images):
    images, labels = tiny_images.test_images[:4], tiny_images.test_labels[:4]
    found = annealed(linear.snapshot, images, labels, distributions=300, chains=16)
    log_p, _, _ = linear.posterior(images.numpy() / 255)
    assert (found.distributions, found.chains) == (300, 16)
    assert found.error.max() < 0.2
    assert (np.abs(found.log_p - log_p) < 4 * found.error + 0.05).all()
    assert 0.4 < found.accepted < 0.95


def test_more_distributions_bring_it_closer_from_below(linear, tiny_images):
    images, labels = tiny_images.test_images[:4], tiny_images.test_labels[:4]
    log_p, _, _ = linear.posterior(images.numpy() / 255)
    few, many = (annealed(linear.snapshot, images, labels, distributions=n, chains=8) for n in (1, 200))
    assert (log_p - few.log_p).mean() > 2
    assert abs((log_p - many.log_p).mean()) < 0.3


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_it_agrees_with_the_integral_of_two_dimensions(tiny_images, kind):
    model = snapshot_of(tiny_images, {"model.kind": kind})
    images, labels = tiny_images.test_images[:6], tiny_images.test_labels[:6]
    found = annealed(model, images, labels, distributions=100, chains=16)
    exact = likelihoods(model, images, labels, k=5)
    assert (np.abs(found.log_p - exact.log_p) < 4 * found.error + 0.05).all()


def test_the_error_is_that_of_a_mean_of_weights():
    generator = torch.Generator().manual_seed(0)
    weights = 0.3 * torch.randn(4000, 50, generator=generator).double()
    logs, errors = estimate(weights)
    # Half the variance is the logarithm of a log-normal weight's mean, less what a mean of 50 falls short by.
    assert logs.mean() == pytest.approx(0.3**2 / 2 - np.expm1(0.3**2) / 100, abs=3e-3)
    assert errors.mean() == pytest.approx(logs.std(), rel=0.05)


def test_a_bound_that_misses_much_disagrees_and_one_that_does_not_agrees(linear, tiny_images):
    images, labels = tiny_images.test_images[:4], tiny_images.test_labels[:4]
    model = linear.snapshot
    to_mean = 2 * linear.weights @ np.linalg.inv(linear.precision)
    model.model.mean_head.weight.copy_(torch.from_numpy(to_mean.T))
    model.model.mean_head.bias.copy_(torch.from_numpy(-linear.bias @ to_mean))
    model.model.logvar_head.weight.zero_()
    model.model.logvar_head.bias.copy_(-torch.from_numpy(np.diag(linear.precision).copy()).log())
    found = annealed(model, images, labels, distributions=300, chains=16)
    good = likelihoods(model, images, labels)
    assert disagreement(found, good.iwae, good.iwae_error) is None
    model.model.logvar_head.bias.sub_(6.0)  # much too narrow
    bad = likelihoods(model, images, labels)
    below = disagreement(found, bad.iwae, bad.iwae_error)
    assert below == pytest.approx((found.log_p - bad.iwae).mean())
    assert below > 1


def test_an_autoencoder_is_refused(tiny_images):
    with pytest.raises(LatentlabError, match="no prior"):
        annealed(
            snapshot_of(tiny_images, {"model.kind": "autoencoder"}), tiny_images.test_images, tiny_images.test_labels
        )
