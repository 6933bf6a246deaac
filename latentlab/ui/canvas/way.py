"""Points on their way from one set of places to another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.arrays import Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """Where points come from and where they belong, float32 (N, 2) each, and what share of the way they have gone."""

    start: Floats
    target: Floats
    done: float = 1.0

    def now(self) -> Floats:
        """Give where all points are now: float32 (N, 2)."""
        return self.target if self.done >= 1.0 else _between(self.start, self.target, self.done)

    def of(self, rows: Integers) -> Floats:
        """Give where some points are now: float32 (K, 2)."""
        return self.target[rows] if self.done >= 1.0 else _between(self.start[rows], self.target[rows], self.done)


def _between(start: Floats, target: Floats, done: float) -> Floats:
    return start + np.float32(done) * (target - start)
