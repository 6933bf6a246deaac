"""How the program looks: its colours, light and dark, of window, plots and classes; and how large its text is.

What is painted reads `current()` as it is painted, and text has a role of the palette, such as `MUTED`, rather than a
colour: so a switch between light and dark reaches everything, and nobody has to be told. Only what keeps a colour, such
as an axis of a plot or a page of HTML, draws anew in ``changeEvent`` on ``PaletteChange``. No widget has a style sheet:
Qt hands those that have one no new palette.
"""

from __future__ import annotations

import colorsys
import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QColor, QFontDatabase, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLayout,
    QLineEdit,
    QSlider,
    QTabBar,
    QToolBar,
    QToolTip,
)

# Ten hues in the order of the colour circle, found by a search that kept a contrast of 3:1 to the background and made
# the smallest difference (CIEDE2000) between any two as large as it gets, for normal sight and for the three kinds of
# colour-blindness alike: above 20 and above 11. They differ in lightness too, which is what the colour-blind see. On a
# light ground none is darker than a lightness of 38 nor duller than a chroma of 40 (CIE L*, C*ab): a darker green would
# look black, and a duller violet grey.
_TEN_LIGHT = (
    "#c40205", "#c98500", "#1f7235", "#02a588", "#788aff",
    "#43559d", "#9c18ff", "#b474b3", "#ac2766", "#fe4d70",
)  # fmt: skip
_TEN_DARK = (
    "#eb5c65", "#db9b16", "#e9e93a", "#408131", "#29caa7",
    "#4597ff", "#695bd9", "#ebbbfc", "#ab4c87", "#d3e7e4",
)  # fmt: skip

_MANY_CLASSES = 36
_GOLDEN = (5**0.5 - 1) / 2  # of a turn: wherever one stops, the hues so far lie apart

_SMALLEST_FONT, _LARGEST_FONT = 8.0, 24.0  # points
_LEGIBLE = 10.0  # points: from the back of a room
_SIZED_BY_STYLE = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QSlider, QTabBar, QToolBar)
_SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}

MUTED = QPalette.ColorRole.PlaceholderText
WARNING = QPalette.ColorRole.BrightText
EMPHASIS = QPalette.ColorRole.Link
"""Roles for `QWidget.setForegroundRole`: of what is said beside, of what is wrong, and of what is marked."""


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of windows, plots and canvases, as ``#rrggbb``.

    Text is written in `foreground`, `muted`, `accent` or `warning` on `background`, `surface` or `raised`, and in
    `on_accent` on `accent`; `edge` is around what one fills in, drags and presses; `grid` parts, and need not be seen;
    `chosen` is behind what is switched on.
    """

    dark: bool
    background: str
    surface: str
    raised: str
    foreground: str
    muted: str
    grid: str
    edge: str
    accent: str
    on_accent: str
    chosen: str
    train: str
    test: str
    warning: str


LIGHT = Theme(
    dark=False, background="#ffffff", surface="#f5f6f8", raised="#ffffff", foreground="#1b1f24", muted="#5a6675",
    grid="#d9dee5", edge="#808894", accent="#1668c7", on_accent="#ffffff", chosen="#d7e6f8", train="#d56a00",
    test="#1a6fd4", warning="#b42318",
)  # fmt: skip
DARK = Theme(
    dark=True, background="#15181d", surface="#1e2228", raised="#2a2f37", foreground="#eef1f5", muted="#9aa5b4",
    grid="#3a424d", edge="#7a8594", accent="#5aa9ff", on_accent="#15181d", chosen="#24456b", train="#ff9f43",
    test="#5aa9ff", warning="#ff8a80",
)  # fmt: skip


def current() -> Theme:
    """Give the theme that fits the application's palette."""
    window = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return DARK if window.lightness() < 128 else LIGHT


def palette(colours: Theme) -> QPalette:
    """Give the palette that dresses Qt's own widgets in the theme's colours."""
    roles = {
        QPalette.ColorRole.Window: colours.surface,
        QPalette.ColorRole.WindowText: colours.foreground,
        QPalette.ColorRole.Base: colours.background,
        QPalette.ColorRole.AlternateBase: colours.surface,
        QPalette.ColorRole.Text: colours.foreground,
        QPalette.ColorRole.PlaceholderText: colours.muted,
        QPalette.ColorRole.Button: colours.raised,
        QPalette.ColorRole.ButtonText: colours.foreground,
        QPalette.ColorRole.BrightText: colours.warning,
        QPalette.ColorRole.ToolTipBase: colours.raised,
        QPalette.ColorRole.ToolTipText: colours.foreground,
        QPalette.ColorRole.Highlight: colours.accent,
        QPalette.ColorRole.HighlightedText: colours.on_accent,
        QPalette.ColorRole.Accent: colours.accent,
        QPalette.ColorRole.Link: colours.accent,
        QPalette.ColorRole.LinkVisited: colours.accent,
    }
    # The constructor derives the shades of bevels and borders from these two.
    palette = QPalette(QColor(colours.raised), QColor(colours.surface))
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours.muted))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.HighlightedText, QColor(colours.foreground))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Highlight, QColor(colours.grid))
    return palette


