"""What files hold beyond 8 bits, or tell of how their numbers are meant, becomes the levels that a person expects."""

import struct

import numpy as np
import pytest
import torch
from PIL import Image

from latentlab.core.data import registry
from latentlab.core.data.image_set import ImageSet
from tests.core.data.written import write_png, write_tiff

RAMP = np.linspace(0, 4000, 80).astype(np.uint16).reshape(8, 10)  # 12 bits in 16
COLOURS = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], axis=-1)
FULL = np.full((8, 10, 1), 65535, np.uint16)
GREY, RGB, GREY_ALPHA, RGB_ALPHA = 0, 2, 4, 6  # colour types of PNG
OPACITY, PHOTOMETRIC = 338, 262  # tags of TIFF


def load(folder, **choices) -> ImageSet:
    return registry.load(f"folder:{folder}", folder, **choices)


def images(data: ImageSet) -> np.ndarray:
    return torch.cat([data.train_images, data.test_images]).numpy()


def levels(numbers: np.ndarray, white: float = 4095) -> np.ndarray:
    """Give what is expected, (H, W) or (C, H, W)."""
    made = np.rint(numbers / white * 255)
    return made if made.ndim == 2 else made.transpose(2, 0, 1)


@pytest.mark.parametrize(
    ("write", "numbers", "expected"),
    [
        (lambda path, numbers: write_png(path, numbers, GREY_ALPHA), np.dstack([RAMP, FULL]), RAMP),
        (lambda path, numbers: write_png(path, numbers, RGB_ALPHA), np.dstack([COLOURS, FULL]), COLOURS),
        (lambda path, numbers: write_png(path, numbers, RGB), COLOURS, COLOURS),
        (lambda path, numbers: write_tiff(path, [numbers], {OPACITY: 2}), np.dstack([COLOURS, FULL]), COLOURS),
        (lambda path, numbers: write_tiff(path, [numbers], {OPACITY: 0}), np.dstack([COLOURS, FULL]), COLOURS),
    ],
    ids=["grey with opacity", "colour with opacity", "colour", "TIFF with opacity", "TIFF with one channel more"],
)
def test_12_bits_in_16_are_not_nearly_black_whatever_is_beside_them(write, numbers, expected, tmp_path) -> None:
    for number in range(2):
        write(tmp_path / f"{number}.png", numbers)
    for image in images(load(tmp_path)):
        np.testing.assert_array_equal(np.squeeze(image), levels(expected))


def test_ink_of_16_bits_on_nothing_is_seen(tmp_path) -> None:
    alpha = np.linspace(0, 65535, 80).astype(np.uint16).reshape(8, 10)
    for number in range(2):
        write_png(tmp_path / f"{number}.png", np.dstack([np.full_like(alpha, 4095), alpha]), GREY_ALPHA)
    data = load(tmp_path)
    assert "What is transparent is laid on black." in data.notes
    for image in images(data):
        np.testing.assert_allclose(image[0], levels(alpha, 65535), atol=1)


@pytest.mark.parametrize(("kind", "numbers"), [(GREY, RAMP), (RGB, COLOURS)])
def test_the_one_number_that_stands_for_nothing_is_laid_on_the_ground(kind, numbers, tmp_path) -> None:
    key = numbers[0, 3]
    for number in range(2):
        write_png(tmp_path / f"{number}.png", numbers, kind, tRNS=np.atleast_1d(key).astype(">u2").tobytes())
    is_clear = numbers == key if kind == GREY else (numbers == key).all(axis=2)
    assert is_clear.sum() == 1
    for image in images(load(tmp_path)):
        np.testing.assert_array_equal(np.squeeze(image), np.where(is_clear, 255, levels(numbers)))


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 65535)])
def test_where_0_is_white_it_is_white(dtype, white, tmp_path) -> None:
    numbers = np.linspace(0, white, 80).astype(dtype).reshape(8, 10)
    for number in range(2):
        write_tiff(tmp_path / f"{number}.tif", [numbers], {PHOTOMETRIC: 0})
    for image in images(load(tmp_path)):
        np.testing.assert_array_equal(image[0], 255 - levels(numbers, white))


