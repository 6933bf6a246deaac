"""The way back from a loss that is not finite: to weights that were good."""

from __future__ import annotations

import math
import time

from torch import nn

from latentlab.core.training import weights

COPY_SECONDS = 1.0


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
        self.good = self.candidate = weights.copied(model)
        self._copied_at = -math.inf

    def keep(self) -> None:
        """Take note that all losses so far were finite, and so are the weights."""
        now = time.perf_counter()
        if now - self._copied_at >= COPY_SECONDS:
            self.good, self.candidate = self.candidate, weights.copied(self._model)
            self._copied_at = now

    def recover(self) -> None:
        """Give the model its last good weights back."""
        weights.put_back(self._model, self.good)
        self.candidate = self.good
