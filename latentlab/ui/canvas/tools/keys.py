"""What the keyboard does on the map: walk, choose, zoom, show, preview."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent

from latentlab.core.arrays import Position
from latentlab.ui.canvas.layers.markers import MarkersLayer
from latentlab.ui.canvas.points.points import PointsLayer
from latentlab.ui.canvas.tools.mouse import PREVIEW_KEY, MouseTool
from latentlab.ui.plots.map_view import MapView

_DIRECTIONS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
# A step of the walk, as a share of the view's shorter side.
_STEP, _LONG_STEP = 0.01, 0.1
_ZOOM = 1.25
_ANYWHERE = 1e6  # pixels


class KeyTool(QObject):
    """Reads the keys that the canvas gets while it has the focus."""

    picked_at = Signal(float, float)
    point_toggled = Signal(int)
    preview_held = Signal(bool)

    def __init__(
        self, view: MapView, points: PointsLayer, markers: MarkersLayer, mouse: MouseTool, canvas: QObject
    ) -> None:
        super().__init__(canvas)
        self._view = view
        self._mouse = mouse
        self._points = points
        self._markers = markers
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys that mean something here."""
        kind = event.type()
        if kind == QEvent.Type.KeyPress:
            return self._press(event)
        if (kind == QEvent.Type.KeyRelease and event.key() == PREVIEW_KEY) or kind == QEvent.Type.FocusOut:
            self.preview_held.emit(False)
        return False

    def _press(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key in _DIRECTIONS:
            self._walk(_DIRECTIONS[key], bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._view.zoom(1 / _ZOOM)
        elif key == Qt.Key.Key_Minus:
            self._view.zoom(_ZOOM)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_0):
            self._view.show_all()
        elif key == Qt.Key.Key_4:
            self._view.show_standard()
        elif key == Qt.Key.Key_C and not event.modifiers():
            self._choose()
        elif key == PREVIEW_KEY:
            self.preview_held.emit(True)
        elif key == Qt.Key.Key_Escape:
            self._mouse.tool.cancel()
        elif key == Qt.Key.Key_Backspace:
            self._mouse.tool.take_back()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._mouse.tool.finish()
        else:
            return False
        return True

    def _walk(self, direction: tuple[int, int], long: bool) -> None:
        left, right, bottom, top = self._view.extent()
        step = min(right - left, top - bottom) * (_LONG_STEP if long else _STEP)
        x, y = self._markers.pick or ((left + right) / 2, (bottom + top) / 2)
        position: Position = (x + step * direction[0], y + step * direction[1])
        self._view.reveal(position)
        self.picked_at.emit(*position)

    def _choose(self) -> None:
        """Choose the point that is nearest to the pick, wherever in the view it is."""
        if self._markers.pick is None:
            return
        ((x, y),) = self._view.to_pixels([self._markers.pick])
        point = self._points.nearest(QPointF(x, y), _ANYWHERE)
        if point is not None:
            self.point_toggled.emit(point)
