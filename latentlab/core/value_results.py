"""What points of the map are coloured by, and the values that are found for it: frozen, and free of torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats

Kind = Literal["class", "loss", "kl", "reconstruction", "column"]

STEPS = 255  # of the scale; level 0 is for points without a value


@dataclass(frozen=True, slots=True)
class Colouring:
    """What points are coloured by; with a `column` its name."""

    kind: Kind = "class"
    column: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PointValues:
    """The values of a map's images.

    Attributes
    ----------
    values : float32 (N,)
        Nats, or in the unit of a column; NaN where there is none.
    levels : uint8 (N,)
        On the scale, from 1 to `STEPS`, or 1 + index into `categories`; 0 where there is none.
    low, high : float
        The ends of the scale: the 1st and the 99th percentile.
    is_cut : tuple of bool
        Whether there are values below its low end, and above its high end.
    categories : tuple of str
        The groups of a column of texts, or of few whole numbers; else empty. Of many texts those with most images.
    others : int
        How many further texts there are.
    missing : int
        Images whose value has not been found yet.
    pending : int
        Those, and the ones whose value is an earlier model's.
    is_estimate : bool
        Whether σ is that of reconstructions, since the images are not at hand.
    """

    run: str
    colouring: Colouring
    values: Floats
    levels: npt.NDArray[np.uint8]
    low: float
    high: float
    is_cut: tuple[bool, bool] = (False, False)
    categories: tuple[str, ...] = ()
    others: int = 0
    missing: int = 0
    pending: int = 0
    is_estimate: bool = False
