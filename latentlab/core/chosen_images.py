"""Training on images that were chosen on a map: which rows of the data set they are, and the recipe that takes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from latentlab.core.errors import LatentlabError
from latentlab.core.events import Integers
from latentlab.core.image_set import ImageSet
from latentlab.core.live_map import MapChoice, MapUpdate, choose
from latentlab.core.recipe import Recipe
from latentlab.core.training import of_recipe

# Of an optimiser at least: with the recipe one-image 100 leave 267 nats, 1,000 leave 3.
_STEPS = 1000


def rows_on_map(data: ImageSet, recipe: Recipe, choice: MapChoice) -> Integers:
    """Give which image of a data set each point of a map is.

    Parameters
    ----------
    data : ImageSet
        The whole set.
    recipe : Recipe
        Of the run that the map shows.
    choice : MapChoice
        What the map shows of it.

    Returns
    -------
    int64 (N,)
        Counted as in `ImageSet.selected`: through the training images first, then the test images.
    """
    # A set whose images and labels are these numbers goes through the same choices.
    numbers = torch.arange(len(data.train_labels) + len(data.test_labels))
    training, test = numbers[: len(data.train_labels)], numbers[len(data.train_labels) :]
    numbered = replace(
        data,
        train_images=training,
        train_labels=training,
        test_images=test,
        test_labels=test,
        train_noisy=None,
        test_noisy=None,
    )
    return choose(of_recipe(numbered, recipe), choice).labels


def for_chosen(
    recipe: Recipe, data: ImageSet | None, shown: MapUpdate | None, rows: Sequence[int], choice: MapChoice
) -> Recipe:
    """Give a recipe that trains on images of a map alone.

    Parameters
    ----------
    recipe : Recipe
        At hand; its batches become smaller where they would not be filled, and the images are repeated where epochs
        would be too few steps to learn anything.
    data : ImageSet or None
        The data set at hand.
    shown : MapUpdate or None
        The map.
    rows : sequence of int
        Of the chosen images, among the map's.
    choice : MapChoice
        What the map shows.

    Raises
    ------
    LatentlabError
        When nothing is chosen, or the images are not those of the data set at hand.
    """
    if shown is None or not rows:
        raise LatentlabError("No images are chosen yet: Ctrl+click some points of the map.")
    theirs = shown.snapshot.recipe.data.dataset
    if data is None or shown.images is None:
        raise LatentlabError(f"The images of '{theirs}' are not loaded, so nothing can be trained on them.")
    if theirs != data.name:
        raise LatentlabError(
            f"The chosen images are of '{theirs}', but the set at hand is '{data.name}': "
            f"take '{theirs}' to train on them."
        )
    numbers = rows_on_map(data, shown.snapshot.recipe, choice)
    found = numbers[list(rows)].tolist() if max(rows) < len(numbers) else []
    # Another choice of images may be on its way to the map.
    if not np.array_equal(data.selected(found).train_images.numpy(), shown.images[list(rows)]):
        raise LatentlabError("The map is about to show other images: wait a moment, then choose again.")
    found = list(dict.fromkeys(found))
    batch = min(recipe.training.batch_size, len(found))
    repeat = math.ceil(_STEPS / recipe.training.epochs / math.ceil(len(found) / batch))
    changes = {"data.images": found, "data.repeat": repeat, "training.batch_size": batch}
    if recipe.data.limit is not None and recipe.data.limit < len(found):
        changes["data.limit"] = None
    return recipe.with_changes(changes)
