"""Work whose every result counts, such as what a person has done to files: one after the other, off the GUI thread."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QObject, Slot

from latentlab.ui.threads.background import Task, Work


class InTurn(Task):
    """A `Task` that drops nothing: what is started while something is being done waits for its turn."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: deque[Work] = deque()
        self.done.connect(self._go_on)  # before anybody is told, and starts what would come first then
        self.failed.connect(self._go_on)

    def start(self, work: Work) -> None:
        """Do `work` after what is being done, and what waits."""
        if self.is_busy:
            self._waiting.append(work)
        else:
            self._begin(work)

    def cancel(self) -> None:
        """Drop what waits, and what is being done."""
        self._waiting.clear()
        super().cancel()

    @Slot()
    def _go_on(self) -> None:
        if self._waiting:
            self._begin(self._waiting.popleft())
