"""The pace of what is played back and forth."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal


class BackAndForth(QTimer):
    """Goes through the places 0, 1, … and back, a step at each tick."""

    moved = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.count = 0
        self.place = 0
        self._forward = True
        self.timeout.connect(self._step)

    def _step(self) -> None:
        last = self.count - 1
        if last < 1:
            return
        if not 0 < self.place < last:
            self._forward = self.place <= 0
        self.place = min(self.place + (1 if self._forward else -1), last)
        self.moved.emit(self.place)
