"""Draws many small discs into one image with numpy, antialiased, at the resolution of the screen.

Every disc is one of sixteen ready-made stamps, by the quarter of a pixel on which its centre falls. A stamp's pixels
are written, not blended: a later disc keeps a hairline of background between itself and those below, which tells
overlapping points apart. Small discs have too few pixels for that, so their fainter pixels are written first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from latentlab.ui.canvas.points.pixel_index import MARGIN

_QUARTER_BITS = 2
_QUARTERS = 1 << _QUARTER_BITS
_STAMPS = _QUARTERS**2
# Discs at once: what a block needs stays in the processor's cache.
_BLOCK = 4096
LARGEST_RADIUS = MARGIN - 3.0
# From this radius on, a disc has room for a hairline of background.
HAIRLINE_RADIUS = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class _Stamps:
    """Pixels of the sixteen discs, faintest first: rows and columns from the centre, and coverage, each (16, M)."""

    rows: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]
    coverage: npt.NDArray[np.float64]


@lru_cache(maxsize=64)
def _stamps(radius: float) -> _Stamps:
    reach = int(np.ceil(radius + 1))
    cells = np.arange(-reach, reach + 1)
    discs = []
    for stamp in range(_STAMPS):
        down, along = ((part + 0.5) / _QUARTERS - 0.5 for part in divmod(stamp, _QUARTERS))
        distance = np.hypot((cells - down)[:, None], (cells - along)[None, :])
        coverage = np.clip(radius + 0.5 - distance, 0, 1)
        rows, columns = np.nonzero(coverage > 0.08)
        coverage = coverage[rows, columns]
        order = np.argsort(coverage, kind="stable")
        discs.append((cells[rows[order]], cells[columns[order]], coverage[order]))
    # Stamps differ by a few pixels: the short ones repeat their last.
    length = max(len(coverage) for _, _, coverage in discs)
    rows, columns, coverage = (
        np.stack([np.pad(disc[part], (0, length - len(disc[part])), mode="edge") for disc in discs])
        for part in range(3)
    )
    return _Stamps(rows, columns, coverage)


@lru_cache(maxsize=16)
def _inks(radius: float, palette: bytes) -> npt.NDArray[np.uint32]:
    """Give the premultiplied ARGB of each stamp's pixels in each colour: (colours * 16, M)."""
    colours = np.frombuffer(palette, np.uint8).reshape(-1, 1, 1, 3)
    coverage = _stamps(radius).coverage
    premultiplied = np.rint(colours * coverage[None, :, :, None]).astype(np.uint32)
    alpha = np.rint(255 * coverage).astype(np.uint32)[None]
    red, green, blue = np.moveaxis(premultiplied, -1, 0)
    return np.ascontiguousarray((alpha << 24 | red << 16 | green << 8 | blue).reshape(-1, coverage.shape[1]))


class Raster:
    """An image of premultiplied ARGB that is drawn anew again and again."""

    def __init__(self) -> None:
        self._pixels = np.zeros((3 * MARGIN, 2 * MARGIN), np.uint32)

    def draw(
        self,
        size: tuple[int, int],
        positions: npt.NDArray[np.float64],
        colours: npt.NDArray[np.uint8],
        palette: npt.NDArray[np.uint8],
        radius: float,
    ) -> QImage:
        """Draw discs on a clear image, later ones above earlier ones.

        Parameters
        ----------
        size : (int, int)
            Width and height in pixels.
        positions : float64 (2, N)
            Columns and rows of the centres, 0 in the middle of the first pixel. Whatever is outside is left out.
        colours : uint8 (N,)
            Row of `palette` for each disc.
        palette : uint8 (C, 3)
            Red, green, blue.
        radius : float
            In pixels; at most `LARGEST_RADIUS`.

        Returns
        -------
        QImage
            Premultiplied ARGB, overwritten by the next drawing.
        """
        width, height = size
        # A centre may lie as far outside as its disc reaches, and the disc as far again. What leaves by the top or a
        # side goes on in the margin of the other end, as rows of an array do; at the bottom there is room for it.
        shape = (height + 3 * MARGIN, width + 2 * MARGIN)
        if self._pixels.shape == shape:
            self._pixels.fill(0)
        else:
            self._pixels = np.zeros(shape, np.uint32)
        reach = radius + 1
        x, y = positions
        # Not-a-number compares false, so it is left out too.
        near = (x > -reach) & (x < width + reach) & (y > -reach) & (y < height + reach)
        if not near.all():
            x, y, colours = x[near], y[near], colours[near]
        quarter_x, quarter_y = (((part + (MARGIN + 0.5)) * _QUARTERS).astype(np.int64) for part in (x, y))
        stamp = (quarter_y & _QUARTERS - 1) * _QUARTERS + (quarter_x & _QUARTERS - 1)
        centre = (quarter_y >> _QUARTER_BITS) * shape[1] + (quarter_x >> _QUARTER_BITS)
        stamps = _stamps(radius)
        offsets = stamps.rows * shape[1] + stamps.columns
        inks = _inks(radius, palette.tobytes())
        ink = colours.astype(np.int64) * _STAMPS + stamp
        flat = self._pixels.reshape(-1)
        for part in np.array_split(np.arange(offsets.shape[1]), 1 if radius >= HAIRLINE_RADIUS else 2):
            part_offsets = np.ascontiguousarray(offsets[:, part])
            part_inks = np.ascontiguousarray(inks[:, part])
            for start in range(0, len(centre), _BLOCK):
                block = slice(start, start + _BLOCK)
                # np.take copies whole rows, ten times faster than indexing does.
                places = np.take(part_offsets, stamp[block], axis=0)
                places += centre[block, None]
                flat[places.ravel()] = np.take(part_inks, ink[block], axis=0).ravel()
        visible = flat[MARGIN * shape[1] + MARGIN :]
        return QImage(visible.data, width, height, 4 * shape[1], QImage.Format.Format_ARGB32_Premultiplied)
