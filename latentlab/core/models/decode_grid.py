"""Codes in rows and columns, decoded a part at a time; and a sentence where they cannot be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from latentlab.core.arrays import Floats, Integers
from latentlab.core.errors import LatentlabError
from latentlab.core.progress import reached

if TYPE_CHECKING:
    from latentlab.core.models.snapshot import Snapshot

_MOST_PIXELS = 40_000_000  # of all the images: 160 MB
_CHUNK_PIXELS = 400_000  # at once: a convolutional decoder holds a hundred times as much


def decode_grid(snapshot: Snapshot, codes: Floats, labels: Integers) -> Floats:
    """Decode a grid of codes, or codes in any other order.

    Parameters
    ----------
    snapshot : Snapshot
    codes : float32 (..., L)
    labels : int64 (...)
        Decoded under them, by a CVAE; other models take no notice.

    Returns
    -------
    float32 (..., C, H, W)
        In [0, 1].

    Raises
    ------
    LatentlabError
        When the images would not fit into memory.
    """
    count = labels.size
    need_room(snapshot, count)
    flat, under = codes.reshape(count, -1), labels.reshape(count)
    images = np.empty((count, *snapshot.image_shape), np.float32)
    step = chunk_of(snapshot)
    for start in range(0, count, step):
        part = slice(start, start + step)
        images[part] = snapshot.decode(flat[part], under[part])
        reached(min(1.0, (start + step) / count))
    return images.reshape(*labels.shape, *snapshot.image_shape)


def chunk_of(snapshot: Snapshot) -> int:
    """Give how many images a model may decode together."""
    return max(1, _CHUNK_PIXELS // math.prod(snapshot.image_shape))


def need_room(snapshot: Snapshot, count: int, what: str = "picture") -> None:
    """Refuse more images than fit into memory, before so many codes are made.

    Raises
    ------
    LatentlabError
        When there are too many.
    """
    if count * math.prod(snapshot.image_shape) > _MOST_PIXELS:
        raise LatentlabError(f"Images of this size make too large a {what}: choose fewer of them.")
