"""The axes of an array of images: which one counts them, and which are channels, height and width."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.data.arrays.stored_array import Array, StoredArray
from latentlab.core.data.image_set import DatasetError

_CHANNELS = (1, 3, 4)  # grey, colour, colour with transparency
_LONGEST = 8  # times as high as wide: images are not longer, where it can be told
_SMALLEST = 8  # a side of a single picture
_LOOKED_AT = 64  # images
FEWEST = 16  # pixels of an image that is a row of numbers among others


@dataclass(frozen=True, slots=True)
class Laid:
    """Images (N, C, H, W), C = 1, 3 or 4, and what was assumed of their axes, in sentences."""

    images: StoredArray
    notes: tuple[str, ...] = ()


def laid_out(source: StoredArray, count: int | None = None) -> Laid:
    """Bring an array of images to (N, C, H, W).

    Taken are (N, H, W), (N, H, W, C), (N, C, H, W), (N, pixels) of square images, and MATLAB's (H, W, N) and
    (H, W, C, N), where it can be told from the lengths of the axes.

    Parameters
    ----------
    source : StoredArray
    count : int, optional
        How many labels there are.

    Raises
    ------
    DatasetError
        When it holds no images, or channels that are neither grey nor colour.
    """
    shape = source.shape
    if not 2 <= len(shape) <= 4 or 0 in shape:
        raise DatasetError(
            f"{source.what} has the shape {shape}: images are (N, H, W), (N, H, W, C) or (N, C, H, W), none of them 0."
        )
    if source.dtype.kind not in "buif":
        raise DatasetError(f"{source.what} holds {source.dtype} values: use uint8, or floating point in [0, 1].")
    if _counts_last(shape, count):
        turned = source.turned(lambda array: np.moveaxis(array, -1, 0), (shape[-1], *shape[:-1]))
        said = "images lie along the last axis, as in MATLAB"
        return _with_note(laid_out(turned), f"{source.short} has the shape {shape}: {said}.")
    if len(shape) == 2:
        return _squared(source)
    if len(shape) == 3:
        return _grey(source)
    return _channels(source)


def _counts_last(shape: tuple[int, ...], count: int | None) -> bool:
    """Whether the last axis counts the images: labels say so, or no image would be so long."""
    first, last = shape[0], shape[-1]
    if count is not None and (first == count) != (last == count):
        return last == count
    if len(shape) == 4:
        return shape[2] in _CHANNELS and shape[1] not in _CHANNELS and last not in _CHANNELS
    return len(shape) == 3 and first == shape[1] and last > _LONGEST * first


def _grey(source: StoredArray) -> Laid:
    count, height, width = source.shape
    if width in (3, 4) and min(count, height) >= _SMALLEST:
        raise DatasetError(
            f"{source.what} has the shape {source.shape}, that of one picture: put several into it, (N, H, W, C)."
        )
    laid = Laid(source.viewed(lambda part: part[:, None], (count, 1, height, width)))
    if count == height != width or (count in (3, 4) and min(height, width) >= _SMALLEST):
        said = f"{source.short} has the shape {source.shape}, taken for {count:,} images of {height}×{width} pixels."
        return _with_note(laid, said)
    return laid


def _channels(source: StoredArray) -> Laid:
    count, second, third, last = source.shape
    is_first, is_last = second in _CHANNELS, last in _CHANNELS
    if not (is_first or is_last):
        raise DatasetError(
            f"{source.what} has the shape {source.shape}, without an axis of 1, 3 or 4 channels: make it grey or "
            "colour, (N, H, W, C) or (N, C, H, W)."
        )
    note = ""
    if is_first and is_last:
        # Whichever leaves the squarer images; of channels, grey is an axis that is there for its own sake.
        is_last = _length(second, third) <= _length(third, last)
        order = "(N, H, W, C)" if is_last else "(N, C, H, W)"
        if {second, last} != {1} or second != third:
            note = f"{source.short} has the shape {source.shape}, taken for {order}."
    if is_last:
        laid = Laid(source.viewed(lambda part: np.moveaxis(part, -1, 1), (count, last, second, third)))
    else:
        laid = Laid(source)
    return _with_note(laid, note)


def _length(height: int, width: int) -> float:
    return max(height, width) / min(height, width)


def square_channels(count: int) -> int | None:
    """Give the channels, 1 or 3, of which so many numbers are a square image; None where they are none."""
    return next((c for c in (1, 3) if round((count / c) ** 0.5) ** 2 * c == count), None)


def _squared(source: StoredArray) -> Laid:
    count, pixels = source.shape
    channels = square_channels(pixels)
    if channels is None or pixels < 4:
        raise DatasetError(
            f"{source.what} has the shape {source.shape}: {pixels:,} pixels are no square image; give (N, H, W)."
        )
    side = round((pixels / channels) ** 0.5)
    if channels == 1:
        note = f"The {pixels:,} numbers of an image in {source.short} are taken for {side}×{side} pixels, line by line."
        return Laid(source.viewed(lambda part: part.reshape(-1, 1, side, side), (count, 1, side, side)), (note,))
    planar = source.viewed(lambda part: part.reshape(-1, 3, side, side), (count, 3, side, side))
    mixed = source.viewed(lambda part: np.moveaxis(part.reshape(-1, side, side, 3), -1, 1), (count, 3, side, side))
    is_planar = _roughness(planar) <= _roughness(mixed)
    order = "one colour after the other, as in CIFAR" if is_planar else "the three colours of a pixel together"
    note = f"The {pixels:,} numbers of an image in {source.short} are taken for {side}×{side} pixels, {order}."
    return Laid(planar if is_planar else mixed, (note,))


def _roughness(images: StoredArray) -> float:
    """Give how much neighbouring pixels differ in the first images: more where colours are read for neighbours."""
    few: Array = images.rows(0, min(_LOOKED_AT, len(images))).astype(np.float64)
    return float(np.abs(np.diff(few, axis=3)).mean() + np.abs(np.diff(few, axis=2)).mean())


def _with_note(laid: Laid, note: str) -> Laid:
    return Laid(laid.images, (note, *laid.notes)) if note else laid
