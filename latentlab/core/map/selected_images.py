"""Images selected on a map: which of the data set they are, maps without them, and training on them alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from latentlab.core.arrays import Integers
from latentlab.core.data import columns
from latentlab.core.data.image_set import ImageSet
from latentlab.core.data.mapped_images import taken
from latentlab.core.data.recipe_images import of_recipe
from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_images import MapImages, MapSource, choose
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.recipe.recipe import Recipe

# Of an optimiser at least: with the recipe one-image 100 leave 267 nats, 1,000 leave 3.
_STEPS = 1000


def on_map(data: ImageSet, recipe: Recipe, source: MapSource) -> MapImages:
    """Give the images that a map shows, with those that the recipe excludes: see `without`.

    Parameters
    ----------
    data : ImageSet
        The whole set.
    recipe : Recipe
        Of the run that the map shows.
    source : MapSource
        What the map shows of it.

    Raises
    ------
    DatasetError
        For an image that the set does not have.
    """
    return choose(of_recipe(data, recipe.with_changes({"data.exclude": ()})), source)


def rows_in_set(shown: MapUpdate | None, rows: Integers) -> Integers:
    """Give which images of the data set the selected ones are, int64 (K,), by their rows on the map.

    Raises
    ------
    LatentlabError
        When nothing is selected, or nobody can tell.
    """
    if shown is None or not len(rows):
        raise LatentlabError("No images are selected yet: Ctrl+click some points of the map.")
    if shown.ids.rows is None:
        name = shown.snapshot.recipe.data.dataset
        raise LatentlabError(f"The images of '{name}' are not loaded, so nobody can tell which ones are selected.")
    return shown.ids.rows[rows]


def without(update: MapUpdate, exclude: Sequence[int], like: MapUpdate | None = None) -> MapUpdate:
    """Give a map without excluded images; one of nothing else, or of nobody knows which images, stays whole.

    Parameters
    ----------
    update : MapUpdate
    exclude : sequence of int
        Rows of the map's data set.
    like : MapUpdate, optional
        A map that may be of the same images: what does not change while a model trains is taken from it.
    """
    if not len(exclude) or update.ids.rows is None:
        return update
    rows = np.flatnonzero(~np.isin(update.ids.rows, np.array(exclude, np.int64)))
    if len(rows) in (0, len(update.labels)):
        return update
    means, ids = update.means[rows], update.ids.taken(rows)
    changing = replace(
        update,
        means=means,
        deviations=None if update.deviations is None else update.deviations[rows],
        missing=int(np.isnan(means[:, 0]).sum()) if update.missing else 0,
        pending=min(update.pending, len(rows)),
        ids=ids,
    )
    if like is not None and like.ids == ids:
        return replace(changing, labels=like.labels, images=like.images, noisy=like.noisy, columns=like.columns)
    return replace(
        changing,
        labels=update.labels[rows],
        images=None if update.images is None else taken(update.images, rows),
        noisy=None if update.noisy is None else taken(update.noisy, rows),
        columns=columns.taken(update.columns, rows),
    )


def for_selected(recipe: Recipe, numbers: Integers) -> Recipe:
    """Give a recipe that trains on some images alone.

    Parameters
    ----------
    recipe : Recipe
        The current one; its batches become smaller where they would not be filled, and the images are repeated where
        epochs would be too few steps to learn anything.
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
