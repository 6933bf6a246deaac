"""Points to look at, and two sets of them side by side: layers of the map without what explores it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QResizeEvent, QTextDocumentFragment
from PySide6.QtWidgets import QGridLayout, QWidget

from latentlab.core.arrays import Extent
from latentlab.core.map.results import MapPoints
from latentlab.ui.canvas.cards.legend import EDGE_GAP, Legend, around
from latentlab.ui.canvas.layers.grid import GridLayer
from latentlab.ui.canvas.points.points import PointsLayer
from latentlab.ui.canvas.tools.intents import Intents
from latentlab.ui.canvas.tools.mouse import MouseTool
from latentlab.ui.plots import axes
from latentlab.ui.plots.map_view import MapView, drawable, extent_of
from latentlab.ui.plots.plot import Plot
from latentlab.ui.style import theme
from latentlab.ui.style.texts import rich_label


class Scatter(Plot):
    """Points in the colours of their classes, both axes at one scale; wheel and right button zoom and move.

    Attributes
    ----------
    intents : Intents
        What a person asks for.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(axes.new(), (3, 7, 7, 3), parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(180, 160)
        self._points: MapPoints | None = None
        self.view = MapView(self.box, self)
        GridLayer(self.view, self.axes["bottom"], self.axes["left"])
        self._points_layer = PointsLayer(self.view)
        self.intents = Intents(self)
        self._mouse = MouseTool(self.view, self._points_layer, self.viewport(), self.intents)
        self._dress()

    def set_points(self, points: MapPoints, extent: Extent | None = None) -> None:
        """Show these points; the view follows them, or what `extent` holds, until a person moves it."""
        before, self._points = self._points, points
        classes = len(points.class_names)
        if before is None or before.class_names != points.class_names:
            self._points_layer.set_visible_classes(set(range(classes)))
        is_same = before is not None and before.ids == points.ids
        self._points_layer.set_points(points.points, None if is_same else points.labels, classes)
        same = before is not None and (before.run_id, before.axes) == (points.run_id, points.axes)
        if not same:
            self.view.mode = "all"
            self._dress()
        target = self.view.set_points(extent or extent_of(self._points_layer.targets()), animates=same)
        if target is not None:
            self.view.show(target)

    def set_visible_classes(self, visible: set[int]) -> None:
        """Show these classes, and whatever has none."""
        self._points_layer.set_visible_classes(visible)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Show all points with Home or 0, as on the map."""
        if event.key() in (Qt.Key.Key_Home, Qt.Key.Key_0):
            self.view.show_all()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "_mouse"):
            self._dress()

    def _dress(self) -> None:
        font = QFont(self.font())
        font.setPointSizeF(max(font.pointSizeF(), 10.0))
        axes.dress(self, font, None if self._points is None else self._points.axes)
        self.setBackground(theme.current().background)
        self._points_layer.redraw()


class ScatterPair(QWidget):
    """Two scatters of the same images below their titles, with one legend for both.

    Parameters
    ----------
    shares_scale : bool
        Whether both show the same part of their planes.
    """

    point_picked = Signal(int)
    """A click was on this point, on either side."""

    def __init__(self, *, shares_scale: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shares_scale = shares_scale
        self.scatters = (Scatter(), Scatter())
        self._classes: tuple[str, ...] = ()
        self._visible: set[int] = set()
        self.legend = Legend(self.scatters[1])
        self.legend.setObjectName("scatterLegend")
        self.legend.toggled.connect(self._toggle)
        self.legend.isolated.connect(self._isolate)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.setRowStretch(1, 1)
        self._titles = tuple(rich_label(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True) for _ in self.scatters)
        for column, (title, scatter) in enumerate(zip(self._titles, self.scatters, strict=True)):
            scatter.intents.point_picked.connect(self.point_picked)
            layout.addWidget(title, 0, column)
            layout.addWidget(scatter, 1, column)
            layout.setColumnStretch(column, 1)

    def set_titles(self, *titles: str) -> None:
        """Write above each side what it shows; rich text."""
        for label, scatter, title in zip(self._titles, self.scatters, titles, strict=True):
            label.setText(title)
            scatter.setAccessibleName(QTextDocumentFragment.fromHtml(title).toPlainText())

    def set_points(self, left: MapPoints, right: MapPoints) -> None:
        """Show points of the same images, in the same classes."""
        extent = extent_of(drawable(np.concatenate([left.points, right.points]))) if self._shares_scale else None
        for scatter, points in zip(self.scatters, (left, right), strict=True):
            scatter.set_points(points, extent)
        classes = right.class_names
        self.legend.set_classes(classes, right.labels)
        if classes != self._classes:
            self._classes = classes
            self._show_classes(set(range(len(classes))))
            self._place_legend()

    def visible_classes(self) -> set[int]:
        """Give the classes that are shown."""
        return set(self._visible)

    def show_all(self) -> None:
        """Show all points on both sides, and follow them as they move."""
        for scatter in self.scatters:
            scatter.view.show_all()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the legend in its corner."""
        super().resizeEvent(event)
        self._place_legend()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._place_legend()

    def _toggle(self, label: int, visible: bool) -> None:
        self._show_classes(self._visible | {label} if visible else self._visible - {label})

    def _isolate(self, label: int) -> None:
        # The first click of a double click has hidden a class that was alone already.
        alone = self._visible in ({label}, set())
        self._show_classes(set(range(len(self._classes))) if alone else {label})

    def _show_classes(self, visible: set[int]) -> None:
        self._visible = visible
        self.legend.set_visible_classes(visible)
        for scatter in self.scatters:
            scatter.set_visible_classes(visible)

    def _place_legend(self) -> None:
        scatter = self.scatters[1]
        rect = scatter.view.box.sceneBoundingRect().toRect()
        size = self.legend.place(rect, rect.height() - 2 * EDGE_GAP)
        for side in self.scatters if self._shares_scale else (scatter,):
            side.view.set_covered("legend", "top right", *around(size))
