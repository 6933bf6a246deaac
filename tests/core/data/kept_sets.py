"""What tests of the cache and of its maps share: a set of noise, what is kept of it, and whether two are one."""

from dataclasses import fields

import numpy as np
import torch

from latentlab.core.data.image_set import ImageSet
from latentlab.core.data.mapped_images import cache_dir

KEY = "0" * 32


def patches(room, seed=0, name="patches", count=10):
    """Make a set of noise."""
    images = room((count, 3, 8, 8))
    images[:] = np.random.default_rng(seed).integers(0, 256, images.shape, np.uint8)
    pixels, labels = torch.from_numpy(images), torch.arange(count)
    return ImageSet(name, name, pixels[:7], labels[:7], pixels[7:], labels[7:], tuple("abcdefghij"))


def never(room):
    raise AssertionError("it is read again")


def stored():
    return sorted(path.name for path in cache_dir().iterdir()) if cache_dir().exists() else []


def are_equal(first, second):
    for each in fields(ImageSet):
        if each.name == "folder":  # where it was read, whatever it is
            continue
        mine, theirs = getattr(first, each.name), getattr(second, each.name)
        if isinstance(mine, torch.Tensor):
            assert torch.equal(mine, theirs), each.name
            assert mine.dtype == theirs.dtype
        elif each.name.endswith("columns"):
            for one, other in zip(mine, theirs, strict=True):
                assert (one.name, one.texts) == (other.name, other.texts)
                assert np.array_equal(one.values, other.values, equal_nan=True)
        else:
            assert mine == theirs, each.name
