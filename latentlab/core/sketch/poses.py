"""A sketch turned and slanted a little, so that a model may choose the pose in which it explains it best."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from latentlab.core.arrays import Floats

_SLANTS = (-0.4, -0.2, 0.0, 0.2, 0.4)  # columns per row
_TURNS = (-10.0, 0.0, 10.0)  # degrees


def _matrix(slant: float, angle: float) -> torch.Tensor:
    """Give what slants and then turns by an angle in radians, as torch's `affine_grid` takes it: float32 (2, 3)."""
    turn = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return F.pad(turn @ torch.tensor([[1.0, slant], [0.0, 1.0]]), (0, 1))


_MATRICES = torch.stack(
    [_matrix(slant, math.radians(turn)) for slant in _SLANTS for turn in _TURNS if (slant, turn) != (0.0, 0.0)]
)
POSES = 1 + len(_MATRICES)


def poses(image: Floats) -> Floats:
    """Give an image and its variations, one for each slant and turn but none.

    Everyone's hand leans its own way, and few lean as a data set does on average. Where a latent space is small it
    spends none of its dimensions on what most images share, and takes a slant for another shape.

    Parameters
    ----------
    image : float32 (C, H, W)
        In [0, 1]; the ground is 0.

    Returns
    -------
    float32 (POSES, C, H, W)
        The image itself first.
    """
    x = torch.from_numpy(image)[None].expand(len(_MATRICES), -1, -1, -1)
    grid = F.affine_grid(_MATRICES, list(x.shape), align_corners=False)
    # Bicubic: a pose that is blurred has grey levels that no image of the data has, and is explained worse for it.
    turned = F.grid_sample(x, grid, mode="bicubic", padding_mode="zeros", align_corners=False)
    variations: Floats = torch.cat([x[:1], turned]).numpy()
    return np.clip(variations, 0, 1)
