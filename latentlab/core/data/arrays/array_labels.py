"""The classes of images, from whatever their labels are: numbers, texts, or one of several that is 1."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from latentlab.core.budgets import CLASSES, few
from latentlab.core.data.arrays.stored_array import Array, StoredArray, decoded
from latentlab.core.data.image_set import NO_LABEL, DatasetError
from latentlab.core.data.natural_order import natural_order
from latentlab.core.errors import printable

_Integers = npt.NDArray[np.int64]

_NONE = "nan"  # how pandas writes that there is no text


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Labels int64 (N,) of the images and (M,) of those to test with, -1 for none, and the classes that they count."""

    labels: _Integers
    test_labels: _Integers
    names: tuple[str, ...]


def as_classes(source: StoredArray) -> Array | None:
    """Give labels as an array (N,) of whole numbers or texts; NaN, -1 and empty texts are none.

    Returns
    -------
    int64 (N,), or str (N,), or None
        None where they name no classes: several numbers an image, numbers that are not whole, texts that are too long,
        or more of either than classes are told apart.

    Raises
    ------
    DatasetError
        When they cannot be read, or are below -1.
    """
    if math.prod(source.shape[1:]) > CLASSES or source.is_long:
        return None
    array = source.whole()
    if array.ndim > 1 and array.size == len(array):
        array = array.reshape(-1)
    if array.ndim == 2 and array.dtype.kind in "buif":
        array = _hot(array)
    if array.ndim != 1:
        return None
    if array.dtype.kind in "SU":
        texts = _texts(array)
        return texts if len(np.unique(texts)) <= CLASSES else None
    if array.dtype.kind not in "buif":
        return None
    if array.dtype.kind == "f":
        known = np.isfinite(array)
        if (np.rint(array[known]) != array[known]).any() or np.isinf(array).any():
            return None
        array = np.where(known, array, NO_LABEL)
    if array.size and (array.min() < NO_LABEL or array.max() >= 2**62):
        raise DatasetError(f"{source.what} must be whole numbers from 0, or -1 for an image without a label.")
    return array.astype(np.int64) if len(np.unique(array)) <= CLASSES + 1 else None


def classes_of(
    labels: Array | None, tests: Array | None, counts: tuple[int, int], names: StoredArray | None
) -> Classes:
    """Count classes from 0 on.

    Parameters
    ----------
    labels, tests : int64 or str (N,), or None
        What `as_classes` gives, of the images and of those to test with.
    counts : tuple of int
        How many images there are of each.
    names : StoredArray or None
        Texts (K,), the names of classes 0 to K - 1. Without them classes are called by their numbers, and numbers that
        no image has are no class.

    Raises
    ------
    DatasetError
        When names and labels do not fit each other.
    """
    none: Array
    given = None if names is None else _names(names)
    texts = [part.dtype.kind == "U" for part in (labels, tests) if part is not None]
    if len(set(texts)) > 1:
        raise DatasetError("Of the labels to train and to test with one are numbers, one texts: give both alike.")
    if not texts:
        none = np.array(NO_LABEL, np.int64)
        return Classes(np.full(counts[0], none), np.full(counts[1], none), ())
    none = np.array("") if texts[0] else np.array(NO_LABEL, np.int64)
    parts = [
        np.full(count, none) if part is None else part for part, count in zip((labels, tests), counts, strict=True)
    ]
    everything = np.concatenate(parts)
    values = np.unique(everything[everything != none])
    if given is not None and names is not None:
        if texts[0]:
            if lost := [text for text in values.tolist() if text not in given]:
                raise DatasetError(f"A label is '{lost[0]}', which is not in {names.what}: add it.")
            values = np.array(given, np.str_)
        elif values.size and int(values[-1]) >= len(given):
            raise DatasetError(
                f"A label is {int(values[-1])}, but {names.what} has {len(given)} names, for labels from 0: add names "
                "or correct the labels."
            )
        else:
            values = np.arange(len(given))
    elif texts[0]:
        values = np.array(sorted(values.tolist(), key=natural_order), np.str_)
    places = np.argsort(values, kind="stable")
    mine, theirs = (_counted(part, none, values, places) for part in parts)
    return Classes(mine, theirs, given if given is not None else tuple(str(value) for value in values.tolist()))


def _counted(part: Array, none: Array, values: Array, places: npt.NDArray[np.intp]) -> _Integers:
    if not values.size:
        return np.full(len(part), NO_LABEL, np.int64)
    found = places[np.searchsorted(values, part, sorter=places).clip(max=len(values) - 1)]
    return np.where(part == none, NO_LABEL, found).astype(np.int64)


def _hot(array: Array) -> Array:
    """Give of rows of which one number is 1 and all others 0 which one it is; other arrays as they are."""
    if array.shape[1] < 2 or not np.isin(array, (0, 1)).all() or (array.sum(1) != 1).any():
        return array
    which: Array = array.argmax(1)
    return which


def _texts(array: Array) -> npt.NDArray[np.str_]:
    different, places = np.unique(decoded(array), return_inverse=True)
    told = [printable(text.strip()) for text in different.tolist()]
    told = ["" if text.casefold() == _NONE else text for text in told]
    return np.array(told, np.str_)[places.reshape(-1)] if told else array.astype(np.str_)


def _names(source: StoredArray) -> tuple[str, ...]:
    few(len(source), CLASSES, source.what, "names", DatasetError, "give one for each class")
    array = np.empty((0, 0)) if not source.shape or source.is_long else source.whole()
    if array.ndim != 1 or array.dtype.kind not in "SU":
        raise DatasetError(f"{source.what} must be a list of texts, one for each class.")
    return tuple(printable(str(text)) for text in decoded(array).tolist())
