"""A person's own arrays as an image set: of a file of any format that is known, and of files beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from latentlab.core.data import image_cache
from latentlab.core.data.arrays.array_axes import laid_out
from latentlab.core.data.arrays.array_columns import of_arrays
from latentlab.core.data.arrays.array_labels import Classes, as_classes, classes_of
from latentlab.core.data.arrays.array_parts import Part, files_beside, parts_of
from latentlab.core.data.arrays.array_pixels import fill, look_of
from latentlab.core.data.arrays.formats import hdf5_files
from latentlab.core.data.arrays.stored_array import Array, StoredArray
from latentlab.core.data.columns import taken
from latentlab.core.data.image_set import DatasetError, ImageSet, without_label
from latentlab.core.data.mapped_images import Room
from latentlab.core.data.reading import Reading
from latentlab.core.data.splitting import split


def load_array(name: str, path: Path, reading: Reading | None = None) -> ImageSet:
    """Load the arrays of a file: images, and what else there is of labels, images to test with, and columns.

    Images are (N, H, W), (N, H, W, C) or (N, C, H, W), numbers of any type: see `levels.scale_of` for how they become
    0 to 255. Labels are whole numbers, texts, or rows of which one number is 1; NaN, -1 or no text is no label. Further
    arrays of a number or a text an image are columns to colour the map by. Without images to test with, a part of each
    class is set apart. What was assumed is told in `ImageSet.notes`, what is not used in `ImageSet.left_out`. What took
    long is kept, for as long as no file changes: see `image_cache`.

    Parameters
    ----------
    name : str
        Of the set.
    path : Path
    reading : Reading, optional
        Who follows it.

    Raises
    ------
    DatasetError
        When the file cannot be used, or the reading was cancelled.
    """
    key = image_cache.key_of([path, *files_beside(path)], name, hdf5_files.can_be_read())
    return image_cache.cached(key, lambda room: _read(name, path, reading or Reading(), room))


def _read(name: str, path: Path, reading: Reading, room: Room) -> ImageSet:
    parts = parts_of(path)
    notes = parts.notes
    assert parts.train.images is not None
    images = _laid(parts.train, parts.train.images, notes)
    tests = None if parts.test.images is None else _laid(parts.test, parts.test.images, notes)
    if tests is not None and images.shape[2:] != tests.shape[2:]:
        mine, theirs = (f"{source.shape[2]}×{source.shape[3]}" for source in (images, tests))
        raise DatasetError(
            f"In {path}, the images to train with have {mine} pixels, those to test with {theirs}: make their height "
            "and width equal."
        )
    counts = (len(images), 0 if tests is None else len(tests))
    classes = _classes(parts.train, parts.test, counts, parts.class_names, notes)
    notes += without_label(classes.labels, classes.test_labels) if classes.names else []
    columns, test_columns = of_arrays(parts.train.others, parts.test.others, *counts, notes)
    look = look_of([images] if tests is None else [images, tests], reading)
    notes += [note for note in look.notes if note not in notes]
    shape = (look.channels, *images.shape[2:])
    labels, test_labels = classes.labels, classes.test_labels
    if tests is not None:
        both = room((len(images) + len(tests), *shape))
        pixels, test_pixels = both[: len(images)], both[len(images) :]
        fill(images, look, [(pixels, np.arange(len(images)))], reading)
        fill(tests, look, [(test_pixels, np.arange(len(tests)))], reading)
    else:
        if len(images) < 2:
            raise DatasetError(f"{path} holds one image, and two are needed, one of them for testing.")
        rows, test_rows = split(labels)
        both = room((len(images), *shape))
        pixels, test_pixels = both[: len(rows)], both[len(rows) :]
        fill(images, look, [(pixels, rows), (test_pixels, test_rows)], reading)
        labels, test_labels = labels[rows], labels[test_rows]
        columns, test_columns = taken(columns, rows), taken(columns, test_rows)
    return ImageSet(
        name=name,
        title=path.stem,
        train_images=torch.from_numpy(pixels),
        train_labels=torch.from_numpy(labels),
        test_images=torch.from_numpy(test_pixels),
        test_labels=torch.from_numpy(test_labels),
        class_names=classes.names,
        train_columns=columns,
        test_columns=test_columns,
        left_out=parts.left_out,
        notes=tuple(notes),
    )


def _laid(part: Part, images: StoredArray, notes: list[str]) -> StoredArray:
    labels = part.labels
    laid = laid_out(images, None if labels is None or max(labels.shape) != np.prod(labels.shape) else max(labels.shape))
    notes += laid.notes
    return laid.images


def _classes(train: Part, test: Part, counts: tuple[int, int], names: StoredArray | None, notes: list[str]) -> Classes:
    """Make classes of labels; those that are none become columns."""
    found: list[Array | None] = []
    for part, count in zip((train, test), counts, strict=True):
        labels = part.labels
        if labels is None or not count:
            found.append(None)
            continue
        if labels.shape[0] != count and labels.shape[::-1][0] == count:  # a row, as of MATLAB
            labels = labels.turned(np.transpose, labels.shape[::-1])
        if labels.shape[0] != count:
            raise DatasetError(
                f"{labels.what} has the shape {labels.shape}, but there are {count:,} images: give one label each."
            )
        values = as_classes(labels)
        if values is None:
            part.others["labels"] = labels
            notes.append(f"{labels.short} does not name classes, and is used to colour the map by.")
        found.append(values)
    if counts[1] and (found[0] is None) != (found[1] is None):
        which = "train" if found[0] is None else "test"
        notes.append(f"The images to {which} with have no labels.")
    return classes_of(found[0], found[1], counts, names)
