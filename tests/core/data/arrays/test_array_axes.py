"""Which axes of an array are images, rows, columns and channels; what was assumed is said."""

import numpy as np
import pytest

from tests.core.data.arrays.own_arrays import (
    COLOUR,
    COUNT,
    GREY,
    LABELS,
    SQUARES,
    are_same,
    label_names,
    load,
    said_in,
    saved,
    sentence,
)


@pytest.mark.parametrize("shape", [(COUNT, 6, 5), (COUNT, 6, 5, 1), (COUNT, 1, 6, 5)])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (GREY % 2 == 1, (GREY % 2) * 255),
        (GREY, GREY),
        (GREY.astype(np.int64), GREY),
        (GREY.astype(">u2"), GREY),
        (GREY.astype(np.float32), GREY),
        ((GREY / 255).astype(np.float32), GREY),
        ((GREY / 255).astype(np.float16), GREY),
        ((GREY / 127.5 - 1).astype(np.float32), GREY),
        (GREY.astype(np.uint16) * 257, GREY),
        (np.rint(GREY * (1023 / 255)).astype(np.uint16), GREY),
        (np.rint(GREY * (4095 / 255)).astype(np.uint16), GREY),
    ],
    ids=["bool", "uint8", "int64", "big endian", "to 255", "to 1", "half", "-1 to 1", "16 bits", "10 bits", "12 bits"],
)
def test_arrays_of_the_usual_kinds_give_the_same_images(shape, values, expected, tmp_path):
    path = saved(tmp_path, images=values.reshape(shape), test_images=values[:2].reshape(2, *shape[1:]))
    images = load(path)
    assert np.array_equal(images.train_images.numpy(), expected[:, None])
    assert np.array_equal(images.test_images.numpy(), expected[:2, None])
    assert images.title == "own"
    assert not images.has_labels
    assert bool(images.notes) == (values.dtype not in (np.uint8, np.bool_))


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (COLOUR, ()),
        (np.moveaxis(COLOUR, -1, 1), ()),
        (np.moveaxis(COLOUR, 0, -1), ("last axis",)),  # SVHN's
        (COLOUR / np.float32(255), ("0 (black) to 1 (white)",)),
        (np.concatenate([COLOUR, np.full((COUNT, 6, 5, 1), 255, np.uint8)], -1), ("fourth channel",)),
    ],
    ids=["NHWC", "NCHW", "HWCN", "float", "RGBA"],
)
def test_colour_is_found_wherever_its_axis_is(array, words, tmp_path):
    np.save(tmp_path / "own.npy", array)
    images = load(tmp_path / "own.npy")
    assert images.image_shape == (3, 6, 5)
    assert are_same(images, COLOUR)
    assert said_in(images, *words) if words else not images.notes


def test_colour_without_any_is_grey(tmp_path):
    images = load(saved(tmp_path, images=np.repeat(GREY[..., None], 3, -1)))
    assert are_same(images, GREY)
    assert said_in(images, "grey")


def test_flat_images_are_read_where_they_are_square(tmp_path):
    images = load(saved(tmp_path, images=SQUARES.reshape(COUNT, 36)))
    assert are_same(images, SQUARES)
    assert said_in(images, "36", "6×6")
    assert "no square" in sentence(saved(tmp_path, images=GREY.reshape(COUNT, 30)))


@pytest.mark.parametrize("is_planar", [True, False])
def test_flat_colour_is_read_in_the_order_in_which_neighbours_are_alike(is_planar, tmp_path):
    smooth = np.linspace(0, 80, 8)[:, None, None] + np.linspace(0, 60, 8)[:, None] + np.array([0, 50, 100])
    colour = (smooth + np.arange(COUNT)[:, None, None, None]).astype(np.uint8)
    flat = (np.moveaxis(colour, -1, 1) if is_planar else colour).reshape(COUNT, -1)
    images = load(saved(tmp_path, images=flat))
    assert are_same(images, colour)
    assert said_in(images, "one colour after the other" if is_planar else "together")


def test_images_along_the_last_axis_are_told_by_labels_or_by_how_long_they_would_be(tmp_path):
    last = np.moveaxis(GREY, 0, -1)
    images = load(saved(tmp_path, images=last, labels=LABELS))
    assert are_same(images, GREY)
    assert label_names(images, GREY) == [str(label) for label in LABELS]
    assert said_in(images, "last axis")
    many = (np.arange(60 * 36) % 256).reshape(60, 6, 6).astype(np.uint8)
    assert are_same(load(saved(tmp_path, images=np.moveaxis(many, 0, -1))), many)
    unclear = load(saved(tmp_path, images=np.moveaxis(many[:10], 0, -1)))
    assert unclear.image_shape == (1, 6, 10)
    assert said_in(unclear, "(6, 6, 10)", "6 images of 6×10")


def test_axes_that_could_be_channels_twice_are_told(tmp_path):
    images = load(saved(tmp_path, images=np.moveaxis(np.tile(COLOUR, (1, 2, 1, 1))[:, :, :3], -1, 1)))
    assert images.image_shape == (3, 3, 12)  # as numpy's pictures mostly are
    assert said_in(images, "(N, H, W, C)")
