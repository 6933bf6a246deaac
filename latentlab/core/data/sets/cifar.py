"""CIFAR-10: small photographs of animals and vehicles, from the version that holds no pickles."""

from __future__ import annotations

import tarfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from latentlab.core.data.sets.downloaded import Source
from latentlab.core.data.sets.stored_set import Extraction, StoredSet

_SHAPE = (3, 32, 32)
_TRAIN, _TEST = tuple(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"


def _extract(arrived: Sequence[Path]) -> Extraction:
    """Read batches: a byte for the class and 3,072 for the pixels of each image, plane by plane."""
    batches = {}
    with tarfile.open(arrived[0], "r:gz") as archive:
        for member in archive:
            name = PurePosixPath(member.name).name
            if name in (*_TRAIN, _TEST) and (file := archive.extractfile(member)):
                yield name
                batches[name] = np.frombuffer(file.read(), np.uint8).reshape(-1, 1 + np.prod(_SHAPE))
    train, test = np.concatenate([batches[name] for name in _TRAIN]), batches[_TEST]
    return (
        *(train[:, 1:].reshape(-1, *_SHAPE), train[:, 0].astype(np.int64)),
        *(test[:, 1:].reshape(-1, *_SHAPE), test[:, 0].astype(np.int64)),
    )


DATASET = StoredSet(
    name="cifar-10",
    title="CIFAR-10",
    train_count=50_000,
    test_count=10_000,
    download_bytes=170_052_171,
    class_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    place=("cifar-10",),
    fetched=(Source("c32a1d4ab5d03f1284b67883e8d87530", ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",)),),
    extract=_extract,
)