@pytest.mark.parametrize("told", [0, 1], ids=["each page told", "as ImageJ writes more than 4 GB"])
def test_all_images_of_a_stack_of_imagej_are_read(told, tmp_path) -> None:
    pages = [np.roll(RAMP, number) for number in range(6)]
    write_tiff(tmp_path / "stack.tif", pages, description="ImageJ=1.53t\nimages=6\nslices=6\n", told=told)
    found = sorted(image[0].tobytes() for image in images(load(tmp_path)))
    assert found == sorted(levels(page).astype(np.uint8).tobytes() for page in pages)


def test_a_stack_of_imagej_that_is_cut_short_gives_what_is_there(tmp_path) -> None:
    write_tiff(tmp_path / "stack.tif", [RAMP] * 3, description="ImageJ=1.53t\nimages=600\n", told=1)
    assert 3 <= len(images(load(tmp_path))) <= 6  # what follows the third is its directory


def test_whole_numbers_of_several_types_share_a_scale(tmp_path) -> None:
    write_tiff(tmp_path / "0.tif", [RAMP])
    write_tiff(tmp_path / "1.tif", [(RAMP // 8).astype(np.int32)])
    data = load(tmp_path)
    assert sorted(int(image.max()) for image in images(data)) == [31, 249]
    assert len(data.notes) == 1


def test_numbers_that_are_not_finite_are_told(tmp_path) -> None:
    for number in range(2):
        write_tiff(tmp_path / f"{number}.tif", [np.float32([[0, np.nan, 0.5, 1, np.inf, 0, 0, 0]] * 8)])
    data = load(tmp_path)
    assert images(data)[0, 0, 0, :5].tolist() == [0, 0, 128, 255, 255]
    assert any("not finite" in note for note in data.notes)


@pytest.mark.parametrize(
    ("chunks", "is_told"),
    [
        ({"gAMA": struct.pack(">I", 100_000)}, True),
        ({"gAMA": struct.pack(">I", 45_455)}, False),
        ({"gAMA": struct.pack(">I", 100_000), "sRGB": b"\0"}, False),
        ({}, False),
    ],
)
def test_a_gamma_of_its_own_is_told_and_not_applied(chunks, is_told, tmp_path) -> None:
    numbers = np.arange(0, 240, 3, np.uint8).reshape(8, 10)
    for number in range(2):
        write_png(tmp_path / f"{number}.png", numbers, GREY, **chunks)
    data = load(tmp_path)
    np.testing.assert_array_equal(images(data)[0, 0], numbers)
    assert any("2 of 2 files say in a colour profile" in note for note in data.notes) == is_told


@pytest.mark.parametrize(("profile", "is_told"), [(b"...Display P3...", True), (b"...sRGB IEC61966-2.1...", False)])
def test_a_colour_profile_of_its_own_is_told(profile, is_told, tmp_path) -> None:
    for number in range(2):
        Image.new("RGB", (8, 8), (200, 10, 10)).save(tmp_path / f"{number}.png", icc_profile=profile)
    assert any("profile" in note for note in load(tmp_path).notes) == is_told


def test_dark_pictures_are_told(tmp_path) -> None:
    for number in range(3):
        Image.new("L", (8, 8), number + 3).save(tmp_path / f"{number}.png")
    assert "The brightest of all pixels is 5 of 255, so that the images are nearly black." in load(tmp_path).notes


def test_a_line_remains_of_what_is_long_and_thin(tmp_path) -> None:
    for number in range(2):
        Image.new("L", (600, 1), 250).save(tmp_path / f"{number}.png")
    assert 250 in images(load(tmp_path, size=(32, 32), fit="pad"))[0]
