"""The phases of a training: all of the model learns, and then, where the recipe says so, its encoder alone.

A decoder that is done can be explained better than by the encoder that came with it, which was always behind: more
steps of the encoder alone close a part of that gap (Cremer et al., 2018, section 5.3, call it the amortisation gap).
"""

from __future__ import annotations

from typing import NamedTuple

from latentlab.core.recipe.recipe import Recipe
from latentlab.core.recipe.settings import TrainingSettings


class Phase(NamedTuple):
    """Where in its phase a training is.

    Attributes
    ----------
    done : float
        Share of the phase, from 0 to 1: schedule and augmentation begin anew with each.
    refines : bool
        Whether the encoder learns alone.
    """

    done: float
    refines: bool


def phase_of(done: float, settings: TrainingSettings) -> Phase:
    """Give the phase when so large a share of a training, from 0 to 1, is done."""
    first = 1 - settings.refine
    if done < first or not settings.refine:
        return Phase(done / first, refines=False)
    return Phase((done - first) / settings.refine, refines=True)


class Moment(NamedTuple):
    """What a step computes of its batch, as far as that goes by when it is taken: equal ones compute the same.

    Attributes
    ----------
    refines : bool
        Whether the encoder learns alone.
    augments : bool
        Whether images are changed at random.
    to_come : float
        The share of beta that a warm-up has not put in force yet.
    seeks : bool
        Whether the modes of the images' posteriors are sought.
    """

    refines: bool
    augments: bool
    to_come: float
    seeks: bool = False


def moment_of(phase: Phase, epochs_done: float, recipe: Recipe) -> Moment:
    """Give the moment of a phase, after so many epochs of a training."""
    warm_up = recipe.loss.warm_up
    to_come = max(0.0, 1 - epochs_done / warm_up) if warm_up else 0.0
    training = recipe.training
    seeks = training.modes > 0 and epochs_done >= (1 - training.modes) * training.epochs
    return Moment(phase.refines, phase.done < training.augmentation.until, to_come, seeks)
