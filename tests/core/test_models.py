"""The models: one contract for VAE and CVAE, and losses that are those of the papers."""

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from latentlab.core.errors import LatentlabError
from latentlab.core.models import Autoencoder, build
from latentlab.core.recipe import Recipe

_MLP = {"kind": "mlp", "layers": [16], "activation": "gelu"}
_CONV = {"kind": "conv", "layers": [4, 6], "activation": "leaky-relu"}
_BERNOULLI = {"model": {"output": "sigmoid"}, "loss": {"reconstruction": "bernoulli"}}
_SQUARED = {"model": {"output": "tanh"}, "loss": {"reconstruction": "squared-error"}}
SHAPE, CLASSES = (12, 8), 3


def made(kind: str = "vae", network: dict = _MLP, terms: dict = _BERNOULLI, latent: int = 2) -> Autoencoder:
    """Build a small model with seed 0."""
    model = terms["model"] | {"kind": kind, "latent": latent, "encoder": network, "decoder": network}
    torch.manual_seed(0)
    return build(Recipe.from_dict({"model": model, "loss": terms["loss"]}), SHAPE, CLASSES)


def batch(count: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    """Give images and labels."""
    generator = torch.Generator().manual_seed(1)
    return torch.rand(count, 1, *SHAPE, generator=generator), torch.arange(count) % CLASSES


@pytest.mark.parametrize("kind", ["vae", "cvae"])
@pytest.mark.parametrize("network", [_MLP, _CONV], ids=["mlp", "conv"])
@pytest.mark.parametrize("terms", [_BERNOULLI, _SQUARED], ids=["bernoulli", "squared error"])
def test_every_model_keeps_the_contract(kind: str, network: dict, terms: dict) -> None:
    model, (images, labels) = made(kind, network, terms, latent=3), batch()
    mean, logvar = model.encode(images, labels)
    assert mean.shape == logvar.shape == (5, 3)
    pixels = model.pixels(model.decode(mean, labels))
    assert pixels.shape == images.shape
    assert pixels.min() >= 0
    assert pixels.max() <= 1
    losses = model.loss_terms(images, labels, torch.zeros(5, 3))
    assert losses.reconstruction.shape == losses.kl.shape == (5,)
    (losses.reconstruction + losses.kl).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_the_negative_elbo_is_that_of_torch_distributions() -> None:
    model, (images, _) = made(), batch()
    noise = torch.randn(5, 2, generator=torch.Generator().manual_seed(2))
    terms = model.loss_terms(images, None, noise)
    mean, logvar = model.encode(images)
    posterior = Independent(Normal(mean, (logvar / 2).exp()), 1)
    torch.testing.assert_close(
        terms.kl, kl_divergence(posterior, Independent(Normal(torch.zeros(2), torch.ones(2)), 1))
    )
    shares = torch.sigmoid(model.decode(mean + (logvar / 2).exp() * noise))
    expected = torch.nn.functional.binary_cross_entropy(shares, images, reduction="none").sum((1, 2, 3))
    torch.testing.assert_close(terms.reconstruction, expected)


def test_the_squared_error_is_taken_in_the_range_of_the_output() -> None:
    model, (images, _) = made(terms=_SQUARED), batch()
    noise = torch.randn(5, 2, generator=torch.Generator().manual_seed(3))
    mean, logvar = model.encode(images)
    output = torch.tanh(model.decode(mean + (logvar / 2).exp() * noise))
    expected = (output - (2 * images - 1)).square().sum((1, 2, 3))
    torch.testing.assert_close(model.loss_terms(images, None, noise).reconstruction, expected)


def test_a_denoising_step_encodes_what_is_seen_and_asks_for_the_image() -> None:
    model, (images, _) = made(), batch()
    seen = images.flip(3)
    terms = model.loss_terms(images, None, torch.zeros(5, 2), seen)
    mean, _ = model.encode(seen)
    torch.testing.assert_close(terms.kl, model.loss_terms(seen, None, torch.zeros(5, 2)).kl)
    shares = torch.sigmoid(model.decode(mean))
    expected = torch.nn.functional.binary_cross_entropy(shares, images, reduction="none").sum((1, 2, 3))
    torch.testing.assert_close(terms.reconstruction, expected)


def test_a_cvae_encodes_and_decodes_under_the_label() -> None:
    model, (images, labels) = made("cvae"), batch()
    other = (labels + 1) % CLASSES
    assert not torch.allclose(model.encode(images, labels)[0], model.encode(images, other)[0])
    codes = torch.zeros(5, 2)
    assert not torch.allclose(model.decode(codes, labels), model.decode(codes, other))


def test_a_vae_takes_no_notice_of_labels() -> None:
    model, (images, labels) = made(), batch()
    assert torch.equal(model.encode(images, labels)[0], model.encode(images)[0])


def test_a_cvae_without_classes_is_refused_in_one_sentence() -> None:
    recipe = Recipe.from_dict({"model": {"kind": "cvae"}})
    with pytest.raises(LatentlabError, match="A CVAE needs labels of at least two classes"):
        build(recipe, SHAPE, 0)
