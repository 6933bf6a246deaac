import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.sketch.painting import Paper, prepare

papers = st.builds(Paper, st.integers(1, 300), st.integers(1, 300), st.just((0, 0, 0)))


@given(papers, st.integers(0, 2**32 - 1))
def test_paper_holds_each_pixel_of_an_image_and_gives_it_back(paper, seed):
    image = np.random.default_rng(seed).random((3, paper.height, paper.width), np.float32)
    large = image.repeat(paper.scale, 1).repeat(paper.scale, 2)
    assert max(large.shape) <= 770
    seen = prepare(large, paper)
    assert seen.dtype == np.float32
    np.testing.assert_allclose(seen, image, atol=1e-5)


def test_a_painting_of_any_size_is_taken_as_the_mean_of_its_parts():
    painting = np.zeros((3, 20, 30), np.float32)
    painting[0, :, :15] = 1
    seen = prepare(painting, Paper(2, 4, (0, 0, 0)))
    np.testing.assert_allclose(seen[0], [[1, 1, 0, 0]] * 2, atol=1e-6)
    assert not seen[1:].any()


@pytest.mark.parametrize("level", [np.nan, np.inf, -np.inf, 7.0, -3.0])
def test_what_is_no_colour_does_no_harm(level):
    seen = prepare(np.full((3, 8, 8), level, np.float32), Paper(4, 4, (0, 0, 0)))
    assert seen.shape == (3, 4, 4)
    assert ((seen >= 0) & (seen <= 1)).all()
