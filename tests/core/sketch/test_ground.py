import numpy as np
import pytest

from latentlab.core.data.sets import bundled_digits, patches
from latentlab.core.sketch.ground import are_drawings, ground_of


def test_the_ground_is_that_of_the_edges_whatever_lies_within():
    images = np.full((5, 3, 8, 9), 255, np.uint8)
    images[:, 0, 0] = images[:, 0, -1] = images[:, 0, :, 0] = images[:, 0, :, -1] = 10
    images[0] = 77  # one image among many
    assert ground_of(images) == (10, 255, 255)


@pytest.mark.parametrize("shape", [(0, 1, 4, 4), (0, 3, 4, 4), (3, 1, 1, 1)])
def test_few_or_no_pixels_have_a_ground_too(shape):
    assert ground_of(np.zeros(shape, np.uint8)) == (0,) * shape[1]


def test_handwriting_is_drawn_and_photographs_are_not():
    digits, photographs = (each.load().train_images[:100].numpy() for each in (bundled_digits, patches))
    assert are_drawings(ground_of(digits))
    assert not are_drawings(ground_of(photographs))
    assert not are_drawings(ground_of(photographs[:, :1]))
    assert not are_drawings(ground_of(255 - digits))
    assert not are_drawings(ground_of(np.zeros((4, 3, 8, 8), np.uint8)))  # in colour, be its ground black
