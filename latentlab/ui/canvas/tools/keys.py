"""What the keyboard does on the map: walk, select, zoom, show, preview."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from latentlab.core.arrays import Position
from latentlab.ui.canvas.layers.markers import MarkersLayer
from latentlab.ui.canvas.points.points import PointsLayer
from latentlab.ui.canvas.tools.intents import Intents
from latentlab.ui.canvas.tools.mouse import PREVIEW_KEY, MouseTool
from latentlab.ui.plots.map_view import MapView

# A step of the walk, as a share of the view's shorter side.
_STEP, _LONG_STEP = 0.01, 0.1
_ZOOM = 1.25
_ANYWHERE = 1e6  # pixels


class MapKey(NamedTuple):
    """What some keys do while the map has the focus, with the Ctrl key where that is named.

    Attributes
    ----------
    id : str
        Unique among everything that can be done.
    text : str
    keys : tuple of str
    does : callable
    """

    id: str
    text: str
    keys: tuple[str, ...]
    does: Callable[[], object]


class KeyTool(QObject):
    """Reads the keys that the canvas gets while it has the focus.

    Attributes
    ----------
    offers : tuple of MapKey
    """

    def __init__(
        self,
        view: MapView,
        points: PointsLayer,
        markers: MarkersLayer,
        mouse: MouseTool,
        intents: Intents,
        canvas: QObject,
    ) -> None:
        super().__init__(canvas)
        self._mouse = mouse
        self._intents = intents
        self._view = view
        self._points = points
        self._markers = markers
        self.offers = (
            *self._walks(),
            MapKey("zoomIn", self.tr("Zoom in"), ("+", "="), lambda: view.zoom(1 / _ZOOM)),
            MapKey("zoomOut", self.tr("Zoom out"), ("-",), lambda: view.zoom(_ZOOM)),
            MapKey("fitAll", self.tr("Show all points and follow them"), ("Home", "0"), view.show_all),
            MapKey("fitStandard", self.tr("Show −4 to 4 on both axes"), ("4",), view.show_standard),
            MapKey("selectNearest", self.tr("Select the point nearest to the pick"), ("C",), self._select),
            MapKey("preview", self.tr("Preview what is under the mouse"), ("Shift",), lambda: mouse.hold_preview(True)),
            MapKey("giveUp", self.tr("Give up what is being drawn"), ("Esc",), lambda: mouse.tool.cancel()),
            MapKey("takeBack", self.tr("Take the last way-point back"), ("Backspace",), lambda: mouse.tool.take_back()),
            MapKey("finish", self.tr("End the path"), ("Return", "Enter"), lambda: mouse.tool.finish()),
        )
        self._keys = {each.id: each.keys for each in self.offers}
        self._does = self._listen()
        canvas.installEventFilter(self)

    def set_keys(self, name: str, keys: tuple[str, ...]) -> None:
        """Have other keys do what has an id."""
        self._keys[name] = keys
        self._does = self._listen()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys that mean something here."""
        kind = event.type()
        if kind == QEvent.Type.KeyPress:
            return self._press(event)
        if (kind == QEvent.Type.KeyRelease and event.key() == PREVIEW_KEY) or kind == QEvent.Type.FocusOut:
            self._mouse.hold_preview(False)
        return False

    def _listen(self) -> dict[int, Callable[[], object]]:
        return {QKeySequence(key)[0].toCombined(): each.does for each in self.offers for key in self._keys[each.id]}

    def _press(self, event: QKeyEvent) -> bool:
        key, modifiers = event.key(), event.modifiers()
        if does := self._does.get(event.keyCombination().toCombined()):
            does()
            return True
        if modifiers and Qt.Key.Key_A <= key <= Qt.Key.Key_Z:
            return False  # somebody else's
        control = (modifiers & Qt.KeyboardModifier.ControlModifier).value
        does = self._does.get(key | control) or self._does.get(key)
        if does is not None:
            does()
        return does is not None

    def _walks(self) -> Iterator[MapKey]:
        for key, (across, up), text, far in (
            ("Left", (-1, 0), self.tr("Move the pick to the left"), self.tr("Move the pick far to the left")),
            ("Right", (1, 0), self.tr("Move the pick to the right"), self.tr("Move the pick far to the right")),
            ("Up", (0, 1), self.tr("Move the pick up"), self.tr("Move the pick far up")),
            ("Down", (0, -1), self.tr("Move the pick down"), self.tr("Move the pick far down")),
        ):
            yield MapKey(f"walk{key}", text, (key,), partial(self._walk, _STEP * across, _STEP * up))
            yield MapKey(f"jump{key}", far, (f"Ctrl+{key}",), partial(self._walk, _LONG_STEP * across, _LONG_STEP * up))

    def _walk(self, across: float, up: float) -> None:
        left, right, bottom, top = self._view.extent()
        side = min(right - left, top - bottom)
        x, y = self._markers.pick or ((left + right) / 2, (bottom + top) / 2)
        position: Position = (x + side * across, y + side * up)
        self._view.reveal(position)
        self._intents.picked_at.emit(*position)

    def _select(self) -> None:
        """Select the point that is nearest to the pick, wherever in the view it is."""
        if self._markers.pick is None:
            return
        ((x, y),) = self._view.to_pixels([self._markers.pick])
        point = self._points.nearest(QPointF(x, y), _ANYWHERE)
        if point is not None:
            self._intents.point_toggled.emit(point)
