"""The models: one contract for autoencoder, VAE and CVAE, and losses that are those of the papers."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Independent, Normal, kl_divergence

from latentlab.core.errors import LatentlabError
from latentlab.core.models.autoencoders import Autoencoder
from latentlab.core.models.building import build
from latentlab.core.recipe.recipe import Recipe

_MLP = {"kind": "mlp", "layers": [16], "activation": "gelu"}
_CONV = {"kind": "conv", "layers": [4, 6], "activation": "leaky-relu"}
_POOL = {"kind": "pool", "layers": [4, 6]}
_BERNOULLI = {"model": {"output": "sigmoid"}, "loss": {"reconstruction": "bernoulli"}}
_SQUARED = {"model": {"output": "tanh"}, "loss": {"reconstruction": "squared-error"}}
SHAPE, CLASSES = (1, 12, 8), 3


def made(kind: str = "vae", network: dict = _MLP, terms: dict = _BERNOULLI, latent: int = 2) -> Autoencoder:
    """Build a small model with seed 0."""
    model = terms["model"] | {"kind": kind, "latent": latent, "encoder": network, "decoder": network}
    torch.manual_seed(0)
    return build(Recipe.from_dict({"model": model, "loss": terms["loss"]}), SHAPE, CLASSES)


def batch(count: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    """Give images and labels."""
    generator = torch.Generator().manual_seed(1)
    return torch.rand(count, *SHAPE, generator=generator), torch.arange(count) % CLASSES


@pytest.mark.parametrize("kind", ["autoencoder", "vae", "cvae"])
@pytest.mark.parametrize("network", [_MLP, _CONV, _POOL], ids=["mlp", "conv", "pool"])
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
    assert losses.reconstruction.shape == losses.kl.shape == losses.penalty.shape == (5,)
    assert (losses.penalty == 0).all()
    torch.testing.assert_close(model.reconstruct(images, labels), model.decode(mean, labels))
    (losses.reconstruction + losses.kl).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@given(
    kind=st.sampled_from(["vae", "cvae"]),
    terms=st.sampled_from([_BERNOULLI, _SQUARED]),
    samples=st.integers(1, 6),
    beta=st.floats(0, 2),
)
@settings(max_examples=20)
def test_the_importance_weighted_bound_is_that_of_its_definition(kind, terms, samples, beta) -> None:
    model, (images, labels) = made(kind, terms=terms), batch()
    noise = torch.randn(samples, 5, 2, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        told, bound = model.importance_weighted(images, labels, noise, images, beta)
        mean, logvar = model.encode(images, labels)
        weights = []
        for each in noise:
            codes = mean + torch.exp(0.5 * logvar) * each
            log_prior = Normal(0.0, 1.0).log_prob(codes).sum(1)
            log_posterior = Normal(mean, torch.exp(0.5 * logvar)).log_prob(codes).sum(1)
            log_likelihood = -model.error(model.decode(codes, labels), images)
            weights.append(log_likelihood + beta * (log_prior - log_posterior))
        expected = -torch.stack(weights).double().exp().mean(0).log()
        errors = torch.stack([model.loss_terms(images, labels, each).reconstruction for each in noise])
    torch.testing.assert_close(bound.double(), expected, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(told.reconstruction, errors.mean(0))
    torch.testing.assert_close(told.kl, model.loss_terms(images, labels, noise[0]).kl)


def test_an_autoencoder_has_no_samples_to_weigh() -> None:
    images, labels = batch()
    with pytest.raises(ValueError, match="no samples"):
        made("autoencoder").importance_weighted(images, labels, torch.zeros(2, 5, 2), images, 1.0)


@given(
    kind=st.sampled_from(["autoencoder", "cvae"]),
    network=st.sampled_from(["mlp", "conv", "pool"]),
    layers=st.integers(1, 8),
    shape=st.tuples(st.sampled_from([1, 3]), st.integers(8, 256), st.integers(8, 256)),
)
@settings(max_examples=25)
def test_a_model_takes_images_of_any_size_grey_or_in_colour(kind, network, layers, shape) -> None:
    part = {"kind": network, "layers": [3] * layers}
    recipe = Recipe.from_dict({"model": {"kind": kind, "encoder": part, "decoder": part}})
    model, images, labels = build(recipe, shape, 2), torch.rand(1, *shape), torch.tensor([1])
    assert model.reconstruct(images, labels).shape == images.shape
    terms = model.loss_terms(images, labels, torch.zeros(1, 2))
    assert torch.isfinite(terms.reconstruction + terms.kl).all()
    model.begin_at(images[0])


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


# Autoencoders


def autoencoder(shape: tuple[int, int, int] = SHAPE, loss: dict | None = None, **model) -> Autoencoder:
    """Build an autoencoder with seed 0; linear and with squared error where nothing else is said."""
    linear = {"layers": [], "activation": "linear"}
    values = {"kind": "autoencoder", "output": "linear", "encoder": linear, "decoder": linear} | model
    torch.manual_seed(0)
    return build(
        Recipe.from_dict({"model": values, "loss": {"reconstruction": "squared-error"} | (loss or {})}), shape, 0
    )


def test_an_autoencoders_posterior_is_a_point() -> None:
    model, (images, _) = autoencoder(), batch()
    mean, logvar = model.encode(images)
    assert mean.shape == logvar.shape == (5, 2)
    assert (logvar == -torch.inf).all()
    assert not model.is_variational
    still, noisy = (model.loss_terms(images, None, noise) for noise in (torch.zeros(5, 2), torch.full((5, 2), 9.0)))
    assert (still.kl == 0).all()
    assert torch.equal(still.reconstruction, noisy.reconstruction)  # there is nothing to draw


def test_a_linear_autoencoder_is_two_matrices() -> None:
    model, (images, _) = autoencoder(), batch()
    to_code, to_image = model.mean_head, model.decoder[0]
    code = images.flatten(1) @ to_code.weight.T + to_code.bias
    torch.testing.assert_close(model.encode(images)[0], code)
    output = code @ to_image.weight.T + to_image.bias
    torch.testing.assert_close(model.decode(code), output.reshape(5, *SHAPE))
    terms = model.loss_terms(images, None, torch.zeros(5, 2))
    torch.testing.assert_close(terms.reconstruction, (output - images.flatten(1)).square().sum(1))
    assert sum(parameter.numel() for parameter in model.parameters()) == 2 * 96 + 2 + 96 * 2 + 96


def test_pixels_of_a_linear_output_are_cut_to_what_can_be_shown() -> None:
    output = torch.tensor([-0.5, 0.25, 1.5]).reshape(3, 1, 1, 1)
    assert autoencoder().pixels(output).flatten().tolist() == [0, 0.25, 1]


@pytest.mark.parametrize(
    ("activation", "function"), [("relu", torch.relu), ("sigmoid", torch.sigmoid), ("tanh", torch.tanh)]
)
def test_the_activation_of_a_code_is_its_last_step(activation: str, function) -> None:
    plain, model, (images, _) = autoencoder(), autoencoder(code_activation=activation), batch()
    code, _ = model.encode(images)
    assert torch.equal(code, function(plain.encode(images)[0]))
    torch.testing.assert_close(model.reconstruct(images), model.decode(code))


# Penalties on the code


def test_sparsity_is_the_codes_l1_norm_with_its_weight() -> None:
    model, (images, _) = autoencoder(loss={"sparsity": 0.3}, latent=4), batch()
    terms = model.loss_terms(images, None, torch.zeros(5, 4))
    torch.testing.assert_close(terms.penalty, 0.3 * model.encode(images)[0].abs().sum(1))
    torch.testing.assert_close(
        terms.reconstruction, autoencoder(latent=4).loss_terms(images, None, torch.zeros(5, 4))[0]
    )


def exact(model: Autoencoder, images: torch.Tensor) -> torch.Tensor:
    """Give the squared Frobenius norm of the encoder's Jacobian at each image."""
    return torch.stack(
        [torch.func.jacrev(lambda x: model.encode(x)[0])(image[None]).square().sum() for image in images]
    )


