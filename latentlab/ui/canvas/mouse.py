"""What the mouse does on the map: pick by click and drag, choose, preview, zoom, pan."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from latentlab.ui.canvas.points import PointsLayer
from latentlab.ui.canvas.view import Extent, MapView

PREVIEW_KEY = Qt.Key.Key_Shift
_CHOOSING_MODIFIER = Qt.KeyboardModifier.ControlModifier  # the command key of a Mac
_PREVIEW_MODIFIER = Qt.KeyboardModifier.ShiftModifier
# One notch of a wheel is 120: a fifth nearer or farther.
_ZOOM_PER_STEP = 1.2 ** (-1 / 120)
_PAN_BUTTONS = (Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton)


class MouseTool(QObject):
    """Reads the viewport's mouse events before pyqtgraph does, so that its menu and its panning stay away."""

    picked_at = Signal(float, float)
    point_picked = Signal(int)
    point_toggled = Signal(int)
    hovered = Signal(float, float)
    hover_ended = Signal()

    def __init__(self, view: MapView, points: PointsLayer, viewport: QObject) -> None:
        super().__init__(viewport)
        self._view = view
        self._points = points
        self._viewport = viewport
        self._button = Qt.MouseButton.NoButton
        self._pressed = QPointF()
        self._dragged = False
        self._on_point: int | None = None
        self._start: Extent = view.extent()
        self._cursor: QPointF | None = None
        self._key_held = False
        self._hovering = False
        viewport.installEventFilter(self)

    def hold_preview(self, held: bool) -> None:
        """Tell that the preview key is held, or no more: seen by whoever has the keyboard."""
        self._key_held = held
        self._preview(held)

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
            self._preview(False)
            return False
        else:
            return kind == QEvent.Type.ContextMenu
        return True

    def _local(self, event: QMouseEvent | QWheelEvent) -> QPointF:
        return self._view.box.mapFromScene(event.position())

    def _press(self, event: QMouseEvent) -> None:
        local = self._local(event)
        if self._button != Qt.MouseButton.NoButton or not self._view.box.rect().contains(local):
            return
        self._preview(False)
        self._pressed, self._dragged = local, False
        if event.button() == Qt.MouseButton.LeftButton and event.modifiers() & _CHOOSING_MODIFIER:
            if (point := self._points.nearest(local)) is not None:
                self.point_toggled.emit(point)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._button = event.button()
            self._on_point = self._points.nearest(local)
            if self._on_point is None:
                self._pick(local)
            else:
                # The point itself, not the pixel beside its centre.
                self.picked_at.emit(*self._points.targets()[self._on_point].tolist())
        elif event.button() in _PAN_BUTTONS:
            self._button = event.button()
            self._start = self._view.extent()
            self._viewport.setCursor(Qt.CursorShape.ClosedHandCursor)

    def _move(self, event: QMouseEvent) -> None:
        local = self._local(event)
        self._cursor = local
        if self._button == Qt.MouseButton.NoButton:
            held = self._key_held or bool(event.modifiers() & _PREVIEW_MODIFIER)
            self._preview(held and self._view.box.rect().contains(local))
            return
        moved = local - self._pressed
        # A trembling hand does not drag.
        self._dragged |= moved.manhattanLength() >= min(QApplication.startDragDistance(), 4)
        if not self._dragged:
            return
        if self._button == Qt.MouseButton.LeftButton:
            self._pick(local)
        else:
            self._view.pan(self._start, moved)

    def _release(self, event: QMouseEvent) -> None:
        if event.button() != self._button:
            return
        self._button = Qt.MouseButton.NoButton
        self._viewport.setCursor(Qt.CursorShape.CrossCursor)
        if event.button() == Qt.MouseButton.LeftButton and not self._dragged and self._on_point is not None:
            self.point_picked.emit(self._on_point)

    def _wheel(self, event: QWheelEvent) -> None:
        local = self._local(event)
        # Alt turns a wheel sideways on some systems.
        steps = event.angleDelta().y() or event.angleDelta().x()
        if steps and self._button == Qt.MouseButton.NoButton and self._view.box.rect().contains(local):
            self._view.zoom(_ZOOM_PER_STEP**steps, local)

    def _pick(self, local: QPointF) -> None:
        rect = self._view.box.rect()
        inside = QPointF(min(max(local.x(), rect.left()), rect.right()), min(max(local.y(), rect.top()), rect.bottom()))
        self.picked_at.emit(*self._view.to_position(inside))

    def _preview(self, wanted: bool) -> None:
        if wanted and self._cursor is not None and self._button == Qt.MouseButton.NoButton:
            self._hovering = True
            self.hovered.emit(*self._view.to_position(self._cursor))
        elif self._hovering and not wanted:
            self._hovering = False
            self.hover_ended.emit()
