"""Columns of a person's own data beside their images: the further arrays of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from latentlab.core.budgets import COLUMNS
from latentlab.core.data.arrays.stored_array import StoredArray, decoded
from latentlab.core.data.columns import Column, are_held, of_numbers, of_texts, taken
from latentlab.core.errors import listed

_MOST_TOGETHER = 16  # numbers of an image in one array that are columns each
_NAMED = 6  # so many arrays are named in a sentence, and further ones are counted

_Both = tuple[tuple[Column, ...], tuple[Column, ...]]


def of_arrays(
    own: Mapping[str, StoredArray], tests: Mapping[str, StoredArray], count: int, test_count: int, notes: list[str]
) -> _Both:
    """Take every further array as a column: numbers or texts, one for each image; a few numbers each are as many.

    Parameters
    ----------
    own, tests : mapping of str to StoredArray
        The further arrays of the images and of those to test with, by the same names.
    count, test_count : int
        Images, and images to test with.
    notes : list of str
        What is not used is told here, in a sentence: arrays of another shape, or with infinite numbers.

    Returns
    -------
    tuple of Column, tuple of Column
        Of the images, and of those to test with; an empty text or NaN is no value.

    Raises
    ------
    DatasetError
        When they cannot be read.
    """
    columns: list[Column] = []
    unused = [name for name in tests if name not in own]
    for name, source in own.items():
        array = _of_array(source, count) if len(columns) < COLUMNS else None
        test = _of_array(tests[name], test_count) if name in tests else None
        if array is None or (name in tests and test is None):
            unused.append(name)
            continue
        if test is None:
            test = _without_values(array, test_count)
        if (array.dtype.kind == "U") != (test.dtype.kind == "U") or array.shape[1:] != test.shape[1:]:
            unused.append(name)
            continue
        whole = _joined(array, test)
        make = of_texts if whole.dtype.kind == "U" else of_numbers
        if whole.ndim == 1:
            columns.append(make(name, whole))
        else:
            columns += [make(f"{name}_{place}", part) for place, part in enumerate(whole.T, 1)]
    if len(columns) >= COLUMNS:
        notes.append(f"No more than {COLUMNS:,} columns are used.")
    if unused:
        told = listed(unused, _NAMED)
        notes.append(f"Not used are {told}: neither images nor a finite number or a text for each of them.")
    return taken(columns, slice(count)), taken(columns, slice(count, None))


def _of_array(source: StoredArray, count: int) -> npt.NDArray[Any] | None:
    """Give numbers or texts (N,), or some numbers for each image (N, K); None for what is no column."""
    shape = tuple(axis for axis in source.shape[1:] if axis != 1)
    if source.shape[:1] != (count,) or len(shape) > 1 or source.dtype.kind not in "buifSU" or source.is_long:
        return None
    if shape and (shape[0] > _MOST_TOGETHER or source.dtype.kind in "SU"):
        return None
    array = decoded(source.whole()).reshape(count, *shape)
    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):  # of a wider float
            array = array.astype(np.float64)
        if np.isinf(array).any():
            return None
    return array


def _without_values(like: npt.NDArray[Any], count: int) -> npt.NDArray[Any]:
    """Give rows that have no value, to follow others."""
    shape = (count, *like.shape[1:])
    return np.full(shape, "") if like.dtype.kind == "U" else np.full(shape, np.nan)


def _joined(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Put numbers or texts one after the other; where float64 would not hold whole numbers, they become texts."""
    if not len(second):
        return first
    if np.result_type(first, second).kind == "f" and not (are_held(first) and are_held(second)):
        first, second = (np.where(part == part, part.astype(np.str_), "") for part in (first, second))
    return np.concatenate([first, second])
