"""What was used last, as far as it is there still: looked at off the GUI thread, as a disk far away may not answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from latentlab.core.data import registry
from latentlab.core.errors import LatentlabError
from latentlab.ui.threads.background import Report, Task


class RecentFiles(QObject):
    """Looks for the runs and the images that were used last; of each only the latest answer comes."""

    runs_found = Signal(object)  # list of Path
    images_looked_at = Signal(object)  # dict of str: by the name of each set what is wrong with it, or nothing
    failed = Signal(str)  # sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs, self._images = Task(self), Task(self)
        self._runs.done.connect(self.runs_found)
        self._images.done.connect(self.images_looked_at)
        for task in (self._runs, self._images):
            task.failed.connect(self.failed)

    def look_for_runs(self, find: Callable[[], list[Path]]) -> None:
        """Call, on another thread, what gives those that are there; `runs_found` follows."""

        def look(cancelled: threading.Event, report: Report) -> list[Path]:
            return find()

        self._runs.start(look)

    def look_for_images(self, names: Sequence[str], data_dir: Path) -> None:
        """Look whether sets of one's own can be read; `images_looked_at` follows."""

        def look(cancelled: threading.Event, report: Report) -> dict[str, str]:
            return {name: _problem_of(name, data_dir) for name in names}

        self._images.start(look)

    def shut_down(self) -> None:
        """Wait for what is being looked at, with a limit."""
        Task.shut_down_all((self._runs, self._images))


def _problem_of(name: str, data_dir: Path) -> str:
    try:
        return registry.status(name, data_dir).problem or ""
    except LatentlabError as error:
        return str(error)
