"""What the encoder sees, and what the decoder is asked for."""

import pytest
import torch

from latentlab.core.models.snapshot import as_input
from latentlab.core.ranks.ranks import Ranks
from latentlab.core.recipe.recipe import RecipeError
from latentlab.core.training.phases import Phase, moment_of
from latentlab.core.training.seen_images import seen_images
from tests.core.training.small import SMALL

TURNED = {"rotation": 20, "until": 0.5}


def drawn(images, done=0.1, *, refines=False, noisy=None, **changes):
    """Give x and x̃ of a moment."""
    recipe = SMALL.with_changes(TURNED | changes)
    moment = moment_of(Phase(done, refines=refines), 0, recipe)
    generator, part = torch.Generator().manual_seed(0), Ranks().part(len(images))
    return seen_images(images, noisy, recipe, moment, generator, part)


@pytest.fixture
def images(tiny_images):
    return tiny_images.train_images[:6]


def test_the_decoder_is_asked_for_the_image_unless_the_recipe_says_otherwise(images):
    own = as_input(images)
    x, seen = drawn(images)
    assert torch.equal(x, own)
    assert not torch.equal(seen, own)
    x, same = drawn(images, **{"augmentation.target": "changed"})
    assert torch.equal(x, same)
    assert torch.equal(same, seen)
    for each in drawn(images, 0.6, **{"augmentation.target": "changed"}):
        assert torch.equal(each, own)


def test_a_damaged_image_is_restored_to_the_changed_one(images):
    x, seen = drawn(images, **{"augmentation.target": "changed", "corruption.gaussian": 0.3})
    assert torch.equal(x, drawn(images)[1])
    assert not torch.equal(seen, x)


def test_an_encoder_that_learns_alone_meets_changed_images_but_no_greys_where_there_are_none(images):
    x, seen = drawn(images, refines=True)
    assert torch.equal(x, seen)
    x, seen = drawn(images, refines=True, binarised="dynamic")
    assert x.unique().tolist() == [0, 1]
    assert not torch.equal(x, seen)


@pytest.mark.parametrize(
    "changes", [{"binarised": "static"}, {"binarised": "dynamic"}, {"data.dataset": "pairs:x"}], ids=str
)
def test_what_has_no_changed_images_to_ask_for_is_refused(changes):
    with pytest.raises(RecipeError, match="is for single images that are not binarised"):
        SMALL.with_changes({"augmentation.target": "changed"} | changes)
