"""The terms of the loss against torch's own distributions and losses."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from latentlab.core.models import losses


def _gaussians(rows: int, latent: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(rows, latent, generator=generator), 2 * torch.randn(rows, latent, generator=generator)


@given(rows=st.integers(1, 5), latent=st.integers(1, 40), seed=st.integers(0, 1000))
def test_kl_is_that_of_torch_distributions(rows: int, latent: int, seed: int) -> None:
    mean, logvar = _gaussians(rows, latent, seed)
    posterior = Independent(Normal(mean, torch.exp(logvar / 2)), 1)
    prior = Independent(Normal(torch.zeros(latent), torch.ones(latent)), 1)
    torch.testing.assert_close(losses.kl(mean, logvar), kl_divergence(posterior, prior), rtol=1e-4, atol=1e-4)


def test_kl_of_the_prior_itself_is_zero() -> None:
    assert losses.kl(torch.zeros(3, 2), torch.zeros(3, 2)).tolist() == [0, 0, 0]


def test_bernoulli_is_the_negative_log_likelihood_of_black_and_white_pixels() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = 4 * torch.randn(3, 1, 6, 5, generator=generator)
    target = torch.bernoulli(torch.full((3, 1, 6, 5), 0.3), generator=generator)
    expected = -Independent(Bernoulli(logits=logits), 3).log_prob(target)
    torch.testing.assert_close(losses.bernoulli(logits, target), expected)


def test_bernoulli_takes_grey_pixels_as_shares_of_black_and_white() -> None:
    logits, grey = torch.randn(2, 1, 4, 4, generator=torch.Generator().manual_seed(1)), torch.full((2, 1, 4, 4), 0.25)
    white, black = losses.bernoulli(logits, torch.ones_like(grey)), losses.bernoulli(logits, torch.zeros_like(grey))
    torch.testing.assert_close(losses.bernoulli(logits, grey), 0.25 * white + 0.75 * black)


def test_bernoulli_stays_finite_where_the_decoder_is_sure_and_wrong() -> None:
    loss = losses.bernoulli(torch.full((1, 1, 2, 2), 500.0), torch.zeros(1, 1, 2, 2))
    torch.testing.assert_close(loss, torch.tensor([2000.0]))


def test_squared_error_is_summed_over_pixels() -> None:
    generator = torch.Generator().manual_seed(2)
    output, target = (torch.randn(3, 1, 5, 4, generator=generator) for _ in range(2))
    expected = torch.stack([torch.nn.MSELoss(reduction="sum")(a, b) for a, b in zip(output, target, strict=True)])
    torch.testing.assert_close(losses.squared_error(output, target), expected)


@given(free_bits=st.floats(0.01, 3), seed=st.integers(0, 1000))
@settings(max_examples=20)
def test_what_is_free_of_a_kl_has_no_gradient(free_bits: float, seed: int) -> None:
    """Kingma et al. (2016), eq. 15: max(λ, KL of a dimension, averaged over the batch), summed over dimensions."""
    generator = torch.Generator().manual_seed(seed)
    scale = torch.tensor([0.1, 0.5, 1.0, 2.0])
    mean, logvar = (torch.randn(6, 4, generator=generator) * scale for _ in range(2))
    values, gradients = [], []
    for minimised in (
        lambda *posterior: losses.penalised_kl(*posterior, free_bits).mean(),
        lambda *posterior: losses.kl_by_dimension(*posterior).mean(0).clamp(min=free_bits).sum(),
    ):
        posterior = mean.clone().requires_grad_(), logvar.clone().requires_grad_()
        values.append(minimised(*posterior))
        gradients.append(torch.autograd.grad(values[-1], posterior))
    torch.testing.assert_close(*values)
    torch.testing.assert_close(*gradients)


def test_sparsity_is_the_l1_norm_of_each_code() -> None:
    code = torch.tensor([[1.0, -2.0, 0.5], [0.0, 0.0, 0.0]])
    assert losses.sparsity(code).tolist() == [3.5, 0]
    assert losses.sparsity(code.reshape(2, 3, 1, 1).repeat(1, 1, 2, 2)).tolist() == [14, 0]


@given(pixels=st.integers(1, 6), latent=st.integers(1, 5), seed=st.integers(0, 1000))
@settings(max_examples=20)
def test_a_contraction_is_exact_where_no_two_rows_of_the_jacobian_meet(pixels: int, latent: int, seed: int) -> None:
    # Orthogonal rows: whatever the signs, the square of their sum is the sum of their squares.
    generator = torch.Generator().manual_seed(seed)
    matrix = torch.linalg.qr(torch.randn(pixels, pixels, generator=generator))[0][:latent]
    noise = torch.randn(3, len(matrix), generator=generator)
    images = torch.rand(3, 1, 1, pixels, generator=generator)
    estimate = losses.contraction(lambda x: 2 * x.flatten(1) @ matrix.T, images, noise)
    torch.testing.assert_close(estimate, torch.full((3,), 4.0 * len(matrix)))


@given(pixels=st.integers(1, 6), latent=st.integers(1, 5), count=st.integers(1, 3), seed=st.integers(0, 1000))
@settings(max_examples=20)
def test_an_exact_contraction_is_the_squared_norm_of_each_images_jacobian(
    pixels: int, latent: int, count: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    matrices = torch.randn(count, latent, pixels, generator=generator)
    images = torch.rand(count, 1, 1, pixels, generator=generator)

    def encode(x: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        return torch.tanh(torch.einsum("klp,kp->kl", matrices[rows], x.flatten(1)))

    exact = losses.contraction_of_each(encode, images, latent)
    slopes = 1 - encode(images, torch.arange(count)).square()  # of the hyperbolic tangent
    torch.testing.assert_close(exact, (slopes[:, :, None] * matrices).square().sum((1, 2)), rtol=1e-4, atol=1e-6)


def test_an_exact_contraction_of_many_dimensions_is_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "_PAIRS", 5)
    matrix = torch.randn(7, 4, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        exact = losses.contraction_of_each(lambda x, _: x.flatten(1) @ matrix.T, torch.rand(3, 1, 2, 2), 7)
        assert torch.is_inference_mode_enabled()
    torch.testing.assert_close(exact.clone(), matrix.square().sum().repeat(3))
    assert not exact.requires_grad


def test_a_contraction_is_taken_at_each_image() -> None:
    images = torch.tensor([0.0, 0.5, 1.0]).reshape(3, 1, 1, 1)
    estimate = losses.contraction(lambda x: x.flatten(1) ** 2, images, torch.ones(3, 1))
    assert estimate.tolist() == [0, 1, 4]  # (2 x)²


def test_a_contraction_leaves_images_and_grad_mode_as_they_were() -> None:
    images = torch.rand(2, 1, 2, 2)
    with torch.inference_mode():
        estimate = losses.contraction(lambda x: x.flatten(1), images, torch.ones(2, 4))
        assert torch.is_inference_mode_enabled()
    assert not estimate.requires_grad
    assert not images.requires_grad
