"""The losses of a step, whose gradient is that of the whole batch: torch's engine takes its mean over the ranks."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from latentlab.core.errors import LatentlabError
from latentlab.core.models.autoencoders import Autoencoder
from latentlab.core.ranks.ranks import Ranks
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.recipe.settings import TrainingSettings
from latentlab.core.training.objective import Objective


def check(ranks: Ranks, images: int, settings: TrainingSettings) -> None:
    """See that each rank has images of a batch to learn from.

    Raises
    ------
    LatentlabError
        When there are more ranks than images in a batch, or than micro-batches.
    """
    fewest, micro_batch = min(images, settings.batch_size), settings.micro_batch
    if ranks.count <= -(-fewest // (micro_batch or 1)):
        return
    batch = f"A batch of {fewest:,} {'image' if fewest == 1 else 'images'}"
    if micro_batch is None or ranks.count > fewest:
        raise LatentlabError(
            f"{batch} cannot be shared among {ranks.count} processes: start fewer, or make batch_size larger."
        )
    raise LatentlabError(
        f"{batch} in micro-batches of {micro_batch:,} cannot be shared among {ranks.count} processes: start fewer, or "
        "make micro_batch smaller."
    )


class SharedLosses:
    """Takes the losses of a model on a part of each batch.

    Parameters
    ----------
    model : Autoencoder
        On its device, with the same weights on every rank.
    recipe : Recipe
    beta : float
        In force: see `Objective`.
    device : torch.device
        Of the model.
    ranks : Ranks

    Attributes
    ----------
    objective : Objective
        Another one for each beta.
    """

    def __init__(self, model: Autoencoder, recipe: Recipe, beta: float, device: torch.device, ranks: Ranks) -> None:
        self._recipe, self._device, self._ranks = recipe, device, ranks
        self._losses = _Losses(model)
        self._engine: nn.Module = self._losses
        self._learns: list[bool] | None = None
        self.weigh(beta)

    def __call__(self, *batch: Any) -> Tensor:
        """Give `Objective.losses` of a batch, or of a part of it."""
        self.prepare()
        losses: Tensor = self._engine(self.objective, *batch)
        return losses

    def prepare(self) -> None:
        """Have the engine gather the gradients of the parameters that learn: in its last phase not the decoder's.

        Where they are others than before it is made anew; the first one of a process takes torch two seconds.
        """
        if self._ranks.count == 1:
            return
        learns = [parameter.requires_grad for parameter in self._losses.parameters()]
        if learns != self._learns:
            from torch.nn.parallel import DistributedDataParallel

            self._learns, self._engine = learns, self._losses  # the engine before goes, with what it does to gradients
            self._engine = DistributedDataParallel(self._losses, gradient_as_bucket_view=True)

    def weigh(self, beta: float) -> None:
        """Have another beta weigh the KL from now on."""
        self.objective = Objective(self._recipe, beta, self._device, self._ranks)

    def begin_anew(self) -> None:
        """Have all ranks go on with the weights of the first one."""
        self._learns = None


class _Losses(nn.Module):
    """The losses of a model, as a module that the engine can call."""

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, objective: Objective, *batch: Any) -> Tensor:
        """Give the losses of a batch."""
        return objective.losses(self.model, *batch)
