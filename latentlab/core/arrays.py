"""Arrays and places that all rooms speak of, and the order in which a large array is gone through."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

Position = tuple[float, float]
"""A place (x, y) on the plane of the map, in units of the latent space."""
Extent = tuple[float, float, float, float]
"""The left, right, bottom and top of a part of that plane."""


@lru_cache(maxsize=4)
def row_order(count: int) -> Integers:
    """Give so many rows in an order that is random and always the same: int64 (N,), not to be written to.

    Everything that is done to a map bit by bit, or to a sample of it, keeps to this order: then what is done first
    is done for the same images.
    """
    order: Integers = np.random.default_rng(0).permutation(count)
    order.setflags(write=False)
    return order
