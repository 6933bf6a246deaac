"""What an image set holds, told before one trains on it, and a sheet of its images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from latentlab.core.data.image_set import ImageSet

SHEET = 64  # images


@dataclass(frozen=True, slots=True)
class Description:
    """What an image set holds."""

    name: str
    title: str
    training: int
    test: int
    shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    class_counts: tuple[int, ...]
    range: tuple[int, int]
    mean: float
    left_out: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]


def describe(data: ImageSet) -> Description:
    """Tell what a set holds."""
    labels = torch.cat([data.train_labels, data.test_labels])
    labels = labels[labels >= 0]
    images = data.train_images
    return Description(
        data.name,
        data.title,
        len(data.train_labels),
        len(data.test_labels),
        data.image_shape,
        data.class_names,
        tuple(torch.bincount(labels, minlength=len(data.class_names)).tolist()),
        (int(images.min()), int(images.max())),
        float(images.double().mean()),
        data.left_out,
        data.notes,
    )


def sheet(data: ImageSet) -> npt.NDArray[np.uint8]:
    """Give the first images."""
    return data.train_images[:SHEET].numpy()
