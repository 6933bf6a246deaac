"""A person's own arrays: whatever file they come in, the images are the same, and what was assumed is said."""

import gzip
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.torch import save_file
from scipy.io import savemat

from latentlab.core.data import registry
from latentlab.core.data.image_set import DatasetError, ImageSet
from latentlab.core.data.reading import Reading, ReadingCancelledError, ReadingProgress

COUNT = 12
GREY = np.arange(COUNT * 6 * 5).reshape(COUNT, 6, 5).astype(np.uint8)
SQUARES = (np.arange(COUNT * 36) % 251).reshape(COUNT, 6, 6).astype(np.uint8)
COLOUR = (np.arange(COUNT * 6 * 5 * 3) * 7 % 256).reshape(COUNT, 6, 5, 3).astype(np.uint8)
LABELS = np.arange(COUNT) % 3
RELAXED = {"suppress_health_check": [HealthCheck.function_scoped_fixture]}


def load(path: Path) -> ImageSet:
    """Load a file, and see that what comes keeps the contract of image sets."""
    images = registry.load(f"array:{path}", path.parent)
    for pixels, labels, columns in (
        (images.train_images, images.train_labels, images.train_columns),
        (images.test_images, images.test_labels, images.test_columns),
    ):
        assert (pixels.dtype, labels.dtype) == (torch.uint8, torch.int64)
        assert pixels.shape == (len(labels), *images.image_shape)
        assert images.image_shape[0] in (1, 3)
        assert len(labels) >= 1
        assert int(labels.min()) >= -1
        assert int(labels.max()) < max(1, len(images.class_names))
        assert all(len(column.values) == len(labels) for column in columns)
    for note in images.notes:
        assert note.endswith(".")
        assert "\n" not in note
    return images


def sentence(path: Path) -> str:
    """Load what cannot be loaded, and give what is said about it."""
    with pytest.raises(DatasetError) as caught:
        load(path)
    said = str(caught.value)
    assert said.endswith(".")
    assert "\n" not in said
    assert path.name in said
    return said


def attempt(path: Path) -> ImageSet | str:
    try:
        return load(path)
    except DatasetError as error:
        said = str(error)
    assert said.endswith(".")
    assert "\n" not in said
    return said


def saved(folder: Path, **arrays: object) -> Path:
    np.savez(folder / "own.npz", **arrays)
    return folder / "own.npz"


def together(images: ImageSet) -> np.ndarray:
    """Give all images (N, H, W) or (N, H, W, 3), in the order of their pixels."""
    pixels = torch.cat([images.train_images, images.test_images]).numpy()
    return np.moveaxis(pixels, 1, -1) if pixels.shape[1] == 3 else pixels[:, 0]


def in_order(images: np.ndarray) -> np.ndarray:
    return images[np.lexsort(images.reshape(len(images), -1).T[::-1])]


def are_same(images: ImageSet, expected: np.ndarray) -> bool:
    """Whether they are some images (N, H, W) or (N, H, W, 3), in any order."""
    return np.array_equal(in_order(together(images)), in_order(expected))


def label_names(images: ImageSet, expected: np.ndarray) -> list[str]:
    """Give the name of the class of each of some images, empty for none."""
    found = {}
    pixels = np.concatenate([images.train_images.numpy(), images.test_images.numpy()])
    labels = torch.cat([images.train_labels, images.test_labels]).tolist()
    for image, label in zip(pixels, labels, strict=True):
        found[image.tobytes()] = "" if label < 0 else images.class_names[label]
    planes = np.moveaxis(expected, -1, 1) if expected.ndim == 4 else expected[:, None]
    return [found[np.ascontiguousarray(image).tobytes()] for image in planes]


def values_of(images: ImageSet, name: str, expected: np.ndarray) -> list[object]:
    """Give what a column says of each of some images."""
    found = {}
    for pixels, columns in (
        (images.train_images, images.train_columns),
        (images.test_images, images.test_columns),
    ):
        column = next(column for column in columns if column.name == name)
        for image, value in zip(pixels.numpy(), column.values.tolist(), strict=True):
            found[image.tobytes()] = column.texts[int(value)] if column.texts and value == value else value
    planes = np.moveaxis(expected, -1, 1) if expected.ndim == 4 else expected[:, None]
    return [found[np.ascontiguousarray(image).tobytes()] for image in planes]


def said_in(images: ImageSet, *words: str) -> bool:
    return any(all(word in note for word in words) for note in images.notes)


# Axes


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


