"""The part of the session's state that is how far the map's images are encoded, where there are very many."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.map.map_update import MapUpdate
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart


@dataclass(frozen=True, slots=True)
class EncodingProgress:
    """How many of a map's images have no place yet, and whether the others are being encoded, with so many to come."""

    total: int
    missing: int
    pending: int
    goes_on: bool


class MapEncoding(MapPart):
    """Tells it with every map, and takes the wish to leave the rest."""

    changed = Signal(object)  # EncodingProgress, or None where all images are in place
    left = Signal()

    def __init__(self, exploration: Exploration, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._told: EncodingProgress | None = None
        exploration.shown_changed.connect(self.show)

    @Slot(object)
    def show(self, model: MapUpdate | None) -> None:
        """Take another map."""
        if model is None or not (model.missing or model.pending):
            self._tell(None)
        else:
            self._tell(EncodingProgress(len(model.labels), model.missing, model.pending, bool(model.pending)))

    @Slot()
    def leave(self) -> None:
        """Leave the rest as it is."""
        if self._told is not None:
            self._tell(EncodingProgress(self._told.total, self._told.missing, self._told.pending, False))
        self.left.emit()

    def _tell(self, told: EncodingProgress | None) -> None:
        if told != self._told:
            self._told = told
            self.changed.emit(told)
