"""Work whose every result counts, such as what a person has done to files: one after the other, off the GUI thread."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QObject, Slot

from latentlab.ui.threads.background import Task, Work, when_let_go


class InTurn(Task):
    """A `Task` that drops nothing: what is started while something is being done waits for its turn."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool.setMaxThreadCount(1)
        self._waiting: deque[Work] = deque()
        self.done.connect(self._go_on)  # before anybody is told, and starts what would come first then
        self.failed.connect(self._go_on)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._waiting) or super().is_busy

    def start(self, work: Work) -> None:
        """Do `work` after what is being done, and what waits."""
        self._waiting.append(work)
        when_let_go(self._go_on)

    def cancel(self) -> None:
        """Tell nobody what comes of what is being done, and of what waits, which is done all the same.

        A person has asked for it, and the window may close before anything has been begun at all.
        """
        while self._waiting:
            self._pool.start(self._run_of(self._waiting.popleft()))
        self._wanted = None

    @Slot()
    def _go_on(self) -> None:
        if self._waiting and not super().is_busy:
            self._begin(self._waiting.popleft())
