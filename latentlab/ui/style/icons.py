"""The program's icons: pictures in one colour, which follows the theme."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from latentlab.core.files import resource
from latentlab.ui.style import theme

_SIZES = (20, 40)  # pixels: of a display of common and of high density


def icon(name: str) -> QIcon:
    """Give the icon in ``resources/icons/NAME.svg`` in the theme's colours of now.

    The file draws in ``currentColor``, 24 x 24, lines 1.8 wide with round ends.
    """
    colours = theme.current()
    return _drawn(name, colours.foreground, colours.accent, colours.muted)


@lru_cache
def _drawn(name: str, plain: str, checked: str, disabled: str) -> QIcon:
    drawing = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    made = QIcon()
    for colour, mode, state in (
        (plain, QIcon.Mode.Normal, QIcon.State.Off),
        (checked, QIcon.Mode.Normal, QIcon.State.On),
        (disabled, QIcon.Mode.Disabled, QIcon.State.Off),
    ):
        renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", colour).encode()))
        for side in _SIZES:
            pixmap = QPixmap(QSize(side, side))
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            if mode == QIcon.Mode.Disabled:
                painter.setOpacity(0.45)
            renderer.render(painter)
            painter.end()
            made.addPixmap(pixmap, mode, state)
    return made
