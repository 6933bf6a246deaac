"""The layer of fields: what is laid behind the points, one at a time, and the card that says what it means."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QTimer, Signal, Slot
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from latentlab.core.fields.fields import Field
from latentlab.ui.canvas.cards.field_images import picture, scale_of
from latentlab.ui.canvas.cards.field_legend import FieldLegend
from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.plots.map_view import MapView

_SETTLE_MILLISECONDS = 150
_FARTHEST = 1e6  # pixels: what was computed for another part is a speck, or too large for Qt's painter


class FieldLayer(Layer):
    """Shades a part of the plane, asks for the part that is seen, and keeps still while it is not looked at."""

    wanted = Signal(object)
    """The part of the plane to compute: left, right, bottom, top; None for none any more."""

    def __init__(self, view: MapView, *, is_narrow: bool) -> None:
        super().__init__(view, Order.FIELD)
        self._field: Field | None = None
        self._problem = ""
        self._image = QImage()
        self._is_on = self._is_looked_at = False
        self.setVisible(False)
        self.legend = FieldLegend(view, is_narrow=is_narrow)
        self._timer = QTimer(self, singleShot=True, interval=_SETTLE_MILLISECONDS)
        self._timer.timeout.connect(self._ask)

    @Slot(bool)
    def set_on(self, is_on: bool) -> None:
        """Show a field, or show none any more."""
        self._is_on = is_on
        self._ask()

    def set_looked_at(self, is_looked_at: bool) -> None:
        """Rest while the map is hidden."""
        self._is_looked_at = is_looked_at
        self._ask()

    @Slot(object)
    def set_field(self, field: Field | None) -> None:
        """Shade this one, or nothing."""
        self._field, self._problem = field, ""
        self.redraw()

    @Slot(str)
    def show_problem(self, sentence: str) -> None:
        """Say in the place of the scale why there is none."""
        self._field, self._problem = None, sentence
        self.redraw()

    def field(self) -> Field | None:
        """Give what is shaded."""
        return self._field if self._is_on else None

    def redraw(self) -> None:
        """Follow the theme."""
        self.setVisible(self._is_on)
        if self._is_on and self._field is not None:
            self._image = picture(self._field)
            self.legend.show_scale(scale_of(self._field))
        else:
            self._image = QImage()
            self.legend.show_problem(self._problem if self._is_on else "")
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the shade where it belongs on the plane, however the view has moved since it was computed."""
        if self._field is None or self._image.isNull():
            return
        left, right, bottom, top = self._field.extent
        (x, y), (far_x, far_y) = self._view.to_pixels([(left, top), (right, bottom)])
        if max(abs(side) for side in (x, y, far_x, far_y)) > _FARTHEST:
            return
        painter.setClipRect(self.boundingRect())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(QPointF(x, y), QPointF(far_x, far_y)), self._image)

    def _follow_view(self) -> None:
        # Not started anew by every change: a view that follows training would never settle.
        if self._is_on and self._is_looked_at and not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _ask(self) -> None:
        self._timer.stop()
        if not self._is_on:
            self._field, self._problem = None, ""
        self.redraw()
        self.wanted.emit(self._view.extent() if self._is_on and self._is_looked_at else None)
