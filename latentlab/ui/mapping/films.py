"""Films on their way to the disk: written off the GUI thread, with progress, and given up if a person wants."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.output.animation import save_film
from latentlab.ui.threads.background import Background, Report

_CHANNEL = "film"


class Films(QObject):
    """Writes one film at a time; a later one takes its place."""

    progressed = Signal(float)  # the share that is done; 1 when nothing is written any more
    written = Signal(str)  # path
    failed = Signal(str)  # sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._writing = Background(self)
        self._writing.progressed.connect(self._tell_progress)
        self._writing.done.connect(self._tell_written)
        self._writing.failed.connect(self._tell_failure)

    def write(self, path: Path, images: npt.NDArray[np.float32], rate: float) -> None:
        """Write films (R, N, H, W) at so many frames per second; see `save_film`."""

        def work(cancelled: threading.Event, report: Report) -> str:
            save_film(path, images, rate, report, cancelled.is_set)
            return str(path)

        self.progressed.emit(0.0)
        self._writing.start(_CHANNEL, work)

    @Slot()
    def cancel(self) -> None:
        """Give up the film that is being written; nothing of it stays."""
        self._writing.cancel(_CHANNEL)
        self.progressed.emit(1.0)

    def shut_down(self) -> None:
        """Give up, and wait for the thread."""
        self._writing.shut_down()

    @Slot(str, object)
    def _tell_progress(self, channel: str, share: float) -> None:
        self.progressed.emit(share)

    @Slot(str, object)
    def _tell_written(self, channel: str, path: str) -> None:
        self.progressed.emit(1.0)
        self.written.emit(path)

    @Slot(str, str)
    def _tell_failure(self, channel: str, sentence: str) -> None:
        self.progressed.emit(1.0)
        self.failed.emit(sentence)
