"""Encoders and decoders: fully connected, or convolutional.

Shapes in comments: B images, C planes, H and W pixels, L latent dimensions.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from latentlab.core.errors import LatentlabError
from latentlab.core.recipe import NetworkSettings

_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
}


class NetworkError(LatentlabError):
    """A network that does not fit its images."""


def encoder(settings: NetworkSettings, planes: int, image_shape: tuple[int, int]) -> tuple[nn.Module, int]:
    """Build the layers from an image to the features that the heads for mean and logvar read.

    Parameters
    ----------
    settings : NetworkSettings
        Kind, layers and activation.
    planes : int
        Input planes C: the image, and one more for a label.
    image_shape : tuple of int
        (H, W) in pixels.

    Returns
    -------
    nn.Module
        From float32 (B, C, H, W) to (B, F).
    int
        F.

    Raises
    ------
    NetworkError
        When the image cannot be halved once per convolution.
    """
    height, width = image_shape
    layers: list[nn.Module] = []
    if settings.kind == "mlp":
        widths = [planes * height * width, *settings.layers]
        layers.append(nn.Flatten())
        for wide, narrow in pairwise(widths):
            layers += [nn.Linear(wide, narrow), _ACTIVATIONS[settings.activation]()]
        features = widths[-1]
    else:
        rows, columns = _smallest_shape(settings, image_shape)
        for before, after in pairwise([planes, *settings.layers]):
            layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), _ACTIVATIONS[settings.activation]()]
        layers.append(nn.Flatten())
        widths = [settings.layers[-1] * rows * columns, *settings.dense]
        for wide, narrow in pairwise(widths):
            layers += [nn.Linear(wide, narrow), _ACTIVATIONS[settings.activation]()]
        features = widths[-1]
    return nn.Sequential(*layers), features


def decoder(settings: NetworkSettings, latent: int, classes: int, image_shape: tuple[int, int]) -> nn.Module:
    """Build the layers from a code to an image, without the output's non-linearity.

    Parameters
    ----------
    settings : NetworkSettings
        Kind, layers and activation. A convolutional decoder starts from as many planes as its last layer has,
        doubles the image with each layer, and ends in a 3x3 convolution.
    latent : int
        L.
    classes : int
        How many classes, where the one-hot label is joined to the code; else 0.
    image_shape : tuple of int
        (H, W) in pixels.

    Returns
    -------
    nn.Module
        From float32 (B, L + classes) to (B, 1, H, W).

    Raises
    ------
    NetworkError
        When the image cannot be halved once per convolution.
    """
    height, width = image_shape
    layers: list[nn.Module] = []
    if settings.kind == "mlp":
        widths = [*settings.layers, height * width]
        layers.append(_reading_codes(latent, classes, widths[0]))
        for narrow, wide in pairwise(widths):
            layers += [_ACTIVATIONS[settings.activation](), nn.Linear(narrow, wide)]
        layers.append(nn.Unflatten(1, (1, height, width)))
    else:
        rows, columns = _smallest_shape(settings, image_shape)
        base = settings.layers[-1]
        widths = [*settings.dense, base * rows * columns]
        layers.append(_reading_codes(latent, classes, widths[0]))
        for narrow, wide in pairwise(widths):
            layers += [_ACTIVATIONS[settings.activation](), nn.Linear(narrow, wide)]
        layers += [nn.Unflatten(1, (base, rows, columns)), _ACTIVATIONS[settings.activation]()]
        for before, after in pairwise([base, *settings.layers]):
            layers += [nn.ConvTranspose2d(before, after, 4, stride=2, padding=1), _ACTIVATIONS[settings.activation]()]
        layers.append(nn.Conv2d(settings.layers[-1], 1, 3, padding=1))
    return nn.Sequential(*layers)


def _reading_codes(latent: int, classes: int, units: int) -> nn.Linear:
    """Make a decoder's first layer, drawn so that its units' edges cross the space where the codes are.

    A ReLU bends along the line where its input is zero. Torch draws so small biases and weights that with two latent
    dimensions all lines pass near the origin and slopes are gentle, while networks learn what varies slowly first:
    few inputs are better spread out beforehand (Tancik et al., 2020). Here a unit's input varies about as much as
    the +-3 over which the prior lies; with more dimensions, which tell codes apart anyway, it comes down to what He
    et al. (2015) draw.
    """
    layer = nn.Linear(latent + classes, units)
    spread = 6 / latent
    nn.init.normal_(layer.weight, std=spread)
    nn.init.normal_(layer.bias, std=spread)
    return layer


def one_hot(labels: Tensor, classes: int) -> Tensor:
    """Turn int64 (B,) into float32 (B, classes); a label out of range, such as -1, gives a row of zeros."""
    return (labels[:, None] == torch.arange(classes, device=labels.device)).float()


def _smallest_shape(settings: NetworkSettings, image_shape: tuple[int, int]) -> tuple[int, int]:
    factor = 2 ** len(settings.layers)
    if any(side % factor for side in image_shape):
        height, width = image_shape
        raise NetworkError(
            f"{len(settings.layers)} convolutions halve the image {len(settings.layers)} times, and {height}x{width} "
            f"pixels cannot be divided by {factor}: use fewer convolutional layers, or kind = 'mlp'."
        )
    return image_shape[0] // factor, image_shape[1] // factor
