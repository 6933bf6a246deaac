"""The landscape of a map: its plane decoded in cells, at levels of ever finer ones, as an online map has them.

A cell of level k is 2^-k long on the longer side of the model's images and has their shape; cells are counted from
(0, 0) of the plane, so that four of a level make one of the level before. A cell shows what the code of its middle
decodes to. `CELLS` x `CELLS` of them are one tile: what is decoded, kept and drawn at a time.
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


class TileAddress(NamedTuple):
    """Where a tile lies: at which level; columns count from x = 0 to the right, rows from y = 0 upwards."""

    level: int
    column: int
    row: int

    def ancestor(self, levels: int) -> TileAddress:
        """Give the tile of a level so many coarser that holds this one."""
        return TileAddress(self.level - levels, self.column >> levels, self.row >> levels)


@dataclass(frozen=True, slots=True)
class Viewport:
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
class Tile:
    """The decoded images of some cells, side by side.

    Attributes
    ----------
    address : TileAddress
    extent : tuple of float
        Where it lies on the plane.
    pixels : uint8 (C, H, W)
    """

    address: TileAddress
    extent: Extent
    pixels: npt.NDArray[np.uint8]


CELLS = 4
_ACROSS = 24  # cells on the side of a view that is as wide as it is high
_LEAST_PIXELS = 32.0  # on the screen: in a smaller cell no digit can be read
_MOST_PIXELS = 64  # of an image in a tile; on the screen it seldom has more
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

    def level(self, viewport: Viewport) -> int:
        """Give the level whose cells have about the right size on the screen."""
        left, right, _, _ = viewport.extent
        pixels = max(_LEAST_PIXELS, math.sqrt(viewport.width * viewport.height) / _ACROSS)
        return -round(math.log2(pixels * (right - left) / viewport.width))

    def cell(self, level: int) -> tuple[float, float]:
        """Give the width and height of a level's cells, in units of the latent space."""
        _, height, width = self.snapshot.image_shape
        longest = max(height, width)
        return math.ldexp(width / longest, -level), math.ldexp(height / longest, -level)

    def extent(self, address: TileAddress) -> Extent:
        """Give where a tile lies."""
        width, height = (CELLS * side for side in self.cell(address.level))
        return address.column * width, (address.column + 1) * width, address.row * height, (address.row + 1) * height

    def addresses(self, viewport: Viewport) -> list[TileAddress]:
        """Give the tiles that are seen."""
        level = self.level(viewport)
        width, height = (CELLS * side for side in self.cell(level))
        left, right, bottom, top = viewport.extent
        return [
            TileAddress(level, column, row)
            for column in range(math.floor(left / width), math.ceil(right / width))
            for row in range(math.floor(bottom / height), math.ceil(top / height))
        ]

    def nearest_first(self, addresses: Iterable[TileAddress], focus: Position) -> list[TileAddress]:
        """Sort tiles by how far their middles are from a place."""

        def distance(address: TileAddress) -> float:
            left, right, bottom, top = self.extent(address)
            return math.hypot((left + right) / 2 - focus[0], (bottom + top) / 2 - focus[1])

        return sorted(addresses, key=distance)

    def bare(self, addresses: Iterable[TileAddress], tiles: Iterable[Tile]) -> list[TileAddress]:
        """Give those tiles over whose middle none that is decoded lies."""
        extents = np.array([tile.extent for tile in tiles]).reshape(-1, 4)
        found = []
        for address in addresses:
            left, right, bottom, top = self.extent(address)
            x, y = (left + right) / 2, (bottom + top) / 2
            covers = (extents[:, 0] <= x) & (x < extents[:, 1]) & (extents[:, 2] <= y) & (y < extents[:, 3])
            if not covers.any():
                found.append(address)
        return found

    def codes(self, addresses: list[TileAddress]) -> Floats:
        """Give the codes of the middles of tiles' cells, row by row from the upper left: float32 (T · CELLS², L)."""
        widths, heights = np.array([self.cell(address.level) for address in addresses]).T[:, :, None]
        steps = np.arange(CELLS) + 0.5
        positions = np.empty((len(addresses), CELLS, CELLS, 2))
        columns, rows = np.array([(address.column, address.row + 1) for address in addresses]).T[:, :, None]
        positions[..., 0] = ((CELLS * columns + steps) * widths)[:, None, :]
        positions[..., 1] = ((CELLS * rows - steps) * heights)[:, :, None]
        codes: Floats = (self.base + positions.reshape(-1, 2) @ self.directions).astype(np.float32)
        return codes

    def decode(self, addresses: list[TileAddress]) -> list[Tile]:
        """Decode tiles; images of more than 64 pixels on a side are made smaller."""
        codes = self.codes(addresses)
        labels = np.full(len(codes), self.label, np.int64)
        is_dense = self.snapshot.recipe.model.decoder.kind == "mlp"
        step = _CHUNK if is_dense else _CHUNK_OF_CONVOLUTIONS
        parts = [
            _bytes(self.snapshot.decode(codes[start : start + step], labels[start : start + step]))
            for start in range(0, len(codes), step)
        ]
        images = np.concatenate(parts)
        channels, height, width = images.shape[1:]
        # (T, row, column, C, H, W) to (T, C, row, H, column, W)
        tiled = images.reshape(len(addresses), CELLS, CELLS, channels, height, width).transpose(0, 3, 1, 4, 2, 5)
        pixels = np.ascontiguousarray(tiled).reshape(len(addresses), channels, CELLS * height, CELLS * width)
        # Copied: a tile that is kept must not keep all those that were decoded with it.
        return [
            Tile(address, self.extent(address), each.copy()) for address, each in zip(addresses, pixels, strict=True)
        ]


def _bytes(images: Floats) -> npt.NDArray[np.uint8]:
    """Turn images (N, C, H, W) in [0, 1] into bytes, at most `_MOST_PIXELS` on a side; not-a-number counts as 0."""
    factor = _MOST_PIXELS / max(images.shape[2:])
    if factor < 1:
        height, width = (max(1, round(side * factor)) for side in images.shape[2:])
        import torch  # not above: panels read this file, and load no torch

        images = torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(images), (height, width)).numpy()
    scaled = images * np.float32(255)
    if np.isnan(scaled.sum()):
        scaled = np.nan_to_num(scaled)
    scaled += np.float32(0.5)
    return scaled.astype(np.uint8)
