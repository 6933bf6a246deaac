"""Codes all over a latent space of one or two dimensions: as dense as a normal distribution, wider than the prior."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_SIDES = {1: 1024, 2: 96}  # codes along each dimension
_LEAST_SIDE = 16
_MOST_NUMBERS = 16_777_216  # of the images that they are decoded to: 64 MB
_SPREAD = 1.4  # the deviation of that distribution


def side_of(latent: int, image_shape: tuple[int, int, int]) -> int:
    """Give how many codes there are along each of so many dimensions, for images of a shape (C, H, W)."""
    most = int((_MOST_NUMBERS / math.prod(image_shape)) ** (1 / latent))
    return max(_LEAST_SIDE, min(_SIDES[latent], most))


def coordinates(side: int) -> Tensor:
    """Give where so many codes lie along a dimension, float64 (side,): quantiles, one in the middle of each share."""
    quantiles: Tensor = torch.special.ndtri((torch.arange(side, dtype=torch.float64) + 0.5) / side)
    return _SPREAD * quantiles


def product(each: Tensor, latent: int) -> Tensor:
    """Give all codes of such coordinates, (side ** latent, latent): the last dimension changes first."""
    return torch.cartesian_prod(*[each] * latent).reshape(-1, latent)
