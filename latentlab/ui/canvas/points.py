"""The layer of data points: thousands of discs in one image, redrawn when the view or the points change."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from latentlab.core.events import Floats, Integers
from latentlab.ui import theme
from latentlab.ui.canvas.raster import LARGEST_RADIUS, Raster
from latentlab.ui.canvas.view import MapView, drawable

# Pixels that may be written in a drawing: keeps it within a few milliseconds, however many points there are.
_BUDGET = 300_000
_DIMMED = 64  # opacity of what is not chosen, of 255: its class can still be told


class PointsLayer(QGraphicsItem):
    """Draws the visible points; an item of the view box itself, in its pixels.

    It paints a ``QImage`` of its own: pyqtgraph's ``ImageItem`` would convert and resample what is already at the
    resolution of the screen, at three times the cost.
    """

    def __init__(self, view: MapView) -> None:
        super().__init__(view.box)
        self._view = view
        self._positions: Floats = np.empty((0, 2), np.float32)
        self._targets = self._positions
        self._labels: Integers = np.empty(0, np.int64)
        self._classes = 0
        self._visible: set[int] = set()
        self._order: Integers = np.empty(0, np.int64)
        self._levels: npt.NDArray[np.uint8] | None = None
        self._table: npt.NDArray[np.uint8] = np.empty((0, 3), np.uint8)
        self._chosen: Integers = np.empty(0, np.int64)
        self._raster = Raster()
        self._stale = True
        self._pixel = QPointF()
        self.setZValue(10)
        view.changed.connect(self.redraw)

    def set_points(self, positions: Floats, labels: Integers, classes: int, *, glides: bool) -> None:
        """Take other points; labels outside of 0 … classes - 1 mean "no class".

        If they glide they stay where they are drawn, until `move` tells their places on the way.
        """
        self._targets = drawable(positions)
        if not glides:
            self._positions = self._targets
        labels = np.where((labels >= 0) & (labels < classes), labels, -1)
        if classes != self._classes or not np.array_equal(labels, self._labels):
            self._labels, self._classes = labels, classes
            self._arrange()
        self.redraw()

    def move(self, positions: Floats) -> None:
        """Draw the same points at other places."""
        self._positions = positions
        self.redraw()

    def set_visible_classes(self, visible: set[int]) -> None:
        """Show these classes, and whatever has none."""
        self._visible = set(visible)
        self._arrange()

    def set_values(self, levels: npt.NDArray[np.uint8] | None, table: npt.NDArray[np.uint8]) -> None:
        """Colour the points by a level each, uint8 (N,), through a table, uint8 (256, 3); by their classes for None.

        Levels of another number of points wait until these points are shown.
        """
        self._levels, self._table = levels, table
        self.redraw()

    def set_chosen(self, rows: Integers) -> None:
        """Dim all points but these, and draw these above them; none for an empty array (K,).

        Rows that the map does not have are left out.
        """
        self._chosen = np.asarray(rows, np.int64).reshape(-1)
        self._arrange()

    def positions(self) -> Floats:
        """Give where the points are drawn now: float32 (N, 2)."""
        return self._positions

    def targets(self) -> Floats:
        """Give where the points belong: float32 (N, 2)."""
        return self._targets

    def nearest(self, local: QPointF, reach: float | None = None) -> int | None:
        """Give the visible point nearest to a pixel of the view box.

        At most `reach` pixels away; without one, its disc lies under the pixel, or within two pixels of it.
        """
        places = self._view.to_pixels(np.take(self._positions, self._order, axis=0)) - (local.x(), local.y())
        distances = np.hypot(places[:, 0], places[:, 1])
        distances[np.isnan(distances)] = np.inf
        reach = min(6.0, self.radius() + 2) if reach is None else reach
        if not len(distances) or distances.min() > reach:
            return None
        # Of equally near ones the last, which lies on top.
        return int(self._order[np.flatnonzero(distances == distances.min())[-1]])

    def rows_in(self, path: QPainterPath) -> Integers:
        """Give the visible points, in ascending order, whose centres are drawn within a path in pixels of the view box.

        Returns
        -------
        int64 (K,)
        """
        places = self._view.to_pixels(np.take(self._positions, self._order, axis=0))
        box = path.boundingRect()
        near = (places[:, 0] >= box.left()) & (places[:, 0] <= box.right())
        near &= (places[:, 1] >= box.top()) & (places[:, 1] <= box.bottom())
        near = np.flatnonzero(near)
        within = [path.contains(QPointF(x, y)) for x, y in places[near].tolist()]
        return np.sort(self._order[near[np.array(within, bool)]])

    def radius(self) -> float:
        """Give the discs' radius in pixels of the view: less for many points, more when zoomed in."""
        magnification = max(self._view.magnification(), 1.0)
        count = max(len(self._positions), 1)
        area = self._view.box.rect().width() * self._view.box.rect().height()
        spacing = (max(area, 1.0) / count) ** 0.5
        wanted = min(max(0.85 * spacing**0.55, 1.1), 6.0) * min(magnification, 16.0) ** 0.25
        # Only what is in the view costs time.
        drawn = count if magnification == 1.0 else max(self._view.count_shown(self._positions), 1)
        ratio = self._view.pixel_ratio()
        affordable = max((_BUDGET * ratio / (np.pi * drawn)) ** 0.5 / ratio - 0.4, 1.0)
        return float(min(wanted, affordable, LARGEST_RADIUS / ratio))

    def redraw(self) -> None:
        """Draw anew at the next paint."""
        self._stale = True
        self.update()

    def boundingRect(self) -> QRectF:
        """Cover the view box."""
        return self._view.box.rect()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint the image, drawn anew if need be."""
        if self._stale:
            self._draw()
            self._stale = False
        pixels = self._raster.pixels()
        height, width = pixels.shape
        if not (height and width and len(self._order)):
            return
        stride = pixels.strides[0]
        start = pixels.base.reshape(-1)[(pixels.ctypes.data - pixels.base.ctypes.data) // 4 :]
        image = QImage(start.data, width, height, stride, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(self._view.pixel_ratio())
        painter.drawImage(self._pixel, image)

    def _arrange(self) -> None:
        # Shuffled, always alike: in the order of a sorted data set one class would lie above all others.
        order = np.random.default_rng(0).permutation(len(self._labels))
        labels = self._labels[order]
        # The last entry is for -1: what has no class is always shown.
        is_shown = np.array([label in self._visible for label in range(self._classes)] + [True])
        shown = is_shown[labels]
        order, labels = order[shown], labels[shown]
        order = order[np.argsort(labels >= 0, kind="stable")]
        self._order = order[np.argsort(self._is_chosen()[order], kind="stable")]
        self.redraw()

    def _is_chosen(self) -> npt.NDArray[np.bool_]:
        chosen = np.zeros(len(self._labels), bool)
        chosen[self._chosen[(self._chosen >= 0) & (self._chosen < len(chosen))]] = True
        return chosen

    def _inks(self) -> tuple[Integers, npt.NDArray[np.uint8]]:
        """Give the colour of each point in drawing order, and the palette of these: uint8 (C, 4)."""
        colours = theme.current()
        if self._levels is not None and len(self._levels) == len(self._labels):
            inks, palette = self._levels.astype(np.int64), self._table
        else:
            muted = QColor(colours.muted).getRgb()[:3]
            inks = self._labels + 1
            palette = np.concatenate(
                [np.array([muted], np.uint8), theme.class_colours(self._classes, dark=colours.dark)]
            )
        inks = inks[self._order]
        opaque = np.full((len(palette), 1), 255, np.uint8)
        faint = np.full((len(palette), 1), _DIMMED, np.uint8)
        chosen = self._is_chosen()[self._order]
        if chosen.any():
            inks = inks + len(palette) * ~chosen
        return inks, np.concatenate([np.hstack([palette, opaque]), np.hstack([palette, faint])])

    def _draw(self) -> None:
        # Whole pixels of the screen, wherever the layout has put the view box.
        ratio = self._view.pixel_ratio()
        box = self._view.box
        corner = box.mapToScene(QPointF(0, 0)) * ratio
        left, top = round(corner.x()), round(corner.y())
        size = (int(np.ceil(box.rect().width() * ratio)), int(np.ceil(box.rect().height() * ratio)))
        self._pixel = box.mapFromScene(QPointF(left, top) / ratio)
        shift = np.array([corner.x() - left, corner.y() - top])
        places = self._view.to_pixels(np.take(self._positions, self._order, axis=0)) * ratio + shift
        # Quarters of a pixel: stamps are kept, and training changes the radius by little at a time.
        radius = max(round(self.radius() * ratio * 4) / 4, 0.75)
        inks, palette = self._inks()
        self._raster.draw(size, places, inks, palette, radius)
