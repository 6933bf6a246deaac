"""How much each latent dimension tells, worked out while somebody chooses the axes of the map."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.map.map_update import MapUpdate
from latentlab.core.views.dimension_use import DimensionsQuestion, DimensionUse
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart
from latentlab.ui.threads.asking import Asking


class MapDimensions(MapPart):
    """Tells it once each time that it is asked: a list that changes under the mouse cannot be used."""

    found = Signal(object)  # DimensionUse

    def __init__(self, exploration: Exploration, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_wanted = False
        self._asking = self._own(Asking(exploration, self._question, self))
        self._asking.answered.connect(self._take)
        self._asking.refused.connect(self._leave)

    @Slot()
    def ask(self) -> None:
        """Work it out for the model that is shown."""
        self._is_wanted = True
        self._asking.drop()
        self._asking.ask()

    def _question(self, model: MapUpdate) -> Callable[[MapUpdate], DimensionUse] | None:
        return DimensionsQuestion().answer if self._is_wanted else None

    @Slot(object)
    def _take(self, use: DimensionUse) -> None:
        self._is_wanted = False
        self.found.emit(use)

    @Slot()
    def _leave(self) -> None:
        self._is_wanted = False
