"""The losses of an epoch that is going on, summed up."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Integers
from latentlab.core.events import Losses
from latentlab.core.measures import metrics
from latentlab.core.runs.training_state import TrainingState


class EpochLosses:
    """Sums the losses of an epoch's steps.

    Parameters
    ----------
    sums : tuple of float
        Reconstruction, KL and penalty of the images so far, and what was minimised of them, nats.
    images : int
        How many they are.

    Attributes
    ----------
    sums : float64 (4,)
    images : int
    """

    def __init__(self, sums: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0), images: int = 0) -> None:
        self.sums, self.images = np.array(sums), images

    @classmethod
    def of(cls, state: TrainingState) -> Self:
        """Go on with the sums of a training that was stopped."""
        # An earlier version did not sum up what it minimised; of an epoch that has not begun that is nothing.
        unknown = math.nan if state.summed else 0.0
        return cls((*state.sums, unknown if state.objective is None else state.objective), state.summed)

    def summed(self) -> dict[str, Any]:
        """Give the sums, by the names of `TrainingState`."""
        *sums, objective = self.sums.tolist()
        return {"sums": sums, "objective": objective if math.isfinite(objective) else None, "summed": self.images}

    def add(self, losses: npt.NDArray[np.float64], sizes: Integers) -> None:
        """Take steps: the means of their terms, float64 (N, 4), and over how many images, int64 (N,)."""
        # One after the other, so that the sums do not depend on how many steps there were since the last call.
        self.sums = np.vstack([self.sums, losses * sizes[:, None]]).cumsum(0)[-1]
        self.images += int(sizes.sum())

    def means(self, beta: float) -> Losses:
        """Give the means over the images, which there must be, nats per image."""
        return metrics.weighted((self.sums[:3] / self.images).tolist(), beta)

    def objective(self) -> float | None:
        """Give the mean of what was minimised, nats per image; None where the sum of the first steps is not known."""
        mean = float(self.sums[3] / self.images)
        return mean if np.isfinite(mean) else None
