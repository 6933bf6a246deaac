"""Arrays and places that all rooms speak of: grey levels of images, and the order in which a map is gone through."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

Size = tuple[int, int]
"""Height and width of an image, in pixels."""

Position = tuple[float, float]
"""A place (x, y) on the plane of the map, in units of the latent space."""
Extent = tuple[float, float, float, float]
"""The left, right, bottom and top of a part of that plane."""

MOST_ORDERED = 10_000_000
"""Rows that are put into an order for the sake of the first of them."""
_DRAWN = 1 << 20  # rows at once


@lru_cache(maxsize=8)
def row_order(count: int) -> Integers:
    """Give so many rows in an order that is random and always the same: int64 (N,), not to be written to.

    Everything that is done to a map bit by bit, or to a sample of it, and the points as they are drawn, keep to this
    order: then what is done first is done for the same images. (How a data set is divided for training and testing is
    a matter of that set.)
    """
    order: Integers = np.random.default_rng(0).permutation(count)
    order.setflags(write=False)
    return order


def first_rows(count: int, most: int) -> Integers:
    """Give the first rows of `row_order`, at most so many: int64 (most,).

    Of more than ten million they are the first of another order that is as random and as lasting, of which no more is
    drawn than is asked for: the whole one of a hundred million takes 0.8 GB, and seconds.
    """
    if count <= MOST_ORDERED:
        return row_order(count)[:most]
    random, found = np.random.default_rng(0), np.empty(0, np.int64)
    while len(found) < min(most, count):
        drawn = np.concatenate([found, random.integers(count, size=_DRAWN)])
        found = drawn[np.sort(np.unique(drawn, return_index=True)[1])]
    return found[:most]


def sample_rows(count: int, most: int) -> Integers | slice:
    """Give at most so many rows of `count` that stand for all of them: the first in `row_order`, in ascending order.

    The first few as they lie would be of some classes only where a set is sorted by class. A smaller sample is a part
    of every larger one. Of more than ten million see `first_rows`.

    Returns
    -------
    int64 (most,), or slice
        A slice where it is all of them, or none, so that nothing is copied.
    """
    if most >= count or most < 1:
        return slice(0, max(0, min(most, count)))
    return np.sort(first_rows(count, most))


def to_floats(levels: npt.NDArray[np.uint8]) -> Floats:
    """Turn the 256 levels of an image into float32 in [0, 1]."""
    floats: Floats = np.divide(levels, 255, dtype=np.float32)
    return floats


def channels_last(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Turn images (..., C, H, W) into what they are elsewhere, as a view: (..., H, W) in grey, (..., H, W, 3) else."""
    return images[..., 0, :, :] if images.shape[-3] == 1 else np.moveaxis(images, -3, -1)


def to_levels(pixels: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Turn float32 in [0, 1] into the nearest of 256 levels, cut where it lies outside; leave uint8 as it is."""
    if pixels.dtype == np.uint8:
        return pixels
    levels: npt.NDArray[np.uint8] = np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    return levels
