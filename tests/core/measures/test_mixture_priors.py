"""What is measured of models whose prior is a mixture: against closed forms, a linear decoder's evidence among them."""

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from latentlab.core.errors import LatentlabError
from latentlab.core.measures.annealed import annealed
from latentlab.core.measures.best_gaussian import best_gaussians
from latentlab.core.measures.elbo_parts import kl_parts
from latentlab.core.measures.fitted_prior import fitted_prior
from latentlab.core.measures.gaps import gaps
from latentlab.core.measures.image_losses import image_terms
from latentlab.core.measures.likelihood import likelihoods
from latentlab.core.measures.many_gaps import many_gaps
from latentlab.core.measures.posterior_table import PosteriorTable
from latentlab.core.measures.true_posterior import true_posterior
from latentlab.core.measures.under_label import UnderLabel
from latentlab.core.models.prior import Mixture
from latentlab.core.models.snapshot import as_input
from tests.core.measures.linear_models import Linear, snapshot_of

WEIGHTS = np.array([0.5, 0.3, 0.2])
MEANS = np.array([[-1.5, 0.4], [1.2, 1.0], [0.5, -2.0]])
SCALES = np.array([[[0.5, 0.0], [0.2, 0.3]], [[0.8, 0.0], [-0.3, 0.6]], [[0.2, 0.0], [0.0, 0.9]]])


def prior_of(latent=2, count=3):
    weights, means, scales = WEIGHTS[:count], MEANS[:count, :latent], SCALES[:count, :latent, :latent]
    return Mixture(*(torch.from_numpy(np.ascontiguousarray(each)).float() for each in (np.log(weights), means, scales)))


class LinearMixture:
    """A linear decoder W z + b with squared error, whose prior is a mixture: the evidence is one, too.

    exp(-|x - W z - b|²) is π^(D/2) N(x; W z + b, I/2), so that p(x) is π^(D/2) Σ w N(x; W m + b, W S Wᵀ + I/2).
    """

    def __init__(self, images, latent=2, count=3, scale=1.5):
        pixels = int(np.prod(images.image_shape))
        directions = np.linalg.qr(np.random.default_rng(latent).normal(size=(pixels, latent)))[0]
        bias = as_input(images.test_images).flatten(1).mean(0).double().numpy()
        self.linear = Linear(images, scale * directions, bias)
        self.snapshot = self.linear.snapshot
        self.snapshot.fit(prior_of(latent, count))
        self._parts = self.snapshot.prior.components

    def joint(self, images):
        """Give log p(x, k) (N, K), and the posterior's means (N, K, L) and covariances (K, L, L) given k."""
        weights, bias = self.linear.weights, self.linear.bias
        residual = as_input(images).flatten(1).double().numpy() - bias
        inner = residual @ weights
        logs, means, covariances = [], [], []
        for weight, mean, covariance in zip(
            self._parts.weights, self._parts.means, self._parts.covariances, strict=True
        ):
            precision = np.linalg.inv(covariance)
            after = np.linalg.inv(precision + 2 * weights.T @ weights)
            pull = 2 * inner + precision @ mean
            centre = pull @ after
            log = np.log(weight) + 0.5 * (np.linalg.slogdet(after)[1] - np.linalg.slogdet(covariance)[1])
            log = log - (residual**2).sum(1) - 0.5 * mean @ precision @ mean + 0.5 * (pull * centre).sum(1)
            logs.append(log)
            means.append(centre)
            covariances.append(after)
        return np.stack(logs, 1), np.stack(means, 1), np.stack(covariances)

    def log_p(self, images):
        return logsumexp(self.joint(images)[0], axis=1)


@pytest.fixture(scope="module", params=[1, 2])
def model(request, tiny_images):
    return LinearMixture(tiny_images, request.param)


def test_the_closed_form_is_the_density_of_gaussians(tiny_images):
    model = LinearMixture(tiny_images)
    model.linear.weights, model.linear.bias = model.linear.weights[:4], model.linear.bias[:4]
    images = (tiny_images.test_images.flatten(1)[:5, 300:304]).reshape(5, 1, 2, 2)
    pixels, weights = as_input(images).flatten(1).numpy(), model.linear.weights
    parts = [
        np.log(w)
        + multivariate_normal(weights @ m + model.linear.bias, weights @ c @ weights.T + np.eye(4) / 2).logpdf(pixels)
        for w, m, c in zip(model._parts.weights, model._parts.means, model._parts.covariances, strict=True)
    ]
    np.testing.assert_allclose(model.log_p(images), logsumexp(parts, axis=0) + 2 * np.log(np.pi), rtol=1e-6)


def test_the_evidence_of_a_linear_decoder_is_integrated_and_bounded(model, tiny_images):
    images, labels = tiny_images.test_images[:12], tiny_images.test_labels[:12]
    found, expected = likelihoods(model.snapshot, images, labels, k=200), model.log_p(images)
    np.testing.assert_allclose(found.log_p, expected, atol=0.01)
    assert found.error.max() < 0.01
    assert found.elbo.mean() < found.iwae.mean() < expected.mean() + 0.05


def test_annealing_begins_with_the_prior_and_comes_to_the_evidence(tiny_images):
    model = LinearMixture(tiny_images)
    images, labels = tiny_images.test_images[:6], tiny_images.test_labels[:6]
    found = annealed(model.snapshot, images, labels, distributions=120, chains=32)
    assert (abs(found.log_p - model.log_p(images)) < 5 * found.error + 0.05).all()


