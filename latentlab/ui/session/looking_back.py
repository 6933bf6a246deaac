"""Looking back at a run's epochs, with what follows from it: the trails of selected points, and a film of the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.selection import Selection
from latentlab.ui.session.epoch_film import EpochFilm
from latentlab.ui.session.kept_epochs import KeptEpochs
from latentlab.ui.session.trails import Trails

if TYPE_CHECKING:
    from latentlab.core.map.map_images import MapImages
    from latentlab.core.runs.run import Run


class LookingBack(KeptEpochs):
    """Adds its two parts to what is looked back at; parameters are those of `KeptEpochs`, and what is selected.

    Attributes
    ----------
    trails : Trails
    film : EpochFilm
    """

    def __init__(
        self,
        exploration: Exploration,
        selection: Selection,
        images_of: Callable[[Run], MapImages | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(exploration, images_of, parent)
        self.trails = Trails(exploration, self, selection, self)
        self.film = EpochFilm(exploration, self, self)
        for part in (self.trails, self.film):
            part.failed.connect(self.failed)

    def shut_down(self) -> None:
        """Drop what is being read or found, and the film that is being written."""
        super().shut_down()
        self.trails.shut_down()
        self.film.shut_down()
