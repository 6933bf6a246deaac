"""The parts of the KL divergence, against posteriors of which they are known, and against a loop over all pairs."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from latentlab.core.measures import elbo_parts
from latentlab.core.measures.elbo_parts import kl_parts, samples_for
from latentlab.core.models import losses


def drawn(means, logvars, seed=0):
    noise = torch.randn(means.shape, generator=torch.Generator().manual_seed(seed), dtype=means.dtype)
    return means + torch.exp(0.5 * logvars) * noise


def test_posteriors_that_are_all_the_same_tell_nothing():
    means, logvars = torch.tensor([[0.5, -1.0]]).expand(4000, 2), torch.tensor([[-1.0, 0.3]]).expand(4000, 2)
    parts = kl_parts(means, logvars, drawn(means, logvars))
    assert parts.mutual_information == pytest.approx(0, abs=1e-9)
    assert parts.total_correlation == pytest.approx(0, abs=1e-9)
    known = losses.kl_by_dimension(means[0].double(), logvars[0].double()).numpy()
    assert (np.abs(parts.by_dimension - known) < 4 * parts.errors[2:]).all()
    assert parts.errors[2:].max() < 0.03


def test_posteriors_far_from_each_other_tell_which_image_it_is():
    means, logvars = torch.arange(50.0)[:, None] * 10, torch.full((50, 1), -4.0)
    parts = kl_parts(means, logvars, drawn(means, logvars))
    assert parts.mutual_information == pytest.approx(math.log(50), abs=1e-9)


def test_of_a_gaussian_aggregate_posterior_the_parts_are_known():
    """Means of N(0, C - s²I) with a deviation of s have together N(0, C)."""
    covariance, deviation = np.array([[1.0, 0.8], [0.8, 1.5]]), 0.3
    random = np.random.default_rng(0)
    means = random.multivariate_normal([0, 0], covariance - deviation**2 * np.eye(2), 6000)
    means = torch.from_numpy(means)
    logvars = torch.full_like(means, 2 * math.log(deviation))
    parts = kl_parts(means, logvars, drawn(means, logvars)[:3000])
    variances = np.diag(covariance)
    information = 0.5 * math.log(np.linalg.det(covariance) / deviation**4)
    correlation = 0.5 * math.log(variances.prod() / np.linalg.det(covariance))
    assert parts.mutual_information == pytest.approx(information, abs=0.06)
    assert parts.total_correlation == pytest.approx(correlation, abs=0.06)
    np.testing.assert_allclose(parts.by_dimension, 0.5 * (variances - 1 - np.log(variances)), atol=0.06)
    assert (parts.samples, parts.images) == (3000, 6000)


@settings(max_examples=20)
@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 9))
def test_they_are_what_a_loop_over_all_pairs_gives(count, latent, seed):
    random = np.random.default_rng(seed)
    means, logvars = random.normal(size=(2, count, latent))
    codes = random.normal(size=(random.integers(1, count + 1), latent))
    found = kl_parts(*(torch.from_numpy(part) for part in (means, logvars, codes)))
    rows = []
    for row, code in enumerate(codes):
        density = np.array([norm.pdf(code, mean, np.exp(0.5 * v)) for mean, v in zip(means, logvars, strict=True)])
        joint, single, own = np.log(density.prod(1).mean()), np.log(density.mean(0)), np.log(density[row]).sum()
        rows.append([own - joint, joint - single.sum(), *(single - norm.logpdf(code))])
    expected = np.mean(rows, 0)
    np.testing.assert_allclose(
        [found.mutual_information, found.total_correlation, *found.by_dimension], expected, rtol=1e-9, atol=1e-9
    )
    assert found.kl == pytest.approx(expected.sum())
    assert found.marginal == pytest.approx(expected[1:].sum())
    if len(rows) > 1:
        np.testing.assert_allclose(found.errors, np.std(rows, 0, ddof=1) / math.sqrt(len(rows)), atol=1e-9)
        dimensions = np.sum(rows, 1) - np.sum(np.array(rows)[:, :2], 1)
        assert found.dimensions_error == pytest.approx(np.std(dimensions, ddof=1) / math.sqrt(len(rows)), abs=1e-9)


def test_parts_that_are_computed_one_by_one_are_the_same(monkeypatch):
    random = np.random.default_rng(0)
    means, logvars, codes = (torch.from_numpy(random.normal(size=(30, 3))) for _ in range(3))
    whole = kl_parts(means, logvars, codes)
    monkeypatch.setattr(elbo_parts, "_PAIRS", 1)
    single = kl_parts(means, logvars, codes)
    assert single.kl == pytest.approx(whole.kl)
    np.testing.assert_allclose(single.errors, whole.errors)


def test_few_images_are_all_sampled_and_many_or_large_codes_in_part():
    assert samples_for(500, 2) == 500
    assert samples_for(10_000, 2) == 2000
    assert samples_for(10_000, 20) == 200
    assert samples_for(10_000_000, 256) == 1
