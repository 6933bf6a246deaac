"""Collects garbage on the GUI thread, between two events.

Python looks for garbage whenever enough was made, on whatever thread and wherever that is: within a style or a handler
that Qt has just called, too. If it finds a widget there that nobody has any more, Qt comes back to what is gone, and
the program ends.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_MILLISECONDS = 100


class GarbageCollector(QObject):
    """Does what Python's own collector does, which it switches off, at a time when nothing of Qt's is under way."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=_MILLISECONDS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Look through the oldest generation that is due, and the younger ones."""
        counts, most = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > most[generation]:
                gc.collect(generation)
                return

    def end(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        gc.enable()
