"""Codes in rows and columns, decoded a part at a time; and a sentence where they cannot be."""

from __future__ import annotations

import math

import numpy as np

from latentlab.core.arrays import Floats, Integers
from latentlab.core.errors import LatentlabError
from latentlab.core.models.snapshot import Snapshot

_MOST_PIXELS = 40_000_000  # of all the images: 160 MB
_CHUNK_PIXELS = 400_000  # at once: a convolutional decoder holds a hundred times as much


def decode_grid(snapshot: Snapshot, codes: Floats, labels: Integers) -> Floats:
    """Decode a grid of codes.

    Parameters
    ----------
    snapshot : Snapshot
    codes : float32 (R, C, L)
    labels : int64 (R, C)
        Decoded under them, by a CVAE; other models take no notice.

    Returns
    -------
    float32 (R, C, H, W)
        In [0, 1].

    Raises
    ------
    LatentlabError
        When the images would not fit into memory.
    """
    height, width = snapshot.image_shape
    count = codes.shape[0] * codes.shape[1]
    need_room(snapshot, count)
    flat, under = codes.reshape(count, -1), labels.reshape(count)
    images = np.empty((count, height, width), np.float32)
    step = max(1, _CHUNK_PIXELS // (height * width))
    for start in range(0, count, step):
        part = slice(start, start + step)
        images[part] = snapshot.decode(flat[part], under[part])
    return images.reshape(*codes.shape[:2], height, width)


def need_room(snapshot: Snapshot, count: int) -> None:
    """Refuse more images than fit into memory, before so many codes are made.

    Raises
    ------
    LatentlabError
        When there are too many.
    """
    if count * math.prod(snapshot.image_shape) > _MOST_PIXELS:
        raise LatentlabError("Images of this size make too large a picture: choose fewer of them.")