@functools.lru_cache(maxsize=16)  # widgets ask for it whenever they paint
def class_colours(count: int, *, dark: bool) -> npt.NDArray[np.uint8]:
    """Give a colour for each class: uint8 (count, 3); up to ten from a chosen set, more by steps of hue; read-only."""
    if count <= 10:
        names = (_TEN_DARK if dark else _TEN_LIGHT)[:count]
        colours = [QColor(name).getRgb()[:3] for name in names]
    elif count > _MANY_CLASSES:
        # Nobody tells a thousand apart, but those beside each other: each is far from the ones before it.
        light = (0.72, 0.58, 0.66) if dark else (0.36, 0.50, 0.43)
        colours = [
            tuple(round(255 * part) for part in colorsys.hls_to_rgb(i * _GOLDEN % 1, light[i % 3], 0.75))
            for i in range(count)
        ]
    else:
        # Neighbouring classes differ in lightness too: hue alone cannot tell twenty apart.
        light = (0.72, 0.58) if dark else (0.36, 0.50)
        colours = [
            tuple(round(255 * part) for part in colorsys.hls_to_rgb(i / count, light[i % 2], 0.75))
            for i in range(count)
        ]
    shades = np.array(colours, np.uint8).reshape(count, 3)
    shades.setflags(write=False)
    return shades


def set_theme(choice: str) -> None:
    """Dress the application, and everything that is open, ``light``, ``dark``, or as the ``system`` is."""
    hints = QApplication.styleHints()
    hints.setColorScheme(_SCHEMES[choice])
    # Where the desktop takes no such wish, the palette below fulfils it all the same.
    dark = choice == "dark" or (choice == "system" and hints.colorScheme() == Qt.ColorScheme.Dark)
    _dress(dark=dark)


def normal_text_size() -> float:
    """Give the size of text that the desktop asks for, in points; where that is small, one that can be read."""
    return max(_LEGIBLE, QFontInfo(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)).pointSizeF())


def set_text_size(points: float) -> None:
    """Write everything in a size, in points, from 8 to 24; boxes, icons and handles grow along."""
    font = QApplication.font()
    for window in QApplication.topLevelWidgets():
        window.setUpdatesEnabled(False)  # it would be painted twice, at first with too little room
    font.setPointSizeF(min(_LARGEST_FONT, max(_SMALLEST_FONT, points)))
    QApplication.setFont(font)
    # Widgets hear of a new font as soon as there are events again.
    QTimer.singleShot(0, _measure_again)


def change_text_size(step: int) -> None:
    """Write everything larger by so many points, or smaller where `step` is below zero."""
    set_text_size(QApplication.font().pointSizeF() + step)


def _measure_again() -> None:
    """Forget how much room the old text took: Qt keeps that of what is hidden, and the sizes of icons and boxes."""
    for widget in QApplication.allWidgets():
        if isinstance(widget, _SIZED_BY_STYLE):
            QApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))
        for layout in widget.findChildren(QLayout, options=Qt.FindChildOption.FindDirectChildrenOnly):
            _forget_room(layout)
        widget.updateGeometry()
    for window in QApplication.topLevelWidgets():
        window.setUpdatesEnabled(True)


def _forget_room(layout: QLayout) -> None:
    for part in layout.findChildren(QLayout):
        part.invalidate()
    layout.invalidate()


def follow_system(scheme: Qt.ColorScheme) -> None:
    """Dress the application as the system has just been."""
    _dress(dark=scheme == Qt.ColorScheme.Dark)


def _dress(*, dark: bool) -> None:
    colours = DARK if dark else LIGHT
    pg.setConfigOptions(antialias=True, background=colours.background, foreground=colours.foreground)
    dressed = palette(colours)
    QApplication.setPalette(dressed)
    QApplication.setPalette(_primary(dressed, colours), "PrimaryButton")
    QToolTip.setPalette(dressed)


def _primary(dressed: QPalette, colours: Theme) -> QPalette:
    """Give the palette of the button that one is looking for: see `PrimaryButton` of the widgets."""
    made = QPalette(dressed)
    for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive):
        made.setColor(group, QPalette.ColorRole.Button, QColor(colours.accent))
        made.setColor(group, QPalette.ColorRole.ButtonText, QColor(colours.on_accent))
    return made
