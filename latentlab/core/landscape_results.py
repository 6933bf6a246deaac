"""What is asked of the landscape of a map, and what it is drawn from: frozen, plain numbers and numpy arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Extent, Position


class Block(NamedTuple):
    """Some cells of a level; columns count from x = 0 to the right, rows from y = 0 upwards."""

    level: int
    column: int
    row: int

    def ancestor(self, levels: int) -> Block:
        """Give the block of a level so many coarser that holds this one."""
        return Block(self.level - levels, self.column >> levels, self.row >> levels)


@dataclass(frozen=True, slots=True)
class Sight:
    """The part of the plane that is seen.

    Attributes
    ----------
    extent : tuple of float
        Left, right, bottom and top.
    width, height : float
        Of the view, pixels.
    focus : tuple of float
        Where one looks: what lies near comes first.
    """

    extent: Extent
    width: float
    height: float
    focus: Position


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """The decoded images of a block, side by side.

    Attributes
    ----------
    block : Block
    extent : tuple of float
        Where it lies on the plane.
    pixels : uint8 (H, W)
    """

    block: Block
    extent: Extent
    pixels: npt.NDArray[np.uint8]
