"""The layer of the walk: its line and way-points, or its arrows with their letters, and the frame that is shown."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from latentlab.core.arrays import Floats, Position
from latentlab.core.views.walk import Walk, WalkPlan
from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.canvas.points.points import PointsLayer
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme

_REACH = 8.0  # pixels within which a way-point, or an arrow, is under the mouse
_SPOT = 5.0
_HEAD, _HALF_HEAD = 15.0, 7.0
_FARTHEST = 1e6  # pixels: beyond these Qt's painter loses its way
_TICKS = 7.0  # pixels between the ticks of two frames, at least


class WalkLayer(Layer):
    """Draws the walk in pixels of the view box, readable on whatever lies behind."""

    def __init__(self, view: MapView, points: PointsLayer) -> None:
        super().__init__(view, Order.WALK)
        self._points = points
        self._plan: WalkPlan | None = None
        self._places: Floats = np.empty((0, 2), np.float32)
        self._frames: Floats = np.empty((0, 2), np.float32)
        self._way: Floats = np.empty((0, 2), np.float32)  # of its geodesics
        self._frame: int | None = None
        self._hot: int | None = None
        self._loose: QPointF | None = None
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemClipsToShape)

    def set_plan(self, plan: WalkPlan | None, places: Floats) -> None:
        """Show a walk, or none; its stops lie at places (N, 2) of the map, images wherever their points are."""
        if plan is None or plan != self._plan:
            self._way = np.empty((0, 2), np.float32)
            self._set_frames(self._way)
            self._hot = None
        self._plan, self._places = plan, places
        self.update()

    def set_film(self, film: Walk) -> None:
        """Mark where the frames of a film lie, unless the walk has moved on by now."""
        if film.plan == self._plan:
            self._way = np.empty((0, 2), np.float32) if film.way is None else film.way.places
            self._set_frames(film.places)

    def way(self) -> Floats:
        """Give where the geodesics of the walk lead on the map, float32 (N, 2); nowhere where it is none."""
        return self._way

    def set_frame(self, index: int) -> None:
        """Mark the frame that is shown."""
        self._frame = min(index, len(self._frames) - 1) if len(self._frames) else None
        self.update()

    def set_hot(self, index: int | None) -> None:
        """Mark the way-point that would be taken hold of."""
        if index != self._hot:
            self._hot = index
            self.update()

    def set_loose(self, local: QPointF | None) -> None:
        """Draw on from the last way-point to a pixel, where the next one would be; None: nowhere."""
        if local != self._loose:
            self._loose = local
            self.update()

    def frame_place(self) -> tuple[float, float] | None:
        """Give where the frame that is shown is marked."""
        return None if self._frame is None else tuple(self._frames[self._frame].tolist())

    def places(self) -> tuple[Position, ...]:
        """Give where the stops lie on the map."""
        return tuple((x, y) for x, y in self._places.tolist())

    def stops(self) -> npt.NDArray[np.float64]:
        """Give the pixels of the stops, float64 (N, 2)."""
        places = np.array(self._places, np.float64).reshape(-1, 2)
        count = len(self._points.targets())
        for index, stop in enumerate(self._plan.stops if self._plan is not None else ()):
            if isinstance(stop, int):
                places[index] = self._points.positions_of(np.array([stop]))[0] if stop < count else np.nan
        return self._view.to_pixels(places) if len(places) else places

    def way_point_at(self, local: QPointF) -> int | None:
        """Give which way-point of a line lies under a pixel: its place among the stops."""
        if self._plan is None or self._plan.kind == "arrow":
            return None
        stops = self.stops()
        far = np.hypot(*(stops - (local.x(), local.y())).T)
        if self._plan.kind == "drawn":
            far[1:-1] = np.inf
        far[np.isnan(far)] = np.inf
        # Of two at one place the later one, which lies on top.
        nearest = len(far) - 1 - int(far[::-1].argmin())
        return nearest if far[nearest] <= _REACH else None

    def arrow_at(self, local: QPointF) -> QPointF | None:
        """Give the pixel of the tail of the arrow that lies under a pixel, the placed one where there are two."""
        arrows = self._arrows()
        if not arrows:
            return None
        line = arrows[-1]
        along = line.p2() - line.p1()
        length = max(QPointF.dotProduct(along, along), 1e-9)
        share = min(max(QPointF.dotProduct(local - line.p1(), along) / length, 0.0), 1.0)
        return line.p1() if QLineF(line.pointAt(share), local).length() <= _REACH else None

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the walk."""
        if self._plan is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(0.5, 0.5)  # a position falls on the middle of a pixel, as for the points
        if self._plan.kind == "arrow":
            self._paint_arrows(painter)
        else:
            self._paint_line(painter)
        self._paint_frame(painter)

    def _set_frames(self, places: Floats) -> None:
        self._frames = places
        self._frame = min(self._frame or 0, len(places) - 1) if len(places) else None
        self.update()

    def _arrows(self) -> list[QLineF]:
        if self._plan is None or self._plan.kind != "arrow":
            return []
        stops = self.stops()
        if len(stops) < 2 or not _is_near(stops):
            return []
        a, b, *placed = (QPointF(*stop) for stop in stops.tolist())
        return [QLineF(a, b), *(QLineF(c, c + (b - a)) for c in placed)]

    def _paint_line(self, painter: QPainter) -> None:
        stops = self.stops()
        if not _is_near(stops):
            return
        line = QPolygonF([QPointF(x, y) for x, y in stops.tolist()])
        if self._loose is not None:
            line.append(self._loose)
        colours = theme.current()
        way = self._view.to_pixels(self._way) if len(self._way) else np.empty((0, 2))
        if _is_near(way):
            self._paint_beside(painter, line)
            _stroke(painter, QPolygonF([QPointF(x, y) for x, y in way.tolist()]))
        else:
            _stroke(painter, line)
        self._paint_ticks(painter)
        is_drawn = self._plan is not None and self._plan.kind == "drawn"
        marked = {0, len(stops) - 1} if is_drawn else range(len(stops))
        for index in marked:
            # The start is filled: one sees where the film begins.
            painter.setPen(QPen(QColor(colours.background), 2))
            painter.setBrush(QColor(colours.accent))
            radius = _SPOT + (2 if index == self._hot else 0)
            spot = line.at(index)
            painter.drawEllipse(spot, radius + 1, radius + 1)
            if index:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(colours.background))
                painter.drawEllipse(spot, radius - 2, radius - 2)

    def _paint_beside(self, painter: QPainter, line: QPolygonF) -> None:
        """Draw the line that the geodesic takes the place of."""
        colours = theme.current()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width, style in (
            (colours.background, 4.0, Qt.PenStyle.SolidLine),
            (colours.accent, 1.5, Qt.PenStyle.DashLine),
        ):
            painter.setPen(QPen(QColor(colour), width, style, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin))
            painter.drawPolyline(line)

    def _paint_ticks(self, painter: QPainter) -> None:
        """Dot the line where its frames are, as long as one can tell them apart."""
        if len(self._frames) < 2:
            return
        spots = self._view.to_pixels(self._frames)
        if not _is_near(spots) or np.hypot(*np.diff(spots, axis=0).T).max() < _TICKS:
            return
        painter.setPen(QPen(QColor(theme.current().background), 2.6, c=Qt.PenCapStyle.RoundCap))
        painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in spots.tolist()]))

    def _paint_arrows(self, painter: QPainter) -> None:
        arrows = self._arrows()
        if not arrows:
            return
        names = [("A", "B"), ("C", "C + B − A")]
        between = QPolygonF()
        if len(arrows) > 1:  # the sides of the parallelogram, which say that both arrows are the same
            between = QPolygonF([arrows[0].p1(), arrows[1].p1(), arrows[1].p2(), arrows[0].p2()])
            painter.setPen(QPen(QColor(theme.current().muted), 1.2, Qt.PenStyle.DashLine))
            painter.drawLine(between[0], between[1])
            painter.drawLine(between[2], between[3])
        for line in arrows:
            length = line.length()
            head = min(_HEAD, 0.6 * length)
            shaft = QLineF(line)
            if length > 0:
                shaft.setLength(max(length - 0.8 * head, 0.01))
                _stroke(painter, QPolygonF([shaft.p1(), shaft.p2()]))
                _head(painter, line, head)
        self._paint_ticks(painter)
        for line, letters in zip(arrows, names, strict=False):
            for spot, other, text in ((line.p1(), line.p2(), letters[0]), (line.p2(), line.p1(), letters[1])):
                _name(painter, spot, other, text, self.boundingRect())

    def _paint_frame(self, painter: QPainter) -> None:
        if self._frame is None:
            return
        spots = self._view.to_pixels(self._frames[self._frame : self._frame + 1])
        if not _is_near(spots):
            return
        colours = theme.current()
        spot = QPointF(*spots[0].tolist())
        painter.setPen(QPen(QColor(colours.background), 2))
        painter.setBrush(QColor(colours.train))
        painter.drawEllipse(spot, 6.5, 6.5)


