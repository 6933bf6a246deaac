"""Numbers of any range as the pixels of an image set: seen once to choose one scale for all, then a part at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Bytes
from latentlab.core.data.arrays.stored_array import Array, StoredArray
from latentlab.core.data.grounds import GREY, GROUNDS, best_ground, ground_note
from latentlab.core.data.image_set import DatasetError
from latentlab.core.data.levels import ALL_GREY, FEW, Range, Scales, nearly_black
from latentlab.core.data.reading import Reading

_ALPHA = 3  # channel


@dataclass(frozen=True, slots=True)
class ArrayLook:
    """How numbers become pixels, all alike.

    Attributes
    ----------
    scales : Scales
    channels : int
        1 or 3.
    ground : int or None
        Level of what transparent pixels are laid on; None where nothing is transparent.
    notes : tuple of str
        What was assumed, in sentences.
    """

    scales: Scales
    channels: int
    ground: int | None
    notes: tuple[str, ...]


def look_of(sources: Sequence[StoredArray], reading: Reading) -> ArrayLook:
    """Choose how images become pixels, from all of them together.

    Parameters
    ----------
    sources : sequence of StoredArray
        (N, C, H, W) with C = 1, 3 or 4.
    reading : Reading
        Who follows it.

    Raises
    ------
    DatasetError
        For numbers that are not finite, when they cannot be read, or when it was cancelled.
    """
    seen, inks, opacities = Range(), _Extent(), _Extent()
    is_grey = True
    for source in sources:
        for rows, part in source.parts():
            reading.tell("looking", rows.stop, len(source), "images")
            if part.dtype.kind == "f" and not np.isfinite(part).all():
                raise DatasetError(f"{source.what} holds values that are not finite (NaN or infinity): replace them.")
            seen.learn(part)
            is_grey = is_grey and _is_grey(part)
            if part.shape[1] > _ALPHA:
                alpha = part[:, _ALPHA].astype(np.float64)
                opacities.include(alpha)
                inks.include(_ink(alpha, part[:, :_ALPHA]))
            elif _tells_no_more(part, is_grey):
                break
    scales = seen.scales()
    notes = list(scales.notes)
    notes += nearly_black(int(seen.of_types.get("uint8", (0, 0))[1]))
    ground = None
    if opacities.lowest < opacities.highest:
        dtype = next(source.dtype for source in sources if source.shape[1] > _ALPHA)
        ink_seen = [inks.lowest, inks.highest] if inks.lowest <= inks.highest else [0, 0]
        ground = _ground(*scales.apply(np.array(ink_seen).astype(dtype)).tolist())
        notes.append(ground_note(ground))
    elif opacities.lowest == opacities.highest:
        notes.append("The fourth channel, of opacity, is the same everywhere, and left out.")
    if is_grey and any(source.shape[1] > 1 for source in sources):
        notes.append(ALL_GREY)
    return ArrayLook(scales, 1 if is_grey else 3, ground, tuple(notes))


class _Extent:
    """The lowest and the highest of numbers that come in parts."""

    def __init__(self) -> None:
        self.lowest, self.highest = np.inf, -np.inf

    def include(self, numbers: npt.NDArray[np.float64]) -> None:
        if numbers.size:
            self.lowest = min(self.lowest, float(numbers.min()))
            self.highest = max(self.highest, float(numbers.max()))


def _ink(alpha: npt.NDArray[np.float64], colour: Array) -> npt.NDArray[np.float64]:
    """Give the mean level of what each image (N, H, W) does not let through; whatever the numbers, no sum overflows."""
    alpha = alpha / (abs(alpha).max() or 1.0)
    alpha -= min(0.0, alpha.min())  # where -1 is nothing, and 1 all
    sums = alpha.sum(axis=(1, 2))
    weights = alpha[sums > 0] / sums[sums > 0, None, None]
    parts = (np.divide(colour[sums > 0, channel], colour.shape[1], dtype=np.float64) for channel in range(_ALPHA))
    return sum(((weights * part).sum(axis=(1, 2)) for part in parts), start=np.zeros(len(weights)))


def _ground(darkest: int, brightest: int) -> int:
    """Choose what transparent images are laid on, by the levels of their darkest and their brightest ink."""
    contrast = {ground: min(abs(ground - darkest), abs(ground - brightest)) for ground in GROUNDS}
    if darkest < GREY < brightest:
        contrast[GREY] = 0
    return best_ground(contrast)


def _is_grey(part: Array) -> bool:
    return part.shape[1] == 1 or bool((part[:, 0] == part[:, 1]).all() and (part[:, 0] == part[:, 2]).all())


def _tells_no_more(part: Array, is_grey: bool) -> bool:
    """Whether nothing that is still to come changes the look: bytes in colour, or grey by their shape, are as known."""
    return part.dtype == np.uint8 and part.max() >= FEW and (part.shape[1] == 1 or not is_grey)


def fill(
    source: StoredArray, look: ArrayLook, into: Sequence[tuple[Bytes, npt.NDArray[np.intp]]], reading: Reading
) -> None:
    """Read images, and put their pixels where they belong.

    Parameters
    ----------
    source : StoredArray
        (N, C, H, W)
    look : ArrayLook
    into : sequence of (uint8 (K, C, H, W), intp (K,))
        Rooms, and the rows of `source` that each is for; together they are all rows, each once.
    reading : Reading
        Who follows it.

    Raises
    ------
    DatasetError
        When they cannot be read, or it was cancelled.
    """
    room_of, place_of = np.empty(len(source), np.intp), np.empty(len(source), np.intp)
    for number, (_, its) in enumerate(into):
        room_of[its], place_of[its] = number, np.arange(len(its))
    for rows, part in source.parts():
        reading.tell("reading", rows.stop, len(source), "images")
        pixels = _pixels(part, look)
        for number, (room, _) in enumerate(into):
            chosen = room_of[rows] == number
            room[place_of[rows][chosen]] = pixels[chosen]


def _pixels(part: Array, look: ArrayLook) -> Bytes:
    levels = look.scales.apply(part)
    if levels.shape[1] > _ALPHA:
        levels, alpha = levels[:, :_ALPHA], levels[:, _ALPHA:]
        if look.ground is not None:
            share = alpha.astype(np.float32) / 255
            levels = np.rint(levels * share + look.ground * (1 - share)).astype(np.uint8)
    return levels[:, : look.channels]
