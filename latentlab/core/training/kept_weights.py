"""Copies of a model's weights to go back to: from a loss that is not finite, and to the best epoch."""

from __future__ import annotations

import math
import time

import torch
from torch import Tensor, nn

from latentlab.core.events import EpochEnded

COPY_SECONDS = 1.0
RECOVERED = (
    "The loss was no longer a finite number, so training pauses at the last good model: lower the learning rate, then "
    "resume."
)


class Recovery:
    """Copies the weights of a model about once a second, and brings the last good ones back.

    Finite weights may still give a loss that is not: a copy is a candidate at first, and counts as good when the
    losses after it were finite.

    Parameters
    ----------
    model : Module
        With weights that are good, and on its device.

    Attributes
    ----------
    good, candidate : list of Tensor
        The two copies, which are the state. When the next is due is not: that goes by the time of the day.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self.good = self.candidate = copied(model)
        self._copied_at = -math.inf

    def keep(self) -> None:
        """Take note that all losses so far were finite, and so are the weights."""
        now = time.perf_counter()
        if now - self._copied_at >= COPY_SECONDS:
            self.good, self.candidate = self.candidate, copied(self._model)
            self._copied_at = now

    def recover(self) -> None:
        """Give the model its last good weights back."""
        put_back(self._model, self.good)
        self.candidate = self.good


class EarlyStopping:
    """Keeps the weights of the best epoch, and says when no better one has come for long enough.

    Goodfellow, Bengio and Courville (2016), algorithm 7.1, after every epoch. The best is by `EpochEnded.chooses`.

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
        if self._patience and (self.best is None or ended.chooses.loss < self.best.chooses.loss):
            self.best, self.best_weights = ended, copied(self._model)

    def is_due(self, epoch: int) -> bool:
        """Whether to stop after so many epochs."""
        return self._patience is not None and self.best is not None and epoch - self.best.epoch >= self._patience

    def put_best_back(self) -> None:
        """Give the model the weights of its best epoch, where they were kept."""
        if self.best is not None:
            put_back(self._model, self.best_weights)


def are_finite(model: nn.Module) -> bool:
    """Whether all weights of a model are finite numbers; waits for its device."""
    with torch.no_grad():
        return bool(torch.stack([parameter.sum() for parameter in model.parameters()]).isfinite().all())


def copied(model: nn.Module) -> list[Tensor]:
    """Give copies of a model's parameters, in their order."""
    return [parameter.detach().clone() for parameter in model.parameters()]


def put_back(model: nn.Module, weights: list[Tensor]) -> None:
    """Write copies back into a model's parameters."""
    with torch.no_grad():
        for parameter, kept in zip(model.parameters(), weights, strict=True):
            parameter.copy_(kept)
