"""What everything that is painted on the map has in common, and which of it lies above which."""

from __future__ import annotations

from enum import IntEnum, auto

from PySide6.QtCore import QRectF, Slot
from PySide6.QtWidgets import QGraphicsObject

from latentlab.ui.plots.map_view import MapView


class Order(IntEnum):
    """What lies on the map, from behind to front: the z values of its items."""

    GRID = auto()
    LANDSCAPE = auto()
    FIELD = auto()
    PRIOR = auto()
    POINTS = auto()
    DISTANCES = auto()
    POSTERIORS = auto()
    TRAILS = auto()
    PRIOR_NAMES = auto()  # of its rings, and of other curves: points would cover them
    TRUE_POSTERIOR = auto()  # with a sentence, that no curve's name may lie on
    WALK = auto()
    CROSSHAIR = auto()
    MARKERS = auto()
    RING = auto()  # around a point or place that a hand is about
    AREA = auto()
    NOTE = auto()
    HOVER_CARD = auto()


class Layer(QGraphicsObject):
    """Covers the map, and is painted in pixels of its view box, again whenever the view changes.

    It stays as long as the map does: Qt keeps its half of an item, the view Python's.
    """

    def __init__(self, view: MapView, order: Order) -> None:
        super().__init__(view.box)
        self._view = view
        self.setZValue(order)
        view.keep(self)
        view.changed.connect(self._follow_view)

    def boundingRect(self) -> QRectF:
        """Cover the view box."""
        return self._view.box.rect()

    def redraw(self) -> None:
        """Paint anew: in the colours of the theme, and where the view shows it."""
        self.update()

    @Slot()
    def _follow_view(self) -> None:
        self.redraw()
