"""Encoders and decoders: shapes, what does not fit, and how a decoder begins."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from latentlab.core.models import networks
from latentlab.core.models.networks import NetworkError
from latentlab.core.recipe.settings import NetworkSettings

_MLP = NetworkSettings(kind="mlp", layers=(32, 16), activation="gelu")
_CONV = NetworkSettings(kind="conv", layers=(4, 8), activation="leaky-relu")
_POOL = NetworkSettings(kind="pool", layers=(4, 8))
_STRIDES = NetworkSettings(kind="conv", kernel=3, layers=(4, 8, 6), strides=(1, 2, 1), dense=(5,))


@pytest.mark.parametrize("settings", [_MLP, _CONV, _POOL, _STRIDES, NetworkSettings(layers=())])
@pytest.mark.parametrize("planes", [1, 2])
@pytest.mark.parametrize("shape", [(28, 28), (8, 20)])
def test_an_encoder_gives_the_features_that_it_says(
    settings: NetworkSettings, planes: int, shape: tuple[int, int]
) -> None:
    network, features = networks.encoder(settings, planes, shape)
    assert network(torch.zeros(3, planes, *shape)).shape == (3, *features)


@pytest.mark.parametrize("settings", [_MLP, _CONV, _POOL, _STRIDES, NetworkSettings(layers=())])
@pytest.mark.parametrize("classes", [0, 10])
@pytest.mark.parametrize("shape", [(28, 28), (8, 20)])
def test_a_decoder_gives_images(settings: NetworkSettings, classes: int, shape: tuple[int, int]) -> None:
    network = networks.decoder(settings, 2, classes, (1, *shape))
    assert network(torch.zeros(3, 2 + classes)).shape == (3, 1, *shape)


def shapes(network: torch.nn.Module, x: torch.Tensor, *kinds: type[torch.nn.Module]) -> list[tuple[int, ...]]:
    """Give the shapes that layers of some kinds put out, without B."""
    found = []
    for layer in network:
        x = layer(x)
        if isinstance(layer, kinds):
            found.append(tuple(x.shape[1:]))
    return found


def test_pooling_rounds_up_and_its_decoder_grows_past_the_image() -> None:
    settings = NetworkSettings(kind="pool", layers=(6, 5, 3))
    encoder, features = networks.encoder(settings, 1, (28, 28))
    pooled = shapes(encoder, torch.zeros(2, 1, 28, 28), torch.nn.MaxPool2d)
    assert pooled == [(6, 14, 14), (5, 7, 7), (3, 4, 4)]
    assert features == (3, 4, 4)
    back = NetworkSettings(kind="pool", layers=(3, 5, 6))
    decoder = networks.decoder(back, 48, 0, (1, 28, 28), features)
    grown = shapes(decoder, torch.zeros(2, *features), torch.nn.Upsample)
    assert grown == [(3, 8, 8), (5, 16, 16), (6, 32, 32)]
    assert decoder(torch.zeros(2, *features)).shape == (2, 1, 32, 32)  # the model cuts off what is too much


def test_pooling_takes_images_of_any_size_and_ends_at_a_single_pixel() -> None:
    encoder, features = networks.encoder(NetworkSettings(kind="pool", layers=(2, 2, 2)), 1, (31, 45))
    assert features == (2, 4, 6)
    assert encoder(torch.zeros(1, 1, 31, 45)).shape == (1, *features)
    encoder, features = networks.encoder(NetworkSettings(kind="pool", layers=(2,) * 6), 1, (28, 28))
    assert features == (2, 1, 1)
    assert sum(isinstance(layer, torch.nn.MaxPool2d) for layer in encoder) == 5


def test_a_layer_halves_the_image_where_its_stride_is_two() -> None:
    encoder, features = networks.encoder(_STRIDES, 1, (28, 28))
    assert shapes(encoder, torch.zeros(2, 1, 28, 28), torch.nn.Conv2d) == [(4, 28, 28), (8, 14, 14), (6, 14, 14)]
    assert features == (5,)
    decoder = networks.decoder(
        NetworkSettings(kind="conv", kernel=3, layers=(6, 4), strides=(1, 2), planes=9, dense=(7,)), 2, 0, (1, 28, 28)
    )
    widths = [(layer.in_features, layer.out_features) for layer in decoder if isinstance(layer, torch.nn.Linear)]
    assert widths == [(2, 7), (7, 9 * 14 * 14)]
    grown = shapes(decoder, torch.zeros(2, 2), torch.nn.Unflatten, torch.nn.ConvTranspose2d)
    assert grown == [(9, 14, 14), (6, 14, 14), (4, 28, 28)]


@pytest.mark.parametrize("kernel", [3, 4])
@pytest.mark.parametrize("shape", [(28, 28), (8, 20)])
def test_either_kernel_halves_and_doubles_exactly(kernel: int, shape: tuple[int, int]) -> None:
    settings = NetworkSettings(kind="conv", kernel=kernel, layers=(4, 8))
    encoder, features = networks.encoder(settings, 1, shape)
    assert features == (8, shape[0] // 4, shape[1] // 4)
    assert encoder(torch.zeros(1, 1, *shape)).shape == (1, *features)
    assert networks.decoder(settings, 2, 0, (1, *shape))(torch.zeros(1, 2)).shape == (1, 1, *shape)


def test_a_decoder_that_does_not_undo_its_encoder_is_refused_in_one_sentence() -> None:
    for layers in [(4,), (4, 4, 4)]:
        with pytest.raises(NetworkError, match=r"does not grow them back .*: give it as many layers.*\.$"):
            networks.decoder(NetworkSettings(kind="pool", layers=layers), 8, 0, (1, 28, 28), (8, 7, 7))


def test_linear_leaves_the_activation_out() -> None:
    for kind in ("mlp", "conv", "pool"):
        settings = NetworkSettings(kind=kind, layers=(4, 3), activation="linear")
        encoder, _ = networks.encoder(settings, 1, (8, 8))
        decoder = networks.decoder(settings, 2, 0, (1, 8, 8))
        linear = (torch.nn.Flatten, torch.nn.Unflatten, torch.nn.Linear, torch.nn.Upsample, torch.nn.MaxPool2d)
        linear += (torch.nn.Conv2d, torch.nn.ConvTranspose2d)
        assert all(isinstance(layer, linear) for layer in [*encoder, *decoder])


def test_layers_have_the_widths_of_the_recipe() -> None:
    network = networks.decoder(_MLP, 2, 0, (1, 28, 28))
    widths = [(layer.in_features, layer.out_features) for layer in network if isinstance(layer, torch.nn.Linear)]
    assert widths == [(2, 32), (32, 16), (16, 784)]
    assert sum(isinstance(layer, torch.nn.GELU) for layer in network) == 2


def test_a_side_that_cannot_be_halved_is_padded_by_its_last_pixels() -> None:
    encoder, features = networks.encoder(_CONV, 1, (30, 28))
    assert features == (8, 8, 7)
    image = torch.rand(1, 1, 30, 28)
    padded = torch.cat([image, image[:, :, -1:], image[:, :, -1:]], 2)
    assert torch.equal(encoder(image), encoder[1:](padded))
    assert networks.decoder(_CONV, 2, 0, (1, 30, 28))(torch.zeros(1, 2)).shape == (1, 1, 32, 28)


@given(
    kind=st.sampled_from(["conv", "pool"]),
    kernel=st.sampled_from([3, 4]),
    strides=st.lists(st.sampled_from([1, 2, 2, 2]), min_size=1, max_size=9),
    channels=st.sampled_from([1, 3]),
    size=st.tuples(st.integers(1, 70), st.integers(1, 70)),
)
@settings(max_examples=40)
def test_any_layers_fit_any_image(kind, kernel, strides, channels, size) -> None:
    layers = (2,) * len(strides)
    if kind == "pool" or (kernel == 4 and 1 in strides):
        strides, kernel = [2] * len(strides), 4
    down = {"kind": kind, "kernel": kernel, "layers": layers, "strides": strides if kind == "conv" else ()}
    encoder, features = networks.encoder(NetworkSettings(**down), channels, size)
    assert encoder(torch.zeros(2, channels, *size)).shape == (2, *features)
    up = NetworkSettings(**down | {"strides": strides[::-1] if kind == "conv" else ()})
    for decoder, code in (
        (networks.decoder(up, 3, 0, (channels, *size)), torch.zeros(2, 3)),
        (networks.decoder(up, 0, 0, (channels, *size), features), torch.zeros(2, *features)),
    ):
        _, found, *grown = decoder(code).shape
        assert found == channels
        assert all(side <= large < 2 * max(size) + 1 for side, large in zip(size, grown, strict=True))


def test_edges_of_a_decoders_units_cross_the_prior_everywhere() -> None:
    torch.manual_seed(0)
    first = networks.decoder(NetworkSettings(layers=(512,)), 2, 0, (1, 28, 28))[0]
    distances = first.bias.abs() / first.weight.norm(dim=1)
    near, far = float((distances < 0.5).float().mean()), float(((distances > 1) & (distances < 3)).float().mean())
    assert near > 0.2
    assert far > 0.2


@pytest.mark.parametrize("latent", [1, 2, 16, 256])
def test_a_decoder_begins_with_finite_moderate_outputs(latent: int) -> None:
    torch.manual_seed(0)
    network = networks.decoder(NetworkSettings(layers=(64, 64)), latent, 0, (1, 28, 28))
    with torch.no_grad():
        output = network(torch.randn(500, latent))
    assert 0.01 < float(output.std()) < 10


def test_one_hot_gives_zeros_for_a_label_out_of_range() -> None:
    assert networks.one_hot(torch.tensor([2, -1, 0, 3]), 3).tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0], [0, 0, 0]]


def test_dense_layers_lie_between_convolutions_and_code():
    settings = NetworkSettings(kind="conv", layers=(4, 8), dense=(16,))
    encoder, features = networks.encoder(settings, 1, (28, 28))
    assert features == (16,)
    assert encoder(torch.zeros(2, 1, 28, 28)).shape == (2, 16)
    assert networks.decoder(settings, 2, 0, (1, 28, 28))(torch.zeros(3, 2)).shape == (3, 1, 28, 28)
    with pytest.raises(ValidationError, match="into layers, not dense"):
        NetworkSettings(kind="mlp", dense=(16,))


@pytest.mark.parametrize(
    "settings", [NetworkSettings(layers=(), activation="linear"), NetworkSettings(activation="linear")]
)
def test_a_linear_decoder_begins_near_the_images(settings: NetworkSettings) -> None:
    torch.manual_seed(0)
    first = networks.decoder(settings, 2, 0, (1, 28, 28))[0]
    for parameter in first.parameters():
        bound = len(parameter) ** -0.5
        assert 0.8 * bound < float(parameter.detach().abs().max()) < 1.0001 * bound


def test_a_spread_of_the_decoders_first_weights_is_kept():
    torch.manual_seed(0)
    network = {"kind": "conv", "layers": [8, 4], "spread": 0.05}
    made = networks.decoder(NetworkSettings(**network), 2, 0, (1, 28, 28))
    assert float(made[0].weight.detach().std()) == pytest.approx(0.05, rel=0.1)
