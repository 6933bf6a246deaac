"""The phases of a training: all of the model learns, and then, where the recipe says so, its encoder alone.

A decoder that is done can be explained better than by the encoder that came with it, which was always behind: more
steps of the encoder alone close a part of that gap (Cremer et al., 2018, section 5.3, call it the amortisation gap).
"""

from __future__ import annotations

from typing import NamedTuple

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