def _is_near(pixels: npt.NDArray[np.float64]) -> bool:
    """Whether some pixels (N, 2) can be drawn."""
    return bool(len(pixels)) and bool((np.abs(pixels) < _FARTHEST).all())


def _stroke(painter: QPainter, line: QPolygonF) -> None:
    colours = theme.current()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((colours.background, 6.0), (colours.accent, 3.0)):
        pen = QPen(QColor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline(line)


def _head(painter: QPainter, line: QLineF, length: float) -> None:
    """Draw the head of an arrow at the end of a line."""
    along = (line.p2() - line.p1()) / line.length()
    across = QPointF(-along.y(), along.x()) * _HALF_HEAD * length / _HEAD
    foot = line.p2() - along * length
    shape = QPainterPath(line.p2())
    shape.lineTo(foot + across)
    shape.lineTo(foot - across)
    shape.closeSubpath()
    colours = theme.current()
    painter.setPen(QPen(QColor(colours.background), 1.5, j=Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(QColor(colours.accent))
    painter.drawPath(shape)


def _name(painter: QPainter, spot: QPointF, other: QPointF, text: str, room: QRectF) -> None:
    """Write a name on a plate beside an end of an arrow, away from the other end."""
    font = QFont(QGuiApplication.font())
    font.setBold(True)
    metrics = QFontMetricsF(font)
    high = metrics.height() + 2
    wide = max(metrics.horizontalAdvance(text) + 10, high)
    line = QLineF(other, spot)
    away = (spot - other) / line.length() if line.length() > 0 else QPointF(0, -1)
    far = 6 + min(wide / 2 / max(abs(away.x()), 1e-6), high / 2 / max(abs(away.y()), 1e-6))
    centre = spot + away * far
    plate = QRectF(centre.x() - wide / 2, centre.y() - high / 2, wide, high)
    if room.contains(spot):  # at the edge of the map it stays in sight
        plate.moveLeft(min(max(plate.left(), room.left() + 1), room.right() - wide - 2))
        plate.moveTop(min(max(plate.top(), room.top() + 1), room.bottom() - high - 2))
    colours = theme.current()
    painter.setPen(QPen(QColor(colours.background), 1.5))
    painter.setBrush(QColor(colours.foreground))
    painter.drawRoundedRect(plate, high / 2, high / 2)
    painter.setFont(font)
    painter.setPen(QColor(colours.background))
    painter.drawText(plate, int(Qt.AlignmentFlag.AlignCenter), text)
