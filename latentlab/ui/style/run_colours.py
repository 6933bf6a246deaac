"""The colours of runs that are compared: a run has the same one in every plot, list and map."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap

from latentlab.ui.style import theme
from latentlab.ui.style.looks import scaled

_SWATCH = 12  # pixels, in text of common size


def run_colour(number: int, of: int) -> QColor:
    """Give the colour of a run, by its place among those that are compared, counted from 0."""
    shades = theme.class_colours(max(of, 1), dark=theme.current().dark)
    return QColor(*shades[number % len(shades)].tolist())


def swatch(colour: QColor, *, is_disc: bool = False) -> QIcon:
    """Give a patch of a colour, as stands before the name of a run; a disc, as a point is, before that of a class."""
    side = scaled(_SWATCH)
    picture = QPixmap(2 * side, 2 * side)
    picture.setDevicePixelRatio(2)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    round_by = side / 2 if is_disc else 3
    painter.drawRoundedRect(QRectF(0.5, 0.5, side - 1, side - 1), round_by, round_by)
    painter.end()
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)  # Qt would tint what is selected
    return icon
