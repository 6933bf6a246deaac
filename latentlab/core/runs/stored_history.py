"""What the head of a run's file says of its recipe and of what was measured on the way, in files of every version."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from latentlab.core.events import Changed, EpochEnded, event_values
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run_header import count_of_epochs

_HISTORY = TypeAdapter(tuple[EpochEnded, ...])
_CHANGES = TypeAdapter(tuple[Changed, ...])


def stored_recipe(values: Mapping[str, Any]) -> Recipe:
    """Read the recipe in the values of a head.

    Raises
    ------
    RecipeError
        For one that is not valid.
    """
    recipe = Recipe.from_dict(values["recipe"], source="the file")
    if recipe.training.patience and "validation" not in values["recipe"].get("data", {}):
        return recipe.with_changes({"data.validation": 0.0})  # earlier versions chose by the test images
    return recipe


def stored_history(values: Mapping[str, Any], recipe: Recipe) -> tuple[EpochEnded, ...]:
    """Read the losses of epochs; earlier versions told them with the beta in force, tested at that of training.

    Raises
    ------
    ValueError, TypeError
        When they are none.
    """
    stored = values["history"]
    before = {"temperatures": (recipe.sampling_temperature,) * 2}
    history = _HISTORY.validate_python([before | event_values(each) for each in stored])
    for ended in history:
        count_of_epochs(ended.epoch)
        if not (0 <= (ended.images or 0) < 2**53 and 0 <= (ended.seconds or 0.0) < math.inf):
            raise ValueError("an epoch of no such length")
    is_earlier = ["objective" not in each for each in stored]
    pairs = zip(history, is_earlier, strict=True)
    return tuple(ended.under(recipe.loss.beta) if earlier else ended for ended, earlier in pairs)


def stored_changes(values: Mapping[str, Any]) -> tuple[Changed, ...]:
    """Read what was changed while it trained.

    Raises
    ------
    ValueError, TypeError
        When it is nothing of the kind.
    """
    return _CHANGES.validate_python([event_values(each) for each in values["changes"]])
