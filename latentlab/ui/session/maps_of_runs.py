"""The maps that runs keep in their files, for pictures of them: read off the GUI thread, one file after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_of_run import map_of
from latentlab.ui.threads.background import Report, Task

_MOST = 1_000  # points: more than a small picture shows


class MapsOfRuns(QObject):
    """Reads maps; each is told as soon as it is there, and of a file that cannot be read none."""

    found = Signal(object)  # MapOfRun

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reading = Task(self)
        self._reading.progressed.connect(self.found)

    def look(self, paths: Iterable[Path]) -> None:
        """Read the maps of these; what was still to be read of others is given up."""
        wanted = tuple(paths)

        def work(cancelled: threading.Event, report: Report) -> None:
            for path in wanted:
                if cancelled.is_set():
                    return
                try:
                    found = map_of(path, _MOST)
                except LatentlabError:  # whoever opens it is told what is wrong
                    continue
                report(found)

        self._reading.start(work)

    def shut_down(self) -> None:
        """Wait for the file that is being read, with a limit."""
        self._reading.shut_down()
