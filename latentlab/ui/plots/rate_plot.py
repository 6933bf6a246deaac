"""Runs on the plane of rate and distortion, with the lines on which the ELBO is the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent
from PySide6.QtWidgets import QToolTip, QWidget

from latentlab.core.runs.rate_distortion import RatePoint, iso_levels
from latentlab.ui.plots.crowd import Crowd
from latentlab.ui.plots.plain_plot import PlainPlot
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain

_NEAR = 12.0  # pixels
_SIZE, _LARGE = 11, 16
_MARGIN = 0.12
_LABEL = 0.1  # of the width, that the name of a line takes


class RateDot(NamedTuple):
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
        self._places = np.empty((0, 2))
        self._lines, self._levels = pg.PlotCurveItem(connect="pairs", antialias=True), list[pg.TextItem]()
        self._crowd = Crowd()
        self._coloured, self._ringed, self._name = pg.ScatterPlotItem(), pg.ScatterPlotItem(), pg.TextItem()
        for height, item in enumerate((self._lines, self._crowd, self._coloured, self._ringed, self._name)):
            self._lay(item, height)
        self.box.sigRangeChanged.connect(self._draw_lines)

    def set_dots(self, dots: Sequence[RateDot]) -> None:
        """Show these, all of them unless a person has zoomed."""
        places = np.array([(point.rate, point.distortion) for point, _ in dots]).reshape(-1, 2)
        colours = [colour for _, colour in dots]
        is_same = np.array_equal(places, self._places) and colours == [colour for _, colour in self._dots]
        self._dots, self._places = dots, places
        if is_same:
            self._ring()
            return
        self._fit_all()
        self.draw()

    def dots(self) -> Sequence[RateDot]:
        """Give what is shown."""
        return self._dots

    def set_picked(self, path: object) -> None:
        """Ring the dot of a run; None for none."""
        if path != self._picked:
            self._picked = path
            self._ring()

    def levels(self) -> list[float]:
        """Give at which negative ELBOs lines are drawn, nats."""
        (left, right), (low, high) = self.box.viewRange()
        return iso_levels(max(left, 0.0) + low, right + high)

    def restyle(self) -> None:
        """Draw dots and lines anew."""
        colours = theme.current()
        first = self._dots[0].colour if self._dots else QColor()
        is_first = np.array([colour == first for _, colour in self._dots], bool)
        thin, rest = pg.mkPen(colours.background, width=1), self._places[~is_first]
        brushes = [dot.colour for dot, is_one in zip(self._dots, is_first.tolist(), strict=True) if not is_one]
        self._crowd.set_dots(self._places[is_first], _SIZE, thin, first)
        self._coloured.setData(rest[:, 0], rest[:, 1], size=_SIZE, pen=thin, brush=brushes)
        self._ring()
        self._draw_lines()

    def _ring(self) -> None:
        """Draw the dot that is picked."""
        dots, wanted = () if self._picked is None else self._dots, str(self._picked)
        picked = [dot for dot in dots if str(dot.point.path) == wanted]
        places = np.array([(dot.point.rate, dot.point.distortion) for dot in picked]).reshape(-1, 2)
        ring = pg.mkPen(theme.current().foreground, width=2.5)
        self._ringed.setData(places[:, 0], places[:, 1], size=_LARGE, pen=ring, brush=[dot.colour for dot in picked])
        self._name.setVisible(bool(picked))
        for dot in picked:
            self._write_name(dot)

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
        places = self._places
        across = rect.left() + (places[:, 0] - left) / (right - left) * rect.width()
        down = rect.bottom() - (places[:, 1] - low) / (high - low) * rect.height()
        away = np.hypot(across - scene.x(), down - scene.y())
        found = int(away.argmin())
        return self._dots[found] if away[found] <= _NEAR else None

    def _fit_all(self) -> None:
        if not self._dots or self.is_own_range:
            return
        ranges = []
        for values in self._places.T:
            wide = max(float(np.ptp(values)), 1.0)
            ranges.append((float(values.min()) - _MARGIN * wide, float(values.max()) + _MARGIN * wide))
        self.box.setRange(xRange=ranges[0], yRange=ranges[1], padding=0, disableAutoRange=True)

    def _draw_lines(self) -> None:
        """Draw the lines rate + distortion = level: of slope −1, whatever the scales of the axes are."""
        colours, ends = theme.current(), list[tuple[float, float]]()
        (left, right), (low, high) = self.box.viewRange()
        written = 0
        for level in self.levels() if self._dots else ():
            begin, end = max(left, level - high), min(right, level - low)
            if end <= begin:
                continue
            ends += [(begin, level - begin), (end, level - end)]
            if begin > right - _LABEL * (right - left):
                continue  # it would be cut at the edge
            if written == len(self._levels):
                self._levels.append(pg.TextItem())
                self._lay(self._levels[-1], 0)
            text = self._levels[written]
            text.setText(self.tr("−ELBO {level:g}").format(level=level), colours.muted)
            text.setAnchor((0, 0) if level - begin >= high - 0.05 * (high - low) else (0, 1))
            text.setPos(begin, level - begin)
            written += 1
        for number, text in enumerate(self._levels):
            text.setVisible(number < written)
        along, up = np.array(ends).reshape(-1, 2).T
        self._lines.setData(along, up, pen=pg.mkPen(colours.grid, width=1.2))

    def _lay(self, item: pg.GraphicsObject, height: int) -> None:
        """Lay something on the plane that the view need not show all of."""
        item.setZValue(height)
        self.box.addItem(item, ignoreBounds=True)
