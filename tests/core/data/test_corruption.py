"""Damage is done in the share and strength asked for, in other places of each image, and never to the clean images."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.core.data.corruption import corrupted
from latentlab.core.recipe.settings import CorruptionSettings

KINDS = tuple(CorruptionSettings.model_fields)


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _paper(count: int = 8, level: float = 0.9, height: int = 120, width: int = 200) -> torch.Tensor:
    return torch.full((count, 1, height, width), level)


def test_settings_that_ask_for_nothing_give_the_images_themselves() -> None:
    images = _paper()
    assert corrupted(images, CorruptionSettings(), _generator()) is images


@settings(max_examples=20)
@given(
    st.dictionaries(st.sampled_from(KINDS), st.floats(0, 1)),
    st.tuples(st.integers(0, 3), st.sampled_from([1, 3]), st.integers(1, 40), st.integers(1, 40)),
    st.integers(0, 5),
)
def test_any_mixture_keeps_shape_range_and_the_clean_images(strengths, shape, seed) -> None:
    images = torch.rand(shape, generator=_generator(seed))
    before = images.clone()
    damaged = corrupted(images, CorruptionSettings(**strengths), _generator(seed))
    assert torch.equal(images, before)
    assert damaged.shape == images.shape
    assert damaged.dtype == torch.float32
    assert damaged.isfinite().all()
    assert ((damaged >= 0) & (damaged <= 1)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides_and_each_image_has_its_own_damage(kind) -> None:
    images = _paper(4)
    asked = CorruptionSettings(**{kind: 0.5})
    first, again, other = (corrupted(images, asked, _generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert all(not torch.equal(first[0], image) for image in first[1:])
    assert (first != images).flatten(1).any(1).all()


def test_half_of_the_pixels_hit_turn_black_and_half_white() -> None:
    damaged = corrupted(_paper(level=0.5), CorruptionSettings(salt_and_pepper=0.2), _generator())
    assert float((damaged == 0).float().mean()) == pytest.approx(0.1, abs=0.005)
    assert float((damaged == 1).float().mean()) == pytest.approx(0.1, abs=0.005)
    assert float((damaged == 0.5).float().mean()) == pytest.approx(0.8, abs=0.005)


@pytest.mark.parametrize("kind", ["salt_and_pepper", "occlusion", "stains", "creases", "light"])
def test_all_channels_of_a_pixel_are_hit_alike(kind) -> None:
    damaged = corrupted(_paper().expand(-1, 3, -1, -1), CorruptionSettings(**{kind: 0.5}), _generator())
    assert torch.equal(damaged, damaged[:, :1].expand(-1, 3, -1, -1))


def test_gaussian_noise_has_the_deviation_asked_for_and_is_cut_off_at_black_and_white() -> None:
    assert float(corrupted(_paper(level=0.5), CorruptionSettings(gaussian=0.1), _generator()).std()) == pytest.approx(
        0.1, rel=0.02
    )
    strong = corrupted(_paper(level=0.5), CorruptionSettings(gaussian=1), _generator())
    assert float((strong == 0).float().mean()) == pytest.approx(0.309, abs=0.01)  # beyond half a deviation


@pytest.mark.parametrize("share", [0.05, 0.3, 1.0])
def test_one_rectangle_of_the_share_asked_for_is_covered(share) -> None:
    covered = corrupted(_paper(64), CorruptionSettings(occlusion=share), _generator())[:, 0] == 0
    assert float(covered.float().mean()) == pytest.approx(share, rel=0.05)
    for image in covered:
        rows, columns = image.any(1), image.any(0)
        assert torch.equal(image, rows[:, None] & columns)  # a full rectangle
        for line in (rows, columns):
            assert int(line.int().diff().abs().sum()) <= 2  # in one piece


@pytest.mark.parametrize("kind", ["stains", "creases", "light"])
def test_a_pages_damage_only_darkens_the_more_the_stronger_and_leaves_a_black_ground(kind) -> None:
    weak, strong = (corrupted(_paper(), CorruptionSettings(**{kind: by}), _generator()) for by in (0.2, 0.6))
    assert (weak <= 0.9).all()
    assert (strong <= weak).all()
    assert torch.allclose(0.9 - strong, 3 * (0.9 - weak), atol=1e-5)
    black = corrupted(_paper(level=0.0), CorruptionSettings(**{kind: 1.0}), _generator())
    assert (black == 0).all()


def test_the_dark_side_of_a_page_is_darker_by_the_strength_of_the_light() -> None:
    damaged = corrupted(_paper(level=1.0), CorruptionSettings(light=0.4), _generator())
    assert torch.allclose(damaged.amin((1, 2, 3)), torch.tensor(0.6), atol=1e-5)
    assert torch.allclose(damaged.amax((1, 2, 3)), torch.tensor(1.0), atol=1e-5)
    step = damaged.diff(dim=3).abs().max()
    assert step < 0.02  # it changes slowly


def test_stains_cover_part_of_most_pages_and_creases_are_thin() -> None:
    stained = corrupted(_paper(64, level=1.0), CorruptionSettings(stains=1), _generator()) < 0.7
    assert 0.05 < float(stained.float().mean()) < 0.35
    assert float(stained.flatten(1).any(1).float().mean()) > 0.9
    creased = corrupted(_paper(64, level=1.0), CorruptionSettings(creases=1), _generator()) < 0.7
    assert 0.005 < float(creased.float().mean()) < 0.06
