"""When a message of a training is due, and whether it is to stop: what its ranks agree on, now and then.

No rank may take a step that another does not take. So they agree on how many steps there are until the next message,
about as many as take its time, and at each message on whether one of them was told to stop. That goes with the losses
that are told, in one sum over the ranks.
"""

from __future__ import annotations

import torch
from torch import Tensor

from latentlab.core.ranks.ranks import Ranks
from latentlab.core.training.clock import TrainingClock
from latentlab.core.training.control import Control

_MOST_STEPS = 500  # between two meetings, however quick those before were


class Meetings:
    """The meetings of the ranks of a training; of one alone there is nothing to agree on.

    Parameters
    ----------
    ranks : Ranks
    control : Control
        Of this rank.
    clock : TrainingClock
        Of this rank.
    """

    def __init__(self, ranks: Ranks, control: Control, clock: TrainingClock) -> None:
        self._ranks, self._control, self._clock = ranks, control, clock
        self._steps, self._until = 0, 1  # since the last meeting, and how many there are to be
        self._have_agreed = False
        self._met_at = clock.seconds

    @property
    def stops(self) -> bool:
        """Whether the training is to stop here."""
        return self._control.stop.is_set() if self._ranks.count == 1 else self._have_agreed

    def is_due(self, seconds: float) -> bool:
        """Whether a message is, after a step: so many seconds after the last."""
        if self._ranks.count == 1:
            return self._clock.uncounted() >= seconds
        self._steps += 1
        return self._steps >= self._until

    def meet(self, seconds: float, numbers: Tensor | None = None) -> Tensor:
        """Agree on whether to stop, and on the next message, after so many seconds; each rank after the same steps.

        Parameters
        ----------
        seconds : float
        numbers : float64 (...), optional
            Of as many on each rank.

        Returns
        -------
        float64 (...)
            Their sums over all ranks.
        """
        numbers = torch.empty(0).double() if numbers is None else numbers
        if self._ranks.count == 1:
            return numbers
        spent = (self._clock.seconds - self._met_at) / self._steps if self._steps else 0.0
        own = torch.tensor([self._control.stop.is_set(), spent]).double()
        told = self._ranks.sum(torch.cat([own, numbers.flatten()]))
        stops, spent = told[:2].tolist()
        self._have_agreed = self._have_agreed or stops > 0
        if self._steps:
            self._until = max(1, min(_MOST_STEPS, round(seconds * self._ranks.count / max(spent, 1e-9))))
        self._steps, self._met_at = 0, self._clock.seconds
        return told[2:].view_as(numbers)
