"""Sums of numbers that are the same to the last bit in whatever order, and by however many ranks, they are added up.

Sums of floating-point numbers are rounded by their order. Here each number is rounded once, to a multiple of a unit,
and these multiples are added up as whole numbers, of which no sum is rounded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from latentlab.core.ranks.ranks import Ranks

_MOST = 2.0**62  # units in a sum, half of what int64 holds


class ExactSums:
    """Adds up several tensors at a time.

    Parameters
    ----------
    like : sequence of Tensor
        What is added has these shapes; the sums lie in memory as these do, without gaps.
    units : sequence of float
        Of each of them, powers of two.
    count : int
        How often all ranks together add at most: then a number is too large from 2^62 units, divided by this, on.
    """

    def __init__(self, like: Sequence[Tensor], units: Sequence[float], count: int) -> None:
        sizes = [each.numel() for each in like]
        self._numbers = torch.empty(sum(sizes), device=like[0].device)
        parts = zip(like, self._numbers.split(sizes), strict=True)  # type: ignore[no-untyped-call]
        self._views = [part.as_strided(each.shape, each.stride()) for each, part in parts]
        self._units, self._most = units, _MOST / count
        # And how often there was a number that is too large, or none
        self._total = torch.zeros(len(self._numbers) + 1, dtype=torch.int64, device=like[0].device)

    @torch.no_grad()
    def add(self, tensors: Sequence[Tensor]) -> None:
        """Add float32 tensors."""
        for view, each, unit in zip(self._views, tensors, self._units, strict=True):
            torch.mul(each, 1 / unit, out=view)  # exact
        lowest, highest = self._numbers.aminmax()  # not a number where one of them is none
        self._total[:-1] += self._numbers.round_().long()
        self._total[-1] += ~((lowest >= -self._most) & (highest <= self._most))

    @torch.no_grad()
    def over(self, ranks: Ranks) -> list[Tensor]:
        """Give the sums over all ranks, which all ask for them; what is too large, or no number, makes them all NaN.

        Nobody waits for the device. Nothing is to be added any more.
        """
        total = ranks.sum(self._total)
        is_right = torch.where(total[-1] == 0, 1.0, math.nan)
        self._numbers.copy_(total[:-1])
        for view, unit in zip(self._views, self._units, strict=True):
            view.mul_(is_right * unit)
        return self._views
