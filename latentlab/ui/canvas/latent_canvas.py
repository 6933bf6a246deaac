"""The map: means of images as points, which one clicks, drags and walks through.

It shows what it is told and emits what a person wants; a pick appears when `set_pick` says so.
"""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAccessible, QFont, QHideEvent, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from latentlab.core.arrays import Extent, Floats, Integers, Position
from latentlab.core.map.point_values import PointValues
from latentlab.core.map.results import MapPoints
from latentlab.ui.canvas.cards import value_colours
from latentlab.ui.canvas.cards.legend import EDGE_GAP, Legend, around
from latentlab.ui.canvas.cards.notes import MapMessage
from latentlab.ui.canvas.cards.value_scale import ValueScale
from latentlab.ui.canvas.layers.field_layer import FieldLayer
from latentlab.ui.canvas.layers.grid import GridLayer
from latentlab.ui.canvas.layers.markers import MarkersLayer
from latentlab.ui.canvas.points.points import PointsLayer
from latentlab.ui.canvas.points.transition import TransitionAnimation
from latentlab.ui.canvas.tools.intents import Intents
from latentlab.ui.canvas.tools.keys import KeyTool
from latentlab.ui.canvas.tools.mouse import MouseTool
from latentlab.ui.plots import axes
from latentlab.ui.plots.map_view import MapView, Mode, extent_of
from latentlab.ui.plots.plot import Plot
from latentlab.ui.style import theme

_LETTERS = 12  # more would cover the map


