"""What tests of packed sets share: sets with all that a set may have, and packs of files of 64 kB."""

import math
from dataclasses import replace

import numpy as np
import torch

from latentlab.core.data.columns import Column
from latentlab.core.data.image_set import ImageSet
from latentlab.core.data.shards.shard_index import Index, Shard

COUNT, TRAINING = 130, 100


def everything(paired=False, seed=0):
    """Make a set in colour, of a size that no page is a multiple of, with all that may belong to images."""
    random = np.random.default_rng(seed)
    images, noisy = torch.from_numpy(random.integers(0, 256, (2, COUNT, 3, 19, 23), np.uint8))
    labels = torch.arange(COUNT) % 4 - 1
    numbers = random.normal(size=COUNT)
    numbers[5] = np.nan
    columns = (
        Column("weight", numbers),
        Column("id", 2**60 + np.arange(COUNT)),
        Column("far", 2**63 + np.arange(COUNT, dtype=np.uint64)),
        Column("kind", (np.arange(COUNT) % 2).astype(np.float64), ("früh", "spät")),
    )
    train, test = slice(TRAINING), slice(TRAINING, None)
    return ImageSet(
        name="everything",
        title="Everything",
        train_images=images[train],
        train_labels=labels[train],
        test_images=images[test],
        test_labels=labels[test],
        class_names=("a", "b", "ç"),
        train_noisy=noisy[train] if paired else None,
        test_noisy=noisy[test] if paired else None,
        train_columns=tuple(column.taken(train) for column in columns),
        test_columns=tuple(column.taken(test) for column in columns),
        left_out=(("files that cannot be read", 3),),
        notes=("Something was guessed.",),
    )


def as_packed(data, name):
    """Give what a set should come back as under another name."""
    images = torch.cat([data.train_images, data.test_images])
    levels = int(images.min()), int(images.max()), float(images.double().mean())
    return replace(data, name=name, levels=levels)


def sparse(folder, shape, count, test=1000):
    """Make a pack of any size that takes some megabytes of a disk: all but the first images are holes."""
    folder.mkdir()
    facts = {"pairs": False, "source": "none", "title": "Sparse", "fingerprint": "0" * 16, "class_names": ("one",)}
    facts |= {"training": count - test, "test": test, "shape": shape, "shard_bytes": 1 << 28}
    streams = Index.model_construct(**facts, columns=(), shards={}).streams()
    shard = Shard(digest="0" * 32, lowest=0, highest=255, total=1)
    index = Index(**facts, shards={each.name: (shard,) * -(-each.bytes // (1 << 28)) for each in streams})
    for stream in streams:
        for name, begin, end in index.pieces(stream):
            with (folder / name).open("wb") as file:
                file.truncate(end - begin)
    with (folder / "images-00000.bin").open("r+b") as file:
        file.write(np.random.default_rng(0).integers(0, 256, 500 * math.prod(shape), np.uint8).tobytes())
    index.write(folder)
    return index
