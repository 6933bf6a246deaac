"""Images that nothing can be learned from are told before anybody tries."""

import dataclasses

import pytest
import torch

from latentlab.core.data.description import described
from latentlab.core.data.first_recipe import first_recipe
from latentlab.core.data.image_findings import of_images
from latentlab.core.recipe.recipe import Recipe

CVAE = Recipe().with_changes({"model.kind": "cvae"})


def kinds(*arguments):
    return [finding.kind for finding in of_images(*arguments)]


def of(images, training, test):
    """Give some of the images, from the first on."""
    return dataclasses.replace(
        images,
        train_images=images.train_images[:training],
        train_labels=images.train_labels[:training],
        test_images=images.test_images[:test],
        test_labels=images.test_labels[:test],
    )


def test_nothing_is_told_of_images_that_differ(tiny_images):
    assert kinds(tiny_images) == kinds(tiny_images, CVAE) == []


def test_equal_images_are_told(tiny_images):
    same = tiny_images.train_images[:1].expand(3000, -1, -1, -1).clone()
    (finding,) = of_images(dataclasses.replace(tiny_images, train_images=same))
    assert finding.sentence.startswith("All 3,000 training images are equal")
    assert finding.with_options == finding.sentence  # no setting mends it
    same[-1, 0, 0, 0] += 1
    assert kinds(dataclasses.replace(tiny_images, train_images=same)) == []


def test_single_images_are_told_but_to_whoever_names_them(tiny_images):
    assert kinds(of(tiny_images, 1, 1)) == ["one image", "one test image"]
    limited = Recipe().with_changes({"limit": 1})
    (finding,) = of_images(tiny_images, limited)
    assert (finding.remedy, finding.offer) == ({"data.limit": None}, "Use all images")
    assert finding.with_options.endswith("Try --set data.limit=none.")
    assert kinds(tiny_images, limited.with_changes({"limit": "none"})) == []
    for name in ("one-image", "two-images"):
        assert kinds(tiny_images, Recipe.load(name)) == []


def test_a_class_that_is_the_only_one_is_told_to_a_cvae(tiny_images):
    one = dataclasses.replace(tiny_images, train_labels=torch.full_like(tiny_images.train_labels, 1))
    (finding,) = of_images(one, CVAE)
    assert "are of the class level" in finding.sentence
    assert CVAE.with_changes(finding.remedy) == Recipe()
    assert kinds(one, Recipe()) == kinds(one) == []
    assert "are of the class level" in first_recipe(one, CVAE).objection


def test_images_without_a_label_are_of_no_class(nameless_images):
    assert kinds(nameless_images, CVAE) == []


@pytest.mark.parametrize("training", [1, 2])
def test_it_is_told_with_what_was_read(tiny_images, training):
    notes = described(of(tiny_images, training, 60)).notes
    assert [note[:30] for note in notes] == (["There is one training image on"] if training == 1 else [])
