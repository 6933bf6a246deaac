"""The dot that marks a setting which differs from its recipe; a click sets it back."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from latentlab.ui.style import theme
from latentlab.ui.style.looks import scaled

_SIDE = 14  # pixels, as wide as the column of them


class Dot(QAbstractButton):
    """A dot in the accent's colour, as large as a letter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Grow with the text."""
        return QSize(scaled(_SIDE), scaled(_SIDE))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dot, within a ring where the keys are."""
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        centre, radius = QPointF(self.rect().toRectF().center()), self.width() / 4
        painter.setPen(QColor(colours.accent if self.isEnabled() else colours.edge))
        painter.setBrush(painter.pen().color())
        painter.drawEllipse(centre, radius, radius)
        if self.hasFocus():
            painter.setBrush(QColor(0, 0, 0, 0))
            painter.drawEllipse(centre, 1.7 * radius, 1.7 * radius)
        painter.end()
