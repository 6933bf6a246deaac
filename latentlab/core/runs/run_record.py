"""A run as it is compared: what the head of its file says, with its losses along epochs, time and images."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from latentlab.core.arrays import Doubles
from latentlab.core.errors import LatentlabError
from latentlab.core.events import Changed, EpochEnded
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.runs.run_header import RunError, read_header
from latentlab.core.runs.stored_history import stored_changes, stored_history, stored_recipe
from latentlab.core.runs.workspace import known_of

Along = Literal["epochs", "seconds", "images"]
Split = Literal["train", "test"]
Quantity = Literal["loss", "negative_elbo", "reconstruction", "kl"]
_SPLITS = ("train", "test")


@dataclass(frozen=True, eq=False)
class RunRecord:
    """What is compared of a run.

    Attributes
    ----------
    kept : KeptRun
    recipe : Recipe
    history : tuple of EpochEnded
    changes : tuple of Changed
        Settings that were changed while it trained.
    images_per_epoch, seconds_per_epoch : float or None
        Of its last training, on average, tests left out, for epochs of which an earlier version did not tell their own;
        None where nobody knows.
    """

    kept: KeptRun
    recipe: Recipe
    history: tuple[EpochEnded, ...]
    changes: tuple[Changed, ...]
    images_per_epoch: float | None
    seconds_per_epoch: float | None

    @property
    def path(self) -> Path:
        """Its file."""
        return self.kept.path

    def figure(self, quantity: Quantity) -> float | None:
        """Give what its test images cost under the model that its file has, nats per image; None where that is none."""
        test = self.kept.test
        if test is None:
            return None
        value = self.kept.negative_elbo if quantity == "negative_elbo" else test[quantity]
        return None if value is None or not math.isfinite(value) else value

    def curve(self, split: Split, quantity: Quantity, along: Along) -> tuple[Doubles, Doubles]:
        """Give a loss at each epoch, finite ones alone.

        Returns
        -------
        along, values : float64 (N,)
            Epochs, or the seconds or images of all steps so far; none where that is not known. Nats per image.
        """
        places = self._places[along]
        if places is None or (quantity == "negative_elbo" and self.recipe.model.kind == "autoencoder"):
            return np.empty(0), np.empty(0)
        loss, reconstruction, kl = self._terms[_SPLITS.index(split)]
        values = {"loss": loss, "negative_elbo": reconstruction + kl, "reconstruction": reconstruction, "kl": kl}
        known = np.isfinite(values[quantity])
        return places[known], values[quantity][known]

    @cached_property
    def _places(self) -> dict[Along, Doubles | None]:
        """Where each epoch's end lies, float64 (E,): drawn again whenever one looks."""
        history = self.history
        return {
            "epochs": np.array([ended.epoch for ended in history], np.float64),
            "seconds": _summed([ended.seconds for ended in history], self.seconds_per_epoch),
            "images": _summed([ended.images for ended in history], self.images_per_epoch),
        }

    @cached_property
    def _terms(self) -> Doubles:
        """Loss, reconstruction and KL of each split at each epoch, (2, 3, E): drawn again whenever one looks."""
        both = ([ended.train for ended in self.history], [ended.test for ended in self.history])
        terms = [[(each.loss, each.reconstruction, each.kl) for each in losses] for losses in both]
        return np.array(terms, np.float64).reshape(len(both), -1, 3).swapaxes(1, 2)


def read_record(path: Path) -> RunRecord:
    """Read what is compared of a run, and nothing of its weights.

    Raises
    ------
    RunError
        When the file is not there, no run, or its parts do not fit each other.
    """
    kept = known_of(path)
    values = read_header(path).values
    try:
        recipe = stored_recipe(values)
        history, changes = stored_history(values, recipe), stored_changes(values)
        images, seconds = _rates(values)
    except LatentlabError as error:
        raise RunError(f"{path} does not hold together: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise RunError(f"{path} is damaged: its parts do not fit each other. Use another copy of it.") from error
    return RunRecord(kept, recipe, history, changes, images, seconds)


def _summed(each: Sequence[float | None], mean: float | None) -> Doubles | None:
    """Sum up what epochs took, with the mean for those of which nobody knows; None where there is none."""
    known = [mean if one is None else one for one in each]
    return None if None in known else np.cumsum(np.array(known, np.float64))


def _rates(values: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Give images and seconds per epoch of the last training."""
    training = values.get("training") or {}
    epochs = int(values["epochs"]) - int(training.get("first_epoch", 0))
    images = int(training.get("images", 0))
    whole = images - int(training.get("summed", 0))  # of the epochs that are done
    if epochs <= 0 or whole <= 0:
        return None, None
    return whole / epochs, float(training["step_seconds"]) * whole / images / epochs
