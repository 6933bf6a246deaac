"""Points on their way to new places, within a fifth of a second, and the view that follows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation, Signal

from latentlab.core.arrays import Extent, Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """Where points come from and where they belong, float32 (N, 2) each, and what share of the way they have gone."""

    start: Floats
    target: Floats
    done: float = 1.0

    def now(self) -> Floats:
        """Give where all points are now: float32 (N, 2)."""
        return self.target if self.done >= 1.0 else _between(self.start, self.target, self.done)

    def of(self, rows: Integers) -> Floats:
        """Give where some points are now: float32 (K, 2)."""
        return self.target[rows] if self.done >= 1.0 else _between(self.start[rows], self.target[rows], self.done)


def _between(start: Floats, target: Floats, done: float) -> Floats:
    return start + np.float32(done) * (target - start)


_MILLISECONDS = 200
# Milliseconds between two pictures: up to sixty a second, as few as twenty where each takes more than its share of the
# time, be there many points or a training that computes beside them.
_FRAME, _LONG_FRAME = 12.0, 48.0
_SHARE = 0.2


class TransitionAnimation(QVariantAnimation):
    """Runs from one set of places to another and stops by itself."""

    moved = Signal(float)
    """The share of their way that the points have gone at this moment."""
    view_moved = Signal(object)
    """The part of the plane to show at this moment; not sent when the view stays."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.setStartValue(0.0)
        self.setEndValue(1.0)
        self.setDuration(_MILLISECONDS)
        self.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._frame = _FRAME
        self._last = 0
        self._view_start: Extent | None = None
        self._view_target: Extent | None = None
        self.valueChanged.connect(self._step)

    def begin(self, view_start: Extent, view_target: Extent | None) -> None:
        """Begin anew from where the points are drawn now."""
        self.stop()
        self._last = 0
        self._view_start, self._view_target = view_start, view_target
        self.start()

    def set_cost(self, seconds: float) -> None:
        """Tell how long drawing a picture takes."""
        self._frame = min(max(_FRAME, 1000 * seconds / _SHARE), _LONG_FRAME)

    def leave_view(self) -> None:
        """Move only the points from here on."""
        self._view_target = None

    def finish(self) -> None:
        """Put everything in its place at once."""
        if self.state() == QVariantAnimation.State.Running:
            self.stop()
            self._step(1.0)

    def _step(self, done: float) -> None:
        if done < 1.0 and self.currentTime() - self._last < self._frame:
            return
        self._last = self.currentTime()
        self.moved.emit(done)
        if self._view_start is not None and self._view_target is not None:
            pairs = zip(self._view_start, self._view_target, strict=True)
            self.view_moved.emit(tuple(a + done * (b - a) for a, b in pairs))
