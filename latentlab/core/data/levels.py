"""Numbers of any type as the 256 levels of an image: one scale for a whole set, chosen from types and values.

A scale of each image's own would hide that one is brighter than another, and one for all types would make 8-bit images
beside 16-bit ones black. So there is one for each type, chosen from everything of that type, and it says what it took.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

_Numbers = npt.NDArray[Any]

_OVERSHOOT = 0.25  # of a range of 1: so far, and a little more, do resampling and sharpening lead beyond it
FEW = 32  # levels: so few are no range of 0 to 255, of which they would be the darkest eighth
_WIDE = ("int16", "uint16", "int32", "uint32", "int64", "uint64")
_BITS = (8, 10, 12, 14, 16)  # that cameras and scanners have


@dataclass(frozen=True, slots=True)
class Scale:
    """A range of numbers that becomes 0 to 255.

    Attributes
    ----------
    black, white : float
        What becomes 0, and what becomes 255; what lies beyond is cut.
    note : str
        What was assumed, in a sentence; empty where nothing was.
    """

    black: float
    white: float
    note: str = ""

    def apply(self, numbers: _Numbers) -> npt.NDArray[np.uint8]:
        """Give levels of the same shape, rounded; NaN becomes black.

        Numbers that have a scale of their own type alone may be given: see `Scales`.
        """
        if numbers.dtype == np.uint8 and (self.black, self.white) == (0, 255):
            return numbers
        # float32 has 24 bits: enough for the 256 levels of a range of up to 2**16, whose halves are told apart.
        wide = numbers.dtype.itemsize > 2 and numbers.dtype != np.float32
        with np.errstate(over="ignore", invalid="ignore"):  # of numbers at the very end of what there is
            shares = np.subtract(numbers, self.black, dtype=np.float64 if wide else np.float32)
            shares *= 255 / (self.white - self.black)
        np.nan_to_num(shares, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
        return np.rint(np.clip(shares, 0, 255, out=shares), out=shares).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Scales:
    """One scale for each type of numbers in a set.

    Attributes
    ----------
    of_types : mapping of str to Scale
        By what `type_of` says.
    """

    of_types: Mapping[str, Scale]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, a sentence for each type of which something was."""
        return tuple(dict.fromkeys(scale.note for scale in self.of_types.values() if scale.note))

    def apply(self, numbers: _Numbers) -> npt.NDArray[np.uint8]:
        """Give some of the set's numbers as levels, uint8 of the same shape: see `Scale.apply`.

        It takes a few times the memory of what is given: give a large array in parts.
        """
        # Of a type that is not known, none was finite.
        return self.of_types.get(type_of(numbers.dtype), Scale(0, 1)).apply(numbers)


@dataclass
class Range:
    """Which numbers there are in a set, learned part by part; put together with others in any order.

    Attributes
    ----------
    of_types : dict
        The lowest and the highest finite number of each type, by what `type_of` says.
    is_finite : bool
        Whether there were no others.
    """

    of_types: dict[str, tuple[float, float]] = field(default_factory=dict)
    is_finite: bool = True

    def learn(self, numbers: _Numbers) -> None:
        """Take numbers of any shape into account: bool, integers or floating point."""
        if not numbers.size:
            return
        lowest, highest = float(numbers.min()), float(numbers.max())
        if not np.isfinite([lowest, highest]).all():
            self.is_finite = False
            finite = numbers[np.isfinite(numbers)]
            if not finite.size:
                return
            lowest, highest = float(finite.min()), float(finite.max())
        self.include(type_of(numbers.dtype), lowest, highest)

    def include(self, kind: str, lowest: float, highest: float) -> None:
        """Take the ends of a range of a type into account."""
        known = self.of_types.get(kind, (lowest, highest))
        self.of_types[kind] = min(known[0], lowest) + 0.0, max(known[1], highest) + 0.0  # -0 becomes 0

    def scales(self) -> Scales:
        """Choose the scale of each type from all that was learned; whole numbers of more than 8 bits share theirs."""
        ends = dict(sorted(self.of_types.items()))
        if wide := [ends[kind] for kind in _WIDE if kind in ends]:
            joint = (min(lowest for lowest, _ in wide), max(highest for _, highest in wide))
            ends |= {kind: joint for kind in _WIDE if kind in ends}
        return Scales({kind: scale_of(kind, *of_kind) for kind, of_kind in ends.items()})


ALL_GREY = "No image has a colour other than grey: the images have one channel."


def nearly_black(highest: int) -> list[str]:
    """Say, in a sentence or none, that images are nearly black, by the highest of their levels."""
    if not 1 < highest < FEW:
        return []
    return [f"The brightest of all pixels is {highest} of 255, so that the images are nearly black."]


def type_of(dtype: np.dtype[Any]) -> str:
    """Name what shares a scale: ``"float"`` for all floating point, a dtype's own name for all others."""
    return "float" if dtype.kind == "f" else dtype.name


def scale_of(kind: str, lowest: float, highest: float) -> Scale:
    """Choose a scale for numbers of one type.

    Parameters
    ----------
    kind : str
        What `type_of` says of them.
    lowest, highest : float
        Of all of them.

    Returns
    -------
    Scale
        8-bit numbers are taken as they are, other whole numbers to fill 1, 8, 10, 12, 14 or 16 bits, floating point to
        reach from 0 to 1, from -1 to 1 or from 0 to 255, a little beyond included. What is none of these is stretched
        from its lowest to its highest. Numbers that are all 0 and 1 are black and white, whatever their type.
    """
    if kind == "bool":
        return Scale(0, 1)
    if kind == "uint8" and highest != 1:
        return Scale(0, 255)
    found = f"Numbers from {_said(lowest)} to {_said(highest)}"
    known = _fractions(lowest, highest) if kind == "float" else _whole_numbers(kind, lowest, highest)
    if known is None:
        if lowest == highest:
            return Scale(
                lowest, lowest + max(1, abs(lowest)), f"All numbers are {_said(lowest)}, which is shown black."
            )
        return Scale(lowest, highest, f"{found} are of no known range: the lowest is shown black, the highest white.")
    black, white = known
    note = f"{found} are taken as a range from {_said(black)} (black) to {_said(white)} (white)"
    if lowest < black or highest > white:
        note += ", and cut there"
    return Scale(black, white, f"{note}.")


def _whole_numbers(kind: str, lowest: float, highest: float) -> tuple[float, float] | None:
    if lowest < 0:
        return (-128, 127) if kind == "int8" else None
    if highest == 1:
        return (0, 1)
    if highest <= FEW and kind != "int8":
        return None
    largest = np.iinfo(kind).max
    return next(((0, min(2**bits - 1, largest)) for bits in _BITS if highest < 2**bits), None)


def _fractions(lowest: float, highest: float) -> tuple[float, float] | None:
    most = 1 + _OVERSHOOT
    if lowest >= -_OVERSHOOT * min(1, highest) and 1 / FEW < highest <= most:
        return (0, 1)
    if lowest >= -most and 1 / FEW < highest <= most:
        return (-1, 1)
    if lowest >= -255 * _OVERSHOOT / 2 and FEW < highest <= 255 * (1 + _OVERSHOOT / 2):
        return (0, 255)
    return None


def _said(number: float) -> str:
    is_round = float(number).is_integer() or abs(number) >= 100
    return f"{number:,.0f}" if is_round and abs(number) < 1e9 else f"{number:.3g}"
