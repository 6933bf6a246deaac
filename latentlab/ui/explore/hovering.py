"""The part of the session's state that is the point the mouse rests on: its image, and what the model rebuilds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.map.browsing import Hovered, rebuild
from latentlab.core.map.map_update import MapUpdate
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.threads.latest import Latest


class Hovering(QObject):
    """Tells what a point is: its image at once, its reconstruction with it where the model is quick, else later."""

    told = Signal(object)  # Hovered
    failed = Signal(str)

    def __init__(self, exploration: Exploration, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model: MapUpdate | None = None
        self._rebuilding = Latest(self)
        self._rebuilding.answered.connect(self.told)
        self._rebuilding.failed.connect(self.failed)
        exploration.shown_changed.connect(self._follow)

    @Slot(int)
    def rest(self, row: int) -> None:
        """Tell what the image in this row of the map is; -1 asks for nothing any more."""
        self._rebuilding.drop()
        model = self._model
        if model is None or not 0 <= row < len(model.means) or model.snapshot.takes_any_size:
            return
        image = None if model.images is None else model.images[row]
        hovered = Hovered(row, int(model.labels[row]), model.snapshot.class_names, image, None)

        def with_reconstruction() -> Hovered:
            return replace(hovered, reconstruction=rebuild(model, np.array([row])).images[0])

        self._rebuilding.ask(with_reconstruction, model.operations.encode + model.operations.decode)
        if self._rebuilding.is_waiting:
            self.told.emit(hovered)

    def shut_down(self) -> None:
        """Drop what is being rebuilt."""
        self._rebuilding.shut_down()

    @Slot(object)
    def _follow(self, model: MapUpdate | None) -> None:
        self._model = model
