"""SVHN: house numbers as they are seen from the street, cut to single digits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from latentlab.core.data.sets.downloaded import Source
from latentlab.core.data.sets.stored_set import Extraction, StoredSet

_URL = "http://ufldl.stanford.edu/housenumbers/"


def _extract(arrived: Sequence[Path]) -> Extraction:
    """Read MATLAB files: images (32, 32, 3, N), and labels (N, 1) where 10 stands for the digit 0."""
    from scipy.io import loadmat  # here, since it takes a third of a second

    arrays = []
    for path in arrived:
        yield path.name
        stored = loadmat(str(path), variable_names=("X", "y"))  # arrays alone: what is code in such a file is not run
        arrays += [np.ascontiguousarray(stored["X"].transpose(3, 2, 0, 1)), stored["y"].ravel().astype(np.int64) % 10]
    train_images, train_labels, test_images, test_labels = arrays
    return train_images, train_labels, test_images, test_labels


DATASET = StoredSet(
    name="svhn",
    title="SVHN house numbers",
    train_count=73_257,
    test_count=26_032,
    download_bytes=246_316_178,
    place=("svhn",),
    fetched=(
        Source("e26dedcc434d2e4c54c9b2d4a06d8373", (f"{_URL}train_32x32.mat",)),
        Source("eb5a983be6a315427106f1b164d9cef3", (f"{_URL}test_32x32.mat",)),
    ),
    extract=_extract,
)
