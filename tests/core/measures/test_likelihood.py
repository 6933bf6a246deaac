"""How probable images are under a model: its bounds and the integral, against closed forms and sums by hand."""

import numpy as np
import pytest
import torch

from latentlab.core.errors import LatentlabError
from latentlab.core.measures.likelihood import likelihoods
from latentlab.core.models.snapshot import as_input
from latentlab.core.training.trainer import Trainer
from tests.core.frugal import peak
from tests.core.measures.linear_models import LINEAR, RECIPE, snapshot_of


@pytest.fixture
def exact(tiny_images):
    """Give a linear VAE whose encoder gives the posterior itself, and log p of the images."""
    model = Trainer(RECIPE.with_changes(LINEAR), tiny_images).snapshot()
    images = as_input(tiny_images.test_images).flatten(1).double()
    pixels = images.shape[1]
    directions = torch.linalg.qr(torch.randn(pixels, 2, generator=torch.Generator().manual_seed(1)).double())[0]
    weights, bias = directions * torch.tensor([2.0, 0.7]), images.mean(0)
    precision = 1 + 2 * weights.square().sum(0)
    (decoder,) = (layer for layer in model.model.decoder if isinstance(layer, torch.nn.Linear))
    to_mean = (2 * weights / precision).T
    decoder.weight.copy_(weights)
    decoder.bias.copy_(bias)
    model.model.mean_head.weight.copy_(to_mean)
    model.model.mean_head.bias.copy_(-to_mean @ bias)
    model.model.logvar_head.weight.zero_()
    model.model.logvar_head.bias.copy_(-precision.log())
    pull = 2 * (images - bias) @ weights
    log_p = 0.5 * (pull.square() / precision - precision.log()).sum(1) - (images - bias).square().sum(1)
    return model, log_p.numpy()


def test_where_the_encoder_gives_the_posterior_itself_all_three_are_log_p(exact, tiny_images):
    model, log_p = exact
    found = likelihoods(model, tiny_images.test_images, tiny_images.test_labels)
    np.testing.assert_allclose(found.log_p, log_p, atol=0.01)
    np.testing.assert_allclose(found.iwae, log_p, atol=1e-3)  # each sample has the same weight
    assert found.elbo.mean() == pytest.approx(log_p.mean(), abs=0.05)  # over so many samples


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_bounds_lie_below_what_a_fine_grid_sums_up_to(tiny_images, kind):
    model = snapshot_of(tiny_images, {"model.kind": kind})
    images, labels = tiny_images.test_images[:6], tiny_images.test_labels[:6]
    found = likelihoods(model, images, labels, k=20)
    axis = torch.linspace(-6, 6, 301)
    codes = torch.cartesian_prod(axis, axis)
    prior = -0.5 * codes.square().sum(1) - np.log(2 * np.pi)
    decoded = labels.unique() if kind == "cvae" else torch.zeros(1, dtype=torch.int64)
    for label in decoded:  # once for all images, not once for each
        with torch.inference_mode():
            logits = model.model.decode(codes, label.expand(len(codes)) if kind == "cvae" else None).flatten(1)
            ground = prior - torch.nn.functional.softplus(logits).sum(1)
        for row in range(6) if kind == "vae" else torch.nonzero(labels == label).flatten().tolist():
            terms = (ground + logits @ as_input(images[row : row + 1]).flatten()).double()
            log_p = float(torch.logsumexp(terms, 0)) + 2 * np.log(12 / 300)
            assert found.log_p[row] == pytest.approx(log_p, abs=0.01)
    assert found.elbo.mean() < found.iwae.mean() < found.log_p.mean() + 0.01
    assert found.error.max() < 0.01
    summary = found.summary()
    assert summary["log_p"] == pytest.approx(found.log_p.mean())
    assert summary["standard_error"] == pytest.approx(found.log_p.std(ddof=1) / np.sqrt(6))
    assert (summary["k"], summary["images"]) == (20, 6)


def test_of_many_dimensions_there_are_bounds_alone(tiny_images):
    found = likelihoods(snapshot_of(tiny_images, {"model.latent": 4}), tiny_images.test_images, tiny_images.test_labels)
    assert found.log_p is found.error is found.summary()["log_p"] is None
    assert found.summary()["standard_error"] == found.summary()["iwae_standard_error"] > 0


def test_temperature_and_beta_of_the_training_change_nothing(tiny_images):
    images, labels = tiny_images.test_images, tiny_images.test_labels
    changes = {"training.temperature": 0.3, "loss.beta": 4.0}
    plain, other = (likelihoods(snapshot_of(tiny_images, each), images, labels) for each in ({}, changes))
    np.testing.assert_array_equal(plain.elbo, other.elbo)
    np.testing.assert_array_equal(plain.log_p, other.log_p)


def test_what_makes_no_image_probable_says_so(tiny_images):
    images, labels = tiny_images.test_images, tiny_images.test_labels
    with pytest.raises(LatentlabError, match="no prior"):
        likelihoods(snapshot_of(tiny_images, {"model.kind": "autoencoder"}), images, labels)
    with pytest.raises(LatentlabError, match="under labels"):
        likelihoods(snapshot_of(tiny_images, {"model.kind": "cvae"}), images, torch.full_like(labels, -1))


def test_as_many_samples_as_papers_have_take_no_more_memory(tiny_images):
    """What is kept of each sample must not lie amid what is freed of it: 5,000 samples took 20 GB."""
    snapshot = snapshot_of(tiny_images, {"model.latent": 5, "model.decoder.layers": [200, 200]})
    images = torch.zeros(1000, 1, 28, 28, dtype=torch.uint8)
    labels = torch.zeros(1000, dtype=torch.int64)
    likelihoods(snapshot, images, labels, 2)
    before = peak(reset=True)
    likelihoods(snapshot, images, labels, 60)
    assert peak() - before < 100, "MB"
