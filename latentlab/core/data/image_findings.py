"""What speaks against a set of images before anything is learned from it: too few of them, or too much alike."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from latentlab.core.data.image_set import NO_LABEL, ImageSet
from latentlab.core.data.mapped_images import let_go
from latentlab.core.data.recipe_images import of_recipe
from latentlab.core.recipe.finding import Finding
from latentlab.core.recipe.recipe import Recipe

_COMPARED = 1000  # images at once: most sets differ within the first


def of_images(data: ImageSet, recipe: Recipe | None = None) -> tuple[Finding, ...]:
    """Tell what a model cannot learn from these images; nothing of most sets.

    Parameters
    ----------
    data : ImageSet
        The whole set.
    recipe : Recipe, optional
        That they are for, and that may choose a part of them; leaving some out would copy the others, so what it
        excludes is looked at all the same. Whoever names single images in it knows how few they are.
    """
    if recipe is not None:
        data = of_recipe(data, recipe.with_changes({"data.exclude": ()}))
    return tuple(_found(data, recipe))


def _found(data: ImageSet, recipe: Recipe | None) -> Iterator[Finding]:
    training, test = data.train_images, data.test_images
    are_named = recipe is not None and bool(recipe.data.images)
    if len(training) > 1 and _are_equal(training):
        yield Finding(
            "constant",
            f"All {len(training):,} training images are equal, so there is nothing to tell apart and the map is one "
            "point: choose other images.",
        )
    if len(training) == 1 and not are_named:
        limited = recipe is not None and recipe.data.limit == 1
        yield Finding(
            "one image",
            "There is one training image only: a model learns it by heart, and the map is one point.",
            {"data.limit": None} if limited else {},
            "Use all images" if limited else "",
        )
    if len(test) == 1 and not are_named:
        yield Finding(
            "one test image",
            "There is one test image only: the test loss is that of one image, and says little of others.",
        )
    if recipe is not None and recipe.model.kind == "cvae" and len(training) > 1 and (name := only_class(data)):
        yield Finding(
            "one class",
            f"All {len(training):,} training images are of the class {name}, so the label tells a CVAE nothing.",
            {"model.kind": "vae"},
            "Train a VAE",
        )


def only_class(data: ImageSet) -> str:
    """Give the name of the class that all training images are of; empty where there are several, or none."""
    label = int(data.train_labels[0])
    is_only = label != NO_LABEL and bool((data.train_labels == label).all())
    return data.class_names[label] if is_only else ""


def _are_equal(images: Tensor) -> bool:
    for begin in range(0, len(images), _COMPARED):
        part = images[begin : begin + _COMPARED]
        if not bool((part == images[0]).all()):
            return False
        let_go(part)
    return True
