"""What the left button of the mouse does on the map: a tool of its own for each."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, Qt

from latentlab.ui.canvas.points.points import PointsLayer
from latentlab.ui.canvas.tools.intents import Intents
from latentlab.ui.plots.map_view import MapView

SELECTING_MODIFIER = Qt.KeyboardModifier.ControlModifier  # the command key of a Mac


class Tool(QObject):
    """Hears the left button while it is the tool in hand; places are pixels of the view box.

    Wheel, panning and hovering stay with `MouseTool`, whatever the tool.

    Attributes
    ----------
    cursor : Qt.CursorShape
        What the mouse looks like over the map.
    """

    cursor = Qt.CursorShape.CrossCursor

    def press(self, local: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Hear the button go down, within the map."""

    def drag(self, local: QPointF) -> None:
        """Hear the mouse move with the button down; it may have left the map."""

    def release(self, local: QPointF, *, dragged: bool) -> None:
        """Hear the button go up; a trembling hand has not dragged."""

    def hover(self, local: QPointF | None) -> None:
        """Hear the mouse move with no button down; None where it has left the map."""

    def finish(self) -> None:
        """End what takes several clicks: a double click, or the key Enter."""

    def take_back(self) -> None:
        """Take the last of several clicks back: the key Backspace."""

    def cancel(self) -> None:
        """Give up what was begun: the key Escape."""

    def put_down(self) -> None:
        """Make room for another tool; what was begun is given up."""
        self.cancel()


class PickTool(Tool):
    """Picks the place, or the point, under the mouse, and follows a drag; with Ctrl it selects points."""

    def __init__(self, view: MapView, points: PointsLayer, intents: Intents) -> None:
        super().__init__(intents)
        self._intents = intents
        self._view = view
        self._points = points
        self._on_point: int | None = None
        self._picks = False

    def press(self, local: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Pick, or select."""
        point = self._points.nearest(local)
        self._picks = not modifiers & SELECTING_MODIFIER
        if not self._picks:
            if point is not None:
                self._intents.point_toggled.emit(point)
            return
        self._on_point = point
        if point is None:
            self._pick(local)
        else:
            # The point itself, not the pixel beside its centre.
            self._intents.picked_at.emit(*self._points.targets()[point].tolist())

    def drag(self, local: QPointF) -> None:
        """Go on picking."""
        if self._picks:
            self._pick(local)

    def release(self, local: QPointF, *, dragged: bool) -> None:
        """Tell which point was clicked."""
        if self._picks and not dragged and self._on_point is not None:
            self._intents.point_picked.emit(self._on_point)

    def put_down(self) -> None:
        """Pick no more before the button goes down again."""
        self._picks = False

    def _pick(self, local: QPointF) -> None:
        rect = self._view.box.rect()
        inside = QPointF(min(max(local.x(), rect.left()), rect.right()), min(max(local.y(), rect.top()), rect.bottom()))
        self._intents.picked_at.emit(*self._view.to_position(inside))
