"""The true posterior of an image: against the Gaussian of a linear model, and sums over fine grids of others."""

import numpy as np
import pytest
import torch

from latentlab.core.errors import LatentlabError
from latentlab.core.measures.gaps import gaps
from latentlab.core.measures.posterior_table import PosteriorTable
from latentlab.core.measures.true_posterior import ENCLOSED, closer, roughly, true_posterior
from tests.core.measures.linear_models import Linear, snapshot_of


@pytest.fixture(scope="module")
def slanted(tiny_images):
    """Give a linear model whose posteriors are narrow and slanted, and the pixels of an image."""
    random = np.random.default_rng(3)
    directions = np.linalg.qr(random.normal(size=(28 * 28, 2)))[0]
    turned = directions @ np.array([[30.0, 0.0], [0.0, 3.0]]) @ np.array([[0.8, 0.6], [-0.6, 0.8]])
    model = Linear(tiny_images, turned, random.uniform(0.2, 0.8, 28 * 28))
    image = (model.weights @ [0.37, -1.13] + model.bias).astype(np.float32).reshape(1, 28, 28)
    return model, image


@pytest.fixture(scope="module")
def pair(tiny_images):
    """Give a model that decodes z and -z alike, so that each posterior has two modes, and an image."""
    model = snapshot_of(tiny_images, {"model.encoder.layers": (8,), "model.decoder.layers": (8,)})
    first, last = (layer for layer in model.model.decoder if isinstance(layer, torch.nn.Linear))
    random = torch.Generator().manual_seed(4)
    half = torch.randn(4, 2, generator=random)
    first.weight.copy_(torch.cat([half, -half]))
    first.bias.zero_()
    ink = 0.5 * torch.randn(last.weight.shape[0], 4, generator=random)
    last.weight.copy_(torch.cat([ink, ink], 1))
    image = torch.sigmoid(model.model.decode(torch.tensor([[1.0, 0.7]])))[0].numpy()
    return model, image


def brute(table, image, half=1.0, count=201):
    """Give p(z | x) on a fine grid around its peak: codes, probabilities and log p(x)."""

    def grid(centre, half, count):
        axis = np.linspace(-half, half, count)
        codes = np.stack(np.meshgrid(*[axis] * table.latent, indexing="ij"), -1) + centre
        return codes.reshape(-1, table.latent), table.log_joint(table.target(image), codes).ravel()

    codes, joint = grid(0, 6, 101)
    codes, joint = grid(0 if half > 1 else codes[joint.argmax()], half, count)
    log_p = np.logaddexp.reduce(joint) + table.latent * np.log(2 * half / (count - 1))
    return codes, np.exp(joint - log_p) * (2 * half / (count - 1)) ** table.latent, log_p


def test_the_posterior_of_a_linear_model_is_its_gaussian(slanted):
    model, image = slanted
    (log_p,), (mean,), covariance = model.posterior([image])
    assert np.sqrt(np.linalg.eigvalsh(covariance)).tolist() == pytest.approx([0.0236, 0.229], abs=1e-3)
    found = true_posterior(PosteriorTable(model.snapshot, None), image, np.float32([4, 4]))
    assert found.log_p == pytest.approx(log_p, abs=max(found.error, 2e-3))
    assert found.error < 0.01
    np.testing.assert_allclose(found.mean, mean, atol=1e-3)
    np.testing.assert_allclose(found.covariance, covariance, rtol=0.02, atol=1e-5)
    (mode,) = found.modes
    np.testing.assert_allclose(mode.code, mean, atol=2e-3)
    highest = -np.log(2 * np.pi) - 0.5 * np.linalg.slogdet(covariance)[1]
    assert (mode.share, mode.log_density) == (pytest.approx(1, abs=1e-3), pytest.approx(highest, abs=5e-3))
    # The smallest region that holds a share s of a Gaussian of two dimensions ends at log(1 - s) below its peak.
    np.testing.assert_allclose(found.levels, highest + np.log(1 - np.array(ENCLOSED)), atol=0.05)


def test_a_table_alone_tells_the_same_but_less_exactly(slanted):
    model, image = slanted
    (log_p,), (mean,), covariance = model.posterior([image])
    table = PosteriorTable(model.snapshot, None)
    found = roughly(table, image)
    assert table.side == 128
    assert found.log_p == pytest.approx(log_p, abs=0.15)
    assert found.error is None
    np.testing.assert_allclose(found.mean, mean, atol=0.03)
    np.testing.assert_allclose(found.covariance, covariance, atol=0.01)


@pytest.mark.parametrize("kind", ["bernoulli", "squared-error", "tanh", "cvae"])
def test_the_posterior_is_what_a_fine_grid_sums_up_to(tiny_images, kind):
    changes = {
        "bernoulli": {},
        "squared-error": {"loss.reconstruction": "squared-error"},
        "tanh": {"loss.reconstruction": "squared-error", "model.output": "tanh"},
        "cvae": {"model.kind": "cvae"},
    }[kind]
    model = snapshot_of(tiny_images, changes)
    for layer in model.model.decoder:
        if isinstance(layer, torch.nn.Linear):
            layer.weight.mul_(2)
    table = PosteriorTable(model, 1)
    image = (tiny_images.test_images[0].numpy() / 255).astype(np.float32)
    codes, shares, log_p = brute(table, image)
    some = torch.from_numpy(codes[:5].astype(np.float32))
    with torch.inference_mode():
        one = model.model.decode(some, torch.full((5,), 1) if kind == "cvae" else None)
        error = model.model.error(one, torch.from_numpy(image).expand(5, -1, -1, -1)).numpy()
    joint = -error - 0.5 * (codes[:5] ** 2).sum(1) - np.log(2 * np.pi)
    np.testing.assert_allclose(table.log_joint(table.target(image), codes[:5]), joint, rtol=1e-5)
    found = true_posterior(table, image, np.zeros(2, np.float32))
    assert found.log_p == pytest.approx(log_p, abs=0.005)
    np.testing.assert_allclose(found.mean, shares @ codes, atol=0.005)
    density = np.log(shares + 1e-300) - 2 * np.log(0.01)
    within = [shares[density >= level].sum() for level in found.levels]
    np.testing.assert_allclose(within, ENCLOSED, atol=0.02)


