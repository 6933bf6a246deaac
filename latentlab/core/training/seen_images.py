"""What a model is asked for in a step, and what its encoder sees in the place of that: drawn anew each time."""

from __future__ import annotations

import torch
from torch import Tensor

from latentlab.core.data.augmentation import augmented, mirrored
from latentlab.core.data.corruption import corrupted
from latentlab.core.data.image_draws import ImageDraws
from latentlab.core.models.snapshot import as_input
from latentlab.core.ranks.ranks import Part
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.phases import Moment


def seen_images(
    images: Tensor, noisy: Tensor | None, recipe: Recipe, moment: Moment, generator: torch.Generator, part: Part
) -> tuple[Tensor, Tensor]:
    """Draw x and x̃, which an encoder sees in the place of x, as in Im et al. (2017): augmented, damaged.

    Parameters
    ----------
    images : uint8 (B, C, H, W)
    noisy : uint8 (B, C, H, W) or None
        The other side of each pair, in a set of pairs: it is seen.
    recipe : Recipe
    moment : Moment
        Of the training.
    generator : torch.Generator
        On the images' device.
    part : Part
        Which images of the batch these are.

    Returns
    -------
    x, seen : float32 (B, C, H, W)
    """
    x = as_input(images)
    if recipe.data.binarised == "dynamic":
        x = ImageDraws(generator, part).bernoulli(x)
    # x̃ ~ p(x̃ | x)
    seen, changes = x if noisy is None else as_input(noisy), recipe.training.augmentation
    if moment.augments:
        x, seen = mirrored(x, seen, changes, generator, part)
        seen = augmented(seen, changes, generator, part)
        # Where the encoder learns alone it is not the decoder that is asked. Ones and zeros have become greys.
        if changes.target == "changed" or (moment.refines and noisy is None and not recipe.data.binarised):
            x = seen
    return x, corrupted(seen, recipe.corruption, generator, part)