def test_what_is_transparent_lies_on_the_ground_that_shows_it(tmp_path):
    for ink, ground in ((255, 0), (0, 255)):
        drawn = np.full((COUNT, 6, 5, 4), ink, np.uint8)
        drawn[..., 3] = np.where(GREY > 128, 255, 0)
        images = load(saved(tmp_path, images=drawn))
        assert are_same(images, np.where(GREY > 128, ink, ground).astype(np.uint8))
        assert said_in(images, "transparent", "black" if ground == 0 else "white")


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


# Ranges


def test_one_scale_is_for_images_and_test_images(tmp_path):
    bright, dark = np.full((2, 4, 4), 1.0), np.full((2, 4, 4), 0.5)
    images = load(saved(tmp_path, images=dark, test_images=bright))
    assert (int(images.train_images[0, 0, 0, 0]), int(images.test_images[0, 0, 0, 0])) == (128, 255)
    images = load(
        saved(tmp_path, images=np.full((2, 4, 4), 200, np.uint16), test_images=GREY[:2, :4, :4] * np.uint16(40))
    )
    assert int(images.train_images[0, 0, 0, 0]) == round(200 * 255 / 4095)


def test_bytes_that_are_nearly_black_stay_so_and_are_told(tmp_path):
    images = load(saved(tmp_path, images=GREY // 16))
    assert are_same(images, GREY // 16)
    assert said_in(images, "nearly black")


def test_a_float_beyond_one_by_rounding_is_no_reason_for_black_and_white(tmp_path):
    values = GREY / 255
    values[0, 0, 0] = 1.04
    images = load(saved(tmp_path, images=values))
    assert np.abs(np.sort(together(images), axis=None).astype(int) - np.sort(GREY, axis=None)).max() <= 255
    assert len(np.unique(together(images))) > 200
    assert said_in(images, "1.04", "cut")


@settings(max_examples=60, **RELAXED)
@given(
    images=hnp.arrays(
        st.sampled_from([np.bool_, np.uint8, np.int8, np.uint16, np.int32, np.uint64, np.float16, np.float64]),
        st.tuples(st.integers(2, 5), st.just(3), st.just(4)),
    )
)
def test_brighter_numbers_are_never_darker_pixels(images, tmp_path):
    result = attempt(saved(tmp_path, images=images, test_images=images))
    if isinstance(result, str):
        assert "not finite" in result
        return
    order = np.argsort(images, axis=None, kind="stable")
    assert (np.diff(result.train_images.numpy().reshape(-1)[order].astype(int)) >= 0).all()


# Labels


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (LABELS, "012"),
        (LABELS.astype(np.uint8)[:, None], "012"),
        (LABELS.astype(np.float32), "012"),
        (LABELS.reshape(1, -1), "012"),
        (LABELS > 0, "011"),
        (np.eye(3)[LABELS], "012"),
        (np.array(["ant", "bee", "cat"])[LABELS], ("ant", "bee", "cat")),
        (np.array([b"ant", b"bee", "élan".encode()])[LABELS], ("ant", "bee", "élan")),
        (np.array(["10", "9", ""])[LABELS], ("10", "9", "")),
        (np.array([3, -1, 7])[LABELS], ("3", "", "7")),
        (np.array([3, np.nan, 7])[LABELS], ("3", "", "7")),
    ],
    ids=["int", "(N, 1)", "float", "(1, N)", "bool", "one-hot", "text", "bytes", "some texts", "-1", "NaN"],
)
def test_labels_of_any_kind_name_classes(labels, expected, tmp_path):
    images = load(saved(tmp_path, images=GREY, labels=labels))
    assert label_names(images, GREY) == [expected[label] for label in LABELS]
    assert images.has_labels
    assert images.class_names == tuple(sorted({*expected} - {""}, key=lambda name: (len(name), name)))


def test_names_of_classes_count_them(tmp_path):
    names = ["dog", "cat", "bird", "none has it"]
    for labels in (LABELS, np.array(names)[LABELS]):
        images = load(saved(tmp_path, images=GREY, labels=labels, class_names=names))
        assert images.class_names == tuple(names)
        assert label_names(images, GREY) == [names[label] for label in LABELS]


def test_a_part_may_have_no_labels(tmp_path):
    images = load(saved(tmp_path, images=GREY, labels=LABELS, test_images=GREY[:2]))
    assert images.test_labels.tolist() == [-1, -1]
    assert images.train_labels.tolist() == LABELS.tolist()
    assert said_in(images, "test", "no labels")


def test_classes_are_called_by_their_numbers_in_both_parts(tmp_path):
    images = load(
        saved(tmp_path, images=GREY, labels=[7, 1000] * 6, test_images=GREY[:3], test_labels=np.array([1000, -1, 7]))
    )
    assert images.class_names == ("7", "1000")
    assert images.train_labels.tolist() == [0, 1] * 6
    assert images.test_labels.tolist() == [1, -1, 0]


def test_numbers_that_are_no_classes_colour_the_map(tmp_path):
    ages = np.arange(COUNT) + 0.5
    images = load(saved(tmp_path, images=GREY, labels=ages))
    assert images.class_names == ()
    assert values_of(images, "labels", GREY) == ages.tolist()
    assert said_in(images, "'labels'", "colour the map")


def test_arrays_are_split_by_class_where_they_have_no_test_images(tmp_path):
    images = load(saved(tmp_path, images=GREY, labels=np.repeat([0, 1], 6), class_names=["cat", "dog"]))
    assert images.has_labels
    assert images.test_labels.tolist() == [0, 1]
    assert len(images.train_images) == 10
    assert label_names(images, GREY) == ["cat"] * 6 + ["dog"] * 6


# Names


@pytest.mark.parametrize(
    ("train", "train_labels", "test", "test_labels"),
    [
        ("x_train", "y_train", "x_test", "y_test"),  # Keras' mnist.npz
        ("images", "labels", "test_images", "test_labels"),
        ("train_images", "train_labels", "test_images", "test_labels"),  # MedMNIST
        ("X_train", "Y_train", "X_test", "Y_test"),
        ("train_set_x", "train_set_y", "test_set_x", "test_set_y"),
        ("data", "targets", "test_data", "test_targets"),
        ("train/images", "train/labels", "test/images", "test/labels"),
    ],
)
def test_the_usual_names_are_known(train, train_labels, test, test_labels, tmp_path):
    arrays = {train: GREY, train_labels: LABELS, test: GREY[:3], test_labels: LABELS[:3, None]}
    images = load(saved(tmp_path, **arrays))
    assert np.array_equal(images.train_images.numpy()[:, 0], GREY)
    assert np.array_equal(images.test_images.numpy()[:, 0], GREY[:3])
    assert images.train_labels.tolist() == LABELS.tolist()
    assert images.test_labels.tolist() == [0, 1, 2]
    assert not images.notes


@pytest.mark.parametrize(
    ("image", "label"), [("imgs", "y"), ("X", "target"), ("arr_0", "arr_1"), ("pixels", "class"), ("image", "label")]
)
def test_other_usual_names_are_known(image, label, tmp_path):
    images = load(saved(tmp_path, **{image: GREY, label: LABELS}))
    assert are_same(images, GREY)
    assert label_names(images, GREY) == [str(each) for each in LABELS]


def test_the_only_array_of_images_is_taken_whatever_its_name(tmp_path):
    images = load(saved(tmp_path, faces=GREY, age=LABELS))
    assert are_same(images, GREY)
    assert said_in(images, "'faces'")
    said = sentence(saved(tmp_path, left=GREY, right=GREY))
    assert "no array 'images'" in said
    assert "'left' (12, 6, 5)" in said


def test_validation_images_are_tested_with_or_left_out(tmp_path):
    images = load(saved(tmp_path, train_images=GREY, val_images=GREY[:3], val_labels=LABELS[:3], train_labels=LABELS))
    assert len(images.test_images) == 3
    assert said_in(images, "validation")
    images = load(saved(tmp_path, train_images=GREY, val_images=GREY[:3], test_images=GREY[:2]))
    assert len(images.test_images) == 2
    assert dict(images.left_out) == {"validation images, beside others to test with": 3}


def test_objects_that_are_not_needed_are_left_out_and_counted(tmp_path):
    meta = np.array({"about": GREY}, object)
    images = load(saved(tmp_path, metadata=meta, images=GREY, more=np.array([None, 1], object)))
    assert are_same(images, GREY)
    ((reason, count),) = images.left_out
    assert "unpickled" in reason
    assert count == 2
    assert "Python objects" in sentence(saved(tmp_path, images=GREY.astype(object)))


def test_dsprites_tells_its_latents_as_columns(tmp_path):
    latents = np.stack([LABELS, np.arange(COUNT) / 4], 1)
    np.savez_compressed(
        tmp_path / "own.npz",
        metadata=np.array({"latents_names": ("shape", "scale")}, object),
        imgs=(GREY > 100).astype(np.uint8),
        latents_classes=latents.astype(np.int64),
        latents_values=latents,
    )
    images = load(tmp_path / "own.npz")
    assert set(np.unique(together(images))) == {0, 255}
    names = ["latents_classes_1", "latents_classes_2", "latents_values_1", "latents_values_2"]
    assert [column.name for column in images.train_columns] == names
    assert images.class_names == ()


# Files


def idx(array: np.ndarray) -> bytes:
    kind = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}[array.dtype.str[1:]]
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, kind, array.ndim]) + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write_idx(path: Path, array: np.ndarray) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(idx(array)) if path.suffix == ".gz" else idx(array))
    return path