def test_a_contraction_of_one_dimension_is_exact() -> None:
    curved = {"layers": [8], "activation": "tanh"}
    model, (images, _) = autoencoder(loss={"contraction": 0.7}, encoder=curved, latent=1), batch()
    noise = torch.tensor([[-1.0], [0.3], [2.0], [-0.1], [0.0]])
    terms = model.loss_terms(images, None, noise)
    torch.testing.assert_close(terms.penalty, 0.7 * exact(model, images))


def test_a_contraction_is_the_jacobians_norm_in_the_mean() -> None:
    curved = {"layers": [8], "activation": "sigmoid"}
    model, (images, _) = autoencoder(loss={"contraction": 1.0}, encoder=curved, latent=6), batch(2)
    draws = 4000
    noise = torch.randn(2 * draws, 6, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        penalty = model.loss_terms(images.repeat(draws, 1, 1, 1), None, noise).penalty.reshape(draws, 2)
    assert penalty.std(0).min() > 0.01 * penalty.mean()  # a single draw is not exact
    torch.testing.assert_close(penalty.mean(0), exact(model, images).detach(), rtol=0.02, atol=0)


def test_a_contraction_knows_signs_that_a_temperature_of_zero_has_left() -> None:
    model, (images, _) = autoencoder(loss={"contraction": 1.0}, latent=6), batch()
    noise = torch.randn(5, 6, generator=torch.Generator().manual_seed(0))
    drawn, still = (model.loss_terms(images, None, noise * temperature).penalty for temperature in (1.0, 0.0))
    assert torch.equal(drawn, still)
    assert not torch.allclose(drawn, model.loss_terms(images, None, -noise.abs()).penalty)


@pytest.mark.parametrize("kind", ["autoencoder", "vae", "cvae"])
def test_penalties_weigh_the_mean_of_every_model_and_teach_its_encoder(kind: str) -> None:
    terms = {"model": {"output": "sigmoid"}, "loss": {"reconstruction": "bernoulli", "sparsity": 1, "contraction": 1}}
    model, (images, labels) = made(kind, _MLP, terms, latent=1), batch()
    model.loss_terms(images, labels, torch.zeros(5, 1)).penalty.sum().backward()
    weight = model.encoder[1].weight
    assert weight.grad is not None
    step = 1e-3 * weight.grad / weight.grad.norm()

    def penalty() -> float:
        return model.loss_terms(images, labels, torch.zeros(5, 1)).penalty.sum().item()

    before = penalty()
    with torch.no_grad():
        weight -= step
    assert before - penalty() == pytest.approx(1e-3 * float(weight.grad.norm()), rel=0.05)


@pytest.mark.parametrize("network", [_MLP, _CONV, _POOL], ids=["mlp", "conv", "pool"])
@pytest.mark.parametrize("kind", ["autoencoder", "cvae"])
def test_without_noise_the_code_is_the_mean_and_a_contraction_exact(network: dict, kind: str) -> None:
    terms = {"model": _BERNOULLI["model"], "loss": _BERNOULLI["loss"] | {"contraction": 0.5}}
    model, (images, labels) = made(kind, network, terms, latent=3), batch()
    with torch.inference_mode():
        terms, penalty = model.loss_terms(images, labels, None), model.penalty(images, labels)
        at_mean = model.loss_terms(images, labels, torch.zeros(5, 3))
    torch.testing.assert_close(terms.reconstruction, at_mean.reconstruction)
    torch.testing.assert_close(terms.penalty, penalty)
    for row, image in enumerate(images):
        jacobian = torch.func.jacrev(lambda x, row=row: model.encode(x, labels[row : row + 1])[0])(image[None])
        assert float(terms.penalty[row]) == pytest.approx(0.5 * float(jacobian.detach().square().sum()), rel=1e-4)


@pytest.mark.parametrize("network", [_MLP, _CONV, _POOL], ids=["mlp", "conv", "pool"])
def test_a_contraction_is_known_in_inference_mode_too(network: dict) -> None:
    model = autoencoder(loss={"contraction": 1.0}, encoder=network, latent=1)
    images, _ = batch()
    with torch.inference_mode():
        tested = model.loss_terms(images, None, torch.zeros(5, 1)).penalty
        inside = model.loss_terms(images.clone(), None, torch.zeros(5, 1)).penalty  # of images made in that mode
    with torch.no_grad():
        untaught = model.loss_terms(images, None, torch.zeros(5, 1)).penalty
    assert not untaught.requires_grad
    torch.testing.assert_close(tested.clone(), exact(model, images).detach())
    torch.testing.assert_close(inside.clone(), tested.clone())


# Codes that are the features


def features_model(shape: tuple[int, int], code: str, latent: int, loss: dict | None = None) -> Autoencoder:
    """Build an autoencoder of pooling networks, of three layers each."""
    down, up = {"kind": "pool", "layers": [5, 4, 3]}, {"kind": "pool", "layers": [3, 4, 5]}
    return autoencoder((1, *shape), loss, code=code, latent=latent, encoder=down, decoder=up, output="sigmoid")


@pytest.mark.parametrize(("shape", "smallest"), [((28, 28), (4, 4)), ((31, 45), (4, 6)), ((8, 8), (1, 1))])
def test_a_code_of_features_is_what_the_encoder_gives(shape: tuple[int, int], smallest: tuple[int, int]) -> None:
    latent = 3 * smallest[0] * smallest[1]
    model, images = features_model(shape, "features", latent), torch.rand(2, 1, *shape)
    code, _ = model.encode(images)
    assert torch.equal(code, model.encoder(images).flatten(1))
    assert code.shape == (2, latent)
    height, width = shape
    expected = model.decoder(model.encoder(images))[:, :, :height, :width]
    assert model.decode(code).shape == images.shape
    assert torch.equal(model.decode(code), expected)
    assert torch.equal(model.reconstruct(images), expected)
    error = model.loss_terms(images, None, torch.zeros(2, latent)).reconstruction
    torch.testing.assert_close(error, (torch.sigmoid(expected) - images).square().sum((1, 2, 3)))


@pytest.mark.parametrize("shape", [(28, 28), (31, 45)])
def test_a_code_of_planes_restores_images_of_any_size(shape: tuple[int, int]) -> None:
    model = features_model(shape, "planes", 3)
    assert model.takes_any_size
    for size in [shape, (28, 28), (9, 33), (64, 50)]:
        images = torch.rand(2, 1, *size, generator=torch.Generator().manual_seed(0))
        restored = model.reconstruct(images)
        assert restored.shape == images.shape
        planes = model.encoder(images)
        assert torch.equal(restored, model.decoder(planes)[:, :, : size[0], : size[1]])
        mean, logvar = model.encode(images)
        torch.testing.assert_close(mean, planes.mean((2, 3)))
        assert (logvar == -torch.inf).all()
        terms = model.loss_terms(images, None, torch.zeros(2, 3))
        torch.testing.assert_close(terms.reconstruction, (restored.sigmoid() - images).square().sum((1, 2, 3)))
    assert model.decode(torch.zeros(2, 3)).shape == (2, 1, *shape)


def test_a_restored_part_is_that_of_the_whole_away_from_its_edges() -> None:
    model, page = features_model((32, 32), "planes", 3), torch.rand(1, 1, 96, 96)
    whole, part = model.reconstruct(page), model.reconstruct(page[:, :, 16:80, 16:80])
    torch.testing.assert_close(whole[:, :, 40:56, 40:56], part[:, :, 24:40, 24:40])
    assert not torch.allclose(whole[:, :, 16:80, 16:80], part)


def test_flat_planes_decode_to_what_their_means_say() -> None:
    model, images = features_model((32, 32), "planes", 3), torch.full((1, 1, 32, 32), 0.4)
    mean, _ = model.encode(images)
    torch.testing.assert_close(model.decode(mean), model.decoder(mean[:, :, None, None].expand(1, 3, 4, 4)))


def test_sparsity_of_planes_counts_all_of_their_numbers() -> None:
    model = features_model((28, 28), "planes", 3, {"sparsity": 2.0})
    images = torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    penalty = model.loss_terms(images, None, torch.zeros(2, 3)).penalty
    torch.testing.assert_close(penalty, 2 * model.encoder(images).abs().sum((1, 2, 3)))


@pytest.mark.parametrize(("code", "count"), [("features", 48), ("planes", 3)])
def test_a_latent_that_does_not_match_its_features_is_told_in_one_sentence(code: str, count: int) -> None:
    with pytest.raises(LatentlabError) as caught:
        features_model((28, 28), code, 2)
    said = f"there are {count} of them, but model.latent is 2: set it to {count}."
    assert str(caught.value).endswith(said)
    features_model((28, 28), code, count)


@pytest.mark.parametrize("terms", [_BERNOULLI, _SQUARED], ids=["sigmoid", "tanh"])
def test_a_decoder_begins_at_the_mean_image(terms):
    model = made(network=_MLP, terms=terms)
    image = torch.linspace(0.01, 0.99, 12 * 8).reshape(SHAPE)
    model.begin_at(image)
    with torch.no_grad():
        model.decoder[-2].weight.zero_()
        decoded = model.pixels(model.decode(torch.randn(3, 2)))
    torch.testing.assert_close(decoded, image.expand(3, *SHAPE), atol=1e-4, rtol=0)


def test_a_convolution_begins_at_the_mean_pixel():
    model = made(network=_CONV, terms=_SQUARED)
    model.begin_at(torch.full(SHAPE, 0.25))
    with torch.no_grad():
        model.decoder[-1].weight.zero_()
        decoded = model.pixels(model.decode(torch.randn(2, 2)))
    torch.testing.assert_close(decoded, torch.full_like(decoded, 0.25))
