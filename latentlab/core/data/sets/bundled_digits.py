"""The digits that come with scikit-learn, brought to the form of MNIST; they need no network."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np

from latentlab.core.data.dataset import Local
from latentlab.core.data.image_set import ImageSet
from latentlab.core.data.sets import scikit_learn_files

if TYPE_CHECKING:
    import torch

_SIZE, _BOX = 28, 20
_FINE = 50  # side of the enlarged image that bounding box and centre of mass are measured on
_FAINT, _FULL = 0.15, 0.85  # greys stretched from here to black and white: enlarging 8x8 pixels blurs the edges


def load() -> ImageSet:
    """Give 1,797 handwritten digits (UCI, Alpaydin and Kaynak), every fifth of each class for testing."""
    import torch

    small, labels = _read()
    images = as_mnist(small)[:, None]
    is_test = torch.zeros(len(labels), dtype=torch.bool)
    for digit in range(10):
        is_test[torch.nonzero(labels == digit)[4::5]] = True
    return ImageSet(
        name=DATASET.name,
        title=DATASET.title,
        train_images=images[~is_test],
        train_labels=labels[~is_test],
        test_images=images[is_test],
        test_labels=labels[is_test],
        class_names=tuple("0123456789"),
    )


DATASET = Local("digits", "Digits (bundled)", load, 1442, 355)


def as_mnist(small: torch.Tensor) -> torch.Tensor:
    """Enlarge images the way MNIST was made: ink fitted into 20x20, its centre of mass amid 28x28, brightest 255.

    Parameters
    ----------
    small : float32 (N, h, w)
        Ink in [0, 1]; every image has some.

    Returns
    -------
    uint8 (N, 28, 28)
    """
    import torch
    from torch.nn import functional

    padded = functional.pad(small[:, None], (1, 1, 1, 1))
    fine = functional.interpolate(padded, size=(_FINE, _FINE), mode="bicubic", align_corners=False)
    fine = ((fine - _FAINT) / (_FULL - _FAINT)).clamp(0, 1)
    ink = fine[:, 0]
    is_ink = ink > 0.2
    side = torch.maximum(_extent(is_ink.any(dim=2)), _extent(is_ink.any(dim=1)))
    place = torch.arange(_FINE) + 0.5
    total = ink.sum(dim=(1, 2))
    centre_y = (ink.sum(dim=2) * place).sum(dim=1) / total
    centre_x = (ink.sum(dim=1) * place).sum(dim=1) / total

    # Where each pixel of the result is looked up in `fine`, both measured from -1 to 1.
    lookup = torch.zeros(len(small), 2, 3)
    lookup[:, 0, 0] = lookup[:, 1, 1] = side / _BOX * _SIZE / _FINE
    lookup[:, 0, 2] = 2 * centre_x / _FINE - 1
    lookup[:, 1, 2] = 2 * centre_y / _FINE - 1
    grid = functional.affine_grid(lookup, [len(small), 1, _SIZE, _SIZE], align_corners=False)
    placed = functional.grid_sample(fine, grid, mode="bilinear", align_corners=False)[:, 0]
    return (placed * (255 / placed.amax(dim=(1, 2), keepdim=True))).round().to(torch.uint8)


def _extent(is_ink: torch.Tensor) -> torch.Tensor:
    """Give the distance from the first to the last place with ink in each row of a (N, L) mask."""
    import torch

    places = torch.arange(is_ink.shape[1], dtype=torch.float32)
    first = torch.where(is_ink, places, torch.inf).amin(dim=1)
    last = torch.where(is_ink, places, -torch.inf).amax(dim=1)
    return last - first + 1


def _read() -> tuple[torch.Tensor, torch.Tensor]:
    """Give ink (1797, 8, 8) in [0, 1] and labels (1797,)."""
    import torch

    path = scikit_learn_files.find("data", "digits.csv.gz")
    if path is not None:
        with gzip.open(path, "rt", encoding="ascii") as file:
            table = np.loadtxt(file, delimiter=",", dtype=np.float32)
        ink, labels = table[:, :-1], table[:, -1]
    else:
        from sklearn.datasets import load_digits

        ink, labels = load_digits(return_X_y=True)
    small = torch.from_numpy(np.asarray(ink, dtype=np.float32)).view(-1, 8, 8) / 16
    return small, torch.from_numpy(np.asarray(labels, dtype=np.int64))
