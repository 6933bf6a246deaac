"""The lines of the tree of runs: from each to what came from it, painted for the rows that are seen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QPainter, QPen

from latentlab.core.runs.run_tree import Placed
from latentlab.ui.style.looks import scaled

_STEP = 20  # pixels, in text of common size, for each step
_DEEPEST = 8  # steps that are shown: what is deeper stands below it


def indent(depth: int) -> int:
    """Give how far from the left a run of this depth begins, in pixels."""
    return scaled(_STEP) * min(depth, _DEEPEST)


def lines_of(placed: Sequence[Placed]) -> list[int]:
    """Give, for each run of a tree, at which depths a line goes on below it: bit by bit, the first one bit 1."""
    found: list[int] = []
    open_lines = 0
    for each in placed:
        above = open_lines & ((1 << each.depth) - 1)
        open_lines = above if each.is_last or not each.depth else above | 1 << each.depth
        found.append(open_lines)
    return found


def paint_branches(painter: QPainter, row: QRect, depth: int, lines: int, colour: QColor) -> None:
    """Paint the lines to a run in its row, and those that go by it."""
    if not depth:
        return
    step, middle = scaled(_STEP), row.center().y()
    painter.setPen(QPen(colour, 1))
    own = min(depth, _DEEPEST)
    for level in range(1, own + 1):
        x = row.left() + level * step - step // 2
        goes_on = lines >> level & 1
        if level == own:
            painter.drawLine(x, row.top(), x, row.bottom() if goes_on else middle)
            painter.drawLine(x, middle, row.left() + own * step + scaled(2), middle)
        elif goes_on:
            painter.drawLine(x, row.top(), x, row.bottom())
