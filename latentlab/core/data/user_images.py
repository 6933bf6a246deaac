"""A person's own images as arrays in an ``.npz`` file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from latentlab.core.data import user_columns
from latentlab.core.data.columns import Column, taken
from latentlab.core.data.image_set import NO_LABEL, DatasetError, ImageSet, split

_AT_ONCE = 10_000  # images

_Bytes = npt.NDArray[np.uint8]
_Integers = npt.NDArray[np.int64]
_Part = tuple[_Bytes, _Integers, tuple[Column, ...]]


def load_array(name: str, path: Path) -> ImageSet:
    """Load arrays that ``numpy.savez`` wrote.

    ``images`` is (N, H, W), or has one further axis of length 1 for the channel; values are 0 to 255, or 0 to 1.
    Optional are ``labels`` (N,), whole numbers, -1 for none; ``class_names`` (K,), text; and ``test_images`` with
    ``test_labels``, without which a sixth of each class is set apart for testing. Every further array (N,) of numbers
    or texts is a column to colour the map by, with ``test_NAME`` for test images: see `user_columns.of_arrays`.

    Raises
    ------
    DatasetError
        If the file or one of its arrays cannot be used.
    """
    arrays = _read_arrays(path)
    if "images" not in arrays:
        raise DatasetError(f"{path} has no array 'images' (it has: {', '.join(arrays) or 'none'}): add one, (N, H, W).")
    images = _grey(arrays["images"], f"'images' in {path}")
    tests = _grey(arrays["test_images"], f"'test_images' in {path}") if "test_images" in arrays else images[:0]
    if images.shape[1:] != tests.shape[1:]:
        raise DatasetError(
            f"In {path}, 'images' has the shape {images.shape}, but 'test_images' {tests.shape}: make their height "
            "and width equal."
        )
    # One scale for both: values are taken to be 0 to 1 only if all of them are.
    is_unit = max(float(part.max()) for part in (images, tests) if part.size) <= 1
    images, tests = _bytes(images, is_unit), _bytes(tests, is_unit)
    labels = _labels(arrays, "labels", len(images), path)
    test_labels = _labels(arrays, "test_labels", len(tests), path)
    if "test_images" in arrays and ("labels" in arrays) != ("test_labels" in arrays):
        raise DatasetError(f"{path} has labels for only one of 'images' and 'test_images': add or remove them.")
    labels, test_labels, class_names = _classes(arrays, labels, test_labels, path)
    columns, test_columns = user_columns.of_arrays(arrays, len(images), len(tests), path)
    if len(tests):
        return _as_set(name, path.stem, (images, labels, columns), (tests, test_labels, test_columns), class_names)
    if len(images) < 2:
        raise DatasetError(f"{path} holds one image, and two are needed, one of them for testing.")
    return _split_set(name, path.stem, images, labels, class_names, columns)


def _split_set(
    name: str,
    title: str,
    images: _Bytes,
    labels: _Integers,
    class_names: tuple[str, ...],
    columns: tuple[Column, ...],
) -> ImageSet:
    train, test = ((images[rows], labels[rows], taken(columns, rows)) for rows in split(labels))
    return _as_set(name, title, train, test, class_names)


def _as_set(name: str, title: str, train: _Part, test: _Part, class_names: tuple[str, ...]) -> ImageSet:
    return ImageSet(
        name=name,
        title=title,
        train_images=torch.from_numpy(train[0])[:, None],
        train_labels=torch.from_numpy(train[1]),
        test_images=torch.from_numpy(test[0])[:, None],
        test_labels=torch.from_numpy(test[1]),
        class_names=class_names,
        train_columns=train[2],
        test_columns=test[2],
    )


def _read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as opened:
            arrays = {key: opened[key] for key in opened.files}
    except FileNotFoundError as error:
        raise DatasetError(f"{path} does not exist: give the path of an .npz file.") from error
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or 'it is damaged'}.") from error
    except Exception as error:  # damaged archives raise nearly anything: BadZipFile, zlib.error, MemoryError, ...
        raise DatasetError(
            f"{path} cannot be read as arrays of numbers and text ({type(error).__name__}): "
            "write it with numpy.savez, without object arrays."
        ) from error
    # A member that is no array comes as bytes.
    return {key: array for key, array in arrays.items() if isinstance(array, np.ndarray)}


def _grey(images: npt.NDArray[Any], which: str) -> npt.NDArray[Any]:
    """Check images and give them as (N, H, W) numbers in [0, 255]."""
    shape = images.shape
    if images.ndim == 4 and shape[3] == 1:
        images = images[..., 0]
    elif images.ndim == 4 and shape[1] == 1:
        images = images[:, 0]
    elif images.ndim == 4 and (shape[3] in (3, 4) or shape[1] in (3, 4)):
        raise DatasetError(f"{which} is in colour, {shape}: make it grey first, (N, H, W).")
    if images.ndim != 3 or not images.size:
        raise DatasetError(f"{which} has the shape {shape}: it must be (N, H, W), none of them 0.")
    if images.dtype.kind not in "buif":
        raise DatasetError(f"{which} holds {images.dtype} values: use uint8, or floating point in [0, 1].")
    if images.dtype.kind == "f" and not all(np.isfinite(part).all() for part in _parts(images)):
        raise DatasetError(f"{which} holds values that are not finite (NaN or infinity): replace them.")
    lowest, highest = images.min(), images.max()
    if lowest < 0 or highest > 255:
        raise DatasetError(f"{which} holds values from {lowest:g} to {highest:g}: scale them to [0, 1] or 0 to 255.")
    return images


def _bytes(images: npt.NDArray[Any], is_unit: bool) -> _Bytes:
    if images.dtype == np.uint8 and not is_unit:
        return np.ascontiguousarray(images)
    made = np.empty(images.shape, np.uint8)
    for part, into in zip(_parts(images), _parts(made), strict=True):  # never all of them as floating point
        into[...] = np.rint(part * 255.0 if is_unit else part)
    return made


def _parts(images: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    return np.array_split(images, max(1, -(-len(images) // _AT_ONCE)))


def _labels(arrays: dict[str, npt.NDArray[Any]], key: str, count: int, path: Path) -> _Integers:
    if key not in arrays:
        return np.full(count, NO_LABEL, dtype=np.int64)
    labels = arrays[key]
    if labels.shape != (count,):
        images = key.replace("labels", "images")
        raise DatasetError(
            f"'{key}' in {path} has the shape {labels.shape}, but there are {count:,} '{images}': give one label each."
        )
    if labels.dtype.kind not in "bui":
        raise DatasetError(
            f"'{key}' in {path} holds {labels.dtype} values: use whole numbers from 0, and 'class_names'."
        )
    if labels.size and (int(labels.min()) < NO_LABEL or int(labels.max()) >= 2**62):
        raise DatasetError(f"'{key}' in {path} must be whole numbers from 0, or -1 for an image without a label.")
    return labels.astype(np.int64)


def _classes(
    arrays: dict[str, npt.NDArray[Any]], labels: _Integers, test_labels: _Integers, path: Path
) -> tuple[_Integers, _Integers, tuple[str, ...]]:
    """Name the classes; without names they are called by their numbers, and numbers left out get no class."""
    everything = np.concatenate([labels, test_labels])
    if "class_names" not in arrays:
        values = np.unique(everything[everything >= 0])
        labels, test_labels = (
            np.where(part < 0, NO_LABEL, np.searchsorted(values, part)).astype(np.int64)
            for part in (labels, test_labels)
        )
        return labels, test_labels, tuple(str(value) for value in values)
    given = arrays["class_names"]
    if given.ndim != 1 or given.dtype.kind != "U":
        raise DatasetError(f"'class_names' in {path} must be a list of texts, one for each class.")
    if everything.size and int(everything.max()) >= len(given):
        raise DatasetError(
            f"A label in {path} is {int(everything.max())}, but 'class_names' has {len(given)} names, "
            "for labels from 0: add names or correct the labels."
        )
    return labels, test_labels, tuple(str(text) for text in given)
