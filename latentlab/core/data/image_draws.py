"""Draws of what is random of images: for a part of a batch the same as for the batch, of which it is a part."""

from __future__ import annotations

import torch
from torch import Tensor

from latentlab.core.ranks.ranks import Part


class ImageDraws:
    """Draws numbers for the images of a batch, and gives those of the images that are here.

    They are drawn for all of them, so that the generator gives each image the same numbers whoever asks. Of four ranks,
    each with a thread, that costs 0.3 % of a step of `mlp-vae-2d`, less of convolutions, 4 % where pixels
    are drawn, and 18 % where that small model sees four kinds of damage (1 % for convolutions).

    Parameters
    ----------
    generator : torch.Generator
        On the images' device.
    part : Part, optional
        Which images are here; all by default.
    """

    def __init__(self, generator: torch.Generator, part: Part | None = None) -> None:
        self._generator, self._part = generator, part
        self._device = generator.device

    def rand(self, *shape: int, axis: int = 0) -> Tensor:
        """Draw evenly from [0, 1): float32 of a shape that has the images that are here along an axis."""
        return self._here(torch.rand(self._whole(shape, axis), generator=self._generator, device=self._device), axis)

    def randn(self, *shape: int, axis: int = 0) -> Tensor:
        """Draw standard normal numbers: float32 of a shape that has the images that are here along an axis."""
        return self._here(torch.randn(self._whole(shape, axis), generator=self._generator, device=self._device), axis)

    def bernoulli(self, probabilities: Tensor) -> Tensor:
        """Draw ones and zeros with probabilities of the images that are here: float32 (B, ...)."""
        if self._part is None or self._part.is_whole:
            return torch.bernoulli(probabilities, generator=self._generator)
        whole = probabilities.new_zeros((self._part.whole, *probabilities.shape[1:]))  # of others any will do
        whole[self._part.rows] = probabilities
        return torch.bernoulli(whole, generator=self._generator)[self._part.rows]

    def _whole(self, shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
        return shape if self._part is None else (*shape[:axis], self._part.whole, *shape[axis + 1 :])

    def _here(self, drawn: Tensor, axis: int) -> Tensor:
        if self._part is None or self._part.is_whole:
            return drawn
        rows = self._part.rows
        return drawn.narrow(axis, rows.start, rows.stop - rows.start)
