"""The program's icons: drawings in one colour, which is that of the theme whenever they are painted."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRect, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from shiboken6 import Shiboken

from latentlab.core.files import resource
from latentlab.ui.style import theme

_CLONES: list[_Engine] = []  # those that Qt has not destroyed


def icon(name: str) -> QIcon:
    """Give the icon in ``resources/icons/NAME.svg``, of any size; nothing is to be done when the theme changes.

    The file draws in ``currentColor``, 24 x 24, lines 1.8 wide with round ends.
    """
    return QIcon(_Engine(name))


class _Engine(QIconEngine):
    """Paints a drawing: checked in the accent's colour, disabled in a muted one."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def clone(self) -> QIconEngine:
        """Give another of the same drawing: of a copy of an icon that is changed."""
        # Qt keeps it without telling Python, which would destroy it as soon as nobody here has it.
        _CLONES[:] = [clone for clone in _CLONES if Shiboken.isValid(clone)]
        _CLONES.append(_Engine(self._name))
        return _CLONES[-1]

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Fill a rectangle with the drawing."""
        _drawing(self._name, _colour(mode, state)).render(painter, rect)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Give a picture of so many pixels."""
        return _picture(self._name, _colour(mode, state), size.width(), size.height())

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        """Give a picture of so many pixels of the display."""
        return self.pixmap(size, mode, state)


def _colour(mode: QIcon.Mode, state: QIcon.State) -> str:
    colours = theme.current()
    if mode == QIcon.Mode.Disabled:
        return colours.edge
    return colours.accent if state == QIcon.State.On else colours.foreground


@lru_cache(maxsize=256)
def _picture(name: str, colour: str, width: int, height: int) -> QPixmap:
    made = QPixmap(width, height)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    _drawing(name, colour).render(painter)
    painter.end()
    return made


@lru_cache(maxsize=256)
def _drawing(name: str, colour: str) -> QSvgRenderer:
    drawing = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(drawing.replace("currentColor", colour).encode()))
