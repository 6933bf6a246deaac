"""What a training draws: each from a generator of its own, so that what is drawn of one never changes the other."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


class Draws:
    """The two generators of a training.

    Parameters
    ----------
    seed : int
    device : torch.device
        On which steps are computed.

    Attributes
    ----------
    of_steps : Generator
        Draws, on the device, what steps draw.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self.of_steps = torch.Generator(device).manual_seed(seed)
        self._of_orders = torch.Generator().manual_seed(seed)
        self._before = self._of_orders.get_state()  # it drew the order of the present epoch

    def order(self, images: int, at_once: int | None = None) -> Tensor:
        """Draw the order of the present epoch's images, int32 (N,); of one that is half done, the same once more.

        Where `at_once` is a number, so many images that lie one behind the other stay together, and are shuffled among
        themselves: whatever the set is sorted by, a batch is then of one place in it, and steps follow each other that
        see alike images. What it saves is finding each image by itself on a disk that does not hold the set in its
        cache.
        """
        self._of_orders.set_state(self._before)
        if at_once is None or at_once >= images:
            return self._shuffled(images)
        order, end = torch.empty(images, dtype=torch.int32), 0
        for number in self._shuffled(-(-images // at_once)).tolist():
            count = min(at_once, images - number * at_once)
            torch.add(self._shuffled(count), number * at_once, out=order[end : end + count])
            end += count
        return order

    def _shuffled(self, count: int) -> Tensor:
        return torch.randperm(count, generator=self._of_orders, dtype=torch.int32)  # that of int64 in half the room

    def end_epoch(self) -> None:
        """Draw another order from now on."""
        self._before = self._of_orders.get_state()

    def state(self) -> dict[str, Tensor]:
        """Give copies of the generators' states: see `TrainingState.tensors`."""
        return {"order": self._before, "generator": self.of_steps.get_state()}

    def take(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on with what `state` gave; other tensors beside it do not matter.

        Raises
        ------
        RuntimeError
            When they are no states of such generators.
        """
        self._of_orders.set_state(tensors["order"])
        self._before = tensors["order"]
        self.of_steps.set_state(tensors["generator"])
