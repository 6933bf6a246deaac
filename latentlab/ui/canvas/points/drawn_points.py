"""Points that are drawn alike: all of them, or those that are selected above those that are not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from latentlab.core.arrays import Floats, Integers
from latentlab.ui.canvas.points.crowd import Crowd, pack
from latentlab.ui.canvas.points.pixel_index import MARGIN, Frame
from latentlab.ui.canvas.points.raster import LARGEST_RADIUS, Raster
from latentlab.ui.canvas.points.transition import Transition

# Pixels that may be written disc by disc: keeps that within a few milliseconds, however many points there are.
_BUDGET = 360_000
_LARGEST_CROWD = 8  # radius that grows pixel by pixel

Bytes = npt.NDArray[np.uint8]


class DrawnPoints:
    """Some of the points, and their picture: disc by disc for few, as a crowd for many.

    Attributes
    ----------
    rows : int64 (N,)
        In the order in which they are drawn.
    opacity : float
    cells : int64 (N,)
        Their pixels, as placed last.
    """

    def __init__(self, rows: Integers, opacity: float) -> None:
        self.rows = rows
        self.opacity = opacity
        self.cells: Integers = np.empty(0, np.int64)
        self._known: list[tuple[Floats, Floats]] = []  # places, and their columns in the order of drawing
        self._columns: Floats = np.empty((2, 0), np.float32)
        self._inks: Bytes = np.empty(0, np.uint8)
        self._codes: Bytes = np.empty(0, np.uint8)
        self._bits = 0
        self._inside = 0
        self._counts: npt.NDArray[np.uint32] = np.zeros((2 * MARGIN, 2 * MARGIN), np.uint32)
        self._raster, self._crowd = Raster(), Crowd()

    def colour(self, inks: Bytes, colours: int) -> None:
        """Take which of so many colours each row has: uint8 (M,)."""
        self._inks = np.take(inks, self.rows)
        self._codes, self._bits = pack(self._inks, colours)

    def place(self, frame: Frame, transition: Transition) -> int:
        """Find the pixels of the points, which are on their way by row; give how many fall into the picture."""
        self._columns = self._columns_on(transition)
        self.cells = frame.cells(self._columns)
        if self._counts.shape == frame.shape:
            self._counts.fill(0)
        else:
            self._counts = np.zeros(frame.shape, np.uint32)
        np.add.at(self._counts.reshape(-1), self.cells, np.uint32(1))
        self._inside = len(self.cells)
        for ring in (self._counts[0], self._counts[-1], self._counts[:, 0], self._counts[:, -1]):
            self._inside -= int(ring.sum())
            ring[:] = 0
        return self._inside

    def _columns_on(self, transition: Transition) -> Floats:
        """Give x and y of the points where they are now: float32 (2, N)."""
        # Fetching a million points in the order of drawing takes several frames' time: done once for each target.
        ends = (transition.target,) if transition.done >= 1.0 else (transition.target, transition.start)
        known = [next((each for each in self._known if each[0] is places), None) for places in ends]
        self._known = [
            (places, np.ascontiguousarray(np.take(places, self.rows, axis=0).T)) if found is None else found
            for places, found in zip(ends, known, strict=True)
        ]
        target, start = self._known[0][1], self._known[-1][1]
        if target is start:
            return target
        columns: Floats = target - start
        columns *= np.float32(transition.done)
        columns += start
        return columns

    def draw(self, frame: Frame, palette: Bytes, radius: float) -> QImage:
        """Draw the points that were placed, with a radius in pixels of the screen, in the colours of a palette (C, 3).

        Returns
        -------
        QImage
            Of the frame's size, premultiplied; it lives as long as nothing is drawn anew.
        """
        if self._inside * np.pi * (radius + 0.4) ** 2 > _BUDGET:
            size = min(max(round(radius - 0.25), 1), _LARGEST_CROWD)
            return self._crowd.draw(frame, self.cells, self._counts, self._codes, self._bits, palette, size)
        near = np.flatnonzero(np.take(self._counts.reshape(-1), self.cells))
        # Quarters of a pixel: stamps are kept, and training changes the radius by little at a time.
        radius = min(max(round(radius * 4) / 4, 0.75), LARGEST_RADIUS)
        places = frame.places(np.take(self._columns, near, axis=1))
        return self._raster.draw(frame.size, places, np.take(self._inks, near), palette, radius)
