"""The landscape of a map: its plane decoded in cells, at levels of ever finer ones, as an online map has them.

A cell of level k is 2^-k long on the longer side of the model's images and has their shape; cells are counted from
(0, 0) of the plane, so that four of a level make one of the level before. A cell shows what the code of its middle
decodes to. `CELLS` x `CELLS` of them are one block: what is decoded, kept and drawn at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Extent, Floats, Position
from latentlab.core.fields.grid import plane_code
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import need_point

if TYPE_CHECKING:
    from latentlab.core.models.snapshot import Snapshot


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


CELLS = 4
_ACROSS = 24  # cells on the side of a view that is as wide as it is high
_LEAST_PIXELS = 32.0  # on the screen: in a smaller cell no digit can be read
_MOST_PIXELS = 64  # of an image in a patch; on the screen it seldom has more
_SAME = 1e-4  # codes that differ by less decode to the same picture
# Images at once, measured on one thread: convolutions over 32 take 0.3 ms an image, a little more over 16 or 64; fully
# connected layers take 0.04 ms over 16, and a quarter of it over 256.
_CHUNK_OF_CONVOLUTIONS, _CHUNK = 2 * CELLS**2, 256


@dataclass(frozen=True, slots=True, eq=False)
class Landscape:
    """What is decoded: a model, a plane of its latent space, a label.

    Attributes
    ----------
    snapshot : Snapshot
    base : float32 (L,)
        The code at (0, 0).
    directions : float32 (2, L)
        Where x and y point to.
    label : int
        Decoded under it, by a CVAE; 0 for other models.
    """

    snapshot: Snapshot
    base: Floats
    directions: Floats
    label: int

    @classmethod
    def of(cls, model: MapUpdate, through: Floats | None, label: int) -> Landscape:
        """Take the plane of a map, or where L > 2 its parallel through a code, float32 (L,).

        Raises
        ------
        LatentlabError
            When the model's code is no point.
        """
        snapshot, projection = model.snapshot, model.projection
        need_point(snapshot, "its map has no landscape to decode.")
        is_off = snapshot.latent > 2 and through is not None and len(through) == snapshot.latent
        base = plane_code(projection, through if is_off else None)
        # It may be in force for another model, of more classes.
        label = min(label, len(snapshot.class_names) - 1) if snapshot.uses_labels else 0
        return cls(snapshot, base, projection.directions, label)

    def is_like(self, other: Landscape) -> bool:
        """Whether both have the same pictures at the same places."""
        return (
            self.snapshot is other.snapshot
            and self.label == other.label
            and np.allclose(self.base, other.base, atol=_SAME, equal_nan=True)
            and np.allclose(self.directions, other.directions, atol=_SAME, equal_nan=True)
        )

    def level(self, sight: Sight) -> int:
        """Give the level whose cells have about the right size on the screen."""
        left, right, _, _ = sight.extent
        pixels = max(_LEAST_PIXELS, math.sqrt(sight.width * sight.height) / _ACROSS)
        return -round(math.log2(pixels * (right - left) / sight.width))

    def cell(self, level: int) -> tuple[float, float]:
        """Give the width and height of a level's cells, in units of the latent space."""
        height, width = self.snapshot.image_shape
        longest = max(height, width)
        return math.ldexp(width / longest, -level), math.ldexp(height / longest, -level)

    def extent(self, block: Block) -> Extent:
        """Give where a block lies."""
        width, height = (CELLS * side for side in self.cell(block.level))
        return block.column * width, (block.column + 1) * width, block.row * height, (block.row + 1) * height

    def blocks(self, sight: Sight) -> list[Block]:
        """Give the blocks that are seen."""
        level = self.level(sight)
        width, height = (CELLS * side for side in self.cell(level))
        left, right, bottom, top = sight.extent
        return [
            Block(level, column, row)
            for column in range(math.floor(left / width), math.ceil(right / width))
            for row in range(math.floor(bottom / height), math.ceil(top / height))
        ]

    def nearest_first(self, blocks: Iterable[Block], focus: Position) -> list[Block]:
        """Sort blocks by how far their middles are from a place."""

        def distance(block: Block) -> float:
            left, right, bottom, top = self.extent(block)
            return math.hypot((left + right) / 2 - focus[0], (bottom + top) / 2 - focus[1])

        return sorted(blocks, key=distance)

    def bare(self, blocks: Iterable[Block], patches: Iterable[Patch]) -> list[Block]:
        """Give those blocks over whose middle no patch lies."""
        extents = np.array([patch.extent for patch in patches]).reshape(-1, 4)
        found = []
        for block in blocks:
            left, right, bottom, top = self.extent(block)
            x, y = (left + right) / 2, (bottom + top) / 2
            covers = (extents[:, 0] <= x) & (x < extents[:, 1]) & (extents[:, 2] <= y) & (y < extents[:, 3])
            if not covers.any():
                found.append(block)
        return found

    def codes(self, blocks: list[Block]) -> Floats:
        """Give the codes of the middles of blocks' cells, row by row from the upper left: float32 (B · CELLS², L)."""
        widths, heights = np.array([self.cell(block.level) for block in blocks]).T[:, :, None]
        steps = np.arange(CELLS) + 0.5
        positions = np.empty((len(blocks), CELLS, CELLS, 2))
        columns, rows = np.array([(block.column, block.row + 1) for block in blocks]).T[:, :, None]
        positions[..., 0] = ((CELLS * columns + steps) * widths)[:, None, :]
        positions[..., 1] = ((CELLS * rows - steps) * heights)[:, :, None]
        codes: Floats = (self.base + positions.reshape(-1, 2) @ self.directions).astype(np.float32)
        return codes

    def decode(self, blocks: list[Block]) -> list[Patch]:
        """Decode blocks; images of more than 64 pixels on a side are made smaller."""
        codes = self.codes(blocks)
        labels = np.full(len(codes), self.label, np.int64)
        is_dense = self.snapshot.recipe.model.decoder.kind == "mlp"
        step = _CHUNK if is_dense else _CHUNK_OF_CONVOLUTIONS
        parts = [
            _bytes(self.snapshot.decode(codes[start : start + step], labels[start : start + step]))
            for start in range(0, len(codes), step)
        ]
        images = np.concatenate(parts)
        height, width = images.shape[1:]
        tiled = images.reshape(len(blocks), CELLS, CELLS, height, width).swapaxes(2, 3)
        pixels = np.ascontiguousarray(tiled).reshape(len(blocks), CELLS * height, CELLS * width)
        # Copied: a patch that is kept must not keep all those that were decoded with it.
        return [Patch(block, self.extent(block), each.copy()) for block, each in zip(blocks, pixels, strict=True)]


def _bytes(images: Floats) -> npt.NDArray[np.uint8]:
    """Turn images (N, H, W) in [0, 1] into bytes, at most `_MOST_PIXELS` on a side; not-a-number counts as 0."""
    factor = _MOST_PIXELS / max(images.shape[1:])
    if factor < 1:
        height, width = (max(1, round(side * factor)) for side in images.shape[1:])
        import torch  # not above: panels read this file, and load no torch

        images = torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(images), (height, width)).numpy()
    scaled = images * np.float32(255)
    if np.isnan(scaled.sum()):
        scaled = np.nan_to_num(scaled)
    scaled += np.float32(0.5)
    return scaled.astype(np.uint8)