@pytest.mark.parametrize(
    "names",
    [
        "{}-images-idx3-ubyte {}-labels-idx1-ubyte",
        "{}-images.idx3-ubyte {}-labels.idx1-ubyte",
        "{}-images-idx3-ubyte.gz {}-labels-idx1-ubyte.gz",
        "{}-images-idx3-ubyte {}-labels-idx1-ubyte.gz",
        "{}-images-idx3-ubyte/{}-images-idx3-ubyte {}-labels-idx1-ubyte/{}-labels-idx1-ubyte",
        "kmnist-{}-images-idx3-ubyte kmnist-{}-labels-idx1-ubyte",
    ],
)
def test_idx_files_are_found_beside_each_other(names, tmp_path):
    files = {}
    for split, count in (("train", COUNT), ("t10k", 3)):
        images, labels = (tmp_path / name.replace("{}", split) for name in names.split())
        files[split] = write_idx(images, GREY[:count]), write_idx(labels, LABELS[:count].astype(np.uint8))
    write_idx(tmp_path / "other-t10k-images-idx3-ubyte", GREY[:5])
    for opened in files["train"]:
        images = load(opened)
        assert np.array_equal(images.train_images.numpy()[:, 0], GREY)
        assert np.array_equal(images.test_images.numpy()[:, 0], GREY[:3])
        assert (images.train_labels.tolist(), images.test_labels.tolist()) == (LABELS.tolist(), [0, 1, 2])
        assert said_in(images, "t10k", "beside it")
    alone = load(files["t10k"][0])
    assert len(alone.train_images) + len(alone.test_images) == 3
    assert label_names(alone, GREY[:3]) == ["0", "1", "2"]


