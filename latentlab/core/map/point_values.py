"""A value for each image of a map, to colour its point by: what the model makes of it, or a column of the data."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Integers, row_order
from latentlab.core.data.columns import Column
from latentlab.core.errors import LatentlabError
from latentlab.core.map.image_gaps import AT_ONCE, gap_order, gaps_of
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.posteriors import kl_of
from latentlab.core.map.requirements import need_images, need_posterior, need_table
from latentlab.core.map.true_posterior import KeptTable

ValueKind = Literal["class", "loss", "kl", "reconstruction", "amortisation", "approximation", "column"]
GAPS = ("amortisation", "approximation")
"""Kinds that are told of VAEs of one or two dimensions: what an encoder loses, and what any diagonal Gaussian does."""
LEVELS = 255  # of the scale; level 0 is for points without a value


@dataclass(frozen=True, slots=True)
class Colouring:
    """What points are coloured by; with a `column` its name."""

    kind: ValueKind = "class"
    column: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PointValues:
    """The values of a map's images.

    Attributes
    ----------
    values : float32 (N,)
        Nats, or in the unit of a column; NaN where there is none.
    levels : uint8 (N,)
        On the scale, from 1 to `LEVELS`, or 1 + index into `categories`; 0 where there is none.
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
    samples : int
        Of the posterior, by which the loss of a VAE, its negative ELBO, is told; 0 for other values.
    is_estimate : bool
        Whether σ is that of reconstructions, since the images are not loaded.
    """

    run_id: str
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
    samples: int = 0


MOST_CATEGORIES = 20  # of texts that have a colour of their own
MOST_NUMBERS = 10  # different whole numbers that are taken for names of groups
_TAIL = 0.01  # of the values on either side, beyond the ends of the scale
_WIDEST = 1e300  # so that a span is a number too
_SECONDS = 0.2  # of one update: so often one sees how far it is


class LiveValues:
    """Keeps the values of a map's images up to date, a part at a time, in the fixed random order of its codes.

    Parameters
    ----------
    colouring : Colouring
        Not by class.
    """

    def __init__(self, colouring: Colouring) -> None:
        self.colouring = colouring
        self._model: MapUpdate | None = None
        self._kept = KeptTable()
        self._values: Floats = np.empty(0, np.float32)
        self._next = self._left = self._missing = 0

    def update(self, model: MapUpdate, seconds: float = _SECONDS) -> PointValues:
        """Find as many values as there is time for; all of one model have come when none are pending.

        Parameters
        ----------
        model : MapUpdate
            With the same images at every call.
        seconds : float

        Raises
        ------
        LatentlabError
            When there are none: no images loaded, no posterior, no such column.
        """
        if self.colouring.kind == "column":
            return _of_column(model, self.colouring)
        need(model, self.colouring)
        total = len(model.labels)
        if len(self._values) != total:
            self._values = np.full(total, np.nan, np.float32)
            self._next, self._missing = 0, total
        if model is not self._model:
            self._model, self._left = model, total
        are_gaps = self.colouring.kind in GAPS
        order, size = (gap_order(model), AT_ONCE) if are_gaps else (row_order(total), model.snapshot.chunk)
        begin = time.perf_counter()
        while self._left:
            rows = order[self._next : self._next + min(size, self._left)]
            self._values[rows] = _values(model, self.colouring, rows, self._kept)
            self._next = (self._next + len(rows)) % total
            self._left -= len(rows)
            self._missing = max(0, self._missing - len(rows))
            if time.perf_counter() - begin >= seconds:
                break
        is_estimate = model.deviations is None and model.images is None
        found = on_scale(model.run_id, self.colouring, self._values.copy())
        samples = loss_samples(model) if self.colouring.kind == "loss" else 0
        return replace(found, missing=self._missing, pending=self._left, is_estimate=is_estimate, samples=samples)


def need(model: MapUpdate, colouring: Colouring) -> None:
    """Refuse a colouring that a model has no values for.

    Raises
    ------
    LatentlabError
    """
    if colouring.kind == "kl":
        need_posterior(model.snapshot)
    elif colouring.kind in GAPS:
        need_table(model.snapshot)
        need_images(model)
    elif colouring.kind in ("loss", "reconstruction"):
        need_images(model)


def _values(model: MapUpdate, colouring: Colouring, rows: Integers, kept: KeptTable) -> Floats:
    if colouring.kind in GAPS:
        return gaps_of(model, kept, rows)[GAPS.index(colouring.kind)]
    if colouring.kind == "kl":
        return kl_of(model, rows)
    if colouring.kind == "loss":
        return losses_of(model, rows)
    return model.snapshot.loss_terms(need_images(model)[rows], model.labels[rows])[0]


def losses_of(model: MapUpdate, rows: Integers) -> Floats:
    """Give what some images of a map cost, float32 (K,), nats, as `ImageLosses.loss` has it, by fewer samples.

    The images must be loaded.
    """
    from latentlab.core.measures.image_losses import FEW_SAMPLES, image_terms  # not above: panels read this file

    snapshot = model.snapshot
    reconstruction, kl, penalty = image_terms(snapshot, need_images(model)[rows], model.labels[rows], FEW_SAMPLES)
    return reconstruction + (kl if snapshot.is_variational else penalty)


def loss_samples(model: MapUpdate) -> int:
    """Give by how many samples of a VAE's posterior `losses_of` are; 0 of an autoencoder."""
    from latentlab.core.measures.image_losses import FEW_SAMPLES  # not above: panels read this file, and load no torch

    return FEW_SAMPLES if model.snapshot.is_variational else 0


