"""The layer of equal decoded distance: curves around what is picked, and above the points how far each is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QLineF, QObject, QPointF, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from latentlab.core.fields.decoded_distance import DecodedDistances
from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme
from latentlab.ui.style.paint import KeptPicture, paint_on_ground

_SETTLE_MILLISECONDS = 150
_FARTHEST = 1e5  # pixels: beyond, Qt's painter would overflow
_NAMES_AT = np.array([-(0.5**0.5), 0.5**0.5])  # from the pick, in pixels: to the lower left, where no ring has its name
_APART = 3.0  # pixels between two names
_CLEAR = 24.0  # pixels around the pick, and at the edges, without a name


class DistancesLayer(Layer):
    """Draws each curve, asks for the part that is seen, and keeps still while it is not looked at."""

    wanted = Signal(object)
    """The part of the plane to compute: left, right, bottom, top; None for none any more."""

    def __init__(self, view: MapView) -> None:
        super().__init__(view, Order.DISTANCES)
        self._distances: DecodedDistances | None = None
        self._is_on = self._is_looked_at = False
        self._kept = KeptPicture()
        self._names = _Names(view, self)
        self._timer = QTimer(self, singleShot=True, interval=_SETTLE_MILLISECONDS)
        self._timer.timeout.connect(self._ask)
        view.box.getViewWidget().installEventFilter(self)
        self.setVisible(False)

    @Slot(bool)
    def set_on(self, is_on: bool) -> None:
        """Show curves, or show none any more."""
        self._is_on = is_on
        for each in (self, self._names):
            each.setVisible(is_on)
        self._ask()

    @Slot(object)
    def set_distances(self, distances: DecodedDistances | None) -> None:
        """Draw these, or none."""
        self._distances = distances
        for each in (self, self._names):
            each.update()

    def distances(self) -> DecodedDistances | None:
        """Give what is drawn."""
        return self._distances if self._is_on else None

    def curves(self) -> list[tuple[float, npt.NDArray[np.float64]]]:
        """Give the level of each curve, and its pieces in pixels of the view: float64 (S, 2, 2)."""
        if self._distances is None or not self._is_on:
            return []
        found = []
        for level, pieces in zip(self._distances.levels, self._distances.curves, strict=True):
            pixels = self._view.to_pixels(pieces.reshape(-1, 2)).reshape(-1, 2, 2)
            found.append((level, pixels[(np.abs(pixels) < _FARTHEST).all((1, 2))]))
        return found

    def names(self) -> list[tuple[str, QPointF]]:
        """Give how far each curve is, and where that stands: to the lower left of the pick, in pixels."""
        if self._distances is None:
            return []
        pick = self._view.to_pixels([self._distances.place])[0]
        room = self.boundingRect().adjusted(_CLEAR, _CLEAR, -_CLEAR, -_CLEAR)
        low, high = (room.left(), room.top()), (room.right(), room.bottom())
        found = []
        for level, pieces in self.curves():
            middles = pieces.mean(1)
            away = middles - pick
            lengths = np.linalg.norm(away, axis=1)
            is_free = (lengths > _CLEAR) & (middles > low).all(1) & (middles < high).all(1)
            if is_free.any():
                straight = np.where(is_free, away @ _NAMES_AT / np.maximum(lengths, 1e-9), -np.inf)
                found.append((self.tr("{level:g} px").format(level=level), QPointF(*middles[straight.argmax()])))
        return found

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Rest while the map is hidden."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._is_looked_at = event.type() == QEvent.Type.Show
            self._ask()
        return False

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the curves."""
        looks = (self._distances, self._view.extent(), theme.current())
        self._kept.paint(painter, self.boundingRect(), looks, self._draw)

    def _draw(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self.boundingRect())
        painter.translate(0.5, 0.5)  # a position falls on the middle of a pixel, as for the points
        lines = [QLineF(*piece) for _, pieces in self.curves() for piece in pieces.reshape(-1, 4).tolist()]
        for name, alpha, width in ((theme.current().background, 150, 3.4), (theme.current().foreground, 230, 1.3)):
            colour = QColor(name)
            colour.setAlpha(alpha)
            painter.setPen(QPen(colour, width, c=Qt.PenCapStyle.RoundCap))
            painter.drawLines(lines)

    def _follow_view(self) -> None:
        super()._follow_view()
        # Not started anew by every change: a view that follows training would never settle.
        if self._is_on and self._is_looked_at and not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _ask(self) -> None:
        self._timer.stop()
        self.wanted.emit(self._view.extent() if self._is_on and self._is_looked_at else None)


class _Names(Layer):
    """Writes above the points how far each curve is, where the names leave each other room."""

    def __init__(self, view: MapView, curves: DistancesLayer) -> None:
        super().__init__(view, Order.PRIOR_NAMES)
        self._curves = curves
        self.setVisible(False)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Write them."""
        font = QFont() if widget is None else QFont(widget.font())
        font.setPointSizeF(max(font.pointSizeF() * 0.85, 8.0))
        painter.setFont(font)
        painter.setClipRect(self.boundingRect())
        taken: list[QRectF] = []
        for name, place in self._curves.names():
            room = QFontMetricsF(font).boundingRect(name).adjusted(-_APART, -_APART, _APART, _APART)
            room.moveCenter(place)
            if not any(room.intersects(other) for other in taken):
                taken.append(room)
                paint_on_ground(painter, name, place + QPointF(0.5, 0.5), theme.current().foreground)