class LatentCanvas(Plot):
    """Composes the layers of the map and its tools.

    Parameters
    ----------
    is_narrow : bool
        Leave out the axes' names, where two maps share the width of one.

    Attributes
    ----------
    view : MapView
        Which part of the plane is shown; layers of other features are items of its box.
    points_layer : PointsLayer
    markers : MarkersLayer
    intents : Intents
        What a person asks for.
    mouse : MouseTool
        Holds the tool of the left button.
    keys : KeyTool
    """

    accessible_role = QAccessible.Role.Canvas

    point_hovered = Signal(int, QPointF)
    """The mouse rests on this point, -1 for none any more; and where, in pixels of the view box."""

    placed = Signal()
    """Its corner and its legend lie where they belong; whatever else lies over it may, too."""

    def __init__(self, parent: QWidget | None = None, *, is_narrow: bool = False) -> None:
        super().__init__(axes.new(), (3, 11, 11, 3), parent)
        self.setObjectName("latentCanvas")
        self.setAccessibleName(self.tr("Map of the latent space"))
        self.setAccessibleDescription(
            self.tr("Arrow keys move the pick, C selects the point nearby, plus and minus zoom, Home shows all points.")
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 200)
        self.viewport().setMouseTracking(True)

        self._is_narrow = is_narrow
        self._has_legend = True
        self._values: PointValues | None = None
        self._points: MapPoints | None = None
        self._visible: set[int] = set()
        self._highlights: Integers = np.empty(0, np.int64)
        self._selected: Integers = np.empty(0, np.int64)
        self._hovered = -1
        self.view = MapView(self.box, self)
        GridLayer(self.view, self.axes["bottom"], self.axes["left"])
        self.field = FieldLayer(self.view, is_narrow=is_narrow)
        self.points_layer = PointsLayer(self.view)
        self.markers = MarkersLayer(self.view, self.points_layer)
        self._transition = TransitionAnimation(self)
        self._transition.moved.connect(self._move_points)
        self._transition.view_moved.connect(self._move_view)
        self.view.changed.connect(self._place_marks)

        self.intents = Intents(self)
        self.mouse = MouseTool(self.view, self.points_layer, self.viewport(), self.intents)
        self.mouse.point_hovered.connect(self._hover)
        self.keys = KeyTool(self.view, self.points_layer, self.markers, self.mouse, self.intents, self)

        self.value_scale = ValueScale(self)
        self.legend = Legend(self)
        self.legend.toggled.connect(self.set_class_visible)
        self.legend.isolated.connect(self.isolate_class)
        self._corner: QWidget | None = None
        self._message = MapMessage(self)
        self._dress()
        self.view.show_all()

    # What it shows

    def set_points(self, points: MapPoints) -> None:
        """Show these points; the same images at other places move there."""
        before = self._points
        same = before is not None and before.ids == points.ids
        self._transition.stop()
        self._points = points
        classes = len(points.class_names)
        is_anew = before is None or before.class_names != points.class_names
        if is_anew:
            self._visible = set(range(classes))
            self.points_layer.set_visible_classes(self._visible)
        if not same:
            self._highlights = np.empty(0, np.int64)
            self.mouse.forget_point()
        animates = same and self.isVisible()
        self.points_layer.set_points(points.points, None if same else points.labels, classes, animates=animates)
        if is_anew or not same:
            self.legend.set_classes(points.class_names, points.labels)
        if is_anew:
            self.legend.set_visible_classes(self._visible)
            self._place_legend()
        if before is None or before.axes != points.axes:
            self._dress()
        target = self.points_layer.targets()
        new_run = before is not None and before.run_id != points.run_id
        if new_run and not self.view.count_shown(target):
            self.view.mode = "all"
        view_target = self.view.set_points(extent_of(target), animates=same)
        if animates:
            self._transition.begin(self.view.extent(), view_target)
        elif view_target is not None:
            self.view.show(view_target)
        self._place_marks()
        self._place_message()

    def clear_points(self) -> None:
        """Show no points."""
        self._transition.stop()
        self.mouse.forget_point()
        self._points = None
        self._highlights = np.empty(0, np.int64)
        self.points_layer.set_points(np.empty((0, 2), np.float32), np.empty(0, np.int64), 0)
        self.view.set_points(None)
        self.legend.set_classes((), np.empty(0, np.int64))
        self._place_legend()
        self._place_marks()
        self._place_message()

    def set_pick(self, position: Position | None) -> None:
        """Show the crosshair here, or nowhere."""
        self.markers.set_pick(position)

    def set_sketch(self, position: Position | None, covariance: npt.ArrayLike | None = None) -> None:
        """Show where a sketch is encoded, and its posterior at 1 and 2 σ."""
        self.markers.set_sketch(position, covariance)

    def set_highlights(self, indices: npt.ArrayLike) -> None:
        """Put rings around these points; none for an empty list."""
        indices = np.asarray(indices, np.int64).reshape(-1)
        count = len(self.points_layer.targets())
        self._highlights = indices[(indices >= 0) & (indices < count)]
        self._place_marks()

    @Slot(object)
    def set_selected(self, rows: npt.ArrayLike) -> None:
        """Dim all points but these, and mark up to twelve by the letters A, B, C and so on; none for an empty list.

        Rows that the map does not have are left out.
        """
        self._selected = np.asarray(rows, np.int64).reshape(-1)
        self.points_layer.set_selected(self._selected)
        self._place_marks()

    def set_message(self, text: str) -> None:
        """Say this in the middle of the map while it has no points."""
        self._message.setText(text)
        self._place_message()

    def set_class_visible(self, label: int, visible: bool) -> None:
        """Show or hide the points of a class."""
        self._show_classes(self._visible | {label} if visible else self._visible - {label})

    def isolate_class(self, label: int) -> None:
        """Show a class alone; all of them where it is alone already."""
        # The first click of a double click has hidden a class that was alone already.
        alone = self._visible in ({label}, set())
        self._show_classes(set(range(len(self._points.class_names))) if alone and self._points else {label})

    def set_legend_shown(self, is_shown: bool) -> None:
        """Lay the legend, or the scale of values, over a corner; or leave it to what is beside the map."""
        self._has_legend = is_shown
        self._place_legend()

    def set_corner(self, widget: QWidget) -> None:
        """Lay something over the upper right corner, above the legend."""
        self._corner = widget
        widget.setParent(self)
        widget.installEventFilter(self)
        widget.show()
        self._place_legend()

    @Slot(object)
    def set_values(self, values: PointValues | None) -> None:
        """Colour the points by values, and say in the legend's place what the colours mean; None for their classes."""
        self._values = values
        self.value_scale.set_values(values)
        self._colour_points()
        self._place_legend()

    @Slot(str)
    def refuse_values(self, sentence: str) -> None:
        """Colour the points by their classes, and say below the legend why."""
        self.set_values(None)
        self.value_scale.say(sentence)
        self._place_legend()

    def show_all(self) -> None:
        """Show all points, and follow them as they move."""
        self._transition.leave_view()
        self.view.show_all()

    def show_standard(self) -> None:
        """Show ±4."""
        self._transition.leave_view()
        self.view.show_standard()

    def go_to(self, extent: Extent, mode: Mode) -> None:
        """Show a part of the plane where one was before, in the view's mode of then."""
        self._transition.leave_view()
        self.view.go_to(extent, mode)

    # What it answers

    def plot_rect(self) -> QRect:
        """Give where the plane is drawn, without the axes, in its own pixels."""
        return self.view.box.sceneBoundingRect().toRect()

    def cards(self) -> list[QWidget]:
        """Give what lies over the map now and covers it."""
        found = self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return [each for each in found if each.isVisible() and each not in (self.viewport(), self._message)]

    def points(self) -> Floats:
        """Give where the points belong, even while they move: float32 (N, 2)."""
        return np.empty((0, 2), np.float32) if self._points is None else np.array(self._points.points, np.float32)

    def labels(self) -> Integers:
        """Give the points' classes, -1 for none: int64 (N,)."""
        return np.empty(0, np.int64) if self._points is None else np.array(self._points.labels, np.int64)

    def picked(self) -> Position | None:
        """Give the pick."""
        return self.markers.pick

    def sketch_point(self) -> Position | None:
        """Give where the sketch is encoded."""
        return self.markers.sketch

    def selected(self) -> Floats:
        """Give where the selected points are drawn, A first: float32 (K, 2)."""
        return self.markers.selected

    def highlighted(self) -> Integers:
        """Give the rows of the points with rings around them, such as a sketch's neighbours: int64 (K,)."""
        return self._highlights.copy()

    def visible_classes(self) -> set[int]:
        """Give the classes that are shown."""
        return set(self._visible)

    def pixel_of(self, x: float, y: float) -> QPoint:
        """Give the pixel of the viewport on which a position falls."""
        ((across, down),) = self.view.to_pixels([(x, y)])
        return self.mapFromScene(self.view.box.mapToScene(QPointF(across, down)))

    # Qt's events

    def enterEvent(self, event: QEvent) -> None:
        """Take the keyboard, unless somebody is typing: the preview key must be heard."""
        focus = self.window().focusWidget()
        typing = focus is not None and focus.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
        if self.isActiveWindow() and not typing:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        super().enterEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "_message"):
            self._dress()
            self._place_legend()
            self._place_message()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep legend and message in their places."""
        super().resizeEvent(event)
        if hasattr(self, "_message"):
            self._place_legend()
            self._place_message()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Place what lies in the corner anew when it says something longer."""
        if watched is self._corner and event.type() == QEvent.Type.LayoutRequest:
            self._place_legend()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Measure what a picture costs."""
        begin = time.perf_counter()
        super().paintEvent(event)
        self._transition.set_cost(time.perf_counter() - begin)

    def hideEvent(self, event: QHideEvent) -> None:
        """Rest while nobody looks."""
        self._transition.finish()
        self.field.set_looked_at(False)
        super().hideEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Go on where it rested."""
        super().showEvent(event)
        self.field.set_looked_at(True)

    # Inner workings

    def _move_points(self, done: float) -> None:
        self.points_layer.go(done)
        self._place_marks()
        self.mouse.look_again()

    def _hover(self, row: int, place: QPointF) -> None:
        self._hovered = row
        self._place_marks()
        self.point_hovered.emit(row, place)

    def _move_view(self, extent: Extent) -> None:
        if self.view.mode == "all":
            self.view.show(extent)

    def _show_classes(self, visible: set[int]) -> None:
        self._visible = visible
        self.points_layer.set_visible_classes(visible)
        self.legend.set_visible_classes(visible)
        self.mouse.look_again()

    def _place_legend(self) -> None:
        """Lay the buttons of the corner, below them the legend and what colours mean, and the pill beside them."""
        rect = self.plot_rect()
        row = self._place_corner(rect)
        below = rect.adjusted(0, row, 0, 0)
        room = below.height() - 2 * EDGE_GAP
        key = self.value_scale.fit(rect.width() // 2, room) if self._has_legend else QSize(0, 0)
        left = room if key.isEmpty() else room - key.height() - EDGE_GAP
        size = self.legend.place(below, left, is_wanted=self._has_legend and self._values is None)
        top = below.top() + (0 if size.isEmpty() else size.height() + EDGE_GAP)
        self.value_scale.setGeometry(rect.right() - key.width() - EDGE_GAP, top + EDGE_GAP, key.width(), key.height())
        self.value_scale.setVisible(not key.isEmpty() and room > 2 * EDGE_GAP)
        width = max(size.width(), key.width())
        height = (top if key.isEmpty() else top + EDGE_GAP + key.height()) - rect.top() + EDGE_GAP
        self.view.set_covered("legend", "top right", width + 2 * EDGE_GAP if width else 0, height)
        self.placed.emit()

    def _place_corner(self, rect: QRect) -> int:
        """Give how many pixels from the top its buttons take."""
        if self._corner is None:
            return 0
        wide = max(min(self._corner.sizeHint().width(), rect.width() - 2 * EDGE_GAP), 1)
        size = QSize(wide, self._corner.heightForWidth(wide))
        self._corner.setGeometry(QRect(QPoint(rect.right() - wide - EDGE_GAP, rect.top() + EDGE_GAP), size))
        self.view.set_covered("corner", "top right", *around(size))
        return size.height() + EDGE_GAP

    def _colour_points(self) -> None:
        levels = None if self._values is None else self._values.levels
        self.points_layer.set_values(levels, value_colours.table(self._values))

    def _place_message(self) -> None:
        self._message.place(self.plot_rect(), is_wanted=not len(self.points_layer.targets()))

    def _place_marks(self) -> None:
        places, count = self.points_layer.positions_of, len(self.points_layer.targets())
        self.markers.set_highlights(places(self._highlights))
        self.markers.set_hovered(places(np.array([self._hovered] if 0 <= self._hovered < count else [], np.int64)))
        lettered = self._selected if len(self._selected) <= _LETTERS else self._selected[:0]
        self.markers.set_selected(places(lettered[(lettered >= 0) & (lettered < count)]))

    def _dress(self) -> None:
        font = QFont(self.font())
        font.setPointSizeF(max(font.pointSizeF(), 10.0))
        self.legend.setFont(font)
        self.value_scale.setFont(font)
        axes.dress(self, font, None if self._points is None else self._points.axes, is_narrow=self._is_narrow)
        self._message.dress(font)
        self.setBackground(theme.current().background)
        self._colour_points()
        self.field.redraw()
        self.markers.redraw()
        self.viewport().update()
