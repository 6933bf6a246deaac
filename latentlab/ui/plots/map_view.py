"""Which part of the plane the map shows: fitting, following, zooming, panning."""

from __future__ import annotations

from itertools import product
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QObject, QPointF, QTimer, Signal

from latentlab.core.arrays import Extent, Floats, Position

Mode = Literal["all", "standard", "free"]
Corner = Literal["top left", "top right", "bottom left", "bottom right"]

STANDARD: Extent = (-4.0, 4.0, -4.0, 4.0)
_MARGIN = 0.06
_STANDARD_MARGIN = 0.02
# A cloud that fills less than this of the view makes it close in.
_TOO_SMALL = 0.6
# Beyond these, the numbers of a point (float32) cannot be told apart or the axes overflow.
_FINEST = 1e-5
_WIDEST = 1e30
_SETTLE_MILLISECONDS = 400
_POINT = 5.0  # pixels between a point's middle and a card: no disc lies half below one


def drawable(points: Floats) -> Floats:
    """Give the points with whatever no axis can hold replaced by not-a-number, which is never drawn."""
    values = points.reshape(-1)
    if not len(values) or (np.fmax.reduce(values) <= _WIDEST and np.fmin.reduce(values) >= -_WIDEST):
        return points
    x, y = _columns(points)
    misfits = ~((np.abs(x) <= _WIDEST) & (np.abs(y) <= _WIDEST))
    drawn = points.copy()
    drawn[misfits] = np.nan
    return drawn


def extent_of(points: Floats) -> Extent | None:
    """Give the part of the plane that holds all drawable points, or None where there are none."""
    x, y = _columns(points)
    if np.isnan(np.add.reduce(x) + np.add.reduce(y)):  # what lacks one of its numbers is not drawn
        is_whole = ~np.isnan(x + y)
        x, y = x[is_whole], y[is_whole]
    if not len(x) or np.isnan(left := np.fmin.reduce(x)):
        return None
    return float(left), float(np.fmax.reduce(x)), float(np.fmin.reduce(y)), float(np.fmax.reduce(y))


def _columns(points: Floats) -> Floats:
    """Give x and y for themselves: going over rows of two takes ten times as long."""
    return np.ascontiguousarray(points.T)


