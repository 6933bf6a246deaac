"""Moves points, and the view that follows them, to new places within a fifth of a second."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation, Signal

from latentlab.core.events import Floats
from latentlab.ui.canvas.view import Extent

_MILLISECONDS = 200
# Milliseconds between two pictures: sixty a second, or twenty where there are so many points that each takes long.
_FRAME, _LONG_FRAME, _MANY = 12, 48, 200_000


class Glide(QVariantAnimation):
    """Runs from one set of places to another and stops by itself."""

    moved = Signal(object)
    """The places at this moment: float32 (N, 2)."""
    view_moved = Signal(object)
    """The part of the plane to show at this moment; not sent when the view stays."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.setStartValue(0.0)
        self.setEndValue(1.0)
        self.setDuration(_MILLISECONDS)
        self.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._start: Floats = np.empty((0, 2), np.float32)
        self._target = self._start
        self._last = 0
        self._view_start: Extent | None = None
        self._view_target: Extent | None = None
        self.valueChanged.connect(self._step)

    def to(self, start: Floats, target: Floats, view_start: Extent, view_target: Extent | None) -> None:
        """Begin anew, from where the points are drawn now."""
        self.stop()
        self._last = 0
        self._start, self._target = start, target
        self._view_start, self._view_target = view_start, view_target
        self.start()

    def leave_view(self) -> None:
        """Move only the points from here on."""
        self._view_target = None

    def finish(self) -> None:
        """Put everything in its place at once."""
        if self.state() == QVariantAnimation.State.Running:
            self.stop()
            self._step(1.0)

    def _step(self, done: float) -> None:
        frame = _FRAME if len(self._target) < _MANY else _LONG_FRAME
        if done < 1.0 and self.currentTime() - self._last < frame:
            return
        self._last = self.currentTime()
        if done >= 1.0:
            self.moved.emit(self._target)
        else:
            self.moved.emit(self._start + np.float32(done) * (self._target - self._start))
        if self._view_start is not None and self._view_target is not None:
            pairs = zip(self._view_start, self._view_target, strict=True)
            self.view_moved.emit(tuple(a + done * (b - a) for a, b in pairs))
