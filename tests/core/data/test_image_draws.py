"""What is drawn for parts of a batch is what is drawn for the batch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.core.data.augmentation import augmented, mirrored
from latentlab.core.data.corruption import corrupted
from latentlab.core.data.image_draws import ImageDraws
from latentlab.core.ranks.ranks import Part, Ranks
from latentlab.core.recipe.settings import AugmentationSettings, CorruptionSettings

DAMAGE = CorruptionSettings(**dict.fromkeys(CorruptionSettings.model_fields, 0.3))
CHANGES = AugmentationSettings(rotation=10, scale=0.1, shear=0.1, shift=1, mirror=0.5)


class One(Ranks):
    """One of several ranks, without the others."""

    def __init__(self, rank, count):
        self.rank, self.count = rank, count


def drawn(draw, images, ranks):
    """Have each of so many ranks draw for its images: what they have together, and the generators' states."""
    found, states = [], []
    for rank in range(ranks):
        generator = torch.Generator().manual_seed(3)
        part = One(rank, ranks).part(len(images))
        found.append(draw(images[part.rows], generator, part))
        states.append(generator.get_state())
    return torch.cat(found), states


@settings(max_examples=30)
@given(st.integers(0, 40), st.integers(1, 7))
def test_ranks_share_all_images_about_evenly(images, count):
    parts = [One(rank, count).part(images) for rank in range(count)]
    rows = [row for part in parts for row in range(images)[part.rows]]
    assert rows == list(range(images))
    sizes = [part.rows.stop - part.rows.start for part in parts]
    assert max(sizes) - min(sizes) <= 1


@settings(max_examples=30)
@given(st.integers(0, 40), st.integers(1, 7), st.integers(1, 12))
def test_ranks_share_whole_blocks_about_evenly_and_they_are_the_same_for_all(images, count, block):
    parts = [One(rank, count).part(images, block) for rank in range(count)]
    assert [row for part in parts for row in range(images)[part.rows]] == list(range(images))
    blocks = [[each for each in part.split(block) if each.rows.start < each.rows.stop] for part in parts]
    sizes = [len(of_one) for of_one in blocks]
    assert max(sizes) - min(sizes) <= 1
    if images:
        whole, numbers = Part(slice(0, images), images, 1), torch.arange(images).double()
        together = [each for of_one in blocks for each in of_one]
        assert together == whole.split(block)
        assert sum(each.mean(numbers[each.rows]) for each in together) == pytest.approx(whole.mean(numbers).item())


WAYS = {
    "uniform": lambda x, generator, part: ImageDraws(generator, part).rand(len(x), 3),
    "normal, along another axis": lambda x, generator, part: ImageDraws(generator, part).randn(4, len(x), 2, axis=1).mT,
    "ones and zeros": lambda x, generator, part: ImageDraws(generator, part).bernoulli(x),
    "mirrored": lambda x, generator, part: mirrored(x, x, CHANGES, generator, part)[0],
    "turned": lambda x, generator, part: augmented(x, CHANGES, generator, part),
    "damaged": lambda x, generator, part: corrupted(x, DAMAGE, generator, part),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("count", "ranks"), [(7, 3), (6, 2), (2, 4)])
def test_parts_of_a_batch_draw_what_the_batch_draws(way, count, ranks):
    images = torch.rand(count, 1, 12, 10, generator=torch.Generator().manual_seed(0))
    draw = WAYS[way]
    if way == "normal, along another axis":

        def draw(*arguments):
            return WAYS[way](*arguments).mT.movedim(1, 0)

    generator = torch.Generator().manual_seed(3)
    whole = draw(images, generator, None)
    together, states = drawn(draw, images, ranks)
    torch.testing.assert_close(together, whole, rtol=0, atol=1e-6)  # of products of matrices, which round by size
    assert all(torch.equal(state, generator.get_state()) for state in states)


@settings(max_examples=30)
@given(st.integers(1, 20), st.integers(1, 5))
def test_the_mean_over_ranks_is_that_of_the_batch(images, count):
    each = torch.arange(images).double().square()
    means = [part.mean(each[part.rows]) for part in (One(rank, count).part(images) for rank in range(count))]
    assert sum(means) / count == pytest.approx(each.mean().item())
    assert Part(slice(0, images), images, 1).mean(each) == each.mean()
