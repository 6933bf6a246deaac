"""The recipe to begin with on images that have just been opened, and whether the one in force suits them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from latentlab.core.data.image_findings import only_class
from latentlab.core.recipe.recipe import Recipe

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet

_SMALL = 32 * 32  # pixels: so many, in grey, fully connected layers learn in minutes
_LARGEST_DENSE = 48 * 48
_FEW = 5_000  # training images: an epoch of fewer is over before one sees it


@dataclass(frozen=True, slots=True)
class FirstRecipe:
    """What to train first on an image set.

    Attributes
    ----------
    name, title : str
        Of the bundled recipe that suits best.
    objection : str
        Why the recipe in force does not suit, in a clause without a full stop; empty where it does.
    """

    name: str
    title: str
    objection: str


def first_recipe(data: ImageSet, in_force: Recipe) -> FirstRecipe:
    """Choose the recipe to begin with on a set, and say what speaks against the one in force."""
    best = Recipe.load(_best_for(data))
    return FirstRecipe(best.name, best.title, _objection(data, in_force))


def _best_for(data: ImageSet) -> str:
    channels, height, width = data.image_shape
    if data.train_noisy is not None:
        return "page-cleaner"
    if channels == 3 or height * width > _SMALL:
        return "colour-vae" if channels == 3 else "conv-vae-2d"
    return "digits-vae-2d" if len(data.train_labels) < _FEW else "mlp-vae-2d"


def _objection(data: ImageSet, recipe: Recipe) -> str:
    channels, height, width = data.image_shape
    is_dense = recipe.model.encoder.kind == recipe.model.decoder.kind == "mlp"
    if recipe.data.images:
        return "it is for single images of another set"
    if recipe.model.code == "planes" and data.train_noisy is None:
        return "it learns from pages that are there both dirty and clean"
    unlabelled = sum(int((labels < 0).sum()) for labels in (data.train_labels, data.test_labels))
    if recipe.model.kind == "cvae" and unlabelled:
        return f"a CVAE is told the class of every image, and {unlabelled:,} of these have none"
    if recipe.model.kind == "cvae" and (name := only_class(data)):
        return f"the label tells a CVAE nothing where all training images are of the class {name}"
    if channels == 3 and recipe.loss.reconstruction == "bernoulli":
        return "its Bernoulli loss is for ink on an empty ground, not for colours"
    if is_dense and (channels == 3 or height * width > _LARGEST_DENSE):
        return "its layers are fully connected, which is for small grey images"
    return ""
