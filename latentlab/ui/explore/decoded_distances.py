"""Curves of equal decoded distance from what is picked, computed off the GUI thread: coarse first, then fine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Extent
from latentlab.core.fields.decoded_distance import COARSE, FINE, DecodedDistances, DecodedPlane, DistanceQuestion
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.results import Decoded
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart
from latentlab.ui.threads.asking import Asking


class DistancesFromPick(MapPart):
    """Asks while somebody looks; what is decoded of the plane is kept, so that the curves follow a drag."""

    found = Signal(object)  # DecodedDistances, or None where there are none
    refused = Signal(str)  # why there are none, in a sentence

    def __init__(self, exploration: Exploration, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._extent: Extent | None = None
        self._picked: Decoded | None = None
        self._plane: DecodedPlane | None = None
        self._wanted: DistanceQuestion | None = None
        exploration.shown_changed.connect(self._follow)
        exploration.decoded.connect(self._pick)
        self.asking = self._own(Asking(exploration, self._question, self))
        self.asking.answered.connect(self._take)
        self.asking.refused.connect(self.refused)

    @Slot(object)
    def look(self, extent: Extent | None) -> None:
        """Compute this part of the plane; None while nobody looks."""
        self._extent = extent
        if extent is None:
            self._plane = None  # tens of megabytes
        self.asking.ask()

    @Slot(object)
    def _pick(self, decoded: Decoded | None) -> None:
        self._picked = decoded
        if decoded is None:
            self.found.emit(None)
        self.asking.ask()

    @Slot(object)
    def _follow(self, model: MapUpdate | None) -> None:
        if model is None or (self._plane is not None and self._plane.model.run_id != model.run_id):
            self._plane = None
            self.found.emit(None)

    def _question(self, model: MapUpdate) -> Callable[[MapUpdate], DecodedDistances] | None:
        extent, picked = self._extent, self._picked
        if extent is None or picked is None or len(picked.code) != model.snapshot.latent:
            return None
        question = DistanceQuestion(tuple(picked.code.tolist()), extent, picked.label, COARSE, self._plane)
        if self._plane is not None and self._plane.is_of(question, model):
            question = replace(question, cells=FINE)
        if question != self._wanted:  # else it stays the one that may be answered already
            self._wanted = question
        return self._wanted.answer

    @Slot(object)
    def _take(self, found: DecodedDistances) -> None:
        self._plane = found.plane
        self.found.emit(found)
        if found.plane.cells < FINE:
            self.asking.ask_when_rested()  # of a model that trains the next one is asked by then
