"""The maps that runs keep in their files, for pictures of them: read off the GUI thread, one file after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from latentlab.core.arrays import Floats, Integers
from latentlab.core.errors import LatentlabError
from latentlab.core.map.projection import fit
from latentlab.core.runs.run import Run
from latentlab.ui.threads.background import Report, Task

_MOST = 1_000  # points: more than a small picture shows


@dataclass(frozen=True, slots=True, eq=False)
class MapOfRun:
    """The map of a run's file.

    Attributes
    ----------
    path : Path
    points : float32 (N, 2)
    labels : int64 (N,)
        -1 for none.
    classes : int
    """

    path: Path
    points: Floats
    labels: Integers
    classes: int


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
                    run = Run.open(path)
                except LatentlabError:  # whoever opens it is told what is wrong
                    continue
                step = -(-len(run.codes) // _MOST) or 1
                points = fit(run.codes).to_plane(run.codes[::step])
                report(MapOfRun(path, points, run.labels[::step], len(run.snapshot.class_names)))

        self._reading.start(work)

    def shut_down(self) -> None:
        """Wait for the file that is being read, with a limit."""
        self._reading.shut_down()
