"""What tests of folders of pictures share: painting them, and what was read of them."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from latentlab.core.data import registry
from latentlab.core.data.image_set import ImageSet


def paint(path: Path, grey: int = 100, size: tuple[int, int] = (20, 12), mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, grey).convert(mode).save(path)


def write(path: Path, numbers: np.ndarray) -> None:
    Image.fromarray(numbers).save(path)


def load(folder: Path, **choices: object) -> ImageSet:
    return registry.load(f"folder:{folder}", folder, **choices)  # type: ignore[arg-type]


def levels(images: ImageSet) -> list[int]:
    """Give the middle pixel of every image, sorted."""
    everything = torch.cat([images.train_images, images.test_images])
    return sorted(everything[:, 0, everything.shape[2] // 2, everything.shape[3] // 2].tolist())


def notes(images: ImageSet) -> str:
    assert all(note.endswith(".") for note in images.notes)
    return " ".join(images.notes)


def counts(images: ImageSet) -> tuple[int, int]:
    return len(images.train_images), len(images.test_images)
