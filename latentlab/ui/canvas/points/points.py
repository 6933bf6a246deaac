"""The layer of data points: any number of discs in one image, redrawn when the view or the points change."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from latentlab.core.arrays import Floats, Integers, row_order
from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.canvas.points.drawn_points import DrawnPoints
from latentlab.ui.canvas.points.inside_path import are_inside
from latentlab.ui.canvas.points.pixel_index import MARGIN, Frame, PixelIndex
from latentlab.ui.canvas.points.raster import HAIRLINE_RADIUS, LARGEST_RADIUS
from latentlab.ui.canvas.points.transition import Transition
from latentlab.ui.plots.map_view import MapView, drawable
from latentlab.ui.style import theme

_MOST_CLASSES = 254  # that have a colour each; of more, neighbours share one
_DIMMED = 0.35  # opacity of what is not selected: its classes can still be told
_LARGEST, _SMALLEST = 6.0, 0.75  # radius in "show all", in pixels


class PointsLayer(Layer):
    """Draws the visible points; an item of the view box itself, in its pixels.

    The order, from below: points without a class, points that have one, and of both those that are selected above all
    that are not. Within each it is a shuffle that is always alike, so that no class covers another. The later of two
    points is seen where their centres fall on one pixel, and where large discs overlap; where they are small, or very
    many, a pixel belongs to the nearest centre.

    It paints a ``QImage`` of its own: pyqtgraph's ``ImageItem`` would convert and resample what is already at the
    resolution of the screen, at three times the cost.
    """

    def __init__(self, view: MapView) -> None:
        super().__init__(view, Order.POINTS)
        nowhere = np.empty((0, 2), np.float32)
        self._transition = Transition(nowhere, nowhere)
        self._positions: Floats | None = None  # none until somebody asks where all of them are on their way
        self._labels: Integers = np.empty(0, np.int64)
        self._classes = 0
        self._visible: set[int] = set()
        self._levels: npt.NDArray[np.uint8] | None = None
        self._table: npt.NDArray[np.uint8] = np.empty((0, 3), np.uint8)
        self._inks: npt.NDArray[np.uint8] = np.empty(0, np.uint8)  # of each point, in the palette
        self._selected: Integers = np.empty(0, np.int64)
        self._shuffled: Integers = np.empty(0, np.int64)
        self._order: Integers = np.empty(0, np.int64)
        self._parts: list[DrawnPoints] = []
        self._drawn = self._order
        self._index = PixelIndex()
        self._frame: Frame | None = None  # none where points or view have changed since
        self._radius = 1.0
        self._is_indexed = False
        self._images: list[QImage] | None = None

    def set_points(self, positions: Floats, labels: Integers | None, classes: int, *, animates: bool = False) -> None:
        """Take other points, or those of the same images again.

        With `animates` they stay where they are drawn, until `go` tells how far they are on their way.

        Parameters
        ----------
        positions : float32 (N, 2)
        labels : int64 (N,) or None
            Outside of 0 … classes - 1 they mean "no class"; None for the same images, which keep theirs.
        """
        target = drawable(positions)
        if animates:  # they are drawn where they begin
            self._positions = self.positions()
            self._transition = Transition(self._positions, target, 0.0)
        else:
            self._put(Transition(target, target))
        if labels is not None or classes != self._classes:  # a training model shows the same images again and again
            self._labels, self._classes = self._labels if labels is None else labels, classes
            self._arrange()

    def move(self, positions: Floats) -> None:
        """Draw the same points at other places."""
        self._put(Transition(positions, positions))

    def go(self, done: float) -> None:
        """Draw the points when they have gone this share of their way."""
        self._put(Transition(self._transition.start, self._transition.target, done))

    def set_visible_classes(self, visible: set[int]) -> None:
        """Show these classes, and whatever has none."""
        self._visible = set(visible)
        self._arrange()

    def set_values(self, levels: npt.NDArray[np.uint8] | None, table: npt.NDArray[np.uint8]) -> None:
        """Colour the points by a level each, uint8 (N,), through a table, uint8 (256, 3); by their classes for None.

        Levels of another number of points wait until these points are shown.
        """
        before, self._levels, self._table = self._levels, levels, table
        if levels is before:
            self.redraw()  # in other colours
        else:
            self._colour()

    def set_selected(self, rows: Integers) -> None:
        """Dim all points but these, and draw these above them; none for an empty array (K,).

        Rows that the map does not have are left out.
        """
        self._selected = np.asarray(rows, np.int64).reshape(-1)
        self._divide()

    def positions(self) -> Floats:
        """Give where the points are drawn now: float32 (N, 2)."""
        if self._positions is None:
            self._positions = self._transition.now()
        return self._positions

    def positions_of(self, rows: Integers) -> Floats:
        """Give where some points are drawn now: float32 (K, 2)."""
        return self._transition.of(rows)

    def colours_of(self, rows: Integers) -> npt.NDArray[np.uint8]:
        """Give the colours of some points: uint8 (K, 3)."""
        return self._palette()[self._inks[rows]]

    def targets(self) -> Floats:
        """Give where the points belong: float32 (N, 2)."""
        return self._transition.target

    def nearest(self, local: QPointF, reach: float | None = None) -> int | None:
        """Give the visible point that is seen at a pixel of the view box.

        Where there is none, the nearest: at most two pixels beside its disc, or at most `reach` pixels away from its
        centre. A reach of more than a few pixels takes longer the more points there are.
        """
        frame, ratio = self._place(), self._view.pixel_ratio()
        largest = self._radius + 2 if reach is None else reach
        if largest * ratio >= MARGIN:
            return self._nearest_of_all(local, largest)
        x, y = local.x() * ratio + frame.shift[0], local.y() * ratio + frame.shift[1]
        ranks = self._indexed(frame).near(x, y, largest * ratio)
        rows = np.take(self._drawn, ranks)
        distances = self._distances(self._transition.of(rows), local)
        if not len(distances) or distances.min() > largest:
            return None
        covering = distances <= self._radius
        if reach is None and covering.any():
            if self._radius * ratio >= HAIRLINE_RADIUS:
                return int(rows[covering][-1])
            above = covering & (ranks >= len(self._parts[0].rows))
            distances[~(above if above.any() else covering)] = np.inf
        # Of equally near ones the last, which lies on top.
        return int(rows[np.flatnonzero(distances == distances.min())[-1]])

    def rows_in(self, path: QPainterPath) -> Integers:
        """Give the points, in ascending order, whose centres are seen within a path in pixels of the view box.

        Returns
        -------
        int64 (K,)
        """
        inside = are_inside(path, self._view.to_pixels(self.positions()), self.boundingRect())
        return np.flatnonzero(inside & self._is_shown())

    def radius(self) -> float:
        """Give the discs' radius in pixels of the view: less where many are in view, more when zoomed in."""
        self._place()
        return self._radius

    def redraw(self) -> None:
        """Draw anew at the next paint."""
        self._frame = None
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint the image, drawn anew if need be."""
        frame = self._place()
        if self._images is None:
            palette, ratio = self._palette(), self._view.pixel_ratio()
            self._images = [part.draw(frame, palette, self._radius * ratio) for part in self._parts]
        corner = -QPointF(*frame.shift) / self._view.pixel_ratio()
        for part, image in zip(self._parts, self._images, strict=True):
            if not image.isNull():
                image.setDevicePixelRatio(self._view.pixel_ratio())
                painter.setOpacity(part.opacity * self.opacity())
                painter.drawImage(corner, image)
        painter.setOpacity(1.0)

    def _put(self, transition: Transition) -> None:
        self._transition, self._positions = transition, None
        self.redraw()

    def _arrange(self) -> None:
        if len(self._shuffled) != len(self._labels):
            # In the order of a sorted data set one class would lie above all others.
            self._shuffled = row_order(len(self._labels))
        labels = np.take(self._labels, self._shuffled)
        has_class = (labels >= 0) & (labels < self._classes)
        # The last entry is for what has no class, which is always shown.
        is_shown = np.array([label in self._visible for label in range(self._classes)] + [True])
        shown = is_shown[np.where(has_class, labels, -1)]
        self._order = np.concatenate([self._shuffled[shown & ~has_class], self._shuffled[shown & has_class]])
        self._divide()

    def _divide(self) -> None:
        """Tell the selected from the others."""
        selected = np.zeros(len(self._labels), bool)
        selected[self._selected[(self._selected >= 0) & (self._selected < len(selected))]] = True
        if selected.any():
            is_above = np.take(selected, self._order)
            self._parts = [
                DrawnPoints(self._order[~is_above], _DIMMED),
                DrawnPoints(self._order[is_above], 1.0),
            ]
        else:
            self._parts = [DrawnPoints(self._order, 1.0)]
        self._drawn = np.concatenate([part.rows for part in self._parts])
        self._colour()

    def _colour(self) -> None:
        if self._levels is not None and len(self._levels) == len(self._labels):
            self._inks = self._levels
        else:
            shared = min(_MOST_CLASSES / max(self._classes, 1), 1.0)
            has_class = (self._labels >= 0) & (self._labels < self._classes)
            self._inks = np.where(has_class, 1 + self._labels * shared, 0).astype(np.uint8)
        for part in self._parts:
            part.colour(self._inks, len(self._palette()))
        self.redraw()

    def _palette(self) -> npt.NDArray[np.uint8]:
        if self._levels is not None and len(self._levels) == len(self._labels):
            return self._table
        colours = theme.current()
        palette = theme.class_colours(self._classes, dark=colours.dark)
        if self._classes > _MOST_CLASSES:
            palette = palette[np.arange(_MOST_CLASSES) * self._classes // _MOST_CLASSES]
        return np.concatenate([np.array([QColor(colours.muted).getRgb()[:3]], np.uint8), palette])

    def _place(self) -> Frame:
        """Find the points' pixels, if they or the view have changed; give how the view lies on these pixels."""
        frame = self._new_frame()
        if self._frame is None or frame != self._frame:
            self._frame, self._images, self._is_indexed = frame, None, False
            count = sum(part.place(frame, self._transition) for part in self._parts)
            self._radius = self._radius_of(count)
        return frame

    def _nearest_of_all(self, local: QPointF, reach: float) -> int | None:
        distances = np.where(self._is_shown(), self._distances(self.positions(), local), np.inf)
        nearest = int(distances.argmin()) if len(distances) else -1
        return nearest if nearest >= 0 and distances[nearest] <= reach else None

    def _distances(self, positions: Floats, local: QPointF) -> npt.NDArray[np.float64]:
        """Give the distances of positions (N, 2) from a pixel of the view box, infinite for what is no number."""
        x, y = self._view.to_pixels(positions).T
        distances = np.hypot(x - local.x(), y - local.y())
        return np.where(np.isnan(distances), np.inf, distances)

    def _is_shown(self) -> npt.NDArray[np.bool_]:
        is_shown = np.zeros(len(self._transition.target), bool)
        is_shown[self._order] = True
        return is_shown

    def _indexed(self, frame: Frame) -> PixelIndex:
        if not self._is_indexed:
            self._index.fill(frame, [part.cells for part in self._parts])
            self._is_indexed = True
        return self._index

    def _new_frame(self) -> Frame:
        # Whole pixels of the screen, wherever the layout has put the view box.
        ratio = self._view.pixel_ratio()
        box = self._view.box
        corner = box.mapToScene(QPointF(0, 0)) * ratio
        left, right, bottom, top = self._view.extent()
        width, height = box.rect().width() * ratio, box.rect().height() * ratio
        return Frame(
            origin=(left, top),
            scale=(width / (right - left), height / (top - bottom)),
            shift=(corner.x() - round(corner.x()), corner.y() - round(corner.y())),
            size=(max(int(np.ceil(width)), 1), max(int(np.ceil(height)), 1)),
        )

    def _radius_of(self, count: int) -> float:
        magnification = self._view.magnification()
        area = self._view.box.rect().width() * self._view.box.rect().height() * min(magnification, 1.0) ** 2
        spacing = (max(area, 1.0) / max(count, 1)) ** 0.5
        largest = _LARGEST * min(max(magnification, 1.0), 16.0) ** 0.25
        wanted = min(max(0.85 * spacing**0.55, _SMALLEST), largest)
        return float(min(wanted, LARGEST_RADIUS / self._view.pixel_ratio()))
