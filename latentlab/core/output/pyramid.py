"""A large picture at several sizes, so that any part of it can be shown at any zoom without delay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Bytes, to_levels

_SMALLEST = 512  # pixels on the longer side: below that every screen is large enough


@dataclass(frozen=True, slots=True, eq=False)
class Pyramid:
    """A picture, and the same again and again at half the size.

    Attributes
    ----------
    levels : tuple of uint8 (C, H, W)
        The picture itself first.
    """

    levels: tuple[Bytes, ...]

    @classmethod
    def of(cls, picture: npt.ArrayLike) -> Self:
        """Make the smaller ones: of uint8 (C, H, W), or float32 (C, H, W) in [0, 1]."""
        levels = [np.ascontiguousarray(to_levels(np.asarray(picture)))]
        while max(levels[-1].shape[1:]) > _SMALLEST and min(levels[-1].shape[1:]) > 1:
            levels.append(_halved(levels[-1]))
        return cls(tuple(levels))

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the picture itself, pixels."""
        _, height, width = self.levels[0].shape
        return height, width


def _halved(pixels: Bytes) -> Bytes:
    """Put the mean in place of every four pixels; of a side that is odd, the last row or column stays out."""
    height, width = (side // 2 * 2 for side in pixels.shape[1:])
    even = pixels[:, :height, :width].astype(np.uint16)
    total = even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]
    return ((total + 2) // 4).astype(np.uint8)
