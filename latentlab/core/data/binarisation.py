"""Images of ones and zeros, as published likelihoods are of: each pixel drawn with the probability of its grey level.

Two protocols differ in when that is done. Static: once for all, so that every model is trained and tested on the same
ones and zeros (Salakhutdinov and Murray, 2008, "On the quantitative analysis of deep belief networks"). Dynamic: anew
whenever an image is looked at (Burda et al., 2016, "Importance weighted autoencoders", section 5). One evaluation looks
at each test image once, so that it differs by the seed alone.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from latentlab.core.data.mapped_images import in_parts, roomy

STATIC_SEED = 0
"""Of the static protocol: whoever binarises the same images gets the same ones and zeros."""


def binarised(images: Tensor, seed: int | np.random.Generator = STATIC_SEED) -> Tensor:
    """Draw each pixel: 1 with the probability of its grey level, else 0.

    Parameters
    ----------
    images : uint8 (N, C, H, W)
        Not changed.
    seed : int or numpy.random.Generator
        The first images get the same pixels, however many follow; a generator goes on where it is.

    Returns
    -------
    uint8 (N, C, H, W)
        Of 255 and 0.
    """
    random, drawn = np.random.default_rng(seed), roomy(tuple(images.shape))
    levels = images.numpy()
    for part in in_parts(levels, drawn):
        for image, of_it in zip(levels[part], drawn[part], strict=True):
            # Of 255 levels, so that white is always 1, and black never.
            of_it[:] = np.where(random.integers(0, 255, image.shape, np.uint8) < image, 255, 0)
    return torch.from_numpy(drawn)
