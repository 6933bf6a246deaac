"""What a model's prior says of codes and posteriors: beside scipy's Gaussians, and sums over fine grids."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, multivariate_normal, norm

from latentlab.core.models import losses
from latentlab.core.models.prior import STANDARD_NORMAL, Mixture


def mixture(latent, count=3, seed=0):
    """Give a mixture, its weights (K,), means (K, L) and covariances (K, L, L)."""
    random = np.random.default_rng(seed)
    scales = np.tril(random.normal(0, 0.4, (count, latent, latent)), -1)
    scales[:, range(latent), range(latent)] = random.uniform(0.3, 1.2, (count, latent))
    weights, means = random.dirichlet(np.full(count, 3.0)), random.normal(0, 1.5, (count, latent))
    prior = Mixture(*(torch.from_numpy(each).float() for each in (np.log(weights), means, scales)))
    return prior, weights, means, scales @ scales.transpose(0, 2, 1)


def density(codes, weights, means, covariances):
    return sum(w * multivariate_normal(m, c).pdf(codes) for w, m, c in zip(weights, means, covariances, strict=True))


@pytest.mark.parametrize("latent", [1, 2, 5])
def test_the_density_of_a_mixture_and_of_its_dimensions_are_scipys(latent):
    prior, *parts = mixture(latent)
    codes = np.random.default_rng(1).normal(0, 2, (50, latent)).astype(np.float32)
    found = prior.log_density(torch.from_numpy(codes))
    np.testing.assert_allclose(found, np.log(density(codes, *parts)).reshape(-1), rtol=1e-4, atol=1e-4)
    by_dimension = prior.log_density_by_dimension(torch.from_numpy(codes))
    weights, means, covariances = parts
    for axis in range(latent):
        each = norm.pdf(codes[:, axis, None], means[:, axis], np.sqrt(covariances[:, axis, axis])) @ weights
        np.testing.assert_allclose(by_dimension[:, axis], np.log(each), rtol=1e-4, atol=1e-4)
    told = prior.components
    for mine, theirs in zip((told.weights, told.means, told.covariances), parts, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


def brute_force_kl(prior, mean, deviation):
    """Give KL(N(mean, deviation²) ‖ prior) by a sum over a fine grid."""
    axes = [m + s * np.linspace(-8, 8, 401) for m, s in zip(mean, deviation, strict=True)]
    codes = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(mean))
    log_q = norm.logpdf(codes, mean, deviation).sum(1)
    cell = np.prod([axis[1] - axis[0] for axis in axes])
    log_p = prior.log_density(torch.from_numpy(codes)).numpy()
    return float((np.exp(log_q) * (log_q - log_p)).sum() * cell)


@pytest.mark.parametrize("latent", [1, 2])
def test_the_kl_from_a_mixture_is_that_of_a_sum_over_a_fine_grid(latent):
    prior, *_ = mixture(latent, seed=3)
    random = np.random.default_rng(2)
    mean, deviation = random.normal(0, 1, (4, latent)), random.uniform(0.05, 0.8, (4, latent))
    expected = [brute_force_kl(prior, m, s) for m, s in zip(mean, deviation, strict=True)]
    means, logvars = torch.from_numpy(mean), torch.from_numpy(2 * np.log(deviation))
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    nodes = np.stack(np.meshgrid(*[nodes] * latent, indexing="ij"), -1).reshape(-1, latent)
    of_each = np.stack(np.meshgrid(*[weights / weights.sum()] * latent, indexing="ij"), -1).reshape(-1, latent).prod(1)
    by_rule = prior.kl_by_rule(means, logvars, torch.from_numpy(nodes), torch.from_numpy(of_each))
    np.testing.assert_allclose(by_rule, expected, atol=2e-3)
    np.testing.assert_allclose(prior.kl(means, logvars), expected, atol=0.15)  # of sixteen numbers
    noise = torch.randn(20_000, 4, latent, generator=torch.Generator().manual_seed(0)).double()
    np.testing.assert_allclose(prior.kl(means, logvars, noise), expected, atol=0.03)
    singles = torch.stack([prior.kl(means, logvars, each) for each in noise[:50]])
    np.testing.assert_allclose(singles.mean(0), prior.kl(means, logvars, noise[:50]), rtol=1e-6)


def test_the_kl_is_the_same_in_however_many_parts_it_is_summed(monkeypatch):
    prior, *_ = mixture(2, seed=5)
    random = np.random.default_rng(1)
    mean, logvar = (torch.from_numpy(random.normal(0, 1, (5, 2))) for _ in range(2))
    at_once = prior.kl(mean, logvar)
    for numbers in (1, 200, 300):  # a node at a time, and parts that do not come out even
        monkeypatch.setattr("latentlab.core.models.prior._AT_ONCE", numbers)
        np.testing.assert_allclose(prior.kl(mean, logvar), at_once, rtol=1e-12)
    assert prior.kl(mean[:0], logvar[:0]).shape == (0,)


def test_the_kl_of_a_dimension_is_that_from_its_marginal():
    prior, weights, means, covariances = mixture(2, seed=4)
    mean, deviation = np.array([[0.3, -0.8]]), np.array([[0.4, 0.2]])
    found = prior.kl_by_dimension(torch.from_numpy(mean), torch.from_numpy(2 * np.log(deviation)))
    for axis in range(2):
        of_axis = [np.sqrt(covariances[:, axis, axis])[:, None, None], means[:, axis, None], np.log(weights)]
        scales, centres, logs = (torch.from_numpy(np.ascontiguousarray(each)) for each in of_axis)
        expected = brute_force_kl(Mixture(logs, centres, scales), mean[0, [axis]], deviation[0, [axis]])
        assert float(found[0, axis]) == pytest.approx(expected, abs=0.1)


@given(latent=st.integers(1, 4), seed=st.integers(0, 1000))
def test_a_mixture_of_one_standard_normal_is_the_standard_normal(latent, seed):
    one = Mixture(torch.zeros(1), torch.zeros(1, latent), torch.eye(latent)[None])
    generator = torch.Generator().manual_seed(seed)
    mean, logvar, noise = (torch.randn(6, latent, generator=generator).double() for _ in range(3))
    codes = mean + torch.exp(0.5 * logvar) * noise
    for ask in (
        lambda prior: prior.log_density(codes),
        lambda prior: prior.log_density_by_dimension(codes),
        lambda prior: prior.log_ratio(codes, noise, logvar),
        lambda prior: prior.place(noise.float().numpy(), 0.7),
    ):
        np.testing.assert_allclose(ask(one), ask(STANDARD_NORMAL), rtol=1e-4, atol=1e-4)
    closed = STANDARD_NORMAL.kl(mean, logvar, noise)
    np.testing.assert_array_equal(closed, losses.kl(mean, logvar))
    many = torch.randn(4000, 6, latent, generator=generator).double()
    error = one.log_ratio(mean + torch.exp(0.5 * logvar) * many, many, logvar).std(0) / 4000**0.5
    assert (abs(one.kl(mean, logvar, many) - closed) < 6 * error + 1e-6).all()
    assert one.reach == STANDARD_NORMAL.reach == 6


def test_samples_are_of_the_mixture():
    prior, weights, means, covariances = mixture(2, seed=6)
    noise = np.random.default_rng(3).standard_normal((20_000, 2), np.float32)
    codes = prior.place(noise)
    assert codes.dtype == np.float32
    for axis in range(2):
        deviations = np.sqrt(covariances[:, axis, axis])

        def below(values, axis=axis, deviations=deviations):
            return norm.cdf(np.asarray(values)[:, None], means[:, axis], deviations) @ weights

        assert kstest(codes[:, axis], below).pvalue > 0.01
    centre = weights @ means
    spread = np.einsum("k,kij->ij", weights, covariances + np.einsum("ki,kj->kij", means, means))
    np.testing.assert_allclose(codes.mean(0), centre, atol=0.05)
    np.testing.assert_allclose(np.cov(codes.T), spread - np.outer(centre, centre), atol=0.1)


def test_at_temperature_0_samples_are_the_means_of_their_gaussians():
    prior, weights, means, _ = mixture(3, count=4, seed=7)
    codes = prior.place(np.random.default_rng(4).standard_normal((4000, 3), np.float32), 0.0)
    which = np.linalg.norm(codes[:, None] - means, axis=2).argmin(1)
    np.testing.assert_allclose(codes, means[which], atol=1e-6)
    np.testing.assert_allclose(np.bincount(which, minlength=4) / 4000, weights, atol=0.03)


@given(noise=st.lists(st.floats(-30, 30, width=32), min_size=2, max_size=2))
def test_whatever_the_noise_a_sample_is_a_place(noise):
    prior, *_ = mixture(2, count=5, seed=8)
    assert np.isfinite(prior.place(np.array([noise], np.float32))).all()


def test_nearly_all_of_a_mixture_lies_within_its_reach():
    prior, *_ = mixture(2, count=6, seed=9)
    codes = prior.place(np.random.default_rng(5).standard_normal((50_000, 2), np.float32))
    assert abs(codes).max() < prior.reach < 12
