"""The models of earlier epochs, so that one can look back; bounded in memory whatever the length of a run."""

from __future__ import annotations

from latentlab.core.map.map_update import MapUpdate

_MOST = 25
_MOST_BYTES = 500_000_000  # of codes; a map of a million images has 16 MB of them, in twenty dimensions 160 MB


class SpacedEpochs:
    """Some epochs of a run, evenly spaced: when they become too many, every second one is let go.

    Parameters
    ----------
    every : int, optional
        Multiples of it (a recipe's ``checkpoint_every``) stay when others go, as long as they alone are not too many.

    Attributes
    ----------
    most : int
        From more epochs on, some are let go.
    """

    def __init__(self, every: int | None = None) -> None:
        self._stride, self._every = 1, every
        self._kept: set[int] = set()
        self.most = _MOST

    def wants(self, epoch: int) -> bool:
        """Whether an epoch, counted from 1, would be one of them."""
        return epoch % self._stride == 0 or self.is_marked(epoch)

    def add(self, epoch: int) -> None:
        """Take an epoch that is wanted."""
        if not self.wants(epoch):
            return
        self._kept.add(epoch)
        while len(self._kept) > self.most:
            if self._every is not None and all(self.is_marked(kept) for kept in self._kept):
                self._every *= 2
            self._stride *= 2
            self._kept = {kept for kept in self._kept if self.wants(kept)}

    def __contains__(self, epoch: int) -> bool:
        return epoch in self._kept

    def is_marked(self, epoch: int) -> bool:
        """Whether an epoch is one of the multiples."""
        return self._every is not None and epoch % self._every == 0


def most_epochs(update: MapUpdate) -> int:
    """Give how many maps of this size are kept at most."""
    size = update.means.nbytes + (0 if update.deviations is None else update.deviations.nbytes)
    return max(2, min(_MOST, _MOST_BYTES // max(1, size)))


class Checkpoints:
    """Keeps the models of some epochs.

    Parameters
    ----------
    every : int, optional
        As of `SpacedEpochs`.
    """

    def __init__(self, every: int | None = None) -> None:
        self._spaced = SpacedEpochs(every)
        self._kept: dict[int, MapUpdate] = {}

    def add(self, epoch: int, update: MapUpdate) -> None:
        """Keep the model of an epoch that is wanted."""
        self._spaced.most = most_epochs(update)
        self._spaced.add(epoch)
        self._kept[epoch] = update
        self._kept = {kept: update for kept, update in self._kept.items() if kept in self._spaced}

    def epochs(self) -> list[int]:
        """Give the epochs that are kept, in order."""
        return sorted(self._kept)

    def at(self, epoch: int) -> MapUpdate:
        """Give what was kept of an epoch; KeyError where it was not."""
        return self._kept[epoch]
