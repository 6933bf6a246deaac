"""Encoders and decoders: fully connected, convolutional with strides, or convolutional with pooling.

They take images of any height and width. A side that cannot be halved as often as the layers do is padded on its way
in, and what a decoder grows beyond the image is left for the model to cut off. Layers for which nothing is left to
halve keep the size.

Shapes in comments: B images, C planes, H and W pixels, L latent dimensions.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentlab.core.errors import LatentlabError
from latentlab.core.recipe.settings import NetworkSettings

_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}
_FEW = 4  # latent dimensions


class NetworkError(LatentlabError):
    """A decoder that does not fit its encoder."""


def encoder(settings: NetworkSettings, planes: int, image_shape: tuple[int, int]) -> tuple[nn.Module, tuple[int, ...]]:
    """Build the layers from an image to the features that its code is made of.

    Parameters
    ----------
    settings : NetworkSettings
        Kind, layers and activation.
    planes : int
        Input planes C: the image's channels, and one more for a label.
    image_shape : tuple of int
        (H, W) in pixels.

    Returns
    -------
    nn.Module
        From float32 (B, C, H, W) to features.
    tuple of int
        The features' shape without B: (F,), or (C', H', W') of convolutions that no dense layer follows.

    """
    if settings.kind == "mlp":
        widths = [planes * math.prod(image_shape), *settings.layers]
        return nn.Sequential(nn.Flatten(), *_dense(widths, settings)), (widths[-1],)
    rows, columns = _smallest_shape(settings, image_shape)
    halvings = _halvings(settings, image_shape)
    layers: list[nn.Module] = []
    if settings.kind == "conv" and (missing := [side << halvings for side in (rows, columns)]) != [*image_shape]:
        layers.append(Padded(*missing))
    strides = _strides(settings, halvings)
    for (before, after), stride in zip(pairwise([planes, *settings.layers]), strides, strict=True):
        if settings.kind == "pool":
            layers += [nn.Conv2d(before, after, 3, padding=1), *_activation(settings)]
            layers += [nn.MaxPool2d(2, ceil_mode=True)] if stride == 2 else []
        else:
            kernel = _kernel(settings, stride)
            layers += [nn.Conv2d(before, after, kernel, stride, padding=1), *_activation(settings)]
    shape: tuple[int, ...] = (settings.layers[-1], rows, columns)
    if settings.dense:
        widths = [math.prod(shape), *settings.dense]
        layers += [nn.Flatten(), *_dense(widths, settings)]
        shape = (widths[-1],)
    return nn.Sequential(*layers), shape


def decoder(
    settings: NetworkSettings,
    latent: int,
    classes: int,
    image_shape: tuple[int, int, int],
    features: tuple[int, ...] = (),
) -> nn.Module:
    """Build the layers from a code to an image, without the output's non-linearity.

    Parameters
    ----------
    settings : NetworkSettings
        Kind, layers and activation. A convolutional decoder starts from ``settings.planes`` planes, grows the image
        with each layer, and ends in a 3x3 convolution.
    latent : int
        L.
    classes : int
        How many classes, where the one-hot label is joined to the code; else 0.
    image_shape : tuple of int
        (C, H, W): channels, and height and width in pixels.
    features : tuple of int, optional
        (C', H', W') of an encoder's features, where these are the code and go into the first layer as they are.

    Returns
    -------
    nn.Module
        From float32 (B, L + classes), or (B, C', H', W'), to (B, C, H, W); a convolutional network's image is larger
        where a side cannot be halved as often as the layers do.

    Raises
    ------
    NetworkError
        When the features do not grow back to the size of the image.
    """
    layers: list[nn.Module] = []
    if settings.kind == "mlp":
        widths = [latent + classes, *settings.layers, math.prod(image_shape)]
        layers = [*_dense(widths, settings, ends_open=True), nn.Unflatten(1, image_shape)]
        if settings.activation == "linear":
            _begin_small(layers[0])
        elif settings.layers:
            _spread(layers[0], latent, settings)
        return nn.Sequential(*layers)
    if features:
        planes = features[0]
        if features[1:] != _smallest_shape(settings, image_shape[1:]):
            raise NetworkError(
                "The encoder's features are the code, and the decoder does not grow them back to the size of the "
                "image: give it as many layers of the same strides."
            )
    else:
        planes = settings.planes or settings.layers[-1]
        start = (planes, *_smallest_shape(settings, image_shape[1:]))
        widths = [latent + classes, *settings.dense, math.prod(start)]
        layers = [*_dense(widths, settings, ends_open=True), nn.Unflatten(1, start), *_activation(settings)]
        if settings.activation == "linear":
            _begin_small(layers[0])
        else:
            _spread(layers[0], latent, settings)
    strides = _strides(settings, _halvings(settings, image_shape[1:]), is_growing=True)
    for (before, after), stride in zip(pairwise([planes, *settings.layers]), strides, strict=True):
        if settings.kind == "pool":
            layers += [nn.Conv2d(before, after, 3, padding=1), *_activation(settings)]
            layers += [nn.Upsample(scale_factor=2)] if stride == 2 else []
        else:
            kernel = _kernel(settings, stride)
            # What a kernel of 3 leaves out when it grows an image has to be added to reach twice its size.
            missing = stride - 1 if kernel == 3 else 0
            grown = nn.ConvTranspose2d(before, after, kernel, stride, padding=1, output_padding=missing)
            layers += [grown, *_activation(settings)]
    channels, before = image_shape[0], settings.layers[-1]
    last = OnePlane(before) if channels == 1 else nn.Conv2d(before, channels, 3, padding=1)
    return nn.Sequential(*layers, last)


def _dense(widths: list[int], settings: NetworkSettings, *, ends_open: bool = False) -> list[nn.Module]:
    """Make fully connected layers, each followed by the activation; the last one not where it `ends_open`."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), *_activation(settings)]
    return layers[: len(layers) - len(_activation(settings))] if ends_open else layers


def _activation(settings: NetworkSettings) -> list[nn.Module]:
    return [] if settings.activation == "linear" else [_ACTIVATIONS[settings.activation]()]


def _halvings(settings: NetworkSettings, image_shape: tuple[int, int]) -> int:
    """Give how often layers halve an image: until its longer side is a single pixel, at most."""
    wanted = sum(stride == 2 for stride in settings.strides) if settings.strides else len(settings.layers)
    return min(wanted, (max(image_shape) - 1).bit_length())


def _strides(settings: NetworkSettings, halvings: int, *, is_growing: bool = False) -> list[int]:
    """Give each layer's stride: so many halve, of an encoder the first that can, of a decoder the last."""
    strides = list(settings.strides or (2,) * len(settings.layers))
    if is_growing:
        strides.reverse()
    for place, stride in enumerate(strides):
        strides[place] = 2 if stride == 2 and halvings > 0 else 1
        halvings -= stride == 2
    return strides[::-1] if is_growing else strides


def _kernel(settings: NetworkSettings, stride: int) -> int:
    """Give the side of a conv layer's window; without a stride only one of 3 pixels keeps the size."""
    return settings.kernel if stride == 2 else 3


def _smallest_shape(settings: NetworkSettings, image_shape: tuple[int, int]) -> tuple[int, int]:
    factor = 2 ** _halvings(settings, image_shape)
    height, width = image_shape
    return -(-height // factor), -(-width // factor)


def _spread(layer: nn.Module, latent: int, settings: NetworkSettings) -> None:
    """Draw a decoder's first layer so that its units' edges cross the space where the codes are.

    A ReLU bends along the line where its input is zero. Torch draws so small biases and weights that with two latent
    dimensions all lines pass near the origin and slopes are gentle, while networks learn what varies slowly first:
    few inputs are better spread out beforehand (Tancik et al., 2020). Here a unit's input varies about as much as
    the +-3 over which the prior lies. More dimensions tell codes apart without that: with twenty it costs a little.
    """
    spread = settings.spread or (6 / latent if latent <= _FEW else None)
    if spread is not None:
        for parameter in layer.parameters():
            if not parameter.is_meta:  # which has no numbers, and would have torch load its compiler for them
                nn.init.normal_(parameter, std=spread)


def _begin_small(layer: nn.Module) -> None:
    """Draw a linear decoder's first layer by how many numbers it puts out, not by how few it takes.

    Torch's way gives two latent dimensions weights up to 0.7 for every pixel: a plane far off the images, from which
    Adam takes more epochs than it has to come back. With these a linear autoencoder finds the principal plane.
    """
    for parameter in layer.parameters():
        bound = len(parameter) ** -0.5
        nn.init.uniform_(parameter, -bound, bound)


def one_hot(labels: Tensor, classes: int) -> Tensor:
    """Turn int64 (B,) into float32 (B, classes); a label out of range, such as -1, gives a row of zeros."""
    return (labels[:, None] == torch.arange(classes, device=labels.device)).float()


class Padded(nn.Module):
    """Brings images to a height and width, by repeating their last row and column.

    Parameters
    ----------
    height, width : int
        Pixels, not less than an image has.
    """

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self._size = height, width

    def forward(self, x: Tensor) -> Tensor:
        """Give float32 (B, C, height, width) for float32 (B, C, H, W)."""
        below, right = (size - side for size, side in zip(self._size, x.shape[2:], strict=True))
        return F.pad(x, (0, right, 0, below), mode="replicate")


class OnePlane(nn.Conv2d):
    """A convolution of 3x3 pixels to a single plane, with the weights and results of ``nn.Conv2d(planes, 1, 3)``.

    A CPU's convolution computes 16 planes at least, where one is asked for: its 10 GFLOP/s are a twentieth of what
    larger ones reach. Here a product gives what each pixel adds to its neighbours and itself, and this is summed.
    With it a step of `conv-vae-2d` is 1.02 to 1.04 times as quick on two threads and 1.04 to 1.06 on one, 576 images
    are decoded 1.07 to 1.17 times as quickly and a single one 1.06 times, measured by turns.

    Parameters
    ----------
    planes : int
        C, of the input.
    """

    def __init__(self, planes: int) -> None:
        super().__init__(planes, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Give float32 (B, 1, H, W) for float32 (B, C, H, W), as quickly as can be in the layout channels_last."""
        if x.device.type != "cpu":
            return super().forward(x)
        pixels = x.permute(0, 2, 3, 1).flatten(1, 2)  # (B, H·W, C)
        # A sum over what falls on a pixel, where a convolution sums over what lies around it: turned by 180 degrees.
        weights = self.weight[0].flip(1, 2).flatten(1).expand(len(x), -1, -1)
        parts = torch.bmm(pixels, weights)  # (B, H·W, 9)
        summed = F.fold(parts.transpose(1, 2), x.shape[2:], 3, padding=1)
        return summed if self.bias is None else summed + self.bias
