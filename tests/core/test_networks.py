"""Encoders and decoders: shapes, what does not fit, and how a decoder begins."""

import pytest
import torch
from pydantic import ValidationError

from latentlab.core import networks
from latentlab.core.networks import NetworkError
from latentlab.core.recipe_parts import NetworkSettings

_MLP = NetworkSettings(kind="mlp", layers=(32, 16), activation="gelu")
_CONV = NetworkSettings(kind="conv", layers=(4, 8), activation="leaky-relu")


@pytest.mark.parametrize("settings", [_MLP, _CONV, NetworkSettings(layers=())])
@pytest.mark.parametrize("planes", [1, 2])
@pytest.mark.parametrize("shape", [(28, 28), (8, 20)])
def test_an_encoder_gives_the_features_that_it_says(
    settings: NetworkSettings, planes: int, shape: tuple[int, int]
) -> None:
    network, features = networks.encoder(settings, planes, shape)
    assert network(torch.zeros(3, planes, *shape)).shape == (3, *features)


@pytest.mark.parametrize("settings", [_MLP, _CONV, NetworkSettings(layers=())])
@pytest.mark.parametrize("classes", [0, 10])
@pytest.mark.parametrize("shape", [(28, 28), (8, 20)])
def test_a_decoder_gives_images(settings: NetworkSettings, classes: int, shape: tuple[int, int]) -> None:
    network = networks.decoder(settings, 2, classes, shape)
    assert network(torch.zeros(3, 2 + classes)).shape == (3, 1, *shape)


def test_layers_have_the_widths_of_the_recipe() -> None:
    network = networks.decoder(_MLP, 2, 0, (28, 28))
    widths = [(layer.in_features, layer.out_features) for layer in network if isinstance(layer, torch.nn.Linear)]
    assert widths == [(2, 32), (32, 16), (16, 784)]
    assert sum(isinstance(layer, torch.nn.GELU) for layer in network) == 2


@pytest.mark.parametrize(
    "build", [lambda s: networks.encoder(s, 1, (30, 28)), lambda s: networks.decoder(s, 2, 0, (30, 28))]
)
def test_an_image_that_cannot_be_halved_is_refused_in_one_sentence(build) -> None:
    with pytest.raises(NetworkError, match=r"30x28 pixels cannot be divided by 4: use fewer convolutional layers"):
        build(_CONV)


def test_edges_of_a_decoders_units_cross_the_prior_everywhere() -> None:
    torch.manual_seed(0)
    first = networks.decoder(NetworkSettings(layers=(512,)), 2, 0, (28, 28))[0]
    distances = first.bias.abs() / first.weight.norm(dim=1)
    near, far = float((distances < 0.5).float().mean()), float(((distances > 1) & (distances < 3)).float().mean())
    assert near > 0.2
    assert far > 0.2


@pytest.mark.parametrize("latent", [1, 2, 16, 256])
def test_a_decoder_begins_with_finite_moderate_outputs(latent: int) -> None:
    torch.manual_seed(0)
    network = networks.decoder(NetworkSettings(layers=(64, 64)), latent, 0, (28, 28))
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
    assert networks.decoder(settings, 2, 0, (28, 28))(torch.zeros(3, 2)).shape == (3, 1, 28, 28)
    with pytest.raises(ValidationError, match="into layers, not dense"):
        NetworkSettings(kind="mlp", dense=(16,))
