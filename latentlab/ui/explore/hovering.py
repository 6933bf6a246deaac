"""The part of the session's state that is the point the mouse rests on: its image, and what the model rebuilds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.map.browsing import Hovered, rebuild
from latentlab.core.map.map_update import MapUpdate
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart
from latentlab.ui.threads.asking import Asking


class Hovering(MapPart):
    """Tells what a point is: its image at once, its reconstruction with it where the model is quick, else later."""

    told = Signal(object)  # Hovered

    def __init__(self, exploration: Exploration, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hovered: Hovered | None = None
        self._row = -1
        self.asking = self._own(
            Asking(exploration, self._question, self, rest=0, operations=_operations, asks_again=False)
        )
        self.asking.answered.connect(self.told)
        self.asking.refused.connect(self.failed)

    @Slot(int)
    def rest(self, row: int) -> None:
        """Tell what the image in this row of the map is; -1 asks for nothing any more."""
        self._row = row
        self.asking.drop()
        self.asking.ask()
        if self.asking.is_waiting:
            self.told.emit(self._hovered)

    def _question(self, model: MapUpdate) -> Callable[[MapUpdate], Hovered] | None:
        row = self._row
        if not 0 <= row < len(model.means) or model.snapshot.takes_any_size:
            return None
        image = None if model.images is None else model.images[row]
        self._hovered = hovered = Hovered(row, int(model.labels[row]), model.snapshot.class_names, image, None)
        return lambda model: replace(hovered, reconstruction=rebuild(model, np.array([row])).images[0])


def _operations(model: MapUpdate) -> float:
    return model.operations.encode + model.operations.decode
