"""The part of an image set that a recipe learns from and is tested on."""

from __future__ import annotations

import numpy as np

from latentlab.core.data import registry
from latentlab.core.data.image_set import ImageSet
from latentlab.core.recipe.recipe import Recipe


def located(recipe: Recipe) -> Recipe:
    """Give a recipe that finds a person's own images from everywhere: their path is whole, from the root on."""
    name = registry.located(recipe.data.dataset)
    return recipe if name == recipe.data.dataset else recipe.with_changes({"data.dataset": name})


def of_recipe(data: ImageSet, recipe: Recipe) -> ImageSet:
    """Give the part of an image set that a recipe learns from and is tested on.

    What it excludes is taken from what its `images` and its `limit` leave: excluding brings no other images in.

    Raises
    ------
    DatasetError
        For an image that the set does not have, or where none would be left.
    """
    images, limit, exclude = recipe.data.images, recipe.data.limit, recipe.data.exclude
    part = data.selected(images).limited(limit)
    if not exclude:
        return part
    training, test = (rows.numpy() for rows in part.rows())
    gone = data.numbered(exclude)
    return part.kept(~np.isin(training, gone), ~np.isin(test, gone))
