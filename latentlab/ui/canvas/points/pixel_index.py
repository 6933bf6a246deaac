"""On which pixel of the screen every point falls, and which point lies at a pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Integers

# Around the picture, so that a disc whose centre lies outside is still drawn as far as it reaches in. Whatever is
# farther away falls on the outermost ring of pixels, which nobody sees.
MARGIN = 32
_BLOCK = 32_768  # points at once: what they need stays in the processor's cache


@dataclass(frozen=True, slots=True)
class Frame:
    """How the plane lies on the pixels of the screen.

    Attributes
    ----------
    origin : (float, float)
        The position in the plane of the view's left upper corner.
    scale : (float, float)
        Pixels of the screen per unit of the plane, to the right and up.
    shift : (float, float)
        From the corner of the picture, which lies on whole pixels, to the view's, in pixels.
    size : (int, int)
        Width and height of the picture in pixels.
    """

    origin: tuple[float, float]
    scale: tuple[float, float]
    shift: tuple[float, float]
    size: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """Give rows and columns of the picture with its margin."""
        return self.size[1] + 2 * MARGIN, self.size[0] + 2 * MARGIN

    def cells(self, columns: Floats) -> Integers:
        """Give the pixel of each point in the flattened picture with its margin.

        Parameters
        ----------
        columns : float32 (2, N)
            x and y; not-a-number falls outside.

        Returns
        -------
        int64 (N,)
        """
        rows, width = self.shape
        cells = np.empty(columns.shape[1], np.int64)
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, len(cells), _BLOCK):
                x, y = columns[:, start : start + _BLOCK]
                part = cells[start : start + _BLOCK]
                part[:] = self._pixels(y, 1, rows)
                part *= width
                part += self._pixels(x, 0, width).astype(np.int64)
        return cells

    def places(self, columns: Floats) -> npt.NDArray[np.float64]:
        """Give where points (2, N) fall in the picture, in pixels: 0 is the middle of the first; float64 (2, N)."""
        places = np.asarray(columns, np.float64) - np.array(self.origin)[:, None]
        places *= np.array([[self.scale[0]], [-self.scale[1]]])
        places += np.array(self.shift)[:, None]
        return places

    def _pixels(self, values: Floats, axis: int, most: int) -> Floats:
        # The origin in two parts: the first subtraction is exact for whatever is in view, at any zoom.
        origin, scale = self.origin[axis], self.scale[axis] * (1, -1)[axis]
        near = np.float32(origin)
        pixels = values - near
        pixels *= np.float32(scale)
        pixels += np.float32((float(near) - origin) * scale + self.shift[axis] + MARGIN + 0.5)
        np.fmax(pixels, np.float32(0), out=pixels)
        return np.fmin(pixels, np.float32(most - 1), out=pixels)


class PixelIndex:
    """Tells which point is drawn at a pixel, in a time that does not depend on how many there are."""

    def __init__(self) -> None:
        self._ranks: npt.NDArray[np.int32] = np.zeros((2 * MARGIN, 2 * MARGIN), np.int32)

    def fill(self, frame: Frame, cells: list[Integers]) -> None:
        """Take the pixels of points in their drawing order; of those on one pixel the last is found."""
        if self._ranks.shape == frame.shape:
            self._ranks.fill(0)
        else:
            self._ranks = np.zeros(frame.shape, np.int32)
        flat, drawn = self._ranks.reshape(-1), 0
        for part in cells:
            flat[part] = np.arange(drawn + 1, drawn + 1 + len(part), dtype=np.int32)
            drawn += len(part)

    def near(self, x: float, y: float, reach: float) -> Integers:
        """Give, ascending, the places in the drawing order of the points in a square around a pixel of the picture.

        Half its side is `reach`, at most `MARGIN`; x and y may lie outside.
        """
        column, row, half = round(x) + MARGIN, round(y) + MARGIN, int(min(reach, MARGIN)) + 1
        window = self._ranks[max(row - half, 0) : row + half + 1, max(column - half, 0) : column + half + 1]
        return np.sort(window[window > 0].astype(np.int64)) - 1
