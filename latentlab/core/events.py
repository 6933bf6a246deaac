"""The frozen messages that training sends to whoever drives it; plain numbers and numpy arrays.

Losses are in nats per image: summed over pixels (and, for the KL, over latent dimensions), averaged over images.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from latentlab.core.arrays import Floats


@dataclass(frozen=True, slots=True)
class Losses:
    """The mean losses of some images, in nats per image; ``loss`` is ``reconstruction + beta * kl + penalty``.

    The beta is always that of the recipe, and whole, as is the KL: losses of two epochs compare, whatever was minimised
    in between, as beta was changed or warmed up, or some nats were free. With a beta of 1 and no penalty it is -ELBO.
    The penalty, on the code, has its weights already; it is 0 for a recipe without one. The standard error is that of
    the loss over images that were drawn; None where there is one image, or where they were training images.
    """

    loss: float
    reconstruction: float
    kl: float
    penalty: float = 0.0
    standard_error: float | None = None

    def under(self, beta: float) -> Losses:
        """Give the same terms with the loss of a recipe with this beta; how sure that is may be known no more."""
        loss = self.reconstruction + beta * self.kl + self.penalty
        return self if loss == self.loss else replace(self, loss=loss, standard_error=None)


@dataclass(frozen=True, slots=True)
class Started:
    """Training begins, or goes on after `first_epoch` epochs that an earlier run did.

    On a processor it computes with so many `threads`. A `note` is a sentence on the images, or empty. Of the training
    images so many are set apart for `validation`.
    """

    run_id: str
    epochs: int
    first_epoch: int
    steps_per_epoch: int
    images: int
    device: str
    threads: int = 1
    note: str = ""
    validation: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """Some steps were taken since the last message.

    Attributes
    ----------
    epochs_done : float32 (K,)
        Position of each step on the axis of epochs: step ``s`` of ``S`` in the first epoch lies at ``s / S``.
    losses : float32 (K, 4)
        Loss, reconstruction, KL and penalty of each step's batch, nats per image.
    images_per_second : float
        Over the run so far, evaluation and pauses left out.
    seconds, seconds_left : float
        Spent on training so far, and an estimate of what remains.
    objectives : float32 (K,) or None
        What each step minimised, nats per image: the loss, but with the beta in force and without what is free; None
        where it is the loss.
    """

    run_id: str
    epochs_done: Floats
    losses: Floats
    images_per_second: float
    seconds: float
    seconds_left: float
    objectives: Floats | None = None


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """A pass over the training images is done; `epoch` counts from 1; `is_best` by `chooses`, so far.

    The temperatures are those that a VAE's codes had in `train` and in `test`: where the first is not 1, `train` is of
    what training minimises, and no bound of the likelihood. Tests are at 1; those of earlier versions were not.
    The objective is the mean of what its steps minimised, nats per image; None where nobody knows. Validation losses
    are of training images that are set apart, where some are, and are measured like those of the test.
    Its steps had so many `images` and took so many `seconds`, the test left out; None in the files of earlier versions.
    Two epochs that learned the same are equal, whatever time they took.
    """

    run_id: str
    epoch: int
    train: Losses
    test: Losses
    is_best: bool
    temperatures: tuple[float, float] = (1.0, 1.0)
    objective: float | None = None
    validation: Losses | None = None
    images: int | None = None
    seconds: float | None = field(default=None, compare=False)

    @property
    def chooses(self) -> Losses:
        """The losses that the best epoch is told by: of the validation images, or where there are none of the test."""
        return self.test if self.validation is None else self.validation

    @property
    def has_own_objective(self) -> bool:
        """Whether it is known that something other than the loss was minimised, by more than rounding."""
        return self.objective is not None and not math.isclose(self.objective, self.train.loss, rel_tol=1e-5)

    def under(self, beta: float) -> EpochEnded:
        """Give the same epoch with the losses of a recipe with this beta."""
        validation = None if self.validation is None else self.validation.under(beta)
        return replace(self, train=self.train.under(beta), test=self.test.under(beta), validation=validation)


@dataclass(frozen=True, slots=True)
class Changed:
    """A setting was changed while training ran; in force from `epochs_done` on the axis of epochs."""

    run_id: str
    epochs_done: float
    setting: Literal["learning_rate", "beta"]
    value: float


@dataclass(frozen=True, slots=True)
class Diverged:
    """The loss was not finite; the last good model is back in place and training waits to be resumed."""

    run_id: str
    epochs_done: float
    message: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Training ended, by itself or because it was asked to stop (`stopped`); `epochs` counts whole ones.

    Losses are of the model that it ends with: the last epoch's, or the best's where the recipe has a patience.
    """

    run_id: str
    epochs: int
    train: Losses | None
    test: Losses | None
    images_per_second: float
    seconds: float
    stopped: bool
    validation: Losses | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Training could not go on; `message` is a sentence for a person, `kept` the file with what there was of it."""

    run_id: str
    message: str
    kept: str = ""


Event = Started | Progress | EpochEnded | Changed | Diverged | Finished | Failed


def event_to_dict(event: Event) -> dict[str, Any]:
    """Give an event as scripts and files know it: there its run's id has the key ``run``."""
    values = _shallow(event)
    return {"run": values.pop("run_id"), **values}


def event_values(stored: dict[str, Any]) -> dict[str, Any]:
    """Give what `event_to_dict` made under the names that events have here."""
    return {"run_id" if key == "run" else key: value for key, value in stored.items()}


def _shallow(values: Event | Losses) -> dict[str, Any]:
    """Give the fields by name: `dataclasses.asdict` copies each number, and a save has those of all epochs."""
    found = {name: getattr(values, name) for name in values.__slots__}
    return {name: _shallow(value) if isinstance(value, Losses) else value for name, value in found.items()}
