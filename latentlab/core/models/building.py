"""A model of a recipe, with weights drawn anew, and the memory that its steps use again and again."""

from __future__ import annotations

import torch

from latentlab.core.errors import LatentlabError
from latentlab.core.models.autoencoders import Autoencoder
from latentlab.core.models.vae import VAE
from latentlab.core.recipe.recipe import Recipe

_KEPT = 31 * 2**20  # bytes; glibc learns nothing from blocks of 32 MB and more


def build(recipe: Recipe, image_shape: tuple[int, int, int], classes: int) -> Autoencoder:
    """Make the model of a recipe for images of a shape (C, H, W) in so many classes, with weights drawn anew.

    Raises
    ------
    LatentlabError
        When the networks do not fit the images, or a CVAE has no classes.
    """
    keep_freed_memory()
    kind = recipe.model.kind
    if kind == "cvae" and classes < 2:
        raise LatentlabError("A CVAE needs labels of at least two classes: choose other images, or a VAE recipe.")
    if recipe.loss.labels and classes < 2:
        raise LatentlabError("loss.labels needs labels of at least two classes: choose other images, or set it to 0.")
    if kind == "autoencoder":
        model = Autoencoder(recipe, image_shape)
    else:
        model = VAE(recipe, image_shape, classes if kind == "cvae" else 0, classes)
    # The layout that convolutions are quickest in, on CPU and CUDA; other layers do not know it.
    return model.to(memory_format=torch.channels_last)


def keep_freed_memory() -> None:
    """Have the C library keep the memory of large tensors that are freed, for those of the next step.

    glibc gives a large block back to the system when it is freed, and the system clears it page by page when it is
    asked for again. Blocks up to the largest one that was freed so far are kept instead, and twice as much in all:
    so one is freed here that is as large as counts. Steps of `conv-vae-2d` had 8,400 page faults each, and have none.
    With other C libraries this changes nothing.
    """
    torch.empty(_KEPT, dtype=torch.uint8)
