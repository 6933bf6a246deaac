"""A batch taken by micro-batches, whose gradients are added up (gradient accumulation): exactly, whoever computes them.

How a network's sums are rounded depends on how many images it is given at once. A micro-batch is the same images for
one process as for many, and its gradient the same to the last bit; so is the sum of all, and so are the weights. A
batch needs no more memory than a micro-batch does, and some twenty bytes for each weight.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from latentlab.core.ranks.exact_sums import ExactSums
from latentlab.core.ranks.ranks import Part, Ranks

# Gradients are told apart by far less than Adam's ε, 1e-8, and may be 6e7; losses, nats per image, 2e11.
_GRADIENT, _LOSS = 2.0**-36, 2.0**-24

LossesOf = Callable[[Tensor, Tensor, Tensor | None, Part], Tensor]
"""From images, labels and dirty sides of a part of a batch to its `Objective.losses`."""


class MicroBatches:
    """Finds the gradients of batches.

    Parameters
    ----------
    model : Module
        On its device.
    size : int
        Images of a micro-batch.
    ranks : Ranks
        That take whole micro-batches of each batch: see `Ranks.part`.
    """

    def __init__(self, model: nn.Module, size: int, ranks: Ranks) -> None:
        self._model, self._size, self._ranks = model, size, ranks
        self.begin_anew()

    def __call__(
        self,
        losses_of: LossesOf,
        batch: tuple[Tensor, Tensor, Tensor | None],
        part: Part,
        generator: torch.Generator,
    ) -> Tensor:
        """Give the parameters that learn the gradient of a batch's last loss, and no others any.

        Parameters
        ----------
        losses_of : callable
        batch : tuple of Tensor (B, ...) or None
            Images, labels and dirty sides of those that are here.
        part : Part
            Which images of the batch these are.
        generator : torch.Generator
            Which that draws with: of each micro-batch what it would draw of the batch.

        Returns
        -------
        float32 (5,)
            The losses of the whole batch, on the device. With a gradient that is not finite, or too large, they and it
            are NaN.
        """
        self.prepare()
        self._model.zero_grad(set_to_none=True)
        images, labels, noisy = batch
        learn = [parameter for parameter in self._model.parameters() if parameter.requires_grad]
        told, count = torch.empty(5, device=generator.device), -(-part.whole // self._size)
        sums = ExactSums([told, *learn], [_LOSS, *[_GRADIENT] * len(learn)], count)
        drawn = generator.get_state()
        for piece in part.split(self._size):
            generator.set_state(drawn)
            rows = slice(piece.rows.start - part.rows.start, piece.rows.stop - part.rows.start)
            losses = losses_of(images[rows], labels[rows], None if noisy is None else noisy[rows], piece)
            losses[4].backward()  # type: ignore[no-untyped-call]
            sums.add([losses, *(each.grad for each in learn if each.grad is not None)])
            self._model.zero_grad(set_to_none=True)
        told, *gradients = sums.over(self._ranks)
        for parameter, gradient in zip(learn, gradients, strict=True):
            parameter.grad = gradient
        return told.clone()  # it lies beside the gradients

    def begin_anew(self) -> None:
        """Have all ranks go on with the weights of the first one."""
        self._are_one = self._ranks.count == 1

    @torch.no_grad()
    def prepare(self) -> None:
        """Give all ranks the weights of the first one, where they begin: they ask for it at once."""
        if self._are_one:
            return
        for parameter in self._model.parameters():
            bits = parameter.contiguous().view(torch.int32)  # of zeros and others the sum is exact
            given = self._ranks.sum(bits if self._ranks.rank == 0 else torch.zeros_like(bits))
            parameter.copy_(given.view(torch.float32))
        self._are_one = True
