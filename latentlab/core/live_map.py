"""The map of a model that is training: the means of a fixed sample, encoded again and again at a bounded cost."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from latentlab.core.events import Floats, Integers
from latentlab.core.exploring import seconds_to_decode
from latentlab.core.image_set import ImageSet
from latentlab.core.projection import Projection, fit
from latentlab.core.runs import Run
from latentlab.core.sketch import Preparation
from latentlab.core.snapshot import Snapshot
from latentlab.core.training import Trainer

Split = Literal["test", "training", "both"]

_SHARE = 0.06  # of the time, at most, goes into the map: below a tenth with what measuring leaves out
_EARLY_SECONDS = 10.0
_EARLY_INTERVAL, _LATER_INTERVAL = 0.2, 0.5
_SMALLEST_CHUNK = 64
_COMPARED = 16


@dataclass(frozen=True, slots=True)
class MapChoice:
    """Which images the map shows: of which split, and how many (0: all of them)."""

    split: Split = "test"
    count: int = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class MapImages:
    """The images that a map shows: uint8 (N, H, W) with int64 (N,) labels; `noisy` are their dirty ones, in pairs."""

    images: Tensor
    labels: Integers
    noisy: Tensor | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MapUpdate:
    """A model as it is now, and where it puts the map's images.

    Attributes
    ----------
    run : str
    epochs_done : float
        Position on the axis of epochs.
    snapshot : Snapshot
    means : float32 (N, L)
        Of all the images; in an update during training some may be some seconds old.
    deviations : float32 (N, L) or None
        σ of each posterior, as old as its mean; None where only the means are at hand: see `posteriors`.
    labels : int64 (N,)
    projection : Projection
        Fitted to the means.
    images : uint8 (N, H, W) or None
        What the means are of; None where the data set is not on this machine.
    preparation : Preparation
        How a sketch is made like them.
    decode_seconds : float
        What a pick costs: decoding it with its samples and labels on this machine.
    noisy : uint8 (N, H, W) or None
        The same images damaged, where the data set is one of pairs.
    """

    run: str
    epochs_done: float
    snapshot: Snapshot
    means: Floats
    labels: Integers
    projection: Projection
    images: npt.NDArray[np.uint8] | None
    preparation: Preparation
    decode_seconds: float
    noisy: npt.NDArray[np.uint8] | None = None
    deviations: Floats | None = None


def choose(data: ImageSet, choice: MapChoice) -> MapImages:
    """Pick the images of a choice: the first of each split, so that they stay the same from run to run.

    Of both splits as many are taken of each, as far as they go; test images come first.
    """
    test, training = len(data.test_labels), len(data.train_labels)
    if choice.split == "test":
        training = 0
    elif choice.split == "training":
        test = 0
    count = min(choice.count or test + training, test + training)
    test = max(min(test, count - count // 2), count - training)
    training = count - test
    images = torch.cat([data.test_images[:test], data.train_images[:training]])
    labels = torch.cat([data.test_labels[:test], data.train_labels[:training]])
    noisy = None
    if data.test_noisy is not None and data.train_noisy is not None:
        noisy = torch.cat([data.test_noisy[:test], data.train_noisy[:training]])
    return MapImages(images, labels.numpy(), noisy)


class LiveMap:
    """Keeps the means of a map's images up to date beside a training, at less than a tenth of its time.

    Each update encodes as many images as the time allows, in a fixed random order, and goes on from there with the
    next: a small set is encoded whole each time, a large one on a slow model bit by bit.

    Parameters
    ----------
    shown : MapImages
    """

    def __init__(self, shown: MapImages) -> None:
        self._shown = shown
        self._order = np.random.default_rng(0).permutation(len(shown.labels))
        self._next = 0
        self._means: Floats | None = None
        self._deviations: Floats | None = None
        self._projection: Projection | None = None
        self._images_per_second = self._decode_seconds = 0.0
        self._started = self._last = time.perf_counter()
        self._cost = 0.0

    def is_due(self) -> bool:
        """Whether time for another update has come."""
        return time.perf_counter() - self._last >= max(self._interval(), self._cost / _SHARE)

    def update(self, trainer: Trainer, *, whole: bool = False) -> MapUpdate:
        """Encode what the time allows, or with `whole` everything, with the model as it is now."""
        begin = time.perf_counter()
        snapshot = trainer.snapshot()
        if not self._decode_seconds:
            self._decode_seconds = seconds_to_decode(snapshot)
        total = len(self._order)
        if whole or self._means is None or not self._images_per_second:
            rows = self._order
        else:
            budget = self._images_per_second * _SHARE * self._interval()
            chunk = min(total, max(_SMALLEST_CHUNK, int(budget)))
            rows = self._order[np.arange(self._next, self._next + chunk) % total]
            self._next = (self._next + chunk) % total
        before = time.perf_counter()
        means, logvars = snapshot.encode(self._shown.images[torch.from_numpy(rows)], self._shown.labels[rows])
        self._images_per_second = len(rows) / max(1e-6, time.perf_counter() - before)
        self._means = _with_rows(self._means, total, rows, means)
        self._deviations = _with_rows(self._deviations, total, rows, np.exp(0.5 * logvars))
        self._projection = fit(self._means, self._projection)
        self._last = time.perf_counter()
        if not whole:
            self._cost = self._last - begin
        return MapUpdate(
            trainer.run,
            trainer.epochs_done,
            snapshot,
            self._means,
            self._shown.labels,
            self._projection,
            self._shown.images.numpy(),
            trainer.preparation,
            self._decode_seconds,
            None if self._shown.noisy is None else self._shown.noisy.numpy(),
            self._deviations,
        )

    def _interval(self) -> float:
        early = time.perf_counter() - self._started < _EARLY_SECONDS
        return _EARLY_INTERVAL if early else _LATER_INTERVAL


def _with_rows(before: Floats | None, total: int, rows: Integers, values: Floats) -> Floats:
    """Give an array with some rows replaced: a new one, since whoever got the last may still be drawing it."""
    fresh = np.empty((total, values.shape[1]), np.float32) if before is None else before.copy()
    fresh[rows] = values
    return fresh


def map_of(run: Run, shown: MapImages | None) -> MapUpdate:
    """Give the map of a run that is not training.

    Parameters
    ----------
    run : Run
    shown : MapImages or None
        What to show; None where the data set is not on this machine: then the codes that the run keeps.
    """
    if shown is None or _are_kept(run, shown):
        means, labels, deviations = run.codes, run.labels, None
    else:
        means, logvars = run.snapshot.encode(shown.images, shown.labels)
        labels, deviations = shown.labels, np.exp(0.5 * logvars)
    return MapUpdate(
        run.snapshot.run,
        float(run.epochs),
        run.snapshot,
        means,
        labels,
        fit(means),
        None if shown is None else shown.images.numpy(),
        run.preparation,
        seconds_to_decode(run.snapshot),
        None if shown is None or shown.noisy is None else shown.noisy.numpy(),
        deviations,
    )


def _are_kept(run: Run, shown: MapImages) -> bool:
    """Whether a run keeps the codes of these images: labels alone may agree by chance, or where there are none."""
    if not np.array_equal(shown.labels, run.labels):
        return False
    means, _ = run.snapshot.encode(shown.images[:_COMPARED], shown.labels[:_COMPARED])
    return np.allclose(means, run.codes[:_COMPARED], rtol=1e-2, atol=1e-2)  # they may come from another machine
