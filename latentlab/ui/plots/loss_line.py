"""The loss of a run in one line: what it is now, or at the epoch that is looked at, how it came there, where best."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.ui.plots.loss_history import LossHistory, Numbers, envelope, robust_range
from latentlab.ui.style import theme

_MARGIN = 5  # pixels above and below the curve
_STAR = 5.0  # its radius


class LossLine(QWidget):
    """Draws a history without axes; a click asks for the curves themselves."""

    clicked = Signal()

    def __init__(self, history: LossHistory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lossLine")
        self.setAccessibleName(self.tr("Loss so far"))
        self.setToolTip(
            self.tr(
                "The loss so far, and a star where it is lowest: of validation images if some are set apart, else of "
                "test images. Click for the curves."
            )
        )
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._history = history
        self._marked: int | None = None
        self._last = 0

    @Slot(object, int)
    def mark_epoch(self, epoch: int | None, last: int) -> None:
        """Tell of an epoch that is being looked back at, and which is the last; None where none is."""
        self._marked, self._last = epoch, last
        self.update()

    def text(self) -> str:
        """Say what the loss is, of the test images where they were evaluated; empty before there is one.

        It is that of the epoch that is looked back at, which is named then, or else that of now.
        """
        if self._marked is not None:
            return self._text_of(self._marked)
        _, tested = self._history.epoch_curve("test", "loss")
        _, trained = self._history.step_curve("loss")
        if len(tested):
            return self.tr("Test loss {value:.1f} nats").format(value=tested[-1])
        return self.tr("Training loss {value:.1f} nats").format(value=trained[-1]) if len(trained) else ""

    def _text_of(self, epoch: int) -> str:
        for split, text in (
            ("test", self.tr("Epoch {n} of {last}: test loss {value:.1f} nats")),
            ("train", self.tr("Epoch {n} of {last}: training loss {value:.1f} nats")),
        ):
            epochs, losses = self._history.epoch_curve(split, "loss")
            if (at := epochs == epoch).any():
                return text.format(n=epoch, last=self._last, value=losses[at][0])
        return self.tr("Epoch {n} of {last}").format(n=epoch, last=self._last)

    def sizeHint(self) -> QSize:
        """Be as high as a button."""
        return QSize(200, self.fontMetrics().height() + 12)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ask for the curves."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and font."""
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.updateGeometry()
            self.update()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the words, then the curves in what is left of the line."""
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = self.text() or self.tr("Loss: a curve appears here while a model trains")
        painter.setPen(QColor(colours.foreground if self.text() else colours.muted))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, text)
        left = self.fontMetrics().horizontalAdvance(text) + 14
        self._paint_curves(painter, self.rect().adjusted(left, _MARGIN, -8, -_MARGIN), colours)
        painter.end()  # whoever keeps this frame, as a traceback does, would keep a painter of what is gone

    def _paint_curves(self, painter: QPainter, area: QRect, colours: theme.Theme) -> None:
        steps, test = self._history.step_curve("loss"), self._history.epoch_curve("test", "loss")
        span = robust_range(steps[1], test[1])
        if span is None or area.width() < 20:
            return
        low, high = span
        last = max(1.0, math.ceil(self._history.last_position()))

        def placed(x: Numbers, y: Numbers) -> list[QPointF]:
            across = area.left() + x / last * area.width()
            down = area.bottom() - np.clip((y - low) / max(high - low, 1e-12), 0, 1) * area.height()
            return [QPointF(*place) for place in zip(across.tolist(), down.tolist(), strict=True)]

        for curve, colour, width in ((steps, colours.train, 1.0), (test, colours.test, 2.0)):
            x, y = envelope(*curve, max(area.width(), 2))
            painter.setPen(QPen(QColor(colour), width))
            painter.drawPolyline(QPolygonF(placed(x, y)))
        best = self._history.best_epoch()
        at = test[0] == best if best is not None else np.zeros(0, bool)
        if at.any():
            (place,) = placed(test[0][at][:1], test[1][at][:1])
            painter.setPen(QPen(QColor(colours.background), 1))
            painter.setBrush(QColor(colours.test))
            painter.drawPolygon(_star(place))
        if self._marked is not None:
            (place,) = placed(np.array([float(self._marked)]), np.array([low]))
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawLine(QPointF(place.x(), 0), QPointF(place.x(), self.height()))


def _star(middle: QPointF) -> QPolygonF:
    corners = []
    for i in range(10):
        radius, angle = _STAR * (1.0 if i % 2 == 0 else 0.45), math.pi * i / 5
        corners.append(middle + QPointF(radius * math.sin(angle), -radius * math.cos(angle)))
    return QPolygonF(corners)
