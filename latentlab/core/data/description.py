"""What was read of an image set, for those who want to see it: numbers and sentences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.data.image_findings import of_images
from latentlab.core.data.image_set import ImageSet
from latentlab.core.data.mapped_images import let_go

_COUNTED = 1_000_000  # labels at once
ON_A_SHEET = 64  # the first training images, beside it


@dataclass(frozen=True, slots=True)
class Description:
    """An image set in numbers and sentences.

    Attributes
    ----------
    training, test : int
        How many images there are.
    shape : tuple of int
        Channels, height and width.
    class_names : tuple of str
    class_counts : tuple of int
        How many images there are of each class, for training and testing together.
    range : tuple of int
        The lowest and the highest level of all pixels, from 0 to 255.
    mean : float
        Their mean level.
    left_out : dict of str to int
        How much was left out, and why.
    notes : tuple of str
        What was guessed or changed, and what nothing can be learned from.
    """

    name: str
    title: str
    training: int
    test: int
    shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    class_counts: tuple[int, ...]
    range: tuple[int, int]
    mean: float
    left_out: dict[str, int]
    notes: tuple[str, ...]


def described(data: ImageSet) -> Description:
    """Describe an image set; a billion pixels take a second, where nobody knows their levels yet."""
    is_known = data.levels is not None and data.train_rows is None and data.test_rows is None
    lowest, highest, mean = data.levels if is_known and data.levels else _levels(data)
    return Description(
        name=data.name,
        title=data.title,
        training=len(data.train_images),
        test=len(data.test_images),
        shape=data.image_shape,
        class_names=data.class_names,
        class_counts=_class_counts(data),
        range=(lowest, highest),
        mean=round(mean, 3),
        left_out=dict(data.left_out),
        notes=(*data.notes, *(finding.sentence for finding in of_images(data))),
    )


def _class_counts(data: ImageSet) -> tuple[int, ...]:
    counts = np.zeros(1 + len(data.class_names), np.int64)  # the first is of those without a label
    for labels in (data.train_labels.numpy(), data.test_labels.numpy()):
        for begin in range(0, len(labels), _COUNTED):
            counts += np.bincount(labels[begin : begin + _COUNTED] + 1, minlength=len(counts))[: len(counts)]
        let_go(labels)
    return tuple(counts[1:].tolist())


def _levels(data: ImageSet) -> tuple[int, int, float]:
    parts = [images.numpy() for images in (data.train_images, data.test_images)]
    total = sum(part.sum(dtype=np.int64) for part in parts)
    mean = float(total) / sum(part.size for part in parts)
    return min(int(part.min()) for part in parts), max(int(part.max()) for part in parts), mean
