"""Pictures of a folder are brought to one look, of colour, range, transparency and size, and that is told."""

import numpy as np
import pytest
import torch
from PIL import Image

from tests.core.data.pictures.own_pictures import levels, load, notes, paint, write

# Colour, range and transparency: one look for all


def test_one_picture_in_colour_makes_all_colour(tmp_path) -> None:
    for number in range(5):
        paint(tmp_path / f"{number}.png", grey=40 * number, mode="RGB")
    grey = load(tmp_path)
    assert grey.image_shape == (1, 12, 20)
    assert levels(grey) == [0, 40, 80, 120, 160]
    assert "one channel" in notes(grey)
    Image.new("RGB", (20, 12), (10, 20, 200)).save(tmp_path / "blue.png")
    images = load(tmp_path)
    assert images.image_shape == (3, 12, 20)
    seen = {tuple(image[:, 0, 0].tolist()) for image in torch.cat([images.train_images, images.test_images])}
    assert seen == {(40 * number,) * 3 for number in range(5)} | {(10, 20, 200)}
    assert images.notes == ()


def test_frames_of_16_bits_keep_their_brightness_against_each_other(tmp_path) -> None:
    for number, level in enumerate([100, 1000, 4000]):
        write(tmp_path / f"{number}.png", np.full((8, 8), level, np.uint16))
    images = load(tmp_path)
    assert levels(images) == [6, 62, 249]  # of 12 bits
    assert "from 100 to 4,000 are taken as a range from 0 (black) to 4,095 (white)" in notes(images)


def test_floats_that_reach_a_little_beyond_1_are_cut_there(tmp_path) -> None:
    for number, level in enumerate([-0.02, 0.5, 1.04]):
        write(tmp_path / f"{number}.tiff", np.full((8, 8), level, np.float32))
    images = load(tmp_path)
    assert levels(images) == [0, 128, 255]
    assert "cut there" in notes(images)


def test_deep_greys_and_plain_ones_have_a_scale_each(tmp_path) -> None:
    write(tmp_path / "deep.png", np.full((8, 8), 32_896, np.uint16))
    write(tmp_path / "float.tiff", np.full((8, 8), 0.5, np.float32))
    write(tmp_path / "plain.png", np.full((8, 8), 7, np.uint8))
    assert levels(load(tmp_path)) == [7, 128, 128]


def test_masks_of_0_and_1_are_black_and_white(tmp_path) -> None:
    for number in range(3):
        write(tmp_path / f"{number}.png", np.full((8, 8), number % 2, np.uint8))
    images = load(tmp_path)
    assert levels(images) == [0, 0, 255]
    assert "black and white" in notes(images)


@pytest.mark.parametrize(("ink", "ground"), [(255, "black"), (0, "white")])
def test_ink_on_nothing_is_seen(ink, ground, tmp_path) -> None:
    alpha = Image.new("L", (8, 8))
    alpha.paste(255, (4, 4, 8, 8))
    for number in range(3):
        Image.merge("LA", (Image.new("L", (8, 8), ink), alpha)).save(tmp_path / f"{number}.png")
    images = load(tmp_path)
    assert images.train_images[0, 0, [0, 5], [0, 5]].tolist() == [255 - ink, ink]
    assert f"laid on {ground}" in notes(images)


def test_all_frames_of_a_stack_are_images_with_the_columns_of_their_file(tmp_path) -> None:
    frames = [Image.new("L", (9, 8), 40 * number) for number in range(1, 5)]
    frames[0].save(tmp_path / "stack.tif", save_all=True, append_images=frames[1:])
    paint(tmp_path / "one.png", grey=7, size=(9, 8))
    (tmp_path / "columns.csv").write_text("file,age\nstack.tif,3\none.png,5\n")
    images = load(tmp_path)
    assert levels(images) == [7, 40, 80, 120, 160]
    for pixels, columns in ((images.train_images, images.train_columns), (images.test_images, images.test_columns)):
        assert columns[0].values.tolist() == [5 if level == 7 else 3 for level in pixels[:, 0, 0, 0].tolist()]


# Size


def test_pictures_are_brought_to_the_commonest_size_with_their_aspect_kept(tmp_path) -> None:
    for number in range(3):
        paint(tmp_path / f"{number}.png", size=(200, 100))
    # A square with a light stripe amid: half of its height is cropped, the stripe stays as thick.
    square = np.zeros((100, 100), np.uint8)
    square[40:60] = 255
    write(tmp_path / "square.png", square)
    images = load(tmp_path)
    assert images.image_shape == (1, 32, 64)
    everything = torch.cat([images.train_images, images.test_images])[:, 0]
    stripe = everything[(everything.amax(dim=(1, 2)) == 255)][0]
    assert int((stripe[:, 30] > 128).sum()) == pytest.approx(64 * 0.2, abs=1)
    assert "All 4 images were brought to 32×64 pixels, the commonest size, 100×200" in notes(images)
    assert "cropped" in notes(images)


def test_portraits_that_are_stored_lying_count_as_portraits(tmp_path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for number in range(3):
        Image.new("L", (48, 30), 90).save(tmp_path / f"{number}.jpg", exif=exif)
    paint(tmp_path / "landscape.png", size=(48, 30))
    images = load(tmp_path)
    assert images.image_shape == (1, 48, 30)
    assert "1 of 4 images" in notes(images)
    assert "1 of them were enlarged" in notes(images)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((8, 64), (8, 64)),
        ((64, 65), (63, 64)),
        ((7, 7), (8, 8)),
        ((1000, 10), (64, 8)),
        ((300, 400), (48, 64)),
    ],
)
def test_pictures_of_one_size_are_as_they_are_between_8_and_64_pixels(size, expected, tmp_path) -> None:
    for number in range(2):
        paint(tmp_path / f"{number}.png", size=size[::-1])
    images = load(tmp_path)
    assert images.image_shape == (1, *expected)
    assert bool(images.notes) == (size != expected)


def test_size_and_fit_can_be_chosen(tmp_path) -> None:
    for number in range(3):
        paint(tmp_path / f"{number}.png", size=(40, 20), grey=200)
    images = load(tmp_path, size=(64, 64), fit="pad")
    assert images.image_shape == (1, 64, 64)
    assert images.fitted == ((64, 64), "pad")
    assert images.train_images[0, 0, :, 0].tolist() == [255] * 16 + [200] * 32 + [255] * 16
    assert "as chosen: scaled to lie within it, with white around; 3 of them were enlarged" in notes(images)
    assert load(tmp_path, size=(20, 40)).notes == ()
