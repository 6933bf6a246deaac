"""The program's colours, light and dark: of the window, of the plots, and of the classes.

Widgets read `current()` when they are made and again in ``changeEvent`` on ``PaletteChange``; nothing is cached,
so the system's switch between light and dark reaches everything.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QGuiApplication, QPalette

# Ten hues that stay apart from each other on white and on near-black, in the order of the digits.
_TEN_LIGHT = ("#d62839", "#e8760a", "#b58900", "#3a8f2d", "#0d8f8c", "#1273c4", "#5a49c8", "#a63bb5", "#d1478c", "#6b7280")
_TEN_DARK = ("#ff6b6b", "#ff9f43", "#f2d13c", "#6fd15c", "#35d0c4", "#4dabf7", "#9b8cff", "#db7bea", "#ff85b8", "#adb5bd")


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of plots and canvases, as ``#rrggbb``."""

    dark: bool
    background: str
    surface: str
    foreground: str
    muted: str
    grid: str
    accent: str
    train: str
    test: str
    warning: str


LIGHT = Theme(
    dark=False, background="#ffffff", surface="#f5f6f8", foreground="#1b1f24", muted="#5f6b7a", grid="#d9dee5",
    accent="#1a6fd4", train="#e8760a", test="#1a6fd4", warning="#b42318",
)  # fmt: skip
DARK = Theme(
    dark=True, background="#15181d", surface="#1e2228", foreground="#eef1f5", muted="#9aa5b4", grid="#343b45",
    accent="#5aa9ff", train="#ff9f43", test="#5aa9ff", warning="#ff8a80",
)  # fmt: skip


def current() -> Theme:
    """Give the theme that fits the application's palette."""
    window = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return DARK if window.lightness() < 128 else LIGHT


def class_colours(count: int, *, dark: bool) -> npt.NDArray[np.uint8]:
    """Give a colour for each class: uint8 (count, 3); up to ten from a chosen set, more by even steps of hue."""
    if count <= 10:
        names = (_TEN_DARK if dark else _TEN_LIGHT)[:count]
        colours = [QColor(name).getRgb()[:3] for name in names]
    else:
        # Neighbouring classes differ in lightness too: hue alone cannot tell twenty apart.
        light = (0.72, 0.58) if dark else (0.36, 0.50)
        colours = [
            tuple(round(255 * part) for part in colorsys.hls_to_rgb(i / count, light[i % 2], 0.75)) for i in range(count)
        ]
    return np.array(colours, np.uint8).reshape(count, 3)
