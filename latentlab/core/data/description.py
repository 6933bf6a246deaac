"""What was read of an image set, for those who want to see it: numbers and sentences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from latentlab.core.data.image_findings import of_images
from latentlab.core.data.image_set import ImageSet

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
    """Describe an image set; a billion pixels take a second."""
    parts = [images.numpy() for images in (data.train_images, data.test_images)]
    labels = torch.cat([data.train_labels, data.test_labels])
    counts = labels[labels >= 0].bincount(minlength=len(data.class_names))
    total = sum(part.sum(dtype=np.int64) for part in parts)
    return Description(
        name=data.name,
        title=data.title,
        training=len(parts[0]),
        test=len(parts[1]),
        shape=data.image_shape,
        class_names=data.class_names,
        class_counts=tuple(counts.tolist()),
        range=(min(int(part.min()) for part in parts), max(int(part.max()) for part in parts)),
        mean=round(float(total) / sum(part.size for part in parts), 3),
        left_out=dict(data.left_out),
        notes=(*data.notes, *(finding.sentence for finding in of_images(data))),
    )
