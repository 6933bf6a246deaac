"""What is written of the map off the GUI thread: selected images, and the films of walks."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.errors import LatentlabError
from latentlab.core.map.selected_images import rows_in_set
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart
from latentlab.ui.explore.selection import Selection
from latentlab.ui.threads.background import Report, Task

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet


class Exporting(MapPart):
    """Writes the selected images as they are now; a later export takes the place of one under way."""

    written = Signal(int, str)  # how many images, path

    def __init__(self, exploration: Exploration, selection: Selection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._exploration, self._selection = exploration, selection
        self._writing = self._own(Task(self))
        self._writing.done.connect(self._tell_written)

    def write(self, path: Path, data: ImageSet | None, *, with_reconstructions: bool) -> None:
        """Write to a file of the kind that its ending says; see `save_selected`.

        Parameters
        ----------
        path : Path
        data : ImageSet or None
            The images that are loaded.
        with_reconstructions : bool
            In a picture, below the images.
        """
        model, rows = self._exploration.shown, self._selection.rows
        if model is None:
            return
        try:
            numbers = None if model.images is None else rows_in_set(model, rows)
        except LatentlabError as error:
            self.failed.emit(str(error))
            return

        def work(cancelled: threading.Event, report: Report) -> tuple[int, str]:
            from latentlab.core.output.selection_export import save_selected

            save_selected(
                path,
                model,
                rows,
                numbers,
                data,
                with_reconstructions=with_reconstructions,
                goes_on=lambda share: not cancelled.is_set(),
            )
            return len(rows), str(path)

        self._writing.start(work)

    @Slot(object)
    def _tell_written(self, done: tuple[int, str]) -> None:
        self.written.emit(*done)


class Films(MapPart):
    """Writes one film at a time; a later one takes its place."""

    progressed = Signal(float)  # the share that is done; 1 when nothing is written any more
    written = Signal(str)  # path

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._writing = self._own(Task(self))
        self._writing.progressed.connect(self._tell_progress)
        self._writing.done.connect(self._tell_written)
        self._writing.failed.connect(self._tell_end)

    def write(self, path: Path, images: npt.NDArray[np.float32], rate: float) -> None:
        """Write films (R, N, C, H, W) at so many frames per second; see `save_film`."""

        def work(cancelled: threading.Event, report: Report) -> str:
            from latentlab.core.output.animation import save_film

            save_film(path, images, rate, report, cancelled.is_set)
            return str(path)

        self.progressed.emit(0.0)
        self._writing.start(work)

    @Slot()
    def cancel(self) -> None:
        """Give up the film that is being written; nothing of it stays."""
        self._writing.cancel()
        self._tell_end()

    @Slot(object)
    def _tell_progress(self, share: float) -> None:
        self.progressed.emit(share)

    @Slot()
    def _tell_end(self) -> None:
        self.progressed.emit(1.0)

    @Slot(object)
    def _tell_written(self, path: str) -> None:
        self._tell_end()
        self.written.emit(path)
