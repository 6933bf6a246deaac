"""What two models say in nats: whether their numbers may be set side by side, and of a test the one that may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from latentlab.core.events import EpochEnded
from latentlab.core.map.results import ImageLosses
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import yardstick
from latentlab.core.runs.yardstick import Yardstick


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
    reason = yardstick.why_no_nats(Yardstick.of(first), Yardstick.of(second))
    return f"Nats are not compared: {reason}." if reason else ""


def why_no_tests(first: Recipe, second: Recipe) -> str:
    """Say in a sentence why no test figures of two models are compared; empty where they are measured alike."""
    reason = yardstick.why_no_tests(Yardstick.of(first), Yardstick.of(second))
    return why_no_nats(first, second) or (f"Test figures are not compared: {reason}." if reason else "")


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
