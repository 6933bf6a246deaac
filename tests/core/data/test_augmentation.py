"""Small affine changes: none where nothing is asked for, and no larger than asked for."""

import pytest
import torch

from latentlab.core.data.augmentation import augmented, mirrored
from latentlab.core.data.image_set import ImageSet
from latentlab.core.recipe.settings import AugmentationSettings


def _blob(count: int = 64) -> torch.Tensor:
    """Give images with a soft spot in the middle."""
    axis = torch.arange(28) - 13.5
    return torch.exp(-(axis[:, None].square() + axis.square()) / 8).expand(count, 1, 28, 28).clone()


def _bar(count: int = 64) -> torch.Tensor:
    """Give images with an upright bar."""
    images = torch.zeros(count, 1, 28, 28)
    images[:, :, 6:22, 12:16] = 1
    return images


def _moments(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Give each image's centre, (B, 2) as x, y; its spread (B, 2); and its slant (B,), pixels right per pixel down."""
    axis = torch.arange(28) - 13.5
    mass = images.sum((1, 2, 3))
    x, y = (images.sum((1, 2)) @ axis) / mass, (images.sum((1, 3)) @ axis) / mass
    right, down = axis - x[:, None], axis - y[:, None]
    ink = images[:, 0] / mass[:, None, None]
    xx, yy = (ink.sum(1) * right.square()).sum(1), (ink.sum(2) * down.square()).sum(1)
    xy = torch.einsum("bij,bi,bj->b", ink, down, right)
    return torch.stack([x, y], 1), torch.stack([xx, yy], 1).sqrt(), xy / yy


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_settings_that_ask_for_nothing_give_the_images_themselves() -> None:
    images = _blob()
    assert augmented(images, AugmentationSettings(), _generator()) is images


def test_images_move_by_their_own_amounts_up_to_the_shift() -> None:
    centres, _, _ = _moments(augmented(_blob(500), AugmentationSettings(shift=3), _generator()))
    assert centres.abs().max() < 3.05
    assert centres.min() < -2.7
    assert centres.max() > 2.7
    assert abs(float(torch.corrcoef(centres.T)[0, 1])) < 0.15  # across and down are drawn apart


def test_images_grow_and_shrink_up_to_the_scale() -> None:
    images = _blob(500)
    _, spread, _ = _moments(augmented(images, AugmentationSettings(scale=0.2), _generator()))
    ratio = spread / _moments(images)[1]
    assert 0.76 < ratio.min() < 0.84
    assert 1.16 < ratio.max() < 1.24


@pytest.mark.parametrize(
    ("settings", "largest"), [(AugmentationSettings(rotation=10), 0.19), (AugmentationSettings(shear=0.3), 0.31)]
)
def test_images_lean_either_way_up_to_the_angle(settings: AugmentationSettings, largest: float) -> None:
    _, _, slant = _moments(augmented(_bar(500), settings, _generator()))
    assert -largest < slant.min() < -0.7 * largest
    assert 0.7 * largest < slant.max() < largest


def _fine_energy(images: torch.Tensor) -> torch.Tensor:
    """Give the sum of squares of what each image has more than the means of 3x3 pixels, (B,)."""
    return (images - torch.nn.functional.avg_pool2d(images, 3, 1, 1)).square().sum((1, 2, 3))


@pytest.mark.parametrize("shapes", [True, False], ids=["shapes", "noise in colour"])
def test_images_stay_as_sharp_as_they_were(tiny_images: ImageSet, shapes: bool) -> None:
    images = tiny_images.train_images.float() / 255 if shapes else torch.rand(60, 3, 28, 28, generator=_generator())
    settings = AugmentationSettings(rotation=8, scale=0.06, shear=0.15, shift=0.7)
    changed = augmented(images, settings, _generator())
    ratio = _fine_energy(changed) / _fine_energy(images)
    assert 0.85 < ratio.median() < 1.1  # not sharpened 0.54 and 0.39
    assert ratio.quantile(0.1) > 0.7


def test_an_image_of_one_grey_stays_so() -> None:
    grey = torch.full((5, 3, 9, 9), 0.3)
    torch.testing.assert_close(augmented(grey, AugmentationSettings(rotation=20), _generator()), grey)


def test_values_stay_in_range_and_the_same_seed_gives_the_same_changes() -> None:
    settings = AugmentationSettings(rotation=20, scale=0.3, shear=0.3, shift=4)
    first, again, other = (augmented(_bar(), settings, _generator(seed)) for seed in (0, 0, 1))
    assert first.min() >= 0
    assert first.max() <= 1
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_in_colour_the_edges_move_in_from_outside() -> None:
    photograph, asked = torch.full((20, 3, 28, 28), 0.4), AugmentationSettings(shift=5, rotation=20)
    torch.testing.assert_close(augmented(photograph, asked, _generator()), photograph)
    assert (augmented(photograph[:, :1], asked, _generator()) == 0).any()


def test_about_the_share_asked_for_is_mirrored_for_encoder_and_decoder_alike() -> None:
    images = torch.rand(400, 3, 6, 5)
    seen, asked = images / 2, AugmentationSettings(mirror=0.3)
    changed, changed_seen = mirrored(images, seen, asked, _generator())
    assert torch.equal(changed_seen, changed / 2)
    is_mirrored = (changed == images.flip(3)).flatten(1).all(1)
    assert torch.equal(changed[~is_mirrored], images[~is_mirrored])
    assert float(is_mirrored.float().mean()) == pytest.approx(0.3, abs=0.08)
    assert mirrored(images, images, asked, _generator())[1].equal(changed)
    same = mirrored(images, seen, AugmentationSettings(), _generator())
    assert same[0] is images
    assert same[1] is seen
