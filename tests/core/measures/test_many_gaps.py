"""The gaps of many images at once: against closed forms, and against what is found of one image after the other."""

import numpy as np
import pytest
import torch

from latentlab.core.measures.gaps import gaps
from latentlab.core.measures.many_gaps import many_gaps
from latentlab.core.measures.posterior_table import PosteriorTable
from latentlab.core.measures.quadrature import integrate
from latentlab.core.measures.true_posterior import true_posterior
from tests.core.measures.linear_models import Linear


@pytest.mark.parametrize("latent", [1, 2])
def test_they_are_those_of_a_linear_model_wherever_the_encoder_puts_its_images(tiny_images, latent):
    random = np.random.default_rng(7)
    directions = np.linalg.qr(random.normal(size=(28 * 28, latent)))[0]
    slant = np.array([[12.0, 9.0], [-2.4, 3.2]])[:latent, :latent]
    linear = Linear(tiny_images, directions @ slant, random.uniform(size=28 * 28))
    images = random.uniform(size=(9, 1, 28, 28)).astype(np.float32)
    images += (random.normal(size=(9, latent)) @ linear.weights.T).reshape(images.shape).astype(np.float32)
    log_p, means, covariance = linear.posterior(images)
    guess, logvar = random.normal(size=(9, latent)), random.uniform(-4, -1, (9, latent))
    found = many_gaps(
        PosteriorTable(linear.snapshot, None), images, guess.astype(np.float32), logvar.astype(np.float32)
    )
    np.testing.assert_allclose(found.log_p, log_p, atol=0.01)
    # Of Gaussians: KL(q | p) = (tr A S + dᵀ A d - L - log det A S) / 2, least at the diagonal of A.
    precision, away = linear.precision, guess - means
    kl = 0.5 * (np.exp(logvar) @ np.diag(precision) + np.einsum("ni,ij,nj->n", away, precision, away) - latent)
    kl += 0.5 * (np.linalg.slogdet(covariance)[1] - logvar.sum(1))
    best = 0.5 * (np.log(np.diag(precision)).sum() - np.linalg.slogdet(precision)[1])
    np.testing.assert_allclose(found.elbo, log_p - kl, atol=0.01)
    np.testing.assert_allclose(found.approximation, best, atol=0.01)
    np.testing.assert_allclose(found.amortisation, kl - best, atol=0.01)
    np.testing.assert_allclose(found.mean, means, atol=2e-3)
    np.testing.assert_allclose(found.deviation**-2, np.tile(np.diag(precision), (9, 1)), rtol=0.01)


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_they_are_those_of_one_image_after_the_other(tiny_model, kind):
    model = tiny_model(model__kind=kind)
    label = 1 if kind == "cvae" else None
    table = PosteriorTable(model.snapshot, label)
    images = (model.images[:6] / 255).astype(np.float32)
    mean, logvar = model.snapshot.encode(images, model.snapshot.under(label, 6))
    found = many_gaps(table, images, mean, logvar)
    np.testing.assert_allclose(found.log_p, integrate(table.model, torch.from_numpy(images), mean).log, atol=0.02)
    for row in range(6):
        one = gaps(table, images[row], mean[row], logvar[row], true_posterior(table, images[row], mean[row]))
        assert found.elbo[row] == pytest.approx(one.elbo, abs=0.05)
        assert found.best_elbo[row] == pytest.approx(one.best_elbo, abs=0.05)
    assert (found.amortisation >= 0).all()
    assert (found.approximation >= 0).all()


def test_the_farther_of_two_places_is_found_where_it_is_the_better_one(tiny_images):
    """Of a decoder that turns around twice an image lies in two places; the guess is at the one of the lower prior."""
    linear = Linear(tiny_images, np.zeros((28 * 28, 2)))
    random = np.random.default_rng(2)
    pattern = torch.from_numpy(random.normal(size=28 * 28) / 28).float()

    class Folded(torch.nn.Module):
        def forward(self, codes):
            height = 40 * (codes[:, :1] + 0.5).square() + 0 * codes[:, 1:]
            return (height * pattern).reshape(-1, 1, 28, 28)

    linear.snapshot.model.decoder = Folded()
    image = (40 * 1.5**2 * pattern).reshape(1, 1, 28, 28).numpy()  # at z = 1 and at z = -2
    table = PosteriorTable(linear.snapshot, None)
    guess = np.float32([[-2, 0]]), np.float32([[-9, 0]])
    found = many_gaps(table, image, *guess)
    assert found.mean[0] == pytest.approx([1, 0], abs=0.01)
    # By the moments of a Gaussian; all of the other dimension is the prior's.
    size, steep = 1600 * float(pattern.square().sum()), np.linspace(0.005, 0.2, 400)
    mean, deviation = np.meshgrid(np.linspace(0.9, 1.1, 401), steep)
    square, fourth = (mean + 0.5) ** 2 + deviation**2, (mean + 0.5) ** 4 + 6 * (mean + 0.5) ** 2 * deviation**2
    error = size * (fourth + 3 * deviation**4 - 4.5 * square + 2.25**2)
    best = (-error - 0.5 * (mean**2 + deviation**2 - 1) + np.log(deviation)).max()
    assert found.best_elbo[0] == pytest.approx(best, abs=0.01)
    z = np.linspace(-8, 8, 1_000_001)
    log_joint = -size * ((z + 0.5) ** 2 - 2.25) ** 2 - 0.5 * z**2 - 0.5 * np.log(2 * np.pi)
    assert found.log_p[0] == pytest.approx(
        np.log(np.exp(log_joint).sum() * (z[1] - z[0])), abs=0.25
    )  # the lesser place by cells alone
    one = gaps(table, image[0], guess[0][0], guess[1][0], true_posterior(table, image[0], guess[0][0]))
    assert one.best_elbo == pytest.approx(best, abs=0.01)
