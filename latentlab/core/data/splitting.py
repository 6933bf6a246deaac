"""Which images of a set are for testing, and a part of them that is like the whole, by their classes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_TESTED = 6  # of so many images one is for testing


def split(labels: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Set a sixth of each class apart for testing, the same sixth every time.

    Where a sixth of most classes is less than half an image, some of the classes give one, until it is a sixth of all.

    Parameters
    ----------
    labels : int64 (N,)
        N is at least 2.

    Returns
    -------
    train, test : intp (K,), intp (N - K,)
        Indices, neither empty. Those for training are shuffled, so that the first few hold every class.

    Raises
    ------
    ValueError
        For fewer than two images.
    """
    if len(labels) < 2:
        raise ValueError("two images are needed, one of them for testing")
    order = np.random.default_rng(0).permutation(len(labels))
    _, classes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    due = np.rint(counts / _TESTED).astype(np.intp)
    lacking = max(1, round(len(labels) / _TESTED)) - int(due.sum())
    if 2 * lacking > len(labels) / _TESTED or not due.any():
        # Classes of one have nothing left to learn from: they come last.
        willing = np.lexsort((np.random.default_rng(1).permutation(len(counts)), -counts * (due == 0)))
        due[willing[:lacking]] += 1
    # How many of its own class come before each image in that order.
    by_class = order[np.argsort(classes[order], kind="stable")]
    starts = np.cumsum(counts) - counts
    is_test = np.zeros(len(labels), dtype=bool)
    is_test[by_class] = np.arange(len(labels)) - starts[classes[by_class]] < due[classes[by_class]]
    return order[~is_test[order]], np.flatnonzero(is_test)


def is_sorted(labels: npt.NDArray[np.int64]) -> bool:
    """Whether images lie class by class, so that the first few are of some classes only."""
    changes = np.count_nonzero(np.diff(labels))
    shares = np.unique(labels, return_counts=True)[1] / max(1, len(labels))
    # In random order neighbours differ as often as two images drawn blindly do.
    return bool(changes < (1 - np.square(shares).sum()) * len(labels) / 2)


def evenly_chosen(labels: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.intp]:
    """Choose some images of a set so that classes keep their shares, and each has one or more if there are enough.

    Parameters
    ----------
    labels : int64 (N,)
    count : int
        From 1 to N.

    Returns
    -------
    intp (count,)
        In ascending order; of each class they lie evenly apart.
    """
    _, classes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    shares = counts * (count / len(labels))
    due = np.maximum(np.floor(shares).astype(np.intp), 1 if count >= len(counts) else 0)
    while (difference := count - int(due.sum())) != 0:
        # The nearest to the next image gain one, or those with most to spare lose one.
        gap = shares - due if difference > 0 else due - shares
        can = due < counts if difference > 0 else due > 1
        ranked = np.argsort(np.where(can, -gap, np.inf), kind="stable")
        due[ranked[: min(abs(difference), np.count_nonzero(can))]] += np.sign(difference)
    chosen = [
        np.flatnonzero(classes == number)[np.arange(many) * counts[number] // many]
        for number, many in enumerate(due)
        if many
    ]
    return np.sort(np.concatenate(chosen))