def test_emnist_is_turned_and_the_first_number_of_a_label_of_qmnist_is_its_class(tmp_path):
    path = write_idx(tmp_path / "emnist-letters-train-images-idx3-ubyte", GREY.swapaxes(1, 2))
    write_idx(tmp_path / "emnist-letters-train-labels-idx1-ubyte", (LABELS + 1).astype(np.uint8))
    images = load(path)
    assert are_same(images, GREY)
    assert images.class_names == ("1", "2", "3")
    assert said_in(images, "column by column")
    path = write_idx(tmp_path / "qmnist-train-images-idx3-ubyte", GREY)
    write_idx(tmp_path / "qmnist-train-labels-idx2-int", np.stack([LABELS, LABELS + 50], 1).astype(np.int32))
    assert label_names(load(path), GREY) == [str(label) for label in LABELS]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_idx_files_have_numbers_of_many_types(dtype, tmp_path):
    assert are_same(load(write_idx(tmp_path / "own.idx", GREY.astype(dtype))), GREY)


def test_arrays_in_files_of_their_own_are_found_beside_each_other(tmp_path):
    for names in (
        ("X_train", "y_train", "X_test", "y_test"),
        ("my-train-imgs", "my-train-labels", "my-test-imgs", "my-test-labels"),
    ):
        for name, array in zip(names, (COLOUR, LABELS, COLOUR[:2], LABELS[:2]), strict=True):
            np.save(tmp_path / f"{name}.npy", array)
            np.savez(tmp_path / f"{name}.npz", array)
        for suffix in ("npy", "npz"):
            images = load(tmp_path / f"{names[0]}.{suffix}")
            assert np.array_equal(images.train_images.numpy(), np.moveaxis(COLOUR, -1, 1))
            assert images.train_labels.tolist() == LABELS.tolist()
            assert len(images.test_images) == 2
            assert all(name in " ".join(images.notes) for name in names[1:3])


def test_what_lies_beside_and_does_not_fit_is_told_and_not_used(tmp_path):
    np.save(tmp_path / "train_images.npy", GREY)
    np.save(tmp_path / "train_labels.npy", LABELS[:7])
    np.save(tmp_path / "test_images.npy", GREY[:, :3])
    images = load(tmp_path / "train_images.npy")
    assert are_same(images, GREY)
    assert images.class_names == ()
    assert said_in(images, "train_labels.npy", "not used")
    assert said_in(images, "test_images.npy", "not used")
    (tmp_path / "test_images.npy").write_bytes(b"broken")
    assert said_in(load(tmp_path / "train_images.npy"), "test_images.npy", "not used")


