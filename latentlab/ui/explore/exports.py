"""The part of the session's state that is an export of chosen images: written off the GUI thread."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.data.image_set import ImageSet
from latentlab.core.errors import LatentlabError
from latentlab.core.map.browsing import Stopped
from latentlab.core.map.image_ids import MapNumbers
from latentlab.core.output.selection_export import save_chosen
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.selection import Choosing
from latentlab.ui.threads.background import Background, Report

_CHANNEL = "export"


class Exporting(QObject):
    """Writes the chosen images as they are now; a later export takes the place of one under way."""

    written = Signal(int, str)  # how many images, path
    failed = Signal(str)  # sentence

    def __init__(
        self, exploration: Exploration, choosing: Choosing, numbers: MapNumbers, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._exploration, self._choosing, self._numbers = exploration, choosing, numbers
        self._writing = Background(self)
        self._writing.done.connect(self._tell_written)
        self._writing.failed.connect(self._tell_failure)

    def write(self, path: Path, data: ImageSet | None, *, with_reconstructions: bool) -> None:
        """Write to a file of the kind that its ending says; see `save_chosen`.

        Parameters
        ----------
        path : Path
        data : ImageSet or None
            The images at hand.
        with_reconstructions : bool
            In a picture, below the images.
        """
        model, rows = self._exploration.shown, self._choosing.rows
        if model is None:
            return
        try:
            numbers = None if model.images is None else self._numbers.named(model, rows)
        except LatentlabError as error:
            self.failed.emit(str(error))
            return

        def work(cancelled: threading.Event, report: Report) -> tuple[int, str] | None:
            try:
                save_chosen(
                    path,
                    model,
                    rows,
                    numbers,
                    data,
                    with_reconstructions=with_reconstructions,
                    goes_on=lambda share: not cancelled.is_set(),
                )
            except Stopped:
                return None
            return len(rows), str(path)

        self._writing.start(_CHANNEL, work)

    def shut_down(self) -> None:
        """Give up, and wait for the thread."""
        self._writing.shut_down()

    @Slot(str, object)
    def _tell_written(self, channel: str, done: tuple[int, str] | None) -> None:
        if done is not None:
            self.written.emit(*done)

    @Slot(str, str)
    def _tell_failure(self, channel: str, sentence: str) -> None:
        self.failed.emit(sentence)
