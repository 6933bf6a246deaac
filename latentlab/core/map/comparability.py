"""What two models say in nats: whether their numbers may be set side by side, and of a test the one that may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from latentlab.core.events import EpochEnded
from latentlab.core.map.results import ImageLosses
from latentlab.core.recipe.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Figure:
    """What images cost under a model, nats per image, whatever weights its recipe has.

    Attributes
    ----------
    nats : float
        The negative ELBO at β = 1 of a VAE; the reconstruction alone of an autoencoder, whose penalty has weights.
    is_bound : bool
        Whether it is of a VAE.
    """

    nats: float
    is_bound: bool

    @classmethod
    def of(cls, losses: ImageLosses | None) -> Figure | None:
        """Give that of one image; None where its losses are not known."""
        if losses is None:
            return None
        return cls(losses.loss, True) if losses.samples else cls(losses.reconstruction, False)


def why_no_nats(first: Recipe, second: Recipe) -> str:
    """Say in a sentence why no nats of two models are compared; empty where they are of the same kind."""
    mine, theirs = first.model, second.model
    if mine.kind != theirs.kind:
        reason = (
            "an autoencoder has no ELBO"
            if "autoencoder" in (mine.kind, theirs.kind)
            else "one model is told the class of each image, the other is not"
        )
    elif first.loss.reconstruction != second.loss.reconstruction:
        reason = "one model's error is Bernoulli's, the other's is squared"
    elif (mine.output == "tanh") != (theirs.output == "tanh"):
        reason = "one model's pixels are in [0, 1], the other's in [−1, 1]"
    else:
        return ""
    return f"Nats are not compared: {reason}."


def why_no_tests(first: Recipe, second: Recipe) -> str:
    """Say in a sentence why no test figures of two models are compared; empty where they are measured alike."""
    if why := why_no_nats(first, second):
        return why
    if _images(first) != _images(second):
        reason = "the models were tested on different images"
    elif first.corruption != second.corruption:
        reason = "the models were tested with different damage"
    else:
        return ""
    return f"Test figures are not compared: {reason}."


def figure_of_tests(
    recipe: Recipe, history: Sequence[EpochEnded], epochs_done: float, *, is_ended: bool
) -> Figure | None:
    """Give what the test images cost under a model; None before its first epoch ended.

    None too of a run of an earlier version that was tested at another temperature than 1: that is no bound. A training
    that has ended and has a patience has gone back to its best epoch.
    """
    last = next((epoch for epoch in reversed(history) if epoch.epoch <= epochs_done), None)
    if last is None or last.temperatures[1] != 1:
        return None
    if is_ended and recipe.training.patience and last is history[-1]:
        last = min(history, key=lambda epoch: epoch.chooses.loss)
    is_bound = recipe.model.kind != "autoencoder"
    return Figure(last.test.reconstruction + (last.test.kl if is_bound else 0.0), is_bound)


def _images(recipe: Recipe) -> tuple[object, ...]:
    data = recipe.data
    return data.dataset, data.images, data.exclude, data.size, data.fit, data.binarised
