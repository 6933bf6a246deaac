"""Runs on the plane of rate and distortion, with the lines on which the ELBO is the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent
from PySide6.QtWidgets import QToolTip, QWidget

from latentlab.core.runs.rate_distortion import RatePoint, iso_levels
from latentlab.ui.plots.plain_plot import PlainPlot
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain

_NEAR = 12.0  # pixels
_SIZE, _LARGE = 11, 16
_MARGIN = 0.12
_LABEL = 0.1  # of the width, that the name of a line takes


@dataclass(frozen=True, slots=True)
class RateDot:
    """A point with its colour."""

    point: RatePoint
    colour: QColor


class RatePlot(PlainPlot):
    """Shows a dot for each run; one is picked by a click."""

    clicked = Signal(object)
    """The run of a dot: Path."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", "", parent, takes_mouse=True)
        self.setObjectName("ratePlot")
        self._dots: Sequence[RateDot] = ()
        self._picked: object = None
        self._pressed = QPointF()
        self._lines: list[pg.PlotCurveItem | pg.TextItem] = []
        # Of thousands most have one colour: to give each its own brush would take half a second.
        self._crowd, self._coloured, self._ringed = (pg.ScatterPlotItem() for _ in range(3))
        for height, item in enumerate((self._crowd, self._coloured, self._ringed), 1):
            item.setZValue(height)
        self._name = pg.TextItem()
        self._name.setZValue(4)
        for item in (self._crowd, self._coloured, self._ringed, self._name):
            self.box.addItem(item, ignoreBounds=True)
        self.box.sigRangeChanged.connect(self._draw_lines)

    def set_dots(self, dots: Sequence[RateDot]) -> None:
        """Show these, all of them unless a person has zoomed."""
        if list(dots) == list(self._dots):
            return
        self._dots = dots
        self._fit_all()
        self.draw()

    def dots(self) -> Sequence[RateDot]:
        """Give what is shown."""
        return self._dots

    def set_picked(self, path: object) -> None:
        """Ring the dot of a run; None for none."""
        if path != self._picked:
            self._picked = path
            self.draw()

    def levels(self) -> list[float]:
        """Give at which negative ELBOs lines are drawn, nats."""
        (left, right), (low, high) = self.box.viewRange()
        return iso_levels(max(left, 0.0) + low, right + high)

    def restyle(self) -> None:
        """Draw dots and lines anew."""
        colours = theme.current()
        picked = [dot for dot in self._dots if dot.point.path == self._picked]
        crowd = [dot for dot in self._dots if dot.colour == self._dots[0].colour]
        coloured = [dot for dot in self._dots if dot.colour != self._dots[0].colour]
        thin, ring = pg.mkPen(colours.background, width=1), pg.mkPen(colours.foreground, width=2.5)
        for item, dots, pen, size in (
            (self._crowd, crowd, thin, _SIZE),
            (self._coloured, coloured, thin, _SIZE),
            (self._ringed, picked, ring, _LARGE),
        ):
            places = np.array([(dot.point.rate, dot.point.distortion) for dot in dots]).reshape(-1, 2)
            brush = [dot.colour for dot in dots] if item is not self._crowd else dots[0].colour if dots else None
            item.setData(places[:, 0], places[:, 1], size=size, pen=pen, brush=brush)
        self._name.setVisible(bool(picked))
        for dot in picked:
            self._write_name(dot)
        self._draw_lines()

    def _write_name(self, dot: RateDot) -> None:
        """Write the name of a run beside its dot, where there is more room."""
        (left, right), _ = self.box.viewRange()
        is_far = dot.point.rate > (left + right) / 2
        self._name.setText(dot.point.name, color=theme.current().foreground)
        self._name.setAnchor((1.1 if is_far else -0.1, 0.5))
        self._name.setPos(dot.point.rate, dot.point.distortion)

    def pixel_of(self, rate: float, distortion: float) -> QPointF:
        """Give the pixel of a place."""
        return QPointF(self.mapFromScene(self.box.mapViewToScene(QPointF(rate, distortion))))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click, or a drag."""
        self._pressed = event.position()
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Pick the run whose dot is clicked."""
        super().mouseReleaseEvent(event)
        is_click = (event.position() - self._pressed).manhattanLength() < 4
        if event.button() == Qt.MouseButton.LeftButton and is_click and (dot := self._dot_at(event.position())):
            self.clicked.emit(dot.point.path)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all again."""
        super().mouseDoubleClickEvent(event)
        self.is_own_range = False
        self._fit_all()

    def viewportEvent(self, event: QEvent) -> bool:
        """Say which run a dot is."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            if dot := self._dot_at(QPointF(event.pos())):
                point = dot.point
                text = self.tr("{name}\nrate {rate:.2f} + distortion {distortion:.2f} = −ELBO {both:.2f} nats")
                both = point.rate + point.distortion
                said = text.format(name=point.name, rate=point.rate, distortion=point.distortion, both=both)
                QToolTip.showText(event.globalPos(), plain(said), self)
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def _dot_at(self, place: QPointF) -> RateDot | None:
        """Give the run whose dot is nearest to a pixel, and near."""
        if not self._dots:
            return None
        (left, right), (low, high) = self.box.viewRange()
        rect, scene = self.box.sceneBoundingRect(), self.mapToScene(place.toPoint())
        places = np.array([(dot.point.rate, dot.point.distortion) for dot in self._dots])
        across = rect.left() + (places[:, 0] - left) / (right - left) * rect.width()
        down = rect.bottom() - (places[:, 1] - low) / (high - low) * rect.height()
        away = np.hypot(across - scene.x(), down - scene.y())
        found = int(away.argmin())
        return self._dots[found] if away[found] <= _NEAR else None

    def _fit_all(self) -> None:
        if not self._dots or self.is_own_range:
            return
        rates = np.array([dot.point.rate for dot in self._dots])
        distortions = np.array([dot.point.distortion for dot in self._dots])
        ranges = []
        for values in (rates, distortions):
            wide = max(float(np.ptp(values)), 1.0)
            ranges.append((float(values.min()) - _MARGIN * wide, float(values.max()) + _MARGIN * wide))
        self.box.setRange(xRange=ranges[0], yRange=ranges[1], padding=0, disableAutoRange=True)

    def _draw_lines(self) -> None:
        """Draw the lines rate + distortion = level: of slope −1, whatever the scales of the axes are."""
        for item in self._lines:
            self.box.removeItem(item)
        self._lines = []
        if not self._dots:
            return
        colours = theme.current()
        (left, right), (low, high) = self.box.viewRange()
        for level in self.levels():
            ends = np.array([max(left, level - high), min(right, level - low)])
            if ends[1] <= ends[0]:
                continue
            line = pg.PlotCurveItem(ends, level - ends, pen=pg.mkPen(colours.grid, width=1.2), antialias=True)
            self._lay(line)
            if ends[0] > right - _LABEL * (right - left):
                continue  # it would be cut at the edge
            at_top = level - ends[0] >= high - 0.05 * (high - low)
            said = self.tr("−ELBO {level:g}").format(level=level)
            text = pg.TextItem(said, color=colours.muted, anchor=(0, 0) if at_top else (0, 1))
            text.setPos(float(ends[0]), float(level - ends[0]))
            self._lay(text)

    def _lay(self, item: pg.PlotCurveItem | pg.TextItem) -> None:
        """Lay something below the dots, which the view need not show."""
        item.setZValue(0)
        self.box.addItem(item, ignoreBounds=True)
        self._lines.append(item)
