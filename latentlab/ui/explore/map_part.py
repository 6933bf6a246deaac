"""What the parts of what is done on the map have in common: what they ask or do off the GUI thread ends with them."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from latentlab.ui.threads.asking import Asking
from latentlab.ui.threads.background import Task

Work = TypeVar("Work", Asking, Task)


class MapPart(QObject):
    """Follows the map that it is made with, tells what failed, and drops what it computes when it is shut down."""

    failed = Signal(str)  # sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._works: list[Asking | Task] = []

    def shut_down(self) -> None:
        """Drop whatever is being computed, and wait for its threads."""
        for work in self._works:
            work.shut_down()

    def _own(self, work: Work) -> Work:
        """Tell when it fails, and shut it down with this part."""
        work.failed.connect(self.failed)
        self._works.append(work)
        return work
