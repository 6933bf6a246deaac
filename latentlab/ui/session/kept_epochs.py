"""Which epoch of the shown model is looked at: the present one, or an earlier one that was kept."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.map.checkpoints import Checkpoints
from latentlab.core.map.map_update import MapUpdate
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.threads.training_thread import EpochModel


class KeptEpochs(QObject):
    """Owns the maps of earlier epochs, and shows one of them or the present one.

    Parameters
    ----------
    exploration : Exploration
        Which shows it.
    """

    changed = Signal(object)  # list of int: those that can be looked at

    def __init__(self, exploration: Exploration, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._exploration = exploration
        self.kept = Checkpoints()
        self._present: MapUpdate | None = None  # the latest map, whichever epoch is looked at
        self._looked_at: int | None = None  # an epoch before the present

    @property
    def looked_at(self) -> int | None:
        """Which one is looked at; None for the present."""
        return self._looked_at

    def begin(self, kept: Checkpoints) -> None:
        """Go on with these epochs, and look at the present one."""
        self.kept = kept
        self.look_at_present()

    def forget_present(self) -> None:
        """Wait for the map of another model."""
        self._present = None

    @Slot(int)
    def look_back(self, position: int) -> None:
        """Show the model of an earlier epoch, by its place among those kept; the last place is the present."""
        epochs = self.kept.epochs()
        self._looked_at = epochs[position] if 0 <= position < len(epochs) - 1 else None
        shown = self._present if self._looked_at is None else self.kept.at(self._looked_at)
        if shown is not None:
            self._exploration.show(shown)

    def look_at_present(self) -> None:
        """Look back no more; what is shown stays until there is another map."""
        self._looked_at = None
        for epochs in ([], self.kept.epochs()):  # who looks back at none of them looks at the last
            self.changed.emit(epochs)

    @Slot(object)
    def take(self, update: MapUpdate) -> None:
        """Show the present map, unless an earlier one is looked at."""
        self._present = update
        if self._looked_at is None:
            self._exploration.show(update)

    @Slot(object)
    def add(self, ended: EpochModel) -> None:
        """Keep the map of an epoch that has just ended."""
        self.kept.add(ended.epoch, ended.update)
        self.changed.emit(self.kept.epochs())
        if self._looked_at is not None and self._looked_at not in self.kept.epochs():
            self._looked_at = None  # it was let go, as there were too many
