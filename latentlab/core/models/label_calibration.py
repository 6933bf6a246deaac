"""How sure one may be of the label that a CVAE takes an image for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field


@dataclass(frozen=True, slots=True)
class LabelCalibration:
    """The temperature of a CVAE's label probabilities, and what it was fitted to.

    Attributes
    ----------
    temperature : float
        That nats are divided by, so that of the images that are said to be of a label for p % just as many are.
    images : int
        How many it was fitted to.
    are_held_out : bool
        Whether the model has not learned from them.
    """

    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    images: Annotated[int, Field(ge=1)]
    are_held_out: bool
