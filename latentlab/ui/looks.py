"""How the application looks: light or dark, and how large its text is."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QToolTip

from latentlab.ui.style import theme

_SMALLEST_FONT, _LARGEST_FONT = 8.0, 24.0  # points
_SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}


def set_theme(choice: str) -> None:
    """Dress the application, and everything that is open, ``light``, ``dark``, or as the ``system`` is."""
    hints = QApplication.styleHints()
    hints.setColorScheme(_SCHEMES[choice])
    # Where the desktop takes no such wish, the palette below fulfils it all the same.
    dark = choice == "dark" or (choice == "system" and hints.colorScheme() == Qt.ColorScheme.Dark)
    _dress(dark=dark)


def change_text_size(step: int) -> None:
    """Write everything larger by so many points, or smaller where `step` is below zero."""
    font = QApplication.font()
    font.setPointSizeF(min(_LARGEST_FONT, max(_SMALLEST_FONT, font.pointSizeF() + step)))
    QApplication.setFont(font)
    # Qt hands a new font past every widget that has a style sheet, until the sheet is set again.
    for widget in QApplication.allWidgets():
        if sheet := widget.styleSheet():
            widget.setStyleSheet(sheet)


def follow_system(scheme: Qt.ColorScheme) -> None:
    """Dress the application as the system has just been."""
    _dress(dark=scheme == Qt.ColorScheme.Dark)


def _dress(*, dark: bool) -> None:
    colours = theme.DARK if dark else theme.LIGHT
    pg.setConfigOptions(antialias=True, background=colours.background, foreground=colours.foreground)
    palette = theme.palette(colours)
    QApplication.setPalette(palette)
    QToolTip.setPalette(palette)
