"""Damage to what an encoder sees, while the decoder is asked for the clean image (Vincent et al., 2008).

In the order in which it befalls a page: uneven light, stains and creases on the paper, then noise of the scanner, a
covered part, and dead pixels. Light, stains and creases darken, x (1 - strength * mask), and are meant for light
paper: the black ground of handwriting stays as it is, and its strokes are dimmed.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from latentlab.core.recipe_parts import CorruptionSettings

_CREASES = 3  # lines a page
_CREASE = 1.5  # half the width of a crease, pixels
_SHADOW = 0.05  # how far a crease's shadow reaches, as a share of the shorter side


def corrupted(images: Tensor, settings: CorruptionSettings, generator: torch.Generator) -> Tensor:
    """Damage each image in its own random places.

    Parameters
    ----------
    images : float32 (B, 1, H, W)
        In [0, 1]; not changed.
    settings : CorruptionSettings
        The kinds and their strengths, which are the same for all images.
    generator : torch.Generator
        On the images' device; all that is random comes from it.

    Returns
    -------
    float32 (B, 1, H, W)
        In [0, 1]; the images themselves where nothing is to be damaged.
    """
    if not settings.is_on or not len(images):
        return images
    damaged = images
    if settings.light:
        damaged = damaged * (1 - settings.light * _shade(images, generator))
    if settings.stains:
        damaged = damaged * (1 - settings.stains * _stains(images, generator))
    if settings.creases:
        damaged = damaged * (1 - settings.creases * _creases(images, generator))
    if settings.gaussian:
        noise = torch.randn(images.shape, generator=generator, device=images.device)
        damaged = noise.mul_(settings.gaussian).add_(damaged).clamp_(0, 1)
    if settings.occlusion:
        damaged = damaged * ~_rectangles(images, settings.occlusion, generator)
    if settings.salt_and_pepper:
        chance = torch.rand(images.shape, generator=generator, device=images.device)
        half = settings.salt_and_pepper / 2
        damaged = torch.where(chance < half, 0.0, torch.where(chance >= 1 - half, 1.0, damaged))
    return damaged


def _shade(images: Tensor, generator: torch.Generator) -> Tensor:
    """Give how dark each place is under uneven light, from 0 to 1 within each image."""
    field = _smooth_noise(images, 2, generator)
    lowest, highest = field.amin((2, 3), keepdim=True), field.amax((2, 3), keepdim=True)
    return (field - lowest) / (highest - lowest).clamp(min=1e-6)


def _stains(images: Tensor, generator: torch.Generator) -> Tensor:
    """Give blots with ragged, darker rims, from 0 to 1; they cover about a sixth of an image."""
    fine = _smooth_noise(images, 23, generator)
    field = _smooth_noise(images, 5, generator) + 0.15 * fine
    inside = torch.sigmoid((field - 0.82) * 60)
    rim = 4 * inside * (1 - inside)  # 1 on the line between wet and dry, where a liquid leaves most
    return inside * (0.4 + 0.2 * fine) + 0.5 * rim


def _creases(images: Tensor, generator: torch.Generator) -> Tensor:
    """Give straight lines with a shadow on one side, at any place and angle, from 0 to 1."""
    count, _, height, width = images.shape
    rows = torch.arange(height, device=images.device)[:, None] - (height - 1) / 2
    columns = torch.arange(width, device=images.device) - (width - 1) / 2
    reach = max(_SHADOW * min(height, width), 1.0)
    light = torch.ones_like(images)
    for _ in range(_CREASES):
        u = torch.rand(4, count, 1, 1, 1, generator=generator, device=images.device)
        angle = u[0] * math.pi
        sine, cosine = torch.sin(angle), torch.cos(angle)
        # The line goes through a random point, so that it crosses the image whatever its angle.
        offset = (u[1] - 0.5) * height * sine + (u[2] - 0.5) * width * cosine
        distance = rows * sine + columns * cosine - offset
        line = (distance.abs() / -_CREASE).add_(1).clamp_(min=0)
        shadow = (distance / -reach).add_(1).clamp_(min=0).square_().mul_(0.3).mul_(distance > 0)
        light *= torch.maximum(line, shadow).mul_(-0.4 - 0.6 * u[3]).add_(1)
    return 1 - light


def _rectangles(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Give one rectangle an image that covers a share of its area, bool (B, 1, H, W)."""
    count, _, height, width = images.shape
    u = torch.rand(3, count, 1, 1, 1, generator=generator, device=images.device)
    tall = share ** (0.3 + 0.4 * u[0])  # as shares of the sides, from lying to standing
    wide = share / tall
    rows = (torch.arange(height, device=images.device)[:, None] + 0.5) / height
    columns = (torch.arange(width, device=images.device) + 0.5) / width
    top, left = u[1] * (1 - tall), u[2] * (1 - wide)
    return (rows >= top) & (rows < top + tall) & (columns >= left) & (columns < left + wide)


def _smooth_noise(images: Tensor, cells: int, generator: torch.Generator) -> Tensor:
    """Give noise in [0, 1] that varies over the shorter side divided by `cells`, the same across and down."""
    count, _, height, width = images.shape
    cell = min(height, width) / cells
    coarse = (count, 1, max(2, round(height / cell)), max(2, round(width / cell)))
    noise = torch.rand(coarse, generator=generator, device=images.device)
    return F.interpolate(noise, size=(height, width), mode="bicubic", align_corners=True).clamp_(0, 1)
