"""What the mouse does on the map whatever the tool: hover, preview, zoom, pan; the left button belongs to the tool."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from latentlab.core.arrays import Extent
from latentlab.ui.canvas.points.points import PointsLayer
from latentlab.ui.canvas.tools.intents import Intents
from latentlab.ui.canvas.tools.tools import PickTool, Tool
from latentlab.ui.plots.map_view import MapView

PREVIEW_KEY = Qt.Key.Key_Shift
_PREVIEW_MODIFIER = Qt.KeyboardModifier.ShiftModifier
# One notch of a wheel is 120: a fifth nearer or farther.
_ZOOM_PER_STEP = 1.2 ** (-1 / 120)
_LOOK_MILLISECONDS = 100
_PAN_BUTTONS = (Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton)


class MouseTool(QObject):
    """Reads the viewport's mouse events before pyqtgraph does, so that its menu and its panning stay away.

    Attributes
    ----------
    pick : PickTool
        In hand until another tool is.
    """

    point_hovered = Signal(int, QPointF)
    """The mouse rests on this point, -1 for none any more; and where, in pixels of the view box."""
    cursor_moved = Signal(object)
    """Where the mouse is, a QPointF in pixels of the view box, or None where it has left the map."""

    def __init__(self, view: MapView, points: PointsLayer, viewport: QWidget, intents: Intents) -> None:
        super().__init__(viewport)
        self._intents = intents
        self._view = view
        self._points = points
        self._viewport = viewport
        self.pick = PickTool(view, points, intents)
        self._tool: Tool = self.pick
        self._button = Qt.MouseButton.NoButton
        self._pressed = QPointF()
        self._dragged = False
        self._start: Extent = view.extent()
        self._cursor: QPointF | None = None
        self._key_held = False
        self._hovering = False
        self._hovered_point = -1
        self._timer = QTimer(self, singleShot=True, interval=_LOOK_MILLISECONDS)
        self._timer.timeout.connect(self._look)
        view.changed.connect(self.look_again)
        viewport.setCursor(self._tool.cursor)
        viewport.installEventFilter(self)

    @property
    def tool(self) -> Tool:
        """The tool in hand."""
        return self._tool

    def set_tool(self, tool: Tool | None) -> None:
        """Give the left button to a tool; None to the one that picks."""
        self._tool.put_down()
        self._tool = tool or self.pick
        self._viewport.setCursor(self._tool.cursor)

    def hold_preview(self, held: bool) -> None:
        """Tell that the preview key is held, or no more: seen by whoever has the keyboard."""
        self._key_held = held
        self._preview(held)

    def look_again(self) -> None:
        """Find out, as soon as points and view are still, on which point the mouse rests now."""
        if self._cursor is not None:
            self._timer.start()

    def forget_point(self) -> None:
        """Rest on no point: what was there is gone."""
        self._rest_on(None, QPointF())
        self.look_again()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the mouse's events, leave all others."""
        kind = event.type()
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
            self._press(event)
        elif kind == QEvent.Type.MouseMove:
            self._move(event)
        elif kind == QEvent.Type.MouseButtonRelease:
            self._release(event)
        elif kind == QEvent.Type.Wheel:
            self._wheel(event)
        elif kind == QEvent.Type.Leave:
            self._cursor = None
            self._timer.stop()
            self.cursor_moved.emit(None)
            self._preview(False)
            self._hover(None)
            return False
        else:
            return kind == QEvent.Type.ContextMenu
        return True

    def _local(self, event: QMouseEvent | QWheelEvent) -> QPointF:
        return self._view.box.mapFromScene(event.position())

    def _press(self, event: QMouseEvent) -> None:
        local = self._local(event)
        self._see_whether_held(event.buttons() & ~event.button())
        if self._button != Qt.MouseButton.NoButton or not self._view.box.rect().contains(local):
            return
        self._preview(False)
        self._hover(None)
        self._pressed, self._dragged = local, False
        if event.button() == Qt.MouseButton.LeftButton:
            self._button = event.button()
            self._tool.press(local, event.modifiers())
            if event.type() == QEvent.Type.MouseButtonDblClick:
                self._tool.finish()
        elif event.button() in _PAN_BUTTONS:
            self._button = event.button()
            self._start = self._view.extent()
            self._viewport.setCursor(Qt.CursorShape.ClosedHandCursor)

    def _see_whether_held(self, buttons: Qt.MouseButton) -> None:
        """Give up what a button began that went up unheard: a dialog or a menu has come in between."""
        if self._button != Qt.MouseButton.NoButton and not buttons & self._button:
            if self._button == Qt.MouseButton.LeftButton:
                self._tool.put_down()
            self._button = Qt.MouseButton.NoButton
            self._viewport.setCursor(self._tool.cursor)

    def _move(self, event: QMouseEvent) -> None:
        local = self._local(event)
        self._see_whether_held(event.buttons())
        self._cursor = local
        self.cursor_moved.emit(local if self._view.box.rect().contains(local) else None)
        if self._button == Qt.MouseButton.NoButton:
            is_inside = self._view.box.rect().contains(local)
            held = self._key_held or bool(event.modifiers() & _PREVIEW_MODIFIER)
            self._preview(held and is_inside)
            self._hover(local if is_inside else None)
            return
        moved = local - self._pressed
        # A trembling hand does not drag.
        self._dragged |= moved.manhattanLength() >= min(QApplication.startDragDistance(), 4)
        if not self._dragged:
            return
        if self._button == Qt.MouseButton.LeftButton:
            self._tool.drag(local)
        else:
            self._view.pan(self._start, moved)

    def _release(self, event: QMouseEvent) -> None:
        if event.button() != self._button:
            return
        self._button = Qt.MouseButton.NoButton
        self._viewport.setCursor(self._tool.cursor)
        if event.button() == Qt.MouseButton.LeftButton:
            self._tool.release(self._local(event), dragged=self._dragged)

    def _wheel(self, event: QWheelEvent) -> None:
        local = self._local(event)
        # Alt turns a wheel sideways on some systems.
        steps = event.angleDelta().y() or event.angleDelta().x()
        if steps and self._button == Qt.MouseButton.NoButton and self._view.box.rect().contains(local):
            self._view.zoom(_ZOOM_PER_STEP**steps, local)

    def _hover(self, local: QPointF | None) -> None:
        self._tool.hover(local)
        self._rest_on(None if local is None else self._points.nearest(local), local or QPointF())

    def _rest_on(self, row: int | None, local: QPointF) -> None:
        point = -1 if row is None else row
        if point != self._hovered_point:
            self._hovered_point = point
            self.point_hovered.emit(point, local)

    def _look(self) -> None:
        local = self._cursor
        if local is not None and self._button == Qt.MouseButton.NoButton and self._view.box.rect().contains(local):
            self._rest_on(self._points.nearest(local), local)

    def _preview(self, wanted: bool) -> None:
        if wanted and self._cursor is not None and self._button == Qt.MouseButton.NoButton:
            self._hovering = True
            self._intents.hovered.emit(*self._view.to_position(self._cursor))
        elif self._hovering and not wanted:
            self._hovering = False
            self._intents.hover_ended.emit()
