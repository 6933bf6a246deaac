"""The recipe to begin with, and what speaks against the one in force."""

import dataclasses

import pytest
import torch

from latentlab.core.data.first_recipe import first_recipe
from latentlab.core.data.image_set import ImageSet
from latentlab.core.recipe.recipe import Recipe


def images(channels=1, height=28, width=28, count=60, *, labels=True, noisy=False):
    pixels = torch.zeros(count, channels, height, width, dtype=torch.uint8)
    classes = torch.arange(count) % 2 if labels else torch.full((count,), -1)
    more = {"train_noisy": pixels, "test_noisy": pixels} if noisy else {}
    names = ("even", "odd") if labels else ()
    return ImageSet("mine", "Mine", pixels, classes, pixels, classes, names, **more)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (images(), "digits-vae-2d"),
        (images(count=6000, height=8, width=8), "mlp-vae-2d"),
        (images(height=64, width=48), "conv-vae-2d"),
        (images(height=40, width=40, noisy=True), "page-cleaner"),
    ],
)
def test_the_best_recipe_follows_from_size_count_and_kind(data, name):
    assert first_recipe(data, Recipe.load("mlp-vae-2d")).name == name


def test_colour_begins_with_convolutions():
    best = Recipe.load(first_recipe(images(channels=3, height=32, width=32), Recipe.load("digits-vae-2d")).name)
    assert best.model.encoder.kind != "mlp"
    assert best.loss.reconstruction != "bernoulli"
    assert best.model.kind == "vae"


@pytest.mark.parametrize(
    ("data", "in_force", "objection"),
    [
        (images(), "mlp-vae-2d", ""),
        (images(), "conv-cvae-2d", ""),
        (images(labels=False), "conv-cvae-2d", "120 of these have none"),
        (images(channels=3), "mlp-vae-2d", "Bernoulli"),
        (images(channels=3), "conv-vae-2d", ""),
        (images(height=64, width=64), "mlp-vae-2d", "fully connected"),
        (images(height=64, width=64), "conv-vae-2d", ""),
        (images(), "one-image", "single images"),
        (images(), "page-cleaner", "dirty and clean"),
        (images(noisy=True), "page-cleaner", ""),
    ],
)
def test_what_does_not_suit_is_told(data, in_force, objection):
    said = first_recipe(data, Recipe.load(in_force)).objection
    assert objection in said
    assert bool(said) == bool(objection)
    assert not said.endswith(".")


def test_images_without_a_class_are_counted():
    whole = images()
    some = torch.where(torch.arange(60) < 5, -1, whole.train_labels)
    data = dataclasses.replace(whole, train_labels=some, fingerprint="")
    assert "5 of these have none" in first_recipe(data, Recipe.load("conv-cvae-2d")).objection
