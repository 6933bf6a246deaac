"""Stopping a training that gets no better, with its best epoch."""

from __future__ import annotations

from torch import Tensor, nn

from latentlab.core.events import EpochEnded
from latentlab.core.training import weights


class EarlyStopping:
    """Keeps the weights of the epoch with the lowest test loss, and says when no better one has come for long enough.

    Goodfellow, Bengio and Courville (2016), algorithm 7.1, with a test after every epoch.

    Parameters
    ----------
    model : Module
        Which is trained.
    patience : int or None
        Epochs to wait for a better one; None keeps nothing and never stops.

    Attributes
    ----------
    best : EpochEnded or None
        The best epoch of this training.
    best_weights : list of Tensor
        Those at its end. Both are the state.
    """

    def __init__(self, model: nn.Module, patience: int | None) -> None:
        self._model, self._patience = model, patience
        self.best: EpochEnded | None = None
        self.best_weights: list[Tensor] = []

    def add(self, ended: EpochEnded) -> None:
        """Take an epoch that has just ended."""
        if self._patience and (self.best is None or ended.test.loss < self.best.test.loss):
            self.best, self.best_weights = ended, weights.copied(self._model)

    def is_due(self, epoch: int) -> bool:
        """Whether to stop after so many epochs."""
        return self._patience is not None and self.best is not None and epoch - self.best.epoch >= self._patience

    def put_best_back(self) -> None:
        """Give the model the weights of its best epoch, where they were kept."""
        if self.best is not None:
            weights.put_back(self._model, self.best_weights)
