"""The few things above the points: the pick, selected points, the point under the mouse, the sketch, highlights."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from latentlab.core.arrays import Floats, Position
from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.canvas.layers.crosshair import Crosshair
from latentlab.ui.canvas.layers.ellipse import unit_circle
from latentlab.ui.canvas.points.points import PointsLayer
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme
from latentlab.ui.style.badges import disc_radius, letter, paint_letter

_PIN_HEIGHT, _PIN_RADIUS = 25.0, 8.5


class MarkersLayer(Layer):
    """Draws the markers in pixels, so that only the ellipse grows with zoom."""

    def __init__(self, view: MapView, points: PointsLayer) -> None:
        super().__init__(view, Order.MARKERS)
        self._points = points
        self._crosshair = Crosshair(view)
        self.pick: Position | None = None
        self.sketch: Position | None = None
        self._covariance: npt.NDArray[np.float64] | None = None
        self.selected: Floats = np.empty((0, 2), np.float32)
        self.hovered: Floats = np.empty((0, 2), np.float32)
        self._highlights: Floats = np.empty((0, 2), np.float32)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemClipsToShape)

    def set_pick(self, position: Position | None) -> None:
        """Mark the pick by a crosshair."""
        self.pick = position
        self._place_crosshair()

    def set_sketch(self, position: Position | None, covariance: npt.ArrayLike | None) -> None:
        """Mark the sketch by a pin, and by the ellipses of 1 and 2 σ of a covariance (2, 2)."""
        self.sketch = position
        self._covariance = None if covariance is None else np.asarray(covariance, np.float64)
        self.update()

    def set_hovered(self, positions: Floats) -> None:
        """Put a ring around the point (1, 2) under the mouse; around none for (0, 2)."""
        if len(positions) or len(self.hovered):
            self.hovered = positions
            self.update()

    def set_highlights(self, positions: Floats) -> None:
        """Put thin rings around points (N, 2)."""
        if len(positions) or len(self._highlights):
            self._highlights = positions
            self.update()

    def set_selected(self, positions: Floats) -> None:
        """Mark points (K, 2) by the letters A, B, C and so on."""
        if len(positions) or len(self.selected):
            self.selected = positions
            self.update()

    def redraw(self) -> None:
        """Draw in the colours of the theme, and where the view shows it."""
        self._place_crosshair()
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw highlights, ellipses, letters and pin."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # A position falls on the middle of a pixel, as for the points.
        painter.translate(0.5, 0.5)
        if len(self._highlights):
            self._paint_highlights(painter)
        if self.sketch is not None and self._covariance is not None:
            self._paint_ellipses(painter, self._local(self.sketch), self._covariance)
        if len(self.hovered):
            self._paint_rings(painter, self.hovered, max(self._points.radius(), 2.0) + 2.5, (4.0, 1.8))
        self._paint_letters(painter)
        if self.sketch is not None:
            self._paint_pin(painter, self._local(self.sketch))

    def _place_crosshair(self) -> None:
        self._crosshair.place(None if self.pick is None else self._local(self.pick))

    def _local(self, position: Position) -> QPointF:
        return self._all_local([position])[0]

    def _all_local(self, positions: npt.ArrayLike) -> list[QPointF]:
        # Far outside, Qt's painter would overflow.
        return [QPointF(x, y) for x, y in np.clip(self._view.to_pixels(positions), -1e5, 1e5).tolist()]

    def _paint_highlights(self, painter: QPainter) -> None:
        # Rings around small points stand close: thin ones, or they would cover each other.
        small = self._points.radius() < 3
        radius = self._points.radius() + (1.2 if small else 2.0)
        self._paint_rings(painter, self._highlights, radius, (1.8, 1.1) if small else (3.2, 1.5))

    def _paint_rings(self, painter: QPainter, positions: Floats, radius: float, widths: tuple[float, float]) -> None:
        places = self._all_local(positions[np.isfinite(positions).all(axis=1)])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        colours = theme.current()
        for colour, width in zip((colours.background, colours.foreground), widths, strict=True):
            painter.setPen(QPen(QColor(colour), width))
            for place in places:
                painter.drawEllipse(place, radius, radius)

    def _paint_ellipses(self, painter: QPainter, centre: QPointF, covariance: npt.NDArray[np.float64]) -> None:
        to_pixels = unit_circle(self._view, centre, covariance)
        if to_pixels is None:
            return
        colours = theme.current()
        fill = QColor(colours.foreground)
        for sigmas, alpha in ((2.0, 28), (1.0, 40)):
            circle = QPainterPath()
            circle.addEllipse(QPointF(), sigmas, sigmas)
            ellipse = to_pixels.map(circle)
            fill.setAlpha(alpha)
            painter.setBrush(fill)
            painter.setPen(QPen(QColor(colours.background), 4))
            painter.drawPath(ellipse)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            style = Qt.PenStyle.SolidLine if sigmas == 1.0 else Qt.PenStyle.DashLine
            painter.setPen(QPen(QColor(colours.foreground), 1.8, style))
            painter.drawPath(ellipse)

    def _paint_letters(self, painter: QPainter) -> None:
        font = QFont(QGuiApplication.font())
        font.setPointSizeF(font.pointSizeF() * 1.25)
        height = 2.4 * disc_radius(font)
        # From the last to the first: where they meet, A is on top.
        for index in reversed(range(len(self.selected))):
            x, y = self.selected[index].tolist()
            if np.isfinite(x + y):
                point = self._local((x, y))
                # Near the upper edge it hangs below its point.
                hangs = point.y() < self.boundingRect().top() + 1.5 * height
                head = point + QPointF(0, height if hangs else -height)
                paint_letter(painter, head, letter(index), font, tip=point)

    def _paint_pin(self, painter: QPainter, tip: QPointF) -> None:
        # A pin above its tip: the ellipse, often small, stays in sight.
        head = tip - QPointF(0, _PIN_HEIGHT - _PIN_RADIUS)
        pin = QPainterPath(tip)
        pin.cubicTo(tip - QPointF(2, 8), head + QPointF(-_PIN_RADIUS, 6), head - QPointF(_PIN_RADIUS, 0))
        pin.arcTo(QRectF(head.x() - _PIN_RADIUS, head.y() - _PIN_RADIUS, 2 * _PIN_RADIUS, 2 * _PIN_RADIUS), 180, -180)
        pin.cubicTo(head + QPointF(_PIN_RADIUS, 6), tip - QPointF(-2, 8), tip)
        colours = theme.current()
        painter.setPen(QPen(QColor(colours.background), 2))
        painter.setBrush(QColor(colours.foreground))
        painter.drawPath(pin)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.background))
        painter.drawEllipse(head, 3.2, 3.2)
