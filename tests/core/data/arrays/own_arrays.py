"""What tests of a person's own arrays share: images that are told apart, and looking for them in what was read."""

from pathlib import Path

import numpy as np
import torch
from hypothesis import HealthCheck

from latentlab.core.data import registry
from latentlab.core.data.image_set import ImageSet
from tests.core.data import sentences

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
    said = sentences.sentence_of(load, path)
    assert path.name in said
    return said


def attempt(path: Path) -> ImageSet | str:
    return sentences.attempt(load, path)


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


def idx(array: np.ndarray) -> bytes:
    kind = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}[array.dtype.str[1:]]
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, kind, array.ndim]) + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()