def on_scale(run_id: str, colouring: Colouring, values: npt.NDArray[Any]) -> PointValues:
    """Put values (N,) on a scale, whose ends leave the outermost hundredths beyond; NaN is no value."""
    finite = np.isfinite(values)
    known = values[finite].astype(np.float64).clip(-_WIDEST, _WIDEST)
    shown = _as_floats(values)
    levels = np.zeros(len(values), np.uint8)
    if not len(known):
        return PointValues(run_id, colouring, shown, levels, 0.0, 0.0)
    lowest, highest = float(known.min()), float(known.max())
    low, high = (float(end) for end in np.quantile(known, (_TAIL, 1 - _TAIL)))
    if high <= low:  # nearly all are the same: the few others are what there is to see
        low, high = lowest, highest
    shares = (known - low) / (high - low) if high > low else np.full(len(known), 0.5)
    levels[finite] = 1 + np.rint(np.clip(shares, 0, 1) * (LEVELS - 1)).astype(np.uint8)
    is_cut = (lowest < low, highest > high)
    return PointValues(run_id, colouring, shown, levels, low, high, is_cut)


def _as_floats(values: npt.NDArray[Any]) -> Floats:
    with np.errstate(over="ignore"):  # what is too large for them is infinite
        return values.astype(np.float32)


def _of_column(model: MapUpdate, colouring: Colouring) -> PointValues:
    column = next((column for column in model.columns if column.name == colouring.column), None)
    if column is None:
        raise LatentlabError(f"The data of this map has no column '{colouring.column}'.")
    names, groups = _groups(column)
    if not names:
        return on_scale(model.run_id, colouring, column.values)
    counts = np.bincount(groups[groups >= 0], minlength=len(names))
    # Those with most images, in the order of their names.
    kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_CATEGORIES])
    level_of = np.zeros(len(names) + 1, np.uint8)  # the last one is for -1
    level_of[kept] = 1 + np.arange(len(kept))
    return PointValues(
        run_id=model.run_id,
        colouring=colouring,
        values=_as_floats(column.values),
        levels=level_of[groups],
        low=0.0,
        high=0.0,
        categories=tuple(names[each] for each in kept),
        others=len(names) - len(kept),
    )


def _groups(column: Column) -> tuple[tuple[str, ...], Integers]:
    """Give the names of a column's groups and which each image is of, -1 for none; no names for a scale of numbers."""
    known = np.isfinite(column.values)
    groups = np.full(len(column.values), -1, np.int64)
    if column.texts:
        groups[known] = column.values[known]
        shown = np.unique(groups[known])  # a map may show a part of the data
        groups[known] = np.searchsorted(shown, groups[known])
        return tuple(column.texts[each] for each in shown), groups
    numbers = np.unique(column.values[known])
    are_whole = numbers.dtype.kind in "iu" or (numbers == np.rint(numbers)).all()
    if not (0 < len(numbers) <= MOST_NUMBERS and are_whole):
        return (), groups
    groups[known] = np.searchsorted(numbers, column.values[known])
    return tuple(str(int(number)) for number in numbers), groups