def write_table(path: Path, header: str | None, columns: list[np.ndarray]) -> Path:
    lines = [] if header is None else [header]
    lines += [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    content = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


PIXELS = [*SQUARES.reshape(COUNT, 36).T]
PIXEL_NAMES = ",".join(f"pixel{place}" for place in range(36))


@pytest.mark.parametrize("file", ["train.csv", "train.csv.gz"])
@pytest.mark.parametrize(
    ("header", "columns", "has_labels"),
    [
        ("label," + PIXEL_NAMES, [LABELS, *PIXELS], True),
        (PIXEL_NAMES, PIXELS, False),
        (
            "label," + ",".join(f"{row}x{column}" for row in range(1, 7) for column in range(1, 7)),
            [LABELS, *PIXELS],
            True,
        ),
        (PIXEL_NAMES + ",class", [*PIXELS, LABELS], True),
        (None, [LABELS, *PIXELS], True),
        (None, PIXELS, False),
        ("0," + ",".join(f"0.{place}" for place in range(1, 37)), [LABELS, *PIXELS], True),  # Kaggle's A-Z
        (
            "emotion,pixels,Usage",
            [LABELS, [" ".join(map(str, row)) for row in SQUARES.reshape(COUNT, 36)], LABELS],
            True,
        ),
    ],
    ids=["Kaggle", "no label", "1x1", "label last", "no header", "only pixels", "A-Z", "FER2013"],
)
def test_tables_of_pixels_are_images(file, header, columns, has_labels, tmp_path):
    images = load(write_table(tmp_path / file, header, columns))
    assert are_same(images, SQUARES)
    assert said_in(images, "6×6")
    assert label_names(images, SQUARES) == [str(label) if has_labels else "" for label in LABELS]


def test_the_index_that_pandas_leaves_unnamed_has_a_name(tmp_path):
    images = load(write_table(tmp_path / "own.csv", f",label,{PIXEL_NAMES}", [range(COUNT), LABELS, *PIXELS]))
    assert [column.name for column in images.train_columns] == ["column 1"]
    assert label_names(images, SQUARES) == [str(label) for label in LABELS]


def test_a_table_without_a_header_may_end_with_the_label_and_have_few_levels(tmp_path):
    few = SQUARES // 16  # as scikit-learn's digits.csv.gz
    few[:, 0, 0] = 0
    images = load(write_table(tmp_path / "digits.csv.gz", None, [*few.reshape(COUNT, 36).T, LABELS]))
    expected = np.rint(few * (255 / few.max())).astype(np.uint8)
    assert are_same(images, expected)
    assert label_names(images, expected) == [str(label) for label in LABELS]
    assert said_in(images, "last number")


def test_a_table_of_pixels_has_further_columns_and_one_to_test_with_beside_it(tmp_path):
    path = write_table(
        tmp_path / "train.csv",
        f"id,label,{PIXEL_NAMES}",
        [np.arange(COUNT) + 2**60, np.array(["b", "a", "c"])[LABELS], *PIXELS],
    )
    write_table(tmp_path / "test.csv", PIXEL_NAMES, [column[:2] for column in PIXELS])
    images = load(path)
    assert images.class_names == ("a", "b", "c")
    assert len(images.test_images) == 2
    assert images.test_labels.tolist() == [-1, -1]
    (column,) = images.train_columns
    assert column.name == "id"
    assert [column.texts[int(value)] for value in column.values] == [str(2**60 + place) for place in range(COUNT)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("label,pixel0\n1,2\n", ("no table of square images",)),
        (PIXEL_NAMES + "\n" + ",".join(["x"] * 36) + "\n", ("no number",)),
        (PIXEL_NAMES + "\n" + ",".join(["1"] * 36) + "\n1,2\n", ("fewer pixels",)),
        ("name,age\nAnn,3\n", ("no table of square images",)),
        ("one line", ("no two lines",)),
        ("a\n\xff\xfe\n", ("no table",)),
    ],
)
def test_tables_that_are_none_of_pixels_are_told(content, words, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(content, encoding="utf-8")
    said = sentence(path)
    assert all(word in said for word in words), said


def test_tensors_of_torch_are_read_without_unpickling(tmp_path):
    images, labels = torch.from_numpy(COLOUR), torch.from_numpy(LABELS)
    processed = tmp_path / "processed"
    processed.mkdir()
    for content in (
        {"images": images, "labels": labels, "epoch": 3},
        (images, labels),
        [images, labels],
        {"train": {"x": images, "y": labels}},
    ):
        torch.save(content, tmp_path / "own.pt")
        found = load(tmp_path / "own.pt")
        assert are_same(found, COLOUR)
        assert label_names(found, COLOUR) == [str(label) for label in LABELS]
        assert dict(found.left_out) == ({"values that are no tensors": 1} if len(content) == 3 else {})
    torch.save(images, tmp_path / "own.pth")
    assert are_same(load(tmp_path / "own.pth"), COLOUR)
    torch.save(torch.from_numpy(GREY / 255).bfloat16(), tmp_path / "brain.pt")
    assert load(tmp_path / "brain.pt").image_shape == (1, 6, 5)
    # MNIST as torchvision kept it: two files, of tuples, one in the way of before 1.6.
    torch.save((torch.from_numpy(GREY), labels), processed / "training.pt", _use_new_zipfile_serialization=False)
    torch.save((torch.from_numpy(GREY[:2]), labels[:2]), processed / "test.pt")
    found = load(processed / "training.pt")
    assert np.array_equal(found.train_images.numpy()[:, 0], GREY)
    assert found.test_labels.tolist() == [0, 1]


class Harmful:
    """What runs when it is unpickled."""

    def __reduce__(self):
        return (Path.touch, (Path("harm"),))


def test_nothing_is_ever_unpickled(tmp_path, monkeypatch):
    import pickle

    monkeypatch.chdir(tmp_path)
    torch.save({"images": torch.from_numpy(GREY), "harm": Harmful()}, tmp_path / "own.pt")
    (tmp_path / "own.pkl").write_bytes(pickle.dumps(Harmful()))
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps(Harmful(), 2))
    np.save(tmp_path / "own.npy", np.array([Harmful()], object))
    np.savez(tmp_path / "own.npz", images=np.array([Harmful()] * 3, object))
    for name in ("own.pt", "own.pkl", "data_batch_1", "own.npy", "own.npz"):
        assert "unpickled" in (said := sentence(tmp_path / name)) or "pickle" in said or "objects" in said
    assert not (tmp_path / "harm").exists()


