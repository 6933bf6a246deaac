"""Draws very many points into one image: its cost is that of its pixels, hardly that of the points.

Every point is written on the one pixel on which its centre falls, the last one where they meet. Then discs grow around
all of them at once, pixel by pixel, by shifting the whole image: a pixel takes the colour of the nearest centre, so
that none covers another. How many points fall on a pixel and around it gives its opacity, by which density shows and
edges are soft. Colour and opacity share the eight bits of an indexed image, whose table Qt applies.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from latentlab.core.arrays import Integers
from latentlab.ui.canvas.points.pixel_index import MARGIN, Frame

Bytes = npt.NDArray[np.uint8]

_SAMPLE = 4_096  # points whose surroundings tell how dense it is
_STRIP = 150_000  # pixels at once: what they need stays in the processor's cache
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
        self._centres.fill(0)
        self._centres[cells] = codes
        rows, width = frame.shape
        sample = cells[:_SAMPLE]
        crowding = _usual(_sums_at(counts.reshape(-1), sample, width, radius - 1))
        share = _USUAL / crowding
        strip = max(_STRIP // width, 4 * radius)
        begin, bottom = MARGIN - radius, rows - MARGIN + radius  # centres beyond do not reach into the picture
        self._discs[: begin * width].fill(0)
        self._discs[bottom * width :].fill(0)
        for top in range(begin, bottom, strip):
            # With the rows around it that reach in.
            end = min(top + strip, bottom)
            first, last = top - radius - 1, end + radius + 1
            pixels, kept = slice(first * width, last * width), slice((top - first) * width, (end - first) * width)
            drawn, centres = self._discs[top * width : end * width], self._centres[pixels]
            if centres.any():
                weights = _weights(counts.reshape(-1)[pixels], width, radius, share, bits)
                np.bitwise_or(_grown(centres, width, radius)[kept], weights[kept], out=drawn)
            else:
                drawn.fill(0)
        weight = _usual(np.take(self._discs, sample) & (1 << bits) - 1)
        return self._image(frame, _table(palette, bits, crowding, weight, radius))

    def _make_room(self, shape: tuple[int, int]) -> None:
        if shape != self._shape:
            self._shape = shape
            self._centres, self._discs = np.zeros((2, shape[0] * shape[1]), np.uint8)

    def _image(self, frame: Frame, table: list[int]) -> QImage:
        width, height = frame.size
        stride = frame.shape[1]
        start = self._discs[MARGIN * stride + MARGIN :]
        image = QImage(start.data, width, height, stride, QImage.Format.Format_Indexed8)
        image.setColorTable(table)
        return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _grown(centres: Bytes, width: int, radius: int) -> Bytes:
    """Give each empty pixel the colour of the nearest that has one, at most so far away."""
    sides, corners = (1, -1, width, -width), (width + 1, width - 1, 1 - width, -1 - width)
    grown = centres
    for step in range(radius):
        before, grown = grown, grown.copy()
        # By turns with the corners and without, the last time without: so the disc becomes round.
        for offset in sides + corners * ((radius - step) % 2 == 0):
            to, source = _shifted(offset, len(grown))
            empty = np.equal(grown[to], 0).view(np.uint8)
            empty *= before[source]
            grown[to] |= empty
    return grown


def _weights(counts: npt.NDArray[np.uint32], width: int, radius: int, share: float, bits: int) -> Bytes:
    """Give how opaque each pixel is, in so many bits; at least 1 wherever a disc reaches."""
    reach = radius - 1
    # Levels: 6 where it is as crowded as usual, at least 1 where there is a point.
    if share >= 1:
        # More points than these make no difference; counted in bytes, they are summed several times faster.
        most = _MOST // round(share)
        fits = most * (2 * reach + 1) ** 2 < 256
        counts = _at_most(counts, most).astype(np.uint8 if fits else np.uint16)
        levels = _at_most(_sums(counts, width, reach), most).astype(np.uint8)
        levels *= np.uint8(round(share))
    else:
        shares = _at_most(_sums(counts, width, reach), 1 << 16) * np.uint32(max(round(share * 256), 1))
        shares += np.uint32(255)
        shares >>= np.uint32(8)
        levels = _at_most(shares, _MOST).astype(np.uint8)
    # Twice of each pixel and once of those at its sides: six levels of 40, rounded up, just fit into a byte.
    weights = levels + levels
    for offset in (1, -1, width, -width):
        to, source = _shifted(offset, len(levels))
        weights[to] += levels[source]
    down = 6 - bits
    weights += np.uint8((1 << down) - 1)
    weights >>= np.uint8(down)
    return _at_most(weights, (1 << bits) - 1)


def _sums(counts: npt.NDArray[np.unsignedinteger], width: int, reach: int) -> npt.NDArray[np.unsignedinteger]:
    """Give how many points fall on the square of so many pixels to each side around each pixel."""
    for step in (1, width) if reach else ():
        sums = counts.copy()
        for offset in range(step, step * reach + 1, step):
            sums[offset:] += counts[:-offset]
            sums[:-offset] += counts[offset:]
        counts = sums
    return counts


def _at_most(values: npt.NDArray[np.unsignedinteger], most: int) -> npt.NDArray[np.unsignedinteger]:
    # Several times faster with an array than with a number.
    return np.minimum(values, _limits(most, len(values), values.dtype.str))


@lru_cache(maxsize=16)
def _limits(most: int, length: int, kind: str) -> npt.NDArray[np.unsignedinteger]:
    return np.full(length, most, kind)


def _shifted(offset: int, length: int) -> tuple[slice, slice]:
    """Give which pixels take from which, where all are shifted."""
    return slice(max(offset, 0), length + min(offset, 0)), slice(max(-offset, 0), length - max(offset, 0))


def _sums_at(counts: npt.NDArray[np.uint32], cells: Integers, width: int, reach: int) -> npt.NDArray[np.uint32]:
    """Give how many points fall on the square of so many pixels to each side around some pixels."""
    sums = np.take(counts, cells)
    inside = sums > 0  # the outermost ring is empty
    sides = range(-reach, reach + 1)
    offsets = [down * width + along for down in sides for along in sides if down or along]
    return sum((np.take(counts, cells[inside] + offset) for offset in offsets), start=sums[inside])


def _usual(values: npt.NDArray[np.unsignedinteger]) -> float:
    """Give the mean of those that are not nothing; at least 1."""
    return float(values[values > 0].mean()) if values.any() else 1.0


def _table(palette: Bytes, bits: int, crowding: float, usual: float, radius: int) -> list[int]:
    """Give the colour of each byte, 0xAARRGGBB: more of the same is more opaque."""
    most = (256 >> bits) - 1
    if len(palette) > most:
        palette = palette[(np.arange(most) * len(palette) + len(palette) // 2) // most]
    # A point alone is strong where that is usual, and fainter in a denser crowd; what is usual is always strong.
    alone = max((2 if radius == 1 else 6) * _USUAL >> 6 - bits, 1)
    through = min(0.4 - 0.3 / crowding, 0.1 ** (alone / usual))
    opacity = 1 - through ** (np.arange(1 << bits) / alone)
    alpha = np.rint(255 * np.maximum(opacity, _FAINTEST)).astype(np.uint32)
    red, green, blue = palette.astype(np.uint32).T
    colours = (red << 16 | green << 8 | blue)[:, None] | alpha << 24
    return [0] * (1 << bits) + colours.reshape(-1).tolist()
