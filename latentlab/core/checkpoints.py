"""The models of earlier epochs, so that one can look back; bounded in memory whatever the length of a run."""

from __future__ import annotations

from latentlab.core.live_map import MapUpdate

_MOST = 25


class Checkpoints:
    """Keeps some epochs of a run, evenly spaced: when they become too many, every second one is let go."""

    def __init__(self) -> None:
        self._stride = 1
        self._kept: dict[int, MapUpdate] = {}

    def wants(self, epoch: int) -> bool:
        """Whether the model of the end of an epoch, counted from 1, would be kept."""
        return epoch % self._stride == 0

    def add(self, epoch: int, update: MapUpdate) -> None:
        """Keep the model of an epoch that is wanted."""
        if not self.wants(epoch):
            return
        self._kept[epoch] = update
        if len(self._kept) > _MOST:
            self._stride *= 2
            self._kept = {kept: update for kept, update in self._kept.items() if kept % self._stride == 0}

    def epochs(self) -> list[int]:
        """Give the epochs that are kept, in order."""
        return sorted(self._kept)

    def at(self, epoch: int) -> MapUpdate:
        """Give what was kept of an epoch; KeyError where it was not."""
        return self._kept[epoch]