def test_hdf5_files_are_read_a_part_at_a_time(tmp_path):
    h5py = pytest.importorskip("h5py")
    factors = np.stack([np.arange(COUNT) / 10, LABELS], 1)
    with h5py.File(tmp_path / "3dshapes.h5", "w") as file:
        file.create_dataset("images", data=COLOUR)
        file.create_dataset("labels", data=factors)
    images = load(tmp_path / "3dshapes.h5")
    assert are_same(images, COLOUR)
    assert [column.name for column in images.train_columns] == ["labels_1", "labels_2"]
    assert values_of(images, "labels_1", COLOUR) == factors[:, 0].tolist()
    for split, count in (("train", COUNT), ("test", 2), ("valid", 3)):  # PatchCamelyon's
        for role, array in (("x", COLOUR), ("y", LABELS.reshape(-1, 1, 1, 1))):
            with h5py.File(tmp_path / f"level_2_split_{split}_{role}.h5", "w") as file:
                file.create_dataset(role, data=array[:count], compression="gzip")
    images = load(tmp_path / "level_2_split_train_x.h5")
    assert np.array_equal(images.train_images.numpy(), np.moveaxis(COLOUR, -1, 1))
    assert images.train_labels.tolist() == LABELS.tolist()
    assert images.test_labels.tolist() == LABELS[:2].tolist()
    with h5py.File(tmp_path / "own.hdf5", "w") as file:
        file.create_dataset("train/images", data=GREY)
        file.create_dataset("train/labels", data=["b", "a", ""] * 4)
        file.create_dataset("train/about", data=h5py.Empty("f"))
    images = load(tmp_path / "own.hdf5")
    assert label_names(images, GREY) == ["b", "a", ""] * 4
    assert len(images.left_out) == 1


def test_without_h5py_a_sentence_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "own.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    assert "damaged" in sentence(tmp_path / "own.h5")
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert "pip install h5py" in sentence(tmp_path / "own.h5")


def test_matlab_files_are_turned(tmp_path):
    savemat(tmp_path / "own.mat", {"X": np.moveaxis(COLOUR, 0, -1), "y": LABELS[:, None], "info": {"a": 1}})
    images = load(tmp_path / "own.mat")
    assert are_same(images, COLOUR)
    assert label_names(images, COLOUR) == [str(label) for label in LABELS]
    assert len(images.left_out) == 1
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "new.mat", "w", userblock_size=512) as file:
        file["X"], file["y"] = np.moveaxis(COLOUR, 0, -1).T, LABELS[None]
    with (tmp_path / "new.mat").open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64")
    images = load(tmp_path / "new.mat")
    assert are_same(images, COLOUR)
    assert label_names(images, COLOUR) == [str(label) for label in LABELS]


