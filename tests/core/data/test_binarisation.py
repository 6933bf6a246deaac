"""Binarised images: pixels as probable as their grey levels, and the same for the same seed."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as some

from latentlab.core.data.binarisation import STATIC_SEED, binarised


def test_pixels_are_as_probable_as_their_grey_levels():
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16).expand(4000, -1, -1, -1)
    drawn = binarised(levels)
    assert set(drawn.unique().tolist()) == {0, 255}
    shares = (drawn == 255).double().mean(0).flatten().numpy()
    expected = np.arange(256) / 255
    assert shares[0] == 0
    assert shares[255] == 1
    deviation = np.sqrt(expected * (1 - expected) / 4000)
    assert (np.abs(shares - expected) <= 4.5 * deviation + 1e-12).all()


@given(some.integers(0, 2**31), some.integers(1, 5))
def test_the_same_seed_draws_the_same_pixels_of_the_first_images(seed, count):
    images = torch.full((6, 1, 5, 4), 128, dtype=torch.uint8)
    whole = binarised(images, seed)
    assert torch.equal(binarised(images[:count], seed), whole[:count])
    assert not torch.equal(binarised(images, seed + 1), whole)
    assert (images == 128).all()


def test_static_is_one_drawing_for_all():
    images = torch.full((2, 1, 2, 4), 100, dtype=torch.uint8)
    assert torch.equal(binarised(images), binarised(images, STATIC_SEED))
