"""Draws very many points into one image: its cost is that of its pixels, hardly that of the points.

Every point is written on the one pixel on which its centre falls, the last one where they meet. Then discs grow around
all of them at once, pixel by pixel, by shifting the whole image: a pixel takes the colour of the nearest centre, so
that none covers another. How many points fall on a pixel and beside it gives its opacity, by which density shows and
edges are soft. Colour and opacity share the eight bits of an indexed image, whose table Qt applies.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from latentlab.core.events import Integers
from latentlab.ui.canvas.cells import MARGIN, Frame

Bytes = npt.NDArray[np.uint8]

_SAMPLE = 16_384  # points whose surroundings tell how dense it is
_FAINTEST = 0.4  # opacity of a point alone among a million: still seen
_USUAL, _MOST = 6, 40  # levels of a pixel that is as crowded as most, and of the most crowded ones


def pack(inks: Bytes, colours: int) -> tuple[Bytes, int]:
    """Put colours into the upper bits of a byte; opacity gets the lower ones.

    Parameters
    ----------
    inks : uint8 (N,)
        Which of the colours each point has.
    colours : int
        How many there are; beyond 63, neighbours share one.

    Returns
    -------
    codes : uint8 (N,)
    bits : int
        That are left for opacity.
    """
    bits = 4 if colours <= 15 else 3 if colours <= 31 else 2 if colours <= 63 else 3
    most = (256 >> bits) - 1
    numbers = np.arange(max(colours, 1))
    codes = (1 + (numbers if colours <= most else numbers * most // colours)) << bits
    return np.take(codes.astype(np.uint8), inks), bits


class Crowd:
    """An image of many points that is drawn anew again and again."""

    def __init__(self) -> None:
        self._shape = (0, 0)

    def draw(
        self,
        frame: Frame,
        cells: Integers,
        counts: npt.NDArray[np.uint32],
        codes: Bytes,
        bits: int,
        palette: Bytes,
        radius: int,
    ) -> QImage:
        """Draw discs, of those on one pixel the last above the others.

        Parameters
        ----------
        frame : Frame
        cells : int64 (N,)
            Where the points fall, from `Frame.cells`.
        counts : uint32 (H + 2 * MARGIN, W + 2 * MARGIN)
            How many fall on each pixel; none on the outermost ring.
        codes : uint8 (N,)
            Colours in their upper bits, from `pack`.
        bits : int
            Lower bits, for opacity.
        palette : uint8 (C, 3)
            Red, green, blue of the colours that were packed.
        radius : int
            In pixels, at least 1.

        Returns
        -------
        QImage
            Premultiplied ARGB, without the margin.
        """
        self._make_room(frame.shape)
        index, levels, weights = self._index, self._levels, self._weights
        index.fill(0)
        index[cells] = codes
        crowding = _usual(counts.reshape(-1), cells)
        self._count(counts.reshape(-1), crowding)
        width = frame.shape[1]
        sides, corners = (1, -1, width, -width), (width + 1, width - 1, 1 - width, -1 - width)
        for step in range(radius - 1):
            self._grow(sides + corners * (step % 2), levels)
        # Twice of each pixel and once of those at its sides: six levels of 40, rounded up, just fit into a byte.
        np.add(levels, levels, out=weights)
        for offset in sides:
            to, source = _shifted(offset, len(levels))
            weights[to] += levels[source]
        self._coarsen(weights, bits)
        self._grow(sides)
        index |= weights
        return self._image(frame, _table(palette, bits, crowding, _usual(weights, cells)))

    def _make_room(self, shape: tuple[int, int]) -> None:
        if shape == self._shape:
            return
        self._shape = shape
        # Kept: memory that is asked for anew costs more than what is done with it.
        self._index, self._levels, self._weights, self._before, self._taken = np.zeros(
            (5, shape[0] * shape[1]), np.uint8
        )
        self._empty = np.zeros(shape[0] * shape[1], bool)
        self._caps = np.zeros(shape[0] * shape[1], np.uint32)

    def _count(self, counts: npt.NDArray[np.uint32], crowding: float) -> None:
        """Set how much each pixel has: 6 where it is as crowded as usual, at least 1 where there is a point."""
        share = _USUAL / crowding
        if share >= 1:
            # Twice as fast with an array as with a number.
            self._caps.fill(_MOST // round(share))
            np.minimum(counts, self._caps, out=self._levels, casting="unsafe")
            self._levels *= np.uint8(round(share))
        else:
            self._caps.fill(1 << 16)
            shares = np.minimum(counts, self._caps, out=self._caps)
            shares *= np.uint32(max(round(share * 256), 1))
            shares += np.uint32(255)
            shares >>= np.uint32(8)
            np.minimum(shares, np.uint32(_MOST), out=self._levels, casting="unsafe")

    def _coarsen(self, weights: Bytes, bits: int) -> None:
        """Bring weights into so many bits, rounded up."""
        down = 6 - bits
        weights += np.uint8((1 << down) - 1)
        # Eight at once: numpy shifts bytes one by one.
        eights = weights[: len(weights) // 8 * 8].view(np.uint64)
        eights >>= np.uint64(down)
        eights &= np.uint64(0x0101010101010101 * (0xFF >> down))
        self._taken.fill((1 << bits) - 1)
        np.minimum(weights, self._taken, out=weights)

    def _grow(self, offsets: tuple[int, ...], levels: Bytes | None = None) -> None:
        """Give each empty pixel what the first of its neighbours that is not empty has: its colour, and its level."""
        index, before, taken = self._index, self._before, self._taken
        np.copyto(before, index)
        before_levels = None if levels is None else levels.copy()
        for offset in offsets:
            to, source = _shifted(offset, len(index))
            empty = np.equal(index[to], 0, out=self._empty[to]).view(np.uint8)
            np.multiply(before[source], empty, out=taken[to])
            index[to] |= taken[to]
            if before_levels is not None:
                np.multiply(before_levels[source], empty, out=taken[to])
                levels[to] |= taken[to]

    def _image(self, frame: Frame, table: list[int]) -> QImage:
        width, height = frame.size
        stride = frame.shape[1]
        start = self._index[MARGIN * stride + MARGIN :]
        image = QImage(start.data, width, height, stride, QImage.Format.Format_Indexed8)
        image.setColorTable(table)
        return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _shifted(offset: int, length: int) -> tuple[slice, slice]:
    """Give which pixels take from which, where all are shifted."""
    return slice(max(offset, 0), length + min(offset, 0)), slice(max(-offset, 0), length - max(offset, 0))


def _usual(values: npt.NDArray[np.unsignedinteger], cells: Integers) -> float:
    """Give the mean of what most points have at their pixels, of those in the picture; at least 1."""
    sample = np.take(values, cells[:_SAMPLE])
    return float(sample[sample > 0].mean()) if sample.any() else 1.0


def _table(palette: Bytes, bits: int, crowding: float, weight: float) -> list[int]:
    """Give the colour of each byte, 0xAARRGGBB: more of the same is more opaque."""
    most = (256 >> bits) - 1
    if len(palette) > most:
        palette = palette[(np.arange(most) * len(palette) + len(palette) // 2) // most]
    # A point alone is strong where that is usual, and fainter in a denser crowd; what is usual is always strong.
    alone = max(2 * _USUAL >> 6 - bits, 1)
    through = min(0.4 - 0.3 / crowding, 0.1 ** (alone / weight))
    opacity = 1 - through ** (np.arange(1 << bits) / alone)
    alpha = np.rint(255 * np.maximum(opacity, _FAINTEST)).astype(np.uint32)
    red, green, blue = palette.astype(np.uint32).T
    colours = (red << 16 | green << 8 | blue)[:, None] | alpha << 24
    return [0] * (1 << bits) + colours.reshape(-1).tolist()