def test_safetensors_are_read(tmp_path):
    tensors = {
        "images": torch.from_numpy(COLOUR),
        "labels": torch.from_numpy(LABELS),
        "odd": torch.zeros(2, 2, dtype=torch.float8_e4m3fn),
    }
    save_file(tensors, tmp_path / "own.safetensors")
    images = load(tmp_path / "own.safetensors")
    assert are_same(images, COLOUR)
    assert label_names(images, COLOUR) == [str(label) for label in LABELS]
    assert images.left_out == (("tensors of unusual types", 1),)
    save_file(tensors, tmp_path / "run.safetensors", {"recipe": "{}"})
    assert "is a run" in sentence(tmp_path / "run.safetensors")


def zipped(*names: str) -> bytes:
    import io

    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("own.zip", zipped("a/1.png", "a/2.png"), ("ZIP of pictures", "open the folder")),
        ("own.docx", zipped("word/document.xml"), ("ZIP file without arrays",)),
        ("own.npz", b"PK\x03\x04 no archive", ("damaged",)),
        ("own.npz", b"", ("empty",)),
        ("own.pkl", b"\x80\x04N.", ("pickle", "numpy.save")),
        ("own.parquet", b"PAR1" + bytes(40), ("Parquet", "open their folder")),
        ("own.png", b"\x89PNG\r\n\x1a\n" + bytes(40), ("is a picture", "folder")),
        ("own.tar.gz", gzip.compress(bytes(257) + b"ustar" + bytes(250)), ("tar archive", "unpack")),
        ("own.tar", bytes(257) + b"ustar" + bytes(250), ("tar archive", "unpack")),
        ("own.npy.gz", gzip.compress(b"\x93NUMPY"), ("packed by gzip", "unpack")),
        ("own.gz", b"\x1f\x8b broken", ("damaged",)),
        ("own.bz2", b"BZh91AY", ("bzip2", "unpack")),
        ("own.txt", "Grüße, this is text".encode(), ("is text", ".csv")),
        ("own.json", b"{}", ("JSON",)),
        ("own.mat", b"MATLAB 5.0 MAT-file" + bytes(200), ("damaged",)),
        ("own.pt", b"no torch", ("damaged",)),
        ("own.safetensors", b"x" * 30, ("damaged",)),
        ("own.dat", bytes(range(256)), ("no format that is known", ".npy")),
        ("own.npy", b"\x93NUMPY\x01\x00v\x00{'descr'", ("damaged",)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_called_by_its_name(name, content, words, tmp_path):
    (tmp_path / name).write_bytes(content)
    said = sentence(tmp_path / name)
    assert all(word in said for word in words), said


def test_what_is_not_there_or_a_folder_is_told(tmp_path):
    assert "does not exist" in sentence(tmp_path / "none.npz")
    (tmp_path / "own").mkdir()
    assert f"folder:{tmp_path / 'own'}" in sentence(tmp_path / "own")
    status = registry.status(f"array:{tmp_path / 'none.npz'}", tmp_path)
    assert not status.is_here
    assert status.problem is not None


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"images": GREY[0]}, "5 pixels are no square"),
        ({"images": GREY[:0]}, "none of them 0"),
        ({"images": GREY[:1]}, "two are needed"),
        ({"images": np.zeros((4, 6, 5, 2))}, "without an axis of 1, 3 or 4"),
        ({"images": np.zeros((64, 64, 3))}, "one picture"),
        ({"images": np.full((4, 6, 5), np.nan)}, "not finite"),
        ({"images": GREY.astype(complex)}, "complex128"),
        ({"images": GREY.astype(str)}, "<U"),
        ({"images": GREY, "labels": np.zeros(11, int)}, r"\(11,\)"),
        ({"images": GREY, "labels": np.full(12, -2)}, "or -1"),
        ({"images": GREY, "labels": np.full(12, 2**63, np.uint64)}, "whole numbers"),
        ({"images": GREY, "labels": np.full(12, 2), "class_names": ["a", "b"]}, "2 names"),
        ({"images": GREY, "labels": ["c"] * 12, "class_names": ["a", "b"]}, "'c', which is not in"),
        ({"images": GREY, "class_names": np.array([1, 2])}, "list of texts"),
        ({"images": GREY, "test_images": GREY[:, :4]}, "height and width equal"),
        ({"images": GREY, "test_images": GREY[:3], "test_labels": np.zeros(2, int)}, "3 images"),
        ({"images": GREY, "labels": LABELS, "test_images": GREY[:1], "test_labels": ["a"]}, "one texts"),
    ],
)
def test_mistakes_in_arrays_are_a_sentence(arrays, said, tmp_path):
    with pytest.raises(DatasetError, match=said) as caught:
        load(saved(tmp_path, **arrays))
    assert str(caught.value).endswith(".")