class MapView(QObject):
    """What the view box shows, with both axes at one scale.

    In mode "all" it follows the points as they move, in "standard" it stays at ±4, and it is "free" from the moment
    when a person zooms or pans.
    """

    changed = Signal()
    settled = Signal()
    """What a person did to the view has come to rest."""

    def __init__(self, box: pg.ViewBox, widget: pg.GraphicsView) -> None:
        super().__init__(widget)
        self.box = box
        self._widget = widget
        self._covered: dict[str, tuple[Corner, float, float]] = {}
        self._is_from_zero = False
        self._items: list[object] = []
        self._points: Extent | None = None
        self.mode: Mode = "all"
        self._rest = QTimer(self, singleShot=True, interval=_SETTLE_MILLISECONDS)
        self._rest.timeout.connect(self.settled)
        box.setAspectLocked(True)
        box.disableAutoRange()
        box.sigRangeChanged.connect(self.changed)
        box.sigResized.connect(self._resized)

    def keep(self, item: object) -> None:
        """Keep Python's half of an item of the box for as long as the map is there: Qt keeps the other half alone."""
        self._items.append(item)

    def extent(self) -> Extent:
        """Give what is shown."""
        (left, right), (bottom, top) = self.box.viewRange()
        return left, right, bottom, top

    def pixel_ratio(self) -> float:
        """Give the screen's pixels per pixel of the view."""
        return float(self._widget.viewport().devicePixelRatioF())

    def to_pixels(self, positions: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Turn positions (N, 2) into pixels of the view box."""
        left, right, bottom, top = self.extent()
        x, y = np.asarray(positions, np.float64).T
        # Column by column: broadcasting along rows of two is several times slower.
        pixels = np.empty((2, len(x)))
        np.multiply(x - left, self.box.rect().width() / (right - left), out=pixels[0])
        np.multiply(top - y, self.box.rect().height() / (top - bottom), out=pixels[1])
        return pixels.T

    def to_position(self, local: QPointF) -> Position:
        """Turn a pixel of the view box into a position."""
        left, right, bottom, top = self.extent()
        across, down = local.x() / self.box.rect().width(), local.y() / self.box.rect().height()
        return left + across * (right - left), top - down * (top - bottom)

    def magnification(self) -> float:
        """Give how much larger than in "show all" things are drawn."""
        if self._points is None:
            return 1.0
        whole, now = self._fit(self._points), self.extent()
        return (whole[1] - whole[0]) / (now[1] - now[0])

    def set_covered(self, name: str, corner: Corner, width: float, height: float) -> None:
        """Keep fitted things clear of a card of so many pixels that lies in a corner; none where it has no area."""
        card = (corner, width, height) if width > 0 and height > 0 else None
        if card == self._covered.get(name):
            return
        self._covered.pop(name, None)
        if card is not None:
            self._covered[name] = card
        self._refit()
        self.changed.emit()

    def free_at_bottom(self, high: float) -> tuple[float, float]:
        """Give from where to where cards leave the lowest so many pixels free, in pixels of the view box."""
        left, right = 0.0, self.box.rect().width()
        for corner, wide, tall in self._covered.values():
            if "bottom" in corner or tall > self.box.rect().height() - high:
                if "left" in corner:
                    left = max(left, wide)
                else:
                    right = min(right, self.box.rect().width() - wide)
        return left, right

    def set_from_zero(self) -> None:
        """Fit nothing below zero: what is shown is never negative."""
        self._is_from_zero = True
        self._refit()

    def set_points(self, extent: Extent | None, *, animates: bool = False) -> Extent | None:
        """Take where the points lie now; give where the view should move to, if it should.

        With `animates` it waits until some leave the view or all fill too little of it: a view that shrinks
        and grows with every update could not be looked at.
        """
        self._points = extent
        if self.mode != "all" or extent is None:
            return None
        wanted = self._fit(extent)
        if not animates:
            return wanted
        left, right, bottom, top = self.extent()
        inside = left <= extent[0] and extent[1] <= right and bottom <= extent[2] and extent[3] <= top
        small = wanted[1] - wanted[0] < _TOO_SMALL * (right - left)
        return wanted if small or not inside or self._is_under_cards(extent) else None

    def count_shown(self, points: Floats) -> int:
        """Give how many of the points lie in the view."""
        left, right, bottom, top = self.extent()
        x, y = points.T
        return int(np.count_nonzero((x >= left) & (x <= right) & (y >= bottom) & (y <= top)))

    def show(self, extent: Extent) -> None:
        """Show this part of the plane, and more where the window has another shape."""
        left, right, bottom, top = extent
        self.box.setRange(xRange=(left, right), yRange=(bottom, top), padding=0, disableAutoRange=True)

    def show_all(self) -> None:
        """Show all points, now and as they move."""
        self.mode = "all"
        self._rest.start()
        self._refit()

    def show_standard(self) -> None:
        """Show ±4, where the prior has nearly all its mass."""
        self.mode = "standard"
        self._rest.start()
        self._refit()

    def go_to(self, extent: Extent, mode: Mode = "free") -> None:
        """Show a part of the plane where one was before, in the mode of then."""
        self._rest.stop()  # nobody has come to a new place
        self.mode = mode
        if mode == "free":
            self.show(extent)
        else:
            self._refit()

    def zoom(self, factor: float, local: QPointF | None = None) -> None:
        """Show `factor` times as much, around a pixel that stays where it is (the centre if none is given)."""
        left, right, bottom, top = self.extent()
        x, y = ((left + right) / 2, (bottom + top) / 2) if local is None else self.to_position(local)
        span = min(right - left, top - bottom)
        finest = _FINEST * max(abs(x), abs(y), 1.0)
        factor = min(max(factor, finest / span), _WIDEST / span)
        self._free()
        self.show(
            (x - (x - left) * factor, x + (right - x) * factor, y - (y - bottom) * factor, y + (top - y) * factor)
        )

    def pan(self, start: Extent, pixels: QPointF) -> None:
        """Show `start`, dragged by so many pixels."""
        left, right, bottom, top = start
        x = -pixels.x() * (right - left) / self.box.rect().width()
        y = pixels.y() * (top - bottom) / self.box.rect().height()
        self._free()
        self.show((left + x, right + x, bottom + y, top + y))

    def reveal(self, position: Position) -> None:
        """Move just so far that a position is in the view."""
        left, right, bottom, top = self.extent()
        x, y = position
        across = min(x - left, 0.0) + max(x - right, 0.0)
        up = min(y - bottom, 0.0) + max(y - top, 0.0)
        if across or up:
            self._free()
            self.show((left + across, right + across, bottom + up, top + up))

    def _free(self) -> None:
        self.mode = "free"
        self._rest.start()

    def _fit(self, extent: Extent, margin: float = _MARGIN, corners: tuple[Corner, ...] = get_args(Corner)) -> Extent:
        """Give what to show so that all of a part of the plane is seen, clear of the cards in some corners."""
        left, right, bottom, top = extent
        x, y = (left + right) / 2, (bottom + top) / 2
        # A point alone has no scale: as much is shown around it as a prior's deviation.
        least = (
            1e-3 * max(abs(x), abs(y), 1.0) if right > left or top > bottom else max(2.0, 1e-3 * max(abs(x), abs(y)))
        )
        wide, high = max(right - left, least), max(top - bottom, least)
        width, height = (max(side, 1.0) for side in (self.box.rect().width(), self.box.rect().height()))
        # Each card is avoided beside it, or above or below it: whichever leaves the most room.
        ways = [_around(card, width, height) for card in self._covered.values() if card[0] in corners]
        edges = [tuple(map(max, zip((0.0,) * 4, *chosen, strict=True))) for chosen in product(*ways)]
        per_pixel, (at_left, at_right, below, above) = min(
            (max(_scale(wide, width, margin, *each[:2]), _scale(high, height, margin, *each[2:])), each)
            for each in edges
        )
        # What is fitted moves away from the middle only as far as a card needs.
        start = _start(wide, width * per_pixel, margin, at_left * per_pixel, at_right * per_pixel)
        under = _start(high, height * per_pixel, margin, below * per_pixel, above * per_pixel)
        begin, floor = x - wide / 2 - start, y - high / 2 - under
        if self._is_from_zero:  # as much is shown, from a margin beside the axes on
            begin, floor = max(begin, -margin * width * per_pixel), max(floor, -margin * height * per_pixel)
        return begin, begin + width * per_pixel, floor, floor + height * per_pixel

    def _is_under_cards(self, extent: Extent) -> bool:
        (left, bottom), (right, top) = self.to_pixels([(extent[0], extent[2]), (extent[1], extent[3])])
        width, height = self.box.rect().width(), self.box.rect().height()
        return any(
            (left < wide if "left" in corner else right > width - wide)
            and (top < high if "top" in corner else bottom > height - high)
            for corner, wide, high in self._covered.values()
        )

    def _refit(self) -> None:
        if self.mode == "all" and self._points is not None:
            self.show(self._fit(self._points))
        elif self.mode != "free":  # what comes and goes below does not move the standard
            self.show(self._fit(STANDARD, _STANDARD_MARGIN, ("top right",)))

    def _resized(self) -> None:
        self._refit()
        self.changed.emit()


def _around(card: tuple[Corner, float, float], width: float, height: float) -> list[tuple[float, float, float, float]]:
    """Give the ways around a card: how much room is left free at the left, right, bottom and top, in pixels."""
    corner, wide, high = card
    wide, high = min(wide + _POINT, width / 2), min(high + _POINT, height / 2)
    beside = (wide, 0.0) if "left" in corner else (0.0, wide)
    over = (0.0, high) if "top" in corner else (high, 0.0)
    return [(*beside, 0.0, 0.0), (0.0, 0.0, *over)]


def _scale(span: float, pixels: float, margin: float, first: float, last: float) -> float:
    """Give the least scale, per pixel, at which each end has its margin, and what is kept free there."""
    return max(
        span * (1 + 2 * margin) / pixels,
        span * (1 + margin) / max(pixels - first, 1.0),
        span * (1 + margin) / max(pixels - last, 1.0),
        span / max(pixels - first - last, 1.0),
    )


def _start(span: float, room: float, margin: float, first: float, last: float) -> float:
    """Give how far from its first end a span begins within a room: in the middle, if what is kept free allows it."""
    least, most = max(margin * span, first), room - span - max(margin * span, last)
    return max(min((room - span) / 2, most), least)
