"""Random changes of training images, so that a model meets more than the data hold.

Small affine ones are of what the encoder sees, as if other hands had written it; whether the decoder is still asked for
the image itself is for the recipe to say. A mirrored photograph is another photograph, for both.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from latentlab.core.data.image_draws import ImageDraws
from latentlab.core.ranks.ranks import Part
from latentlab.core.recipe.settings import AugmentationSettings

_SHARPENED = 2  # times: what is cut off at black and white is missing after the first
_MOST_ADDED = 2.0
_TINY = 1e-12


def mirrored(
    images: Tensor,
    seen: Tensor,
    settings: AugmentationSettings,
    generator: torch.Generator,
    part: Part | None = None,
) -> tuple[Tensor, Tensor]:
    """Mirror a share of the images, left to right, and what an encoder sees of them alike.

    Parameters
    ----------
    images, seen : float32 (B, C, H, W)
        What a decoder is asked for and what an encoder sees: they may be the same.
    settings : AugmentationSettings
        With the share.
    generator : torch.Generator
        On the images' device.
    part : Part, optional
        Which of a batch they are; the whole batch by default.

    Returns
    -------
    images, seen : float32 (B, C, H, W)
    """
    if not settings.mirror:
        return images, seen
    is_mirrored = ImageDraws(generator, part).rand(len(images), 1, 1, 1) < settings.mirror
    changed = torch.where(is_mirrored, images.flip(3), images)
    return changed, changed if seen is images else torch.where(is_mirrored, seen.flip(3), seen)


def augmented(
    images: Tensor, settings: AugmentationSettings, generator: torch.Generator, part: Part | None = None
) -> Tensor:
    """Turn, scale, slant and shift each image by its own random amount, drawn evenly up to the settings.

    It stays about as sharp as it was. What lies between pixels is their mean, which blurs: an encoder that has seen
    blurred images alone lays others elsewhere, and a decoder that was asked for them draws none that are sharp.

    Parameters
    ----------
    images : float32 (B, C, H, W)
        In [0, 1]. What moves in from outside is the ground of grey images, 0; in colour it repeats the edges.
    settings : AugmentationSettings
        The largest amounts.
    generator : torch.Generator
        On the images' device.
    part : Part, optional
        Which of a batch they are; the whole batch by default.

    Returns
    -------
    float32 (B, C, H, W)
        The images themselves where nothing is to be changed.
    """
    if not settings.is_on:
        return images
    count, height, width = len(images), images.shape[2], images.shape[3]
    u = ImageDraws(generator, part).rand(6, count, axis=1) * 2 - 1
    if not count:  # of a part of a batch without images numbers are drawn all the same
        return images
    angle = u[0] * math.radians(settings.rotation)
    cos, sin = torch.cos(angle), torch.sin(angle)
    # The grid maps output to input, so growing by s means sampling at 1 / s.
    scale_x, scale_y = 1 / (1 + u[1] * settings.scale), 1 / (1 + u[2] * settings.scale)
    shear = u[3] * settings.shear
    matrix = torch.stack(
        [
            torch.stack([scale_x * cos, scale_x * (shear * cos - sin), u[4] * settings.shift * 2 / width], 1),
            torch.stack([scale_y * sin, scale_y * (shear * sin + cos), u[5] * settings.shift * 2 / height], 1),
        ],
        1,
    )  # (B, 2, 3)
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    outside = "zeros" if images.shape[1] == 1 else "border"
    changed = F.grid_sample(images, grid, mode="bilinear", padding_mode=outside, align_corners=False)
    energy = _energy(_fine(images))
    for _ in range(_SHARPENED):
        changed = _sharpened(changed, energy)
    return changed


def _sharpened(images: Tensor, energy: Tensor) -> Tensor:
    """Add as much of each image's fine part as gives that an energy, float32 (B,), but for what is cut off."""
    fine = _fine(images)
    finer = _fine(fine)
    # ‖fine + a finer‖² = energy
    a, half_b, c = _energy(finer), (fine * finer).flatten(1).sum(1), _energy(fine) - energy
    more = ((half_b.square() - a * c).clamp(min=0).sqrt() - half_b) / a.clamp(min=_TINY)
    return (images + more.clamp(0, _MOST_ADDED)[:, None, None, None] * fine).clamp(0, 1)


def _fine(images: Tensor) -> Tensor:
    """Give what an image has more than the mean around each pixel."""
    around = F.pad(images, (1, 1, 1, 1), mode="replicate")
    around = (around[..., :-2] + 2 * around[..., 1:-1] + around[..., 2:]) / 4
    return images - (around[..., :-2, :] + 2 * around[..., 1:-1, :] + around[..., 2:, :]) / 4


def _energy(images: Tensor) -> Tensor:
    return images.square().flatten(1).sum(1)