@settings(max_examples=40, **RELAXED)
@given(
    position=st.integers(0, 10_000),
    byte=st.integers(0, 255),
    length=st.integers(0, 10_000),
    kind=st.sampled_from(["npz", "npy", "h5", "idx", "pt"]),
)
def test_a_damaged_file_is_a_sentence_or_loads(position, byte, length, kind, tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / f"own.{kind}"
    if kind == "npz":
        saved(tmp_path, images=GREY, labels=LABELS)
    elif kind == "npy":
        np.save(path, GREY)
    elif kind == "h5":
        with h5py.File(path, "w") as file:
            file["images"] = GREY
    elif kind == "idx":
        path.write_bytes(idx(GREY))
    else:
        torch.save(torch.from_numpy(GREY), path)
    content = bytearray(path.read_bytes())
    content[position % len(content)] = byte
    path.write_bytes(content[: max(1, length % (2 * len(content)))])
    attempt(path)


@settings(max_examples=100, **RELAXED)
@given(
    images=hnp.arrays(
        st.sampled_from([np.bool_, np.uint8, np.int16, np.uint64, np.float16, np.float32, np.float64]),
        hnp.array_shapes(min_dims=1, max_dims=5, min_side=0, max_side=5),
    ),
    labels=st.none()
    | hnp.arrays(
        st.sampled_from([np.int8, np.int64, np.float32, np.bool_, "U2", "S2"]),
        hnp.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=5),
    ),
)
def test_any_array_loads_or_is_a_sentence(images, labels, tmp_path):
    result = attempt(saved(tmp_path, images=images, **({} if labels is None else {"labels": labels})))
    if not isinstance(result, str):
        assert len(result.train_images) + len(result.test_images) in images.shape


def test_opacity_may_begin_below_zero(tmp_path):
    """Of numbers from -1 to 1, -1 is nothing: white ink lies on black, and what is unseen by all ends nothing."""
    images = np.full((4, 8, 8, 4), -1, np.float32)
    images[:, 2:6, 2:6] = 1
    read = load(saved(tmp_path, images=images))
    assert np.unique(read.train_images[:, :, 2:6, 2:6]).tolist() == [255]
    assert np.unique(read.train_images[:, :, :2]).tolist() == [0]
    unseen = np.zeros((4, 8, 8, 4), np.int16)
    unseen[:2, ..., 3] = -1
    assert not isinstance(attempt(saved(tmp_path, images=unseen)), str)


def test_reading_is_told_and_can_be_cancelled(tmp_path):
    path = tmp_path / "own.npy"
    np.save(path, np.zeros((3000, 100, 100), np.uint8))
    for enough in (1, 2, 3):
        cancelled, heard = threading.Event(), []

        def hear(progress, cancelled=cancelled, heard=heard, enough=enough):
            heard.append(progress)
            if len(heard) == enough:
                cancelled.set()

        with pytest.raises(ReadingCancelledError):
            registry.load(f"array:{path}", tmp_path, reading=Reading(hear, cancelled))
        assert len(heard) == enough
    told = []
    registry.load(f"array:{path}", tmp_path, reading=Reading(told.append))
    assert [(each.step, each.what) for each in told] == [("looking", "images")] * 2 + [("reading", "images")] * 2
    assert told[-1] == ReadingProgress("reading", 3000, 3000, "images")


# Size


def test_a_large_array_never_becomes_floating_point_as_a_whole(tmp_path):
    import tracemalloc

    values = np.lib.format.open_memmap(tmp_path / "own.npy", "w+", np.float32, (4000, 64, 64))
    values[:] = np.linspace(0, 1, 64, dtype=np.float32)
    values.flush()
    tracemalloc.start()
    images = load(tmp_path / "own.npy")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(images.train_images) + len(images.test_images) == 4000
    assert most < values.nbytes + 40e6  # a quarter are the pixels themselves, the rest is read a part at a time


def test_tensors_of_one_shape_are_an_image_each(tmp_path):
    torch.save([torch.from_numpy(square) for square in SQUARES], tmp_path / "own.pt")
    assert are_same(load(tmp_path / "own.pt"), SQUARES)


def test_how_many_have_no_label_is_said(tmp_path):
    labels = np.where(np.arange(COUNT) < 2, -1, LABELS)
    assert said_in(load(saved(tmp_path, images=SQUARES, labels=labels)), f"2 of {COUNT} images have no label.")
