"""The order in which the images of a large map are gone through, so that the first of them speak for all."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from latentlab.core.arrays import Integers


@lru_cache(maxsize=4)
def row_order(count: int) -> Integers:
    """Give so many rows in an order that is random and always the same: int64 (N,), not to be written to.

    Everything that is done to a map bit by bit, or to a sample of it, keeps to this order: then what is done first
    is done for the same images.
    """
    order: Integers = np.random.default_rng(0).permutation(count)
    order.setflags(write=False)
    return order