def test_the_true_posterior_is_the_mixture_of_those_under_each_gaussian(tiny_images):
    model = LinearMixture(tiny_images)
    table = PosteriorTable(model.snapshot, None)
    for row in range(3):
        image = as_input(tiny_images.test_images[row : row + 1])
        logs, means, covariances = model.joint(tiny_images.test_images[row : row + 1])
        shares = np.exp(logs[0] - logsumexp(logs[0]))
        found = true_posterior(table, image[0].numpy(), means[0, 0].astype(np.float32))
        assert found.log_p == pytest.approx(model.log_p(tiny_images.test_images[row : row + 1])[0], abs=0.02)
        centre = shares @ means[0]
        np.testing.assert_allclose(found.mean, centre, atol=0.02)
        spread = np.einsum("k,kij->ij", shares, covariances + np.einsum("ki,kj->kij", means[0], means[0]))
        np.testing.assert_allclose(found.covariance, spread - np.outer(centre, centre), atol=0.02)
        assert table.look(image[0].numpy()).log_p == pytest.approx(found.log_p, abs=0.05)


def test_with_one_gaussian_the_best_one_is_the_posterior_itself(tiny_images):
    model = LinearMixture(tiny_images, latent=1, count=1)
    images = tiny_images.test_images[:5]
    logs, means, covariances = model.joint(images)
    x, start = as_input(images), np.zeros((5, 1, 1), np.float32)
    best = best_gaussians(UnderLabel.of(model.snapshot, None), x, start + 0.5, start)
    np.testing.assert_allclose(best.elbo, logs[:, 0], atol=0.01)
    np.testing.assert_allclose(best.mean, means[:, 0], atol=0.02)
    np.testing.assert_allclose(np.exp(best.logvar)[:, 0], covariances[0, 0, 0], rtol=0.1)
    table, guess = PosteriorTable(model.snapshot, None), (start[:, 0] + 0.5, start[:, 0])
    quick = many_gaps(table, x.numpy(), *guess)
    np.testing.assert_allclose(quick.best_elbo, logs[:, 0], atol=0.01)
    np.testing.assert_allclose(quick.log_p, logs[:, 0], atol=0.05)
    one = gaps(table, x[0].numpy(), guess[0][0], guess[1][0], true_posterior(table, x[0].numpy(), guess[0][0]))
    assert one.best_elbo == pytest.approx(logs[0, 0], abs=0.01)
    assert one.elbo == pytest.approx(quick.elbo[0], abs=0.01)


def test_what_an_image_costs_is_minus_the_bound_of_the_same_samples(model, tiny_images):
    images, labels = tiny_images.test_images[:20], tiny_images.test_labels[:20]
    reconstruction, kl, _ = image_terms(model.snapshot, images, labels, 256)
    found = likelihoods(model.snapshot, images, labels, k=400)
    assert (reconstruction + kl).mean() == pytest.approx(-found.elbo.mean(), abs=0.2)


def test_the_parts_of_the_kl_add_up_to_it(tiny_images):
    random = np.random.default_rng(0)
    means, logvars = (torch.from_numpy(random.normal(at, 0.7, (400, 2))) for at in (0.0, -2.0))
    noise = torch.randn(400, 2, generator=torch.Generator().manual_seed(0)).double()
    parts = kl_parts(means, logvars, means + torch.exp(0.5 * logvars) * noise, prior_of())
    assert parts.kl == pytest.approx(float(prior_of().kl(means, logvars, noise).mean()), abs=1e-6)
    assert parts.prior_correlation != 0
    assert parts.prior_error > 0
    assert parts.marginal == pytest.approx(parts.kl - parts.mutual_information)


# A prior that is fitted


def spots(images):
    """Give a model whose codes lie in two spots, by the class of an image."""
    snapshot = snapshot_of(images)
    label = (images.train_labels.numpy() == 0).astype(np.float32)

    def encode(shown, labels=None):
        rows = np.arange(len(shown))
        return np.stack([3 * label[rows] - 1, 0 * label[rows]], 1), np.full((len(rows), 2), 2 * np.log(0.2), np.float32)

    snapshot.encode = encode
    return snapshot, label


def test_a_fitted_prior_is_where_the_codes_are_and_the_same_each_time(tiny_images):
    snapshot, label = spots(tiny_images)
    images, labels = tiny_images.train_images.numpy(), tiny_images.train_labels.numpy()
    found, again = (fitted_prior(snapshot, images, labels, 2, 0).components for _ in range(2))
    order = found.means[:, 0].argsort()
    np.testing.assert_allclose(found.weights[order], [1 - label.mean(), label.mean()], atol=1e-3)
    np.testing.assert_allclose(found.means[order], [[-1, 0], [2, 0]], atol=0.1)
    for covariance in found.covariances:
        np.testing.assert_allclose(covariance, 0.04 * np.eye(2), atol=0.015)
    np.testing.assert_array_equal(found.means, again.means)


def test_a_fitted_prior_raises_the_bound_where_codes_are_no_standard_normal(tiny_images):
    snapshot, _ = spots(tiny_images)
    means, logvars = (torch.from_numpy(each) for each in snapshot.encode(tiny_images.train_images))
    before = snapshot.prior.kl(means, logvars).mean()
    images, labels = tiny_images.train_images.numpy(), tiny_images.train_labels.numpy()
    snapshot.fit(fitted_prior(snapshot, images, labels, 2, 0))
    assert snapshot.prior.kl(means, logvars).mean() < before - 1


def test_no_prior_is_fitted_to_fewer_images_or_to_points(tiny_images):
    images, labels = tiny_images.train_images[:5].numpy(), tiny_images.train_labels[:5].numpy()
    with pytest.raises(LatentlabError, match="take fewer"):
        fitted_prior(snapshot_of(tiny_images), images, labels, 6, 0)
    with pytest.raises(LatentlabError, match="no prior"):
        fitted_prior(snapshot_of(tiny_images, {"model.kind": "autoencoder"}), images, labels, 2, 0)
