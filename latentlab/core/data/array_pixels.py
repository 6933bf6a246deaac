"""Numbers of any range as the pixels of an image set: seen once to choose one scale for all, then a part at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from latentlab.core.data.formats.stored_array import Array, StoredArray
from latentlab.core.data.image_set import DatasetError
from latentlab.core.data.levels import Range, Scales

Pixels = npt.NDArray[np.uint8]
Room = Callable[[tuple[int, ...]], Pixels]  # where pixels are put: memory, or a file that is mapped into it

_ALPHA = 3  # channel
_FEW = 32  # levels of 256: images of so few are nearly black


@dataclass(frozen=True, slots=True)
class Look:
    """How numbers become pixels, all alike.

    Attributes
    ----------
    scales : Scales
    channels : int
        1 or 3.
    ground : int
        Level of what transparent pixels are laid on.
    notes : tuple of str
        What was assumed, in sentences.
    """

    scales: Scales
    channels: int
    ground: int
    notes: tuple[str, ...]


def in_memory(shape: tuple[int, ...]) -> Pixels:
    """Give room for pixels in memory."""
    return np.empty(shape, np.uint8)


def look_of(sources: Sequence[StoredArray]) -> Look:
    """Choose how images become pixels, from all of them together.

    Parameters
    ----------
    sources : sequence of StoredArray
        (N, C, H, W) with C = 1, 3 or 4.

    Raises
    ------
    DatasetError
        For numbers that are not finite, or when they cannot be read.
    """
    seen = Range()
    is_grey = True
    ink = opacity = 0.0
    is_transparent = False
    for source in sources:
        for _, part in source.parts():
            if part.dtype.kind == "f" and not np.isfinite(part).all():
                raise DatasetError(f"{source.what} holds values that are not finite (NaN or infinity): replace them.")
            seen.learn(part)
            is_grey = is_grey and _is_grey(part)
            if part.shape[1] > _ALPHA:
                alpha = part[:, _ALPHA].astype(np.float64)
                opacity += float(alpha.sum())
                ink += float((alpha * part[:, :_ALPHA].mean(axis=1, dtype=np.float64)).sum())
                is_transparent = is_transparent or bool((alpha != alpha.max()).any())
            elif _tells_no_more(part, is_grey):
                break
    scales = seen.scales()
    notes = list(scales.notes)
    highest = seen.of_types.get("uint8", (0, 0))[1]
    if 1 < highest < _FEW:
        notes.append(f"The brightest of all pixels is {highest:.0f} of 255, so that the images are nearly black.")
    ground = 255
    if any(source.shape[1] > _ALPHA for source in sources):
        if is_transparent and opacity:
            mean = scales.apply(np.array([ink / opacity], next(iter(sources)).dtype))
            ground = 0 if int(mean[0]) > 127 else 255
            notes.append(f"What is transparent is laid on {'white' if ground else 'black'}.")
        else:
            notes.append("The fourth channel, of opacity, is the same everywhere, and left out.")
    is_made_grey = is_grey and any(source.shape[1] > 1 for source in sources)
    if is_made_grey:
        notes.append("All images are grey in each of their channels: one is kept.")
    return Look(scales, 1 if is_grey else 3, ground if is_transparent else -1, tuple(notes))


def _is_grey(part: Array) -> bool:
    return part.shape[1] == 1 or bool((part[:, 0] == part[:, 1]).all() and (part[:, 0] == part[:, 2]).all())


def _tells_no_more(part: Array, is_grey: bool) -> bool:
    """Whether nothing that is still to come changes the look: bytes in colour, or grey by their shape, are as known."""
    return part.dtype == np.uint8 and part.max() >= _FEW and (part.shape[1] == 1 or not is_grey)


def fill(source: StoredArray, look: Look, into: Sequence[tuple[Pixels, npt.NDArray[np.intp]]]) -> None:
    """Read images, and put their pixels where they belong.

    Parameters
    ----------
    source : StoredArray
        (N, C, H, W)
    look : Look
    into : sequence of (uint8 (K, C, H, W), intp (K,))
        Rooms, and the rows of `source` that each is for; together they are all rows, each once.

    Raises
    ------
    DatasetError
        When they cannot be read.
    """
    room_of, place_of = np.empty(len(source), np.intp), np.empty(len(source), np.intp)
    for number, (_, its) in enumerate(into):
        room_of[its], place_of[its] = number, np.arange(len(its))
    for rows, part in source.parts():
        pixels = _pixels(part, look)
        for number, (room, _) in enumerate(into):
            chosen = room_of[rows] == number
            room[place_of[rows][chosen]] = pixels[chosen]


def _pixels(part: Array, look: Look) -> Pixels:
    levels = look.scales.apply(part)
    if levels.shape[1] > _ALPHA:
        levels, alpha = levels[:, :_ALPHA], levels[:, _ALPHA:]
        if look.ground >= 0:
            share = alpha.astype(np.float32) / 255
            levels = np.rint(levels * share + look.ground * (1 - share)).astype(np.uint8)
    return levels[:, : look.channels]
