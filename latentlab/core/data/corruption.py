"""Damage to what an encoder sees, while the decoder is asked for the clean image (Vincent et al., 2008).

In the order in which it befalls a page: uneven light, stains and creases on the paper, then noise of the scanner, a
covered part, and dead pixels. Light, stains and creases darken, x (1 - strength * mask), and are meant for light
paper: the black ground of handwriting stays as it is, and its strokes are dimmed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from latentlab.core.data.image_draws import ImageDraws
from latentlab.core.ranks.ranks import Part
from latentlab.core.recipe.settings import CorruptionSettings

_CREASES = 3  # lines a page
_CREASE = 1.5  # half the width of a crease, pixels
_SHADOW = 0.05  # how far a crease's shadow reaches, as a share of the shorter side


def corrupted(
    images: Tensor, settings: CorruptionSettings, generator: torch.Generator, part: Part | None = None
) -> Tensor:
    """Damage each image in its own random places.

    Parameters
    ----------
    images : float32 (B, C, H, W)
        In [0, 1]; not changed.
    settings : CorruptionSettings
        The kinds and their strengths, which are the same for all images.
    generator : torch.Generator
        On the images' device; all that is random comes from it.
    part : Part, optional
        Which of a batch they are; the whole batch by default.

    Returns
    -------
    float32 (B, C, H, W)
        In [0, 1]; the images themselves where nothing is to be damaged.
    """
    return damaged(images, {kind: strength for kind, strength in settings if strength}, generator, part)


def damaged(
    images: Tensor, strengths: Mapping[str, float | Tensor], generator: torch.Generator, part: Part | None = None
) -> Tensor:
    """Damage images as `corrupted` does, each as strongly as it shall be.

    Parameters
    ----------
    images : float32 (B, C, H, W)
        In [0, 1]; not changed.
    strengths : mapping of str to float or float32 (B, 1, 1, 1)
        By the names that `CorruptionSettings` has for them; kinds left out do nothing.
    generator : torch.Generator
        On the images' device.
    part : Part, optional
        Which of a batch they are; the whole batch by default.

    Returns
    -------
    float32 (B, C, H, W)
    """
    if not strengths:
        return images
    result, draws = images, ImageDraws(generator, part)
    if "light" in strengths:
        result = result * (1 - strengths["light"] * _shade(images, draws))
    if "stains" in strengths:
        result = result * (1 - strengths["stains"] * _stains(images, draws))
    if "creases" in strengths:
        result = result * (1 - strengths["creases"] * _creases(images, draws))
    if "gaussian" in strengths:
        noise = draws.randn(*images.shape)
        result = noise.mul_(strengths["gaussian"]).add_(result).clamp_(0, 1)
    if "occlusion" in strengths:
        result = result * ~_rectangles(images, strengths["occlusion"], draws)
    if "salt_and_pepper" in strengths:
        # All channels of a pixel together: it turns black or white.
        chance = draws.rand(len(images), 1, *images.shape[2:])
        half = strengths["salt_and_pepper"] / 2
        result = torch.where(chance < half, 0.0, result).masked_fill_(chance >= 1 - half, 1.0)
    return result


def _shade(images: Tensor, draws: ImageDraws) -> Tensor:
    """Give how dark each place is under uneven light, from 0 to 1 within each image: (B, 1, H, W)."""
    field = _smooth_noise(images, 2, draws)
    lowest, highest = field.amin((2, 3), keepdim=True), field.amax((2, 3), keepdim=True)
    return (field - lowest) / (highest - lowest).clamp(min=1e-6)


def _stains(images: Tensor, draws: ImageDraws) -> Tensor:
    """Give blots with ragged, darker rims, from 0 to 1; they cover about a sixth of an image."""
    fine = _smooth_noise(images, 23, draws)
    inside = _smooth_noise(images, 5, draws).add_(fine, alpha=0.15).sub_(0.82).mul_(60).sigmoid_()
    # inside (0.4 + 0.2 fine), and on the line between wet and dry, where a liquid leaves most, 2 inside (1 - inside)
    return fine.mul_(0.2).add_(2.4).sub_(inside, alpha=2).mul_(inside)


def _creases(images: Tensor, draws: ImageDraws) -> Tensor:
    """Give straight lines with a shadow on one side, at any place and angle, from 0 to 1: (B, 1, H, W)."""
    count, _, height, width = images.shape
    rows = torch.arange(height, device=images.device)[:, None] - (height - 1) / 2
    columns = torch.arange(width, device=images.device) - (width - 1) / 2
    fall = 0.3 * _CREASE / max(_SHADOW * min(height, width), 1.0)
    dark = torch.zeros_like(images[:, :1])
    for _ in range(_CREASES):
        u = draws.rand(4, count, 1, 1, 1, axis=1)
        angle = u[0] * math.pi
        sine, cosine = torch.sin(angle) / _CREASE, torch.cos(angle) / _CREASE
        # The line goes through a random point, so that it crosses the image whatever its angle.
        offset = (u[1] - 0.5) * height * sine + (u[2] - 0.5) * width * cosine
        distance = (rows * sine - offset) + columns * cosine  # in half widths of a crease
        before = (distance + 1).clamp_(max=1)
        shadow = torch.rsub(distance, 0.3, alpha=fall)
        behind = torch.maximum(1 - distance, shadow, out=shadow)
        crease = torch.minimum(before, behind, out=behind).mul_(0.4 + 0.6 * u[3])
        torch.maximum(dark, crease, out=dark)
    return dark


def _rectangles(images: Tensor, share: float | Tensor, draws: ImageDraws) -> Tensor:
    """Give one rectangle an image that covers a share of its area, bool (B, 1, H, W)."""
    count, _, height, width = images.shape
    u = draws.rand(3, count, 1, 1, 1, axis=1)
    tall = share ** (0.3 + 0.4 * u[0])  # as shares of the sides, from lying to standing
    wide = share / tall
    rows = (torch.arange(height, device=images.device)[:, None] + 0.5) / height
    columns = (torch.arange(width, device=images.device) + 0.5) / width
    top, left = u[1] * (1 - tall), u[2] * (1 - wide)
    return (rows >= top) & (rows < top + tall) & (columns >= left) & (columns < left + wide)


def _smooth_noise(images: Tensor, cells: int, draws: ImageDraws) -> Tensor:
    """Give noise in [0, 1] that varies over the shorter side divided by `cells`, the same across and down."""
    count, _, height, width = images.shape
    cell = min(height, width) / cells
    coarse = (count, 1, max(2, round(height / cell)), max(2, round(width / cell)))
    noise = draws.rand(*coarse)
    rows, columns = _enlarging(coarse[2], height, images.device), _enlarging(coarse[3], width, images.device)
    return (rows @ (noise @ columns.T)).clamp_(0, 1)


@cache
def _enlarging(few: int, many: int, device: torch.device) -> Tensor:
    """Give the matrix (many, few) of a bicubic enlargement: for each axis alone it is ten times as quick as both.

    It is made once, and stays: a step that is replayed on a GPU (`core.training.captured_steps`) brings nothing there.
    """
    with torch.inference_mode(False):
        unit = torch.eye(few)[None, None]
        return F.interpolate(unit, size=(many, few), mode="bicubic", align_corners=True)[0, 0].to(device)
