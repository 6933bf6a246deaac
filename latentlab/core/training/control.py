"""What a running training is told from outside."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Literal

Setting = Literal["learning_rate", "beta"]


class Control:
    """What a driver, on any thread, tells a running training."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._changes: queue.SimpleQueue[tuple[Setting, float]] = queue.SimpleQueue()

    def change(self, setting: Setting, value: float) -> None:
        """Put a new learning rate or beta in force from the next step on."""
        self._changes.put((setting, value))

    def take_changes(self) -> Iterator[tuple[Setting, float]]:
        """Give what was changed since the last call, oldest first."""
        while not self._changes.empty():
            yield self._changes.get()
