"""The layer of the prior: where its Gaussian is 1, 2 and 3 deviations away from its centre."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, Qt, Slot
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from latentlab.core.arrays import Position
from latentlab.core.fields.aggregate_posterior import Prior
from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme
from latentlab.ui.style.paint import KeptPicture, paint_on_ground

_SIGMAS = (1, 2, 3)
_FARTHEST = 1e5  # pixels: beyond, Qt's painter would overflow
_LEAST = 12.0  # pixels of radius: below, circles and their labels would be a blot


class ContoursLayer(Layer):
    """Draws a circle for each deviation, thin and quiet, with a label at its right; a pair of lines where z has one."""

    def __init__(self, view: MapView) -> None:
        super().__init__(view, Order.PRIOR)
        self._prior: Prior | None = None
        self._is_on = True
        self._kept = KeptPicture()
        self.setVisible(False)

    @Slot(bool)
    def set_on(self, is_on: bool) -> None:
        """Show the prior where there is one, or never."""
        self._is_on = is_on
        self._refresh()

    @Slot(object)
    def set_prior(self, prior: Prior | None) -> None:
        """Show this prior; none for a model without one."""
        self._prior = prior
        self._refresh()

    def radii(self) -> list[float]:
        """Give the radii that are drawn, in pixels of the view."""
        if self._prior is None or not self.isVisible():
            return []
        (origin, across) = self._view.to_pixels([(0, 0), (1, 0)])
        radii = [sigmas * float(across[0] - origin[0]) for sigmas in _SIGMAS]
        return [] if radii[0] < _LEAST else [radius for radius in radii if radius < _FARTHEST]

    def centre(self) -> Position | None:
        """Give the middle of the circles on the plane; None where there is no prior."""
        return None if self._prior is None else self._prior.centre

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw circles and labels."""
        font = QFont() if widget is None else QFont(widget.font())
        font.setPointSizeF(max(font.pointSizeF() * 0.85, 8.0))
        looks = (self._prior, self._view.extent(), theme.current(), font.key())
        self._kept.paint(painter, self.boundingRect(), looks, lambda pen: self._draw(pen, font))

    def _draw(self, painter: QPainter, font: QFont) -> None:
        if self._prior is None:
            return
        ((x, y),) = self._view.to_pixels([self._prior.centre])
        if max(abs(x), abs(y)) > _FARTHEST:
            return
        colours = theme.current()
        line = QColor(colours.muted)
        line.setAlpha(170)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self.boundingRect())
        painter.translate(0.5, 0.5)  # a position falls on the middle of a pixel, as for the points
        painter.setFont(font)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for sigmas, radius in zip(_SIGMAS, self.radii(), strict=False):
            painter.setPen(QPen(line, 1, Qt.PenStyle.DashLine))  # wider ones would take a tenth of a frame
            if self._prior.is_line:
                for at in (x - radius, x + radius):
                    painter.drawLine(QLineF(at, 0, at, self.boundingRect().height()))
            else:
                painter.drawEllipse(QPointF(x, y), radius, radius)
            self._label(painter, f"{sigmas} σ", QPointF(x, y), radius)

    def _label(self, painter: QPainter, text: str, centre: QPointF, radius: float) -> None:
        """Write at the upper right of a circle, over a gap in it."""
        slope = 0.0 if self._prior is not None and self._prior.is_line else 0.5**0.5
        place = centre + QPointF(radius * (slope or 1.0), -radius * slope)
        paint_on_ground(painter, text, place, theme.current().muted)

    def _refresh(self) -> None:
        self.setVisible(self._is_on and self._prior is not None)
        self.update()
