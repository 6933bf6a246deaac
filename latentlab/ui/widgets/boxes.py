"""Widgets beside and below each other, as one reads them."""

from __future__ import annotations

from typing import Any, TypeVar

from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

Box = TypeVar("Box", bound=QBoxLayout)

STRETCH = None
"""Room that takes whatever is left."""


def row(
    *parts: Any, margins: tuple[int, int, int, int] = (0, 0, 0, 0), spacing: int = -1, on: QWidget | None = None
) -> QHBoxLayout:
    """Lay parts beside each other.

    Parameters
    ----------
    parts : QWidget, QLayout, int, None or tuple
        An int is so many pixels of room, `STRETCH` all that is left; a tuple has what `addWidget` takes: a widget or
        layout, its share of what is left, and its alignment.
    margins : tuple of int
        Around them, in pixels: left, top, right, bottom.
    spacing : int
        Between two, in pixels; -1 for the style's own.
    on : QWidget, optional
        What they fill.
    """
    return _fill(QHBoxLayout(on), parts, margins, spacing)


def column(
    *parts: Any, margins: tuple[int, int, int, int] = (0, 0, 0, 0), spacing: int = -1, on: QWidget | None = None
) -> QVBoxLayout:
    """Lay parts below each other: see `row`."""
    return _fill(QVBoxLayout(on), parts, margins, spacing)


def _fill(box: Box, parts: tuple[Any, ...], margins: tuple[int, int, int, int], spacing: int) -> Box:
    box.setContentsMargins(*margins)
    box.setSpacing(spacing)
    for part in parts:
        if part is STRETCH:
            box.addStretch(1)
        elif isinstance(part, int):
            box.addSpacing(part)
        else:
            what, *how = part if isinstance(part, tuple) else (part,)
            (box.addLayout if isinstance(what, QLayout) else box.addWidget)(what, *how)
    return box
