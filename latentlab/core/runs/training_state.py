"""What a training has beside its weights and its history: with it, it goes on exactly as it would have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from torch import Tensor

State = Literal["training", "stopped", "finished"]
MODES = "modes"  # what the weights are called by which the modes of posteriors are sought
PREFIX = "training."  # of the tensors' names in a file

_GENERATORS = {"order", "generator"}
_LONGEST_STATE = 2**16  # bytes of a generator: torch's take 5,056 on a processor

Count = Field(ge=0, lt=2**53)


class TrainingState(BaseModel):
    """A training between two steps.

    Attributes
    ----------
    state : "training", "stopped" or "finished"
        Whether it was going on when this was taken, was ended before its time, or came to its end.
    first_epoch, last_epoch : int
        Whole epochs before it began, and when it is finished.
    steps_done : int
        Of the epoch after the last whole one. The test of an epoch whose steps are all done may still have to be made.
    steps_per_epoch : int or None
        How many an epoch has; None in the files of earlier versions.
    learning_rate, beta : float
        In force.
    sums : tuple of float
        Reconstruction, KL and penalty of the images in these steps, nats.
    objective : float or None
        What was minimised of them, summed, nats; None in the files of earlier versions.
    summed : int
        How many images they are.
    best_epoch : int or None
        The best of this training, where the recipe has a patience.
    split_seed : int or None
        What validation images were drawn by, where some are set apart; a training that goes on has the same ones.
    images, tests : int
    step_seconds, test_seconds : float
        What its clock has counted.
    epoch_seconds : float or None
        Of the steps, those of the epoch after the last whole one; None in the files of earlier versions.
    threads : int
        That a processor computes with: sums of more or fewer are others in their last bits.
    device : str
    ranks : int
        Processes that shared its batches, when this was taken.
    started, saved : str
        When it began, and when this was taken, in ISO 8601 with the zone.
    made_with : dict
        Versions of what computed it.
    tensors : dict of Tensor
        ``order``, ``generator``: the states, uint8, of the generator that draws the order of an epoch's images, as it
        was before it drew the present one, and of the one that draws what steps draw. ``optimiser.N.NAME``: what the
        optimiser keeps of parameter N. ``best.N``: parameter N at the end of the best epoch. ``last.N``: parameter N
        as the last step left it, where the run has the best epoch's in their place. ``modes.N``: parameter N as it was
        when the grid was last decoded on which modes are sought.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    state: State
    first_epoch: int = Count
    last_epoch: int = Count
    steps_done: int = Count
    steps_per_epoch: int | None = Field(None, ge=1, lt=2**53)
    learning_rate: float = Field(ge=0)
    beta: float = Field(ge=0)
    sums: tuple[FiniteFloat, FiniteFloat, FiniteFloat]
    objective: FiniteFloat | None = None
    summed: int = Count
    best_epoch: int | None = None
    split_seed: int | None = Field(None, ge=0, lt=2**63)
    images: int = Count
    tests: int = Count
    step_seconds: FiniteFloat = Field(ge=0)
    test_seconds: FiniteFloat = Field(ge=0)
    epoch_seconds: FiniteFloat | None = Field(None, ge=0)
    threads: int = Field(ge=1, le=1024)
    device: str
    ranks: int = Field(1, ge=1, lt=2**53)
    started: str
    saved: str
    made_with: dict[str, str]
    tensors: dict[str, Tensor] = Field(exclude=True)

    def to_dict(self) -> dict[str, Any]:
        """Give everything but the tensors, as JSON knows it."""
        return self.model_dump(mode="json")

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Self:
        """Read what `to_dict` gave, with the tensors.

        Raises
        ------
        ValueError
            When it is no such state.
        """
        return cls.model_validate({**stored, "tensors": dict(tensors)})

    def parameters(self, name: str) -> list[Tensor]:
        """Give the tensors ``NAME.0``, ``NAME.1``, … in their order; none where there are none."""
        found: list[Tensor] = []
        while (tensor := self.tensors.get(f"{name}.{len(found)}")) is not None:
            found.append(tensor)
        return found

    def check_fits(self, parameters: int) -> None:
        """See that the tensors, whose shapes fit, are what they should be, and all there, of so many parameters.

        Raises
        ------
        ValueError
            When they are not.
        """
        for name, tensor in self.tensors.items():
            if name in _GENERATORS:
                if tensor.dtype != torch.uint8:
                    raise ValueError(f"{name} is no state of a generator")
            elif not tensor.is_floating_point():
                raise ValueError(f"{name} holds no numbers of a training")
            # What an optimiser keeps may overflow, and training goes on as well as before; weights may not.
            elif not name.startswith("optimiser.") and not torch.isfinite(tensor).all():
                raise ValueError(f"{name} is not finite")
        if not self.tensors and self.state == "finished":  # see `training.finalising`
            return
        if not self.tensors.keys() >= _GENERATORS:
            raise ValueError("the generators' states are missing")
        for name in ("best", "last", MODES):
            if sum(key.startswith(f"{name}.") for key in self.tensors) not in (0, parameters):
                raise ValueError(f"{name} has not all parameters")


def check_shapes(shapes: Mapping[str, tuple[int, ...]], parameters: Sequence[tuple[int, ...]]) -> None:
    """See that tensors belong to the training of a model, before they are read.

    Parameters
    ----------
    shapes : dict of tuple of int
        Those of the tensors.
    parameters : sequence of tuple of int
        Those of the model's parameters.

    Raises
    ------
    ValueError
        When they do not.
    """
    for name, shape in shapes.items():
        kind, _, rest = name.partition(".")
        if name in _GENERATORS:
            if len(shape) != 1 or shape[0] > _LONGEST_STATE:
                raise ValueError(f"{name} is no state of a generator")
            continue
        number, _, kept = rest.partition(".")
        known = re.fullmatch(r"[a-z_]{1,20}" if kind == "optimiser" else "", kept)
        if (
            kind not in ("optimiser", "best", "last", MODES)
            or not known
            or number not in map(str, range(len(parameters)))
        ):
            raise ValueError(f"{name} belongs to no parameter")
        if shape != parameters[int(number)] and (shape or kind != "optimiser"):  # it counts its steps
            raise ValueError(f"{name} has another shape than its parameter")
