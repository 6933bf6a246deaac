"""What a step minimises, with the beta that is in force, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from latentlab.core.data.image_draws import ImageDraws
from latentlab.core.models.autoencoders import Autoencoder
from latentlab.core.models.modes import Modes
from latentlab.core.ranks.ranks import ALONE, Part, Ranks
from latentlab.core.recipe.recipe import Recipe


class Objective:
    """Weighs the terms of the losses of a batch.

    Parameters
    ----------
    recipe : Recipe
    beta : float
        In force: it weighs the KL in what is minimised. In the loss that is told, the recipe's does.
    device : torch.device
        Of the model.
    ranks : Ranks, optional
        That have a part of each batch.
    """

    def __init__(self, recipe: Recipe, beta: float, device: torch.device, ranks: Ranks = ALONE) -> None:
        self._recipe, self._beta, self._ranks = recipe, beta, ranks
        self._precision: AbstractContextManager[object] = nullcontext()
        if recipe.training.precision == "bfloat16":
            self._precision = torch.autocast(device.type, torch.bfloat16)
        rows = [
            [1.0, 1.0, 0.0, 0.0, 1.0],
            [recipe.loss.beta, 0.0, 1.0, 0.0, 0.0],
            [1.0, 0.0, 0.0, 1.0, 1.0],
            [0.0, 0.0, 0.0, 0.0, beta],
            [0.0, 0.0, 0.0, 0.0, 1.0],
        ]
        # From the means of `LossTerms` to loss, reconstruction, KL, penalty, and what is minimised
        self._weights = torch.tensor(rows, device=device)

    def losses(
        self,
        model: Autoencoder,
        images: Tensor,
        labels: Tensor,
        seen: Tensor,
        generator: torch.Generator,
        to_come: float,
        part: Part | None = None,
        modes: Modes | None = None,
    ) -> Tensor:
        """Give the mean losses of a batch, and what is minimised: -log p(x | z) + beta * KL(q(z | x̃) || p(z)) and more.

        Kingma and Welling (2014), eq. 8 and 10, one sample of z per image; beta as in Higgins et al. (2017), eq. 4.
        Over the first epochs beta may rise from 0, linearly (Bowman et al., 2016, section 3.1; Sønderby et al., 2016,
        on warm-up), and some of the KL may be free: see `losses.penalised_kl`. Of several samples it is the
        importance-weighted bound (Burda et al., 2016). An autoencoder has no KL (Vincent et al., 2008).

        Parameters
        ----------
        images, seen : float32 (B, C, H, W)
            x, and x̃, which the encoder sees in its place.
        labels : int64 (B,)
        generator : torch.Generator
            Of the samples, on the device.
        to_come : float
            The share of beta that is not in force yet, of a warm-up.
        part : Part, optional
            Which images of the batch these are; all by default.
        modes : Modes, optional
            Of the images, where they are sought.

        Returns
        -------
        float32 (5,)
            Loss, reconstruction, KL, penalty and what is minimised, nats per image, the last with its gradient; of a
            part what the ranks' mean makes those of the batch.
        """
        part = part or self._ranks.part(len(images))
        loss, samples = self._recipe.loss, self._recipe.loss.samples
        # ε ~ N(0, I)
        shape, draws = (len(images), self._recipe.model.latent), ImageDraws(generator, part)
        noise = draws.randn(samples, *shape, axis=1) if samples > 1 else draws.randn(*shape)
        bound = None
        # -log p(x | z) at z = μ(x̃) + T σ(x̃) ε, KL(q(z | x̃) || p(z)), penalty, what is not free of the KL, and
        # guidance: each (B,)
        with self._precision:
            if samples > 1:
                terms, bound = model.importance_weighted(images, labels, noise, seen, self._beta * (1 - to_come))
            else:
                more: dict[str, Any] = {} if modes is None else {"modes": modes}
                if loss.free_bits and part.ranks > 1:
                    more["average"] = self._average(part)
                noise = noise * self._recipe.training.temperature
                terms = model.loss_terms(images, labels, noise, seen, **more)
        means = part.mean(torch.stack(terms))
        losses = means @ self._weights  # (5,) @ (5, 5)
        if bound is not None:
            return torch.cat([losses[:4], (part.mean(bound) + means[2])[None]])
        if to_come:  # without the share of beta * KL that is still to come
            return torch.cat([losses[:4], losses[4:] - to_come * self._beta * means[3]])
        return losses

    def _average(self, part: Part) -> Callable[[Tensor], Tensor]:
        """Give what takes the mean of a batch, without a gradient, over all ranks."""
        return lambda each: self._ranks.sum(each.detach().sum(0)) / part.whole
