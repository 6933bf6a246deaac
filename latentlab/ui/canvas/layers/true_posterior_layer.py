"""The layer of the true posterior: shade and contours of p(z | x), its modes, and the Gaussians beside it, to scale."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from latentlab.core.arrays import Doubles, Position
from latentlab.core.map.true_posterior import PosteriorOnPlane, Shade
from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.canvas.layers.ellipse import unit_circle
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme
from latentlab.ui.style.paint import KeptPicture, paint_on_ground

_SETTLE_MILLISECONDS = 150
_FARTHEST = 1e5  # pixels: beyond, Qt's painter would overflow
_SHADE = 200  # alpha at the peak
_WIDTHS = (1.9, 1.4, 1.0)  # of the contours, from the inmost
_MODE = 4.5  # pixels from the middle of a mode's mark to its corners


class TruePosteriorLayer(Layer):
    """Draws one posterior, and asks for it anew when the view has come to rest elsewhere."""

    seen = Signal(object, float)
    """The part of the plane that is seen (left, right, bottom, top), and how wide a pixel is there."""

    def __init__(self, view: MapView) -> None:
        super().__init__(view, Order.TRUE_POSTERIOR)
        self._posterior: PosteriorOnPlane | None = None
        self._problem = ""
        self._images: list[tuple[QImage, Shade]] = []
        self._kept = KeptPicture()
        self._is_on = False
        self._timer = QTimer(self, singleShot=True, interval=_SETTLE_MILLISECONDS)
        self._timer.timeout.connect(self._tell)
        self.setVisible(False)

    @Slot(bool)
    def set_on(self, is_on: bool) -> None:
        """Draw it, or draw nothing."""
        self._is_on = is_on
        self._problem = ""
        self._tell()
        self.redraw()

    @Slot(object)
    def set_posterior(self, posterior: PosteriorOnPlane | None) -> None:
        """Draw this one, or none."""
        self._posterior, self._problem = posterior, ""
        self.redraw()

    @Slot(str)
    def show_problem(self, sentence: str) -> None:
        """Say why there is none."""
        self._posterior, self._problem = None, sentence
        self.redraw()

    def posterior(self) -> PosteriorOnPlane | None:
        """Give what is drawn."""
        return self._posterior if self._is_on else None

    def words(self) -> str:
        """Give what is written beside it."""
        if not self._is_on or self._posterior is None:
            return self._problem if self._is_on else ""
        probable = self.tr("log p(x) = {n:.1f} nats").format(n=self._posterior.log_p).replace("-", "−")
        if not self._posterior.is_elsewhere:
            return probable
        return self.tr("The model would rather put it here: {probable}").format(probable=probable)

    def redraw(self) -> None:
        """Follow the theme, and what is to be drawn."""
        self.setVisible(self._is_on and (self._posterior is not None or bool(self._problem)))
        shades = () if self._posterior is None else self._posterior.shades
        self._images = [(_image(shade), shade) for shade in shades] if self._is_on else []
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw it where it belongs on the plane, however the view has moved since it was found."""
        font = QFont() if widget is None else QFont(widget.font())
        looks = (self._posterior, self._problem, self._view.extent(), theme.current(), font.key())
        self._kept.paint(painter, self.boundingRect(), looks, lambda pen: self._draw(pen, font))

    def _draw(self, painter: QPainter, font: QFont) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self.boundingRect())
        painter.setFont(font)
        found = self._posterior
        if found is None:
            if self._problem:
                self._write(painter, self._problem, QPointF(self.boundingRect().center().x(), 24))
            return
        painter.translate(0.5, 0.5)  # a position falls on the middle of a pixel, as for the points
        for image, shade in self._images:
            self._paint_shade(painter, image, shade, is_line=found.is_line)
        colours = theme.current()
        for pieces, width in zip(found.lines, _WIDTHS, strict=False):
            self._paint_line(painter, pieces, QPen(QColor(colours.accent), width))
        self._paint_ellipse(painter, found.encoded, found.covariance, Qt.PenStyle.SolidLine)
        if found.best is not None and found.best_covariance is not None:
            self._paint_ellipse(painter, found.best, found.best_covariance, Qt.PenStyle.DashLine)
        places = [QPointF(x, y) for x, y in np.clip(self._view.to_pixels(found.modes), -_FARTHEST, _FARTHEST).tolist()]
        if found.is_elsewhere:
            ((x, y),) = np.clip(self._view.to_pixels([found.encoded]), -_FARTHEST, _FARTHEST).tolist()
            painter.setPen(QPen(QColor(colours.foreground), 1.2, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, y), places[0])
        for place in reversed(places):
            _paint_mode(painter, place, is_best=place is places[0])
        room = self.boundingRect()
        if room.contains(places[0]):
            metrics = QFontMetricsF(font)
            below = places[0].y() + _MODE + 1.2 * metrics.height()
            above = places[0].y() - _MODE - 1.2 * metrics.height()
            self._write(painter, self.words(), QPointF(places[0].x(), below if below < room.bottom() - 30 else above))

    def _write(self, painter: QPainter, words: str, middle: QPointF) -> None:
        """Write within the map, where there is room for it."""
        half = QFontMetricsF(painter.font()).horizontalAdvance(words) / 2 + 8
        room = self.boundingRect()
        x = min(max(middle.x(), room.left() + half), max(room.right() - half, room.left() + half))
        paint_on_ground(painter, words, QPointF(x, middle.y()), theme.current().foreground)

    def _paint_shade(self, painter: QPainter, image: QImage, shade: Shade, *, is_line: bool) -> None:
        first, along, up = self._view.to_pixels(shade.corners)
        if is_line:  # of one dimension there is no height: all of it is one
            first[1], along[1], up[1] = 0, 0, self.boundingRect().height()
        if not max(np.abs([first, along, up]).max(), 0.0) < _FARTHEST:
            return
        (ax, ay), (bx, by) = (along - first) / max(image.width() - 1, 1), (up - first) / max(image.height() - 1, 1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setTransform(QTransform(ax, ay, bx, by, *first.tolist()), combine=True)
        # A node lies in the middle of its pixel, and the patch ends at its outmost nodes.
        room = QRectF(0, 0, image.width() - 1, image.height() - 1 or 1)
        painter.drawImage(room, image, room.translated(0.5, 0.5) if image.height() > 1 else QRectF(image.rect()))
        painter.restore()

    def _paint_line(self, painter: QPainter, pieces: Doubles, pen: QPen) -> None:
        if not len(pieces):
            return
        ends = self._view.to_pixels(pieces.reshape(-1, 2)).reshape(-1, 4)
        room = self.boundingRect().adjusted(-50, -50, 50, 50)
        x, y = ends[:, ::2], ends[:, 1::2]
        is_near = ((x > room.left()) & (x < room.right()) & (y > room.top()) & (y < room.bottom())).any(1)
        painter.setPen(pen)
        painter.drawLines([QLineF(*piece) for piece in ends[is_near].tolist()])

    def _paint_ellipse(self, painter: QPainter, centre: Position, covariance: Doubles, style: Qt.PenStyle) -> None:
        ((x, y),) = self._view.to_pixels([centre])
        ellipse = unit_circle(self._view, QPointF(x, y), covariance)
        if ellipse is None or max(abs(x), abs(y)) > _FARTHEST:
            return
        circle = QPainterPath()
        circle.addEllipse(QPointF(), 1.0, 1.0)
        path = ellipse.map(circle)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        colours = theme.current()
        for colour, width, line in ((colours.background, 3.2, Qt.PenStyle.SolidLine), (colours.foreground, 1.5, style)):
            painter.setPen(QPen(QColor(colour), width, line))
            painter.drawPath(path)

    def _follow_view(self) -> None:
        self.update()
        if self._is_on and not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _tell(self) -> None:
        if self._is_on:
            left, right, bottom, top = self._view.extent()
            self.seen.emit((left, right, bottom, top), (right - left) / max(self._view.box.rect().width(), 1.0))


def _image(shade: Shade) -> QImage:
    """Give a shade as a picture: a pixel a node, the first dimension along x."""
    colour = QColor(theme.current().accent)
    alpha = np.round(shade.strength.T * _SHADE).astype(np.uint32)
    levels = [alpha * level // 255 for level in (colour.red(), colour.green(), colour.blue())]
    pixels = np.ascontiguousarray((alpha << 24) | (levels[0] << 16) | (levels[1] << 8) | levels[2])
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()


def _paint_mode(painter: QPainter, place: QPointF, *, is_best: bool) -> None:
    """Draw a diamond, filled where it is the best."""
    size = _MODE if is_best else _MODE * 0.75
    diamond = QPainterPath(place - QPointF(0, size))
    for corner in (QPointF(size, 0), QPointF(0, size), QPointF(-size, 0)):
        diamond.lineTo(place + corner)
    diamond.closeSubpath()
    colours = theme.current()
    painter.setPen(QPen(QColor(colours.background), 3))
    painter.setBrush(QColor(colours.accent if is_best else colours.background))
    painter.drawPath(diamond)
    painter.setPen(QPen(QColor(colours.foreground), 1.2))
    painter.drawPath(diamond)