def test_both_modes_are_found_and_their_shares(pair):
    model, image = pair
    table = PosteriorTable(model, None)
    found = true_posterior(table, image, np.float32([3, -3]))
    codes, shares, log_p = brute(table, image, half=2.5, count=251)
    assert found.log_p == pytest.approx(log_p, abs=0.01)
    first, last = found.modes[:2]
    np.testing.assert_allclose(first.code, -last.code, atol=5e-3)
    assert first.log_density == pytest.approx(last.log_density, abs=1e-2)
    nearest = np.linalg.norm(codes[:, None] - [mode.code for mode in found.modes], axis=2).argmin(1)
    np.testing.assert_allclose(
        np.bincount(nearest, shares, len(found.modes)), [mode.share for mode in found.modes], atol=0.01
    )
    assert sum(mode.share for mode in found.modes) == pytest.approx(1, abs=1e-3)


def test_a_part_is_decoded_anew_to_any_scale(slanted):
    model, image = slanted
    table = PosteriorTable(model.snapshot, None)
    found = true_posterior(table, image, np.zeros(2, np.float32))
    _, (mean,), covariance = model.posterior([image])
    low, high = mean - 0.004, mean + 0.004
    near = closer(table, image, found, low, high, 0.0005)
    assert near.levels is found.levels
    assert {len(patch.log_density) for patch in near.patches} <= set(range(3, 30))
    for patch in near.patches:
        assert (patch.spacing <= 0.0005).all()
        assert (patch.low >= low).all()
        assert (patch.high <= high).all()
        corner = patch.low - mean
        density = -np.log(2 * np.pi) - 0.5 * np.linalg.slogdet(covariance)[1]
        density -= 0.5 * corner @ np.linalg.inv(covariance) @ corner
        assert patch.log_density[0, 0] == pytest.approx(density, abs=0.01)
    assert closer(table, image, found, low, high, 1.0).patches[0] in found.patches
    assert closer(table, image, found, mean + 3, mean + 4, 0.1).patches == ()


def test_one_dimension_has_its_posterior_on_a_line(tiny_images):
    random = np.random.default_rng(5)
    model = Linear(tiny_images, random.normal(size=(28 * 28, 1)), random.uniform(size=28 * 28))
    image = (model.weights @ [0.8] + model.bias).astype(np.float32).reshape(1, 28, 28)
    (log_p,), (mean,), covariance = model.posterior([image])
    table = PosteriorTable(model.snapshot, None)
    for found in (true_posterior(table, image, np.float32([-2])), roughly(table, image)):
        assert found.log_p == pytest.approx(log_p, abs=0.01)
        np.testing.assert_allclose(found.mean, mean, atol=1e-3)
        np.testing.assert_allclose(found.covariance, covariance, rtol=0.05)


def test_the_best_gaussian_of_a_linear_model_and_both_gaps_are_known(slanted):
    model, image = slanted
    (log_p,), (mean,), _ = model.posterior([image])
    table = PosteriorTable(model.snapshot, None)
    guess, logvar = (mean + np.array([0.05, 0.02])).astype(np.float32), np.float32([-5, -6])
    found = gaps(table, image, guess, logvar, true_posterior(table, image, guess))
    # Of all diagonal Gaussians the one with the precision's diagonal is nearest to N(μ, A⁻¹): Bishop (2006), eq. 10.15.
    precision = np.diag(model.precision)
    np.testing.assert_allclose(found.mean, mean, atol=3e-3)
    np.testing.assert_allclose(found.deviation, precision**-0.5, rtol=0.02)
    best = log_p - 0.5 * (np.log(precision).sum() - np.linalg.slogdet(model.precision)[1])
    away, spread = guess - mean, np.exp(logvar)
    lost = 0.5 * (
        (spread * precision).sum() + away @ model.precision @ away - 2
        - np.log(spread).sum() - np.linalg.slogdet(model.precision)[1]
    )  # fmt: skip
    assert found.best_elbo == pytest.approx(best, abs=0.01)
    assert found.elbo == pytest.approx(log_p - lost, rel=1e-3)
    assert found.approximation == pytest.approx(log_p - best, abs=0.02)
    assert found.amortisation == pytest.approx(best - log_p + lost, rel=2e-3)


def test_the_refined_encoding_is_in_the_better_of_two_places(pair, tiny_images):
    model, image = pair
    table = PosteriorTable(model, None)
    guess = np.float32([2.5, -2.5])
    found = gaps(table, image, guess, np.float32([-4, -4]), true_posterior(table, image, guess))
    assert found.elbo <= found.best_elbo <= found.log_p + found.error
    # One of two equal modes has half of the posterior: log 2 is lost at least.
    assert found.approximation == pytest.approx(np.log(2), abs=0.3)
    assert np.linalg.norm(np.abs(found.mean) - [1.0, 0.7]) < 0.5


def test_what_has_no_such_posterior_says_so(tiny_images):
    with pytest.raises(LatentlabError, match="no posterior"):
        PosteriorTable(snapshot_of(tiny_images, {"model.kind": "autoencoder"}), None)
    with pytest.raises(LatentlabError, match="this model has 3"):
        PosteriorTable(snapshot_of(tiny_images, {"model.latent": 3}), None)
