"""Images chosen on a map: which of the data set they are, which another map still shows, and training on them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from latentlab.core.errors import LatentlabError
from latentlab.core.events import Integers
from latentlab.core.image_set import ImageSet
from latentlab.core.live_map import MapChoice, MapUpdate, choose
from latentlab.core.recipe import Recipe
from latentlab.core.training import of_recipe

# Of an optimiser at least: with the recipe one-image 100 leave 267 nats, 1,000 leave 3.
_STEPS = 1000
_COMPARED_WHOLE = 1000


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
    recipe: Recipe, data: ImageSet | None, shown: MapUpdate | None, rows: npt.ArrayLike, choice: MapChoice
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
    rows : int (K,)
        Of the chosen images, among the map's.
    choice : MapChoice
        What the map shows.

    Raises
    ------
    LatentlabError
        When nothing is chosen, or the images are not those of the data set at hand.
    """
    rows = np.asarray(rows, np.int64)
    if shown is None or not len(rows):
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
    found = numbers[rows].tolist() if rows.max() < len(numbers) else []
    # Another choice of images may be on its way to the map.
    if not np.array_equal(data.selected(found).train_images.numpy(), shown.images[rows]):
        raise LatentlabError("The map is about to show other images: wait a moment, then choose again.")
    found = list(dict.fromkeys(found))
    batch = min(recipe.training.batch_size, len(found))
    repeat = math.ceil(_STEPS / recipe.training.epochs / math.ceil(len(found) / batch))
    changes = {"data.images": found, "data.repeat": repeat, "training.batch_size": batch}
    if recipe.data.limit is not None and recipe.data.limit < len(found):
        changes["data.limit"] = None
    return recipe.with_changes(changes)


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
