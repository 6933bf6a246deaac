"""Images chosen on a map: which of the data set they are, which another map still shows, and training on them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from latentlab.core.arrays import Integers
from latentlab.core.data.image_set import ImageSet
from latentlab.core.data.recipe_images import of_recipe
from latentlab.core.map.live_map import MapChoice, MapImages, MapUpdate, choose
from latentlab.core.recipe.recipe import Recipe

# Of an optimiser at least: with the recipe one-image 100 leave 267 nats, 1,000 leave 3.
_STEPS = 1000
_COMPARED, _COMPARED_WHOLE = 64, 1000


def on_map(data: ImageSet, recipe: Recipe, choice: MapChoice) -> MapImages:
    """Give the images that a map shows, with those that the recipe excludes: see `without`.

    Parameters
    ----------
    data : ImageSet
        The whole set.
    recipe : Recipe
        Of the run that the map shows.
    choice : MapChoice
        What the map shows of it.

    Raises
    ------
    DatasetError
        For an image that the set does not have.
    """
    return choose(of_recipe(data, recipe.with_changes({"data.exclude": ()})), choice)


def rows_on_map(data: ImageSet, recipe: Recipe, choice: MapChoice) -> Integers:
    """Give which image of a data set each one of `on_map` is.

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
        train_columns=(),
        test_columns=(),
    )
    return on_map(numbered, recipe, choice).labels


def are_of(update: MapUpdate, data: ImageSet, numbers: Integers) -> bool:
    """Whether a map shows these images of a set, int64 (N,): another choice may be on its way to it.

    Some of them are compared, spread over all.
    """
    if update.images is None or len(numbers) != len(update.images) or update.images.shape[1:] != data.image_shape:
        return False
    some = np.linspace(0, len(numbers) - 1, min(_COMPARED, len(numbers))).astype(np.int64)
    return np.array_equal(data.selected(numbers[some].tolist()).train_images.numpy(), update.images[some])


def for_chosen(recipe: Recipe, numbers: Integers) -> Recipe:
    """Give a recipe that trains on some images alone.

    Parameters
    ----------
    recipe : Recipe
        At hand; its batches become smaller where they would not be filled, and the images are repeated where epochs
        would be too few steps to learn anything.
    numbers : int64 (K,)
        Of the images, counted as in `ImageSet.selected`; the same one twice is taken once.

    Raises
    ------
    RecipeError
        For more images than a recipe can name.
    """
    found = list(dict.fromkeys(numbers.tolist()))
    batch = min(recipe.training.batch_size, len(found))
    repeat = math.ceil(_STEPS / recipe.training.epochs / math.ceil(len(found) / batch))
    changes = {"data.images": found, "data.repeat": repeat, "training.batch_size": batch}
    if recipe.data.limit is not None and recipe.data.limit < len(found):
        changes["data.limit"] = None
    return recipe.with_changes(changes)


def excluding(recipe: Recipe, numbers: Integers) -> Recipe:
    """Give a recipe that excludes these images, int64 (K,), besides those that it excludes already.

    Raises
    ------
    RecipeError
        For more images than a recipe can name.
    """
    return recipe.with_changes({"data.exclude": np.union1d(recipe.data.exclude, numbers).astype(int).tolist()})


def still_shown(rows: Integers, before: MapUpdate, after: MapUpdate) -> Integers:
    """Give where another map shows images of this one.

    Parameters
    ----------
    rows : int64 (K,)
        Of the images, among those of `before`.
    before, after : MapUpdate
        The maps. Of those that show the same images in the same order, as all of a training do, nothing is compared.

    Returns
    -------
    int64 (J,)
        Rows of `after`: the same rows as far as their images are still there; or the first, where `after` shows just
        these images and in their order, as that of a model trained on them alone does.
    """
    if _share_memory(before, after) or not len(rows):
        return rows
    kept = rows[rows < len(after.means)]
    kept = kept[_are_alike(before, kept, after, kept)]
    first = np.arange(min(len(rows), len(after.means)))
    if len(first) > len(kept) and _are_alike(before, rows[: len(first)], after, first).all():
        return first
    return kept


def _share_memory(before: MapUpdate, after: MapUpdate) -> bool:
    if before.images is None or after.images is None:
        return before.images is after.images and before.labels is after.labels
    old, new = before.images, after.images
    return old.shape == new.shape and old.ctypes.data == new.ctypes.data


def _are_alike(before: MapUpdate, old: Integers, after: MapUpdate, new: Integers) -> npt.NDArray[np.bool_]:
    """Whether two maps show the same images in these rows of theirs: bool (K,)."""
    alike: npt.NDArray[np.bool_] = before.labels[old] == after.labels[new]
    if before.images is None or after.images is None:
        # Without images only a map with the same labels throughout is one of the same images.
        return alike & (np.array_equal(old, new) and np.array_equal(before.labels, after.labels))
    if before.images.shape[1:] != after.images.shape[1:]:
        return np.zeros(len(old), bool)
    height = before.images.shape[1]
    # Three lines of pixels and the label tell images apart; comparing all pixels of 70,000 would be felt.
    lines = range(height) if len(old) <= _COMPARED_WHOLE else (height // 4, height // 2, 3 * height // 4)
    for line in lines:
        alike &= (before.images[old, line] == after.images[new, line]).all(1)
    return alike
