"""The steps of a training: each moves the weights down what the objective says of a batch."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from latentlab.core.models.autoencoders import Autoencoder
from latentlab.core.ranks.ranks import ALONE, Part, Ranks
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.captured_steps import CapturedSteps
from latentlab.core.training.control import Setting
from latentlab.core.training.cuda_graphs import graphs_for
from latentlab.core.training.draws import Draws
from latentlab.core.training.micro_batches import MicroBatches
from latentlab.core.training.mode_search import ModeSearch
from latentlab.core.training.optimisers import descend, new_optimiser, one_cycle, set_learning_rate
from latentlab.core.training.phases import Moment, Phase, moment_of
from latentlab.core.training.seen_images import seen_images
from latentlab.core.training.shared_losses import SharedLosses


class Steps:
    """Takes the steps of a model's training.

    Parameters
    ----------
    model : Autoencoder
        On the device.
    recipe : Recipe
    device : torch.device
    draws : Draws
        Of the training.
    ranks : Ranks
        That take a part of each batch.

    Attributes
    ----------
    optimiser : Optimizer
        Another one after `go_on` and `begin_anew`.
    mode_search : ModeSearch or None
        Where the recipe has modes sought.
    learning_rate, beta : float
        In force; a schedule has the optimiser go at a share of the one.
    """

    def __init__(self, model: Autoencoder, recipe: Recipe, device: torch.device, draws: Draws, ranks: Ranks) -> None:
        self._model, self._recipe, self._draws = model, recipe, draws
        self.learning_rate, self.beta = recipe.training.learning_rate, recipe.loss.beta
        size = recipe.training.micro_batch
        self.mode_search = ModeSearch(model) if recipe.training.modes else None
        self._micro_batches = None if size is None else MicroBatches(model, size, ranks)
        self._losses = SharedLosses(model, recipe, self.beta, device, ranks if size is None else ALONE)
        self._graphs = graphs_for(device, recipe.training, ranks)
        self._captured = CapturedSteps(self._graphs, model, draws, recipe.training.batch_size)
        self._renew_optimiser()
        # What gathers a parameter's gradient holds the parameter. Were it made anew for each step, Python alone would
        # hold that between two, and a backward pass would wait for Python's lock, so for a window, to give it back.
        with self._captured.apart():
            self._gathering = [parameter.view_as(parameter).grad_fn for parameter in model.parameters()]

    def __call__(
        self,
        images: Tensor,
        labels: Tensor,
        noisy: Tensor | None,
        phase: Phase,
        epochs_done: float,
        part: Part,
        number: int = 0,
    ) -> Tensor:
        """Take one step: Kingma and Welling (2014), algorithm 1.

        Parameters
        ----------
        images : uint8 (B, C, H, W)
            Those of the batch that are here.
        labels : int64 (B,)
        noisy : uint8 (B, C, H, W) or None
            The other side of each pair, in a set of pairs.
        phase : Phase
        epochs_done : float
            Of this training.
        part : Part
            Which images of the batch these are.
        number : int
            Of steps that went before in this epoch.

        Returns
        -------
        float32 (5,)
            See `Objective.losses`; on the device, which nobody has waited for.
        """
        moment = moment_of(phase, epochs_done, self._recipe)
        self.prepare(phase)  # the grid is decoded with the weights that all ranks go on with
        if moment.seeks and self.mode_search is not None:
            self.mode_search.look(number)
        if self._recipe.training.schedule == "one-cycle":
            set_learning_rate(self.optimiser, self.learning_rate * one_cycle(phase.done))
        take = partial(self._take, moment, part)
        return self._captured(take, (images, labels, noisy), self.optimiser, self._losses.objective, moment)

    def prepare(self, phase: Phase) -> None:
        """Have what takes long be made before the first step, which is of that phase: all ranks ask for it at once."""
        self._model.decoder.requires_grad_(not phase.refines)
        self._losses.prepare()
        if self._micro_batches is not None:
            self._micro_batches.prepare()

    def _take(self, moment: Moment, part: Part, images: Tensor, labels: Tensor, noisy: Tensor | None) -> Tensor:
        """Take a step plainly.

        What it looks at beside the batch has to be told to `CapturedSteps`, or be a tensor that stays where it is.
        """
        if self._micro_batches is None:
            losses = self._losses_of(moment, images, labels, noisy, part)
            # θ, φ ← θ, φ moved against the loss's gradient, as far as the optimiser says
            descend(self.optimiser, losses[4])
            return losses.detach()
        losses_of, batch = partial(self._losses_of, moment), (images, labels, noisy)
        losses = self._micro_batches(losses_of, batch, part, self._draws.of_steps)
        self.optimiser.step()
        return losses

    def _losses_of(self, moment: Moment, images: Tensor, labels: Tensor, noisy: Tensor | None, part: Part) -> Tensor:
        generator = self._draws.of_steps
        x, seen = seen_images(images, noisy, self._recipe, moment, generator, part)
        modes = self.mode_search.of(x, labels) if self.mode_search is not None and moment.seeks else None
        return self._losses(x, labels, seen, generator, moment.to_come, part, modes)

    def change(self, setting: Setting, value: float) -> None:
        """Put another learning rate or beta in force."""
        if setting == "beta":
            self.beta = value
            self._losses.weigh(value)
        else:
            self.learning_rate = value
            set_learning_rate(self.optimiser, value)

    def go_on(self, learning_rate: float, beta: float) -> None:
        """Go on as another training would, with an optimiser that has kept nothing yet."""
        self.change("beta", beta)
        self.learning_rate = learning_rate
        self._renew_optimiser()

    def begin_anew(self) -> None:
        """Go on from other weights, those of the first rank, with an optimiser that has kept nothing."""
        self._losses.begin_anew()
        if self.mode_search is not None:
            self.mode_search.begin_anew()
        if self._micro_batches is not None:
            self._micro_batches.begin_anew()
        self._renew_optimiser()

    def _renew_optimiser(self) -> None:
        settings, is_captured = self._recipe.training, self._graphs is not None
        self.optimiser = new_optimiser(self._model, settings, self.learning_rate, is_captured=is_captured)
