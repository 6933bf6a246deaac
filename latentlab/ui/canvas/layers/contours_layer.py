"""The layer of the prior: where it is 1, 2 and 3 deviations away from its centre, or what it is a mixture of."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, Qt, Slot
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from latentlab.core.arrays import Position
from latentlab.core.map.plane_prior import PlanePrior
from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.canvas.layers.ellipse import unit_circle
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme
from latentlab.ui.style.paint import KeptPicture, paint_on_ground

_SIGMAS = (1, 2, 3)
_FARTHEST = 1e5  # pixels: beyond, Qt's painter would overflow
_FAINTEST = 1e-3  # of the weight of the heaviest Gaussian: of others nothing would be seen
_DOT = 2.0  # pixels of radius
_LEAST = 12.0  # pixels of radius: below, circles and their labels would be a blot

_UNIT_CIRCLE = QPainterPath()
_UNIT_CIRCLE.addEllipse(QPointF(), 1, 1)


class ContoursLayer(Layer):
    """Draws a circle for each deviation, thin and quiet; a pair of lines where z has one dimension.

    Of a mixture each Gaussian is drawn: its mean, and its ellipse at one deviation, the fainter the less it weighs.

    The names of the circles are a layer of their own, above the points, and so is a mixture: they lie where it does.
    """

    def __init__(self, view: MapView) -> None:
        super().__init__(view, Order.PRIOR)
        self._prior: PlanePrior | None = None
        self._is_on = True
        self._kept = KeptPicture()
        self._names = _Names(view, self)
        self.setVisible(False)

    @Slot(bool)
    def set_on(self, is_on: bool) -> None:
        """Show the prior where there is one, or never."""
        self._is_on = is_on
        self._refresh()

    @Slot(object)
    def set_prior(self, prior: PlanePrior | None) -> None:
        """Show this prior; none for a model without one."""
        self._prior = prior
        self._refresh()

    def radii(self) -> list[float]:
        """Give the radii that are drawn, in pixels of the view."""
        if self._prior is None or not self._prior.is_normal or not self.isVisible():
            return []
        (origin, across) = self._view.to_pixels([(0, 0), (1, 0)])
        radii = [sigmas * float(across[0] - origin[0]) for sigmas in _SIGMAS]
        return [] if radii[0] < _LEAST else [radius for radius in radii if radius < _FARTHEST]

    def mixture(self) -> PlanePrior | None:
        """Give the prior where it is a mixture."""
        return None if self._prior is None or self._prior.is_normal else self._prior

    def centre(self) -> Position | None:
        """Give the middle of the circles on the plane; None where there is no prior."""
        return None if self._prior is None else self._prior.centre

    def places(self) -> list[tuple[str, QPointF]]:
        """Give what each circle is called, and where that stands: at its upper right, in pixels of the view."""
        if self._prior is None or not self._prior.is_normal:
            return []
        ((x, y),) = self._view.to_pixels([self._prior.centre])
        across, up = (1.0, 0.0) if self._prior.is_line else (0.5**0.5, 0.5**0.5)
        return [
            (f"{sigmas} σ", QPointF(x + radius * across, y - radius * up))
            for sigmas, radius in zip(_SIGMAS, self.radii(), strict=False)
        ]

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the circles."""
        looks = (self._prior, self._view.extent(), theme.current())
        self._kept.paint(painter, self.boundingRect(), looks, self._draw)

    def _draw(self, painter: QPainter) -> None:
        if self._prior is None or not self._prior.is_normal:
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
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for radius in self.radii():
            painter.setPen(QPen(line, 1, Qt.PenStyle.DashLine))  # wider ones would take a tenth of a frame
            if self._prior.is_line:
                for at in (x - radius, x + radius):
                    painter.drawLine(QLineF(at, 0, at, self.boundingRect().height()))
            else:
                painter.drawEllipse(QPointF(x, y), radius, radius)

    def _refresh(self) -> None:
        for each in (self, self._names):
            each.setVisible(self._is_on and self._prior is not None)
            each.update()


class _Names(Layer):
    """Writes above the points what the circles are, or draws the Gaussians of a mixture there."""

    def __init__(self, view: MapView, circles: ContoursLayer) -> None:
        super().__init__(view, Order.PRIOR_NAMES)
        self._circles = circles
        self._kept = KeptPicture()
        self.setVisible(False)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Write, over a gap in each circle."""
        if (prior := self._circles.mixture()) is not None:
            looks = (prior, self._view.extent(), theme.current())
            self._kept.paint(painter, self.boundingRect(), looks, lambda painter: self._draw_mixture(painter, prior))
            return
        font = QFont() if widget is None else QFont(widget.font())
        font.setPointSizeF(max(font.pointSizeF() * 0.85, 8.0))
        painter.setFont(font)
        room = self.boundingRect()
        painter.setClipRect(room)
        for name, place in self._circles.places():
            if room.contains(place):
                paint_on_ground(painter, name, place + QPointF(0.5, 0.5), theme.current().foreground)

    def _draw_mixture(self, painter: QPainter, prior: PlanePrior) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self.boundingRect())
        painter.translate(0.5, 0.5)
        strengths = prior.weights / prior.weights.max()
        places = self._view.to_pixels(prior.means)
        for place, covariance, strength in zip(places, prior.covariances, strengths.tolist(), strict=True):
            if strength < _FAINTEST or not abs(place).max() <= _FARTHEST:
                continue
            line, (x, y) = QColor(theme.current().foreground), place.tolist()
            line.setAlpha(round(60 + 160 * strength))
            painter.setPen(QPen(line, 1))
            if prior.is_line:
                painter.drawLine(QLineF(x, 0, x, self.boundingRect().height()))
                continue
            painter.setBrush(Qt.BrushStyle.NoBrush)
            circle = unit_circle(self._view, QPointF(x, y), covariance)
            if circle is not None:
                painter.drawPath(circle.map(_UNIT_CIRCLE))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(line)
            painter.drawEllipse(QPointF(x, y), _DOT, _DOT)
