"""Shares as a picture: a named row for each class, a column for each unit."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.core.arrays import Floats
from latentlab.ui.style import theme
from latentlab.ui.style.pixels import to_image

_GAP = 6


class HeatMap(QWidget):
    """Shows a table of shares in [0, 1], from the background's colour to the accent."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shares: Floats = np.empty((0, 0), np.float32)
        self._names: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(180, 60)

    def set_shares(self, shares: Floats, names: tuple[str, ...]) -> None:
        """Show float32 (R, C), with a name for each row."""
        self._shares, self._names = shares, names
        self.update()

    def sizeHint(self) -> QSize:
        """Prefer rows that a name fits beside."""
        return QSize(480, max(1, len(self._names)) * self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the table and the names that have room."""
        rows, columns = self._shares.shape
        if not (rows and columns):
            return
        painter = QPainter(self)
        left = max(self.fontMetrics().horizontalAdvance(name) for name in self._names) + 2 * _GAP
        place = QRectF(left, 0, self.width() - left, self.height())
        image = self._image()
        if columns > place.width():  # a pixel takes the mean of its columns, and rows stay sharp
            size = QSize(max(1, int(place.width())), rows)
            image = image.scaled(size, mode=Qt.TransformationMode.SmoothTransformation)
        painter.drawImage(place, image)
        painter.setPen(QColor(theme.current().foreground))
        height = place.height() / rows
        line = self.fontMetrics().height()
        every = int(np.ceil(line / height))
        flags = int(Qt.AlignmentFlag.AlignRight) | int(Qt.AlignmentFlag.AlignVCenter)
        for row in range(0, rows, every):
            top = max(0.0, (row + 0.5) * height - line / 2)
            painter.drawText(QRectF(0, top, left - _GAP, line), flags, self._names[row])
        painter.end()

    def _image(self) -> QImage:
        colours = theme.current()
        low, high = (
            np.array(QColor(name).getRgb()[:3])[:, None, None] for name in (colours.background, colours.accent)
        )
        return to_image(np.rint(low + self._shares * (high - low)).astype(np.uint8))
