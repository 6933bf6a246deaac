"""Maps in the making: beside a training, at a bounded cost, and of a run that rests, a part at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
import torch

from latentlab.core.arrays import Floats, Integers
from latentlab.core.map.encoder import GrowingCodes
from latentlab.core.map.image_ids import ImageIds
from latentlab.core.map.map_images import MapImages
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.projection import Projection, fit
from latentlab.core.models.operations import Operations, count
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.runs.run import Run
from latentlab.core.sketch.preparation import Preparation

_SHARE = 0.06  # of the time, at most, goes into the map: below a tenth with what measuring leaves out
_FILLING_SHARE = 0.25  # while images have no place on it yet
_EARLY_SECONDS = 10.0
_EARLY_INTERVAL, _LATER_INTERVAL = 0.2, 0.5
_FIRST_SECONDS = 0.5  # spent on images before any are shown
_SHOWN_SECONDS = 1.0  # between two updates while all images are encoded
_PART_SECONDS = 0.1  # between two looks at whether that is still wanted
_SHORT_SECONDS = 0.5  # such a map is made whole at every epoch
_COMPARED = 16


def _never() -> bool:
    return False


class Trained(Protocol):
    """What a map is made of: a training between two steps, here or in another program."""

    @property
    def run_id(self) -> str:
        """Of the run."""

    @property
    def epochs_done(self) -> float:
        """Position on the axis of epochs."""

    @property
    def preparation(self) -> Preparation:
        """How a sketch is made like its images."""

    def snapshot(self) -> Snapshot:
        """Give a frozen copy of its model."""


class LiveMap:
    """Keeps the means of a map's images up to date beside a training, at less than a tenth of its time.

    Each update encodes as many images as the time allows, in a fixed random order, and goes on from there with the
    next: a small set is encoded whole each time, a large one on a slow model bit by bit. The first update takes half a
    second at most; until all images of a large set have their place, a quarter of the time goes into them.

    Parameters
    ----------
    shown : MapImages
    """

    def __init__(self, shown: MapImages) -> None:
        self._shown = shown
        self._codes = GrowingCodes(shown.images, shown.labels)
        self._projection: Projection | None = None
        self._operations: Operations | None = None
        self._started = self._last = self._last_whole = time.perf_counter()
        self._cost = 0.0

    def is_due(self) -> bool:
        """Whether time for another update has come."""
        return time.perf_counter() - self._last >= max(self._interval(), self._cost / self._share())

    def affords_whole(self) -> bool:
        """Whether encoding all images takes a moment, or less than a quarter of the time since it was done last."""
        seconds = len(self._codes) / max(1.0, self._codes.images_per_second)
        return seconds <= max(_SHORT_SECONDS, _FILLING_SHARE * (time.perf_counter() - self._last_whole))

    def update(self, trainer: Trained, seconds: float | None = None) -> MapUpdate:
        """Encode what the time allows with the model as it is now; what is given is in seconds."""
        begin = time.perf_counter()
        snapshot = trainer.snapshot()
        is_first = not self._codes.images_per_second
        if is_first or seconds is None:
            seconds = _FIRST_SECONDS if is_first else self._share() * self._interval()
        self._codes.encode(snapshot, seconds, len(self._codes))
        update = self._publish(trainer, snapshot)
        self._cost = 0.0 if is_first else self._last - begin
        return update

    def whole(self, trainer: Trained, is_given_up: Callable[[], bool] = _never) -> Iterator[MapUpdate]:
        """Encode all images with the model as it is now, which must not change meanwhile.

        Parameters
        ----------
        trainer : Trained
        is_given_up : callable
            Asked several times a second; ends it.

        Yields
        ------
        MapUpdate
            About once a second; the last one, unless it was given up, has nothing pending.
        """
        snapshot = trainer.snapshot()
        for pending in _rounds(self._codes, snapshot, is_given_up):
            if not pending:
                self._last_whole = time.perf_counter()
            yield self._publish(trainer, snapshot, pending)

    def _publish(self, trainer: Trained, snapshot: Snapshot, pending: int = 0) -> MapUpdate:
        if self._operations is None:
            self._operations = count(snapshot)
        means, deviations = self._codes.codes(snapshot.latent)
        self._projection = fit(means, self._projection)
        self._last = time.perf_counter()
        return MapUpdate(
            run_id=trainer.run_id,
            epochs_done=trainer.epochs_done,
            snapshot=snapshot,
            means=means,
            labels=self._shown.labels,
            projection=self._projection,
            images=self._shown.images.numpy(),
            preparation=trainer.preparation,
            operations=self._operations,
            noisy=None if self._shown.noisy is None else self._shown.noisy.numpy(),
            deviations=deviations,
            columns=self._shown.columns,
            missing=self._codes.missing,
            pending=pending,
            ids=self._shown.ids,
        )

    def _share(self) -> float:
        return _FILLING_SHARE if self._codes.missing else _SHARE

    def _interval(self) -> float:
        early = time.perf_counter() - self._started < _EARLY_SECONDS
        return _EARLY_INTERVAL if early else _LATER_INTERVAL


def _rounds(codes: GrowingCodes, snapshot: Snapshot, is_given_up: Callable[[], bool]) -> Iterator[int]:
    """Encode every image once; tell now and then, and at the end, how many are left."""
    left = len(codes)
    last, wait = time.perf_counter(), _FIRST_SECONDS
    while left and not is_given_up():
        left -= codes.encode(snapshot, _PART_SECONDS, left)
        if left and time.perf_counter() - last >= wait:
            yield left
            last, wait = time.perf_counter(), _SHOWN_SECONDS
    if not left:
        yield 0


def map_of(run: Run, shown: MapImages | None) -> MapUpdate:
    """Give the map of a run that is not training.

    Parameters
    ----------
    run : Run
    shown : MapImages or None
        What to show; None where the data set is not on this machine: then the codes that the run keeps.
    """
    *_, update = maps_of(run, shown)
    return update


def maps_of(run: Run, shown: MapImages | None, is_given_up: Callable[[], bool] = _never) -> Iterator[MapUpdate]:
    """Give the map of a run that is not training, and before it, where there is much to encode, maps of a part.

    Parameters
    ----------
    run : Run
    shown : MapImages or None
        As of `map_of`.
    is_given_up : callable
        Asked several times a second; ends it.

    Yields
    ------
    MapUpdate
        About once a second; the last one, unless it was given up, has nothing pending.
    """
    operations = count(run.snapshot)
    ids = ImageIds.of_run(run.recipe.data, run.labels) if shown is None else shown.ids

    def made(
        means: Floats, labels: Integers, deviations: Floats | None, before: Projection | None, pending: int
    ) -> MapUpdate:
        return MapUpdate(
            run_id=run.snapshot.run_id,
            epochs_done=float(run.epochs),
            snapshot=run.snapshot,
            means=means,
            labels=labels,
            projection=fit(means, before),
            images=None if shown is None else shown.images.numpy(),
            preparation=run.preparation,
            operations=operations,
            noisy=None if shown is None or shown.noisy is None else shown.noisy.numpy(),
            deviations=deviations,
            columns=() if shown is None else shown.columns,
            missing=pending,
            pending=pending,
            ids=ids,
        )

    if shown is None or _are_kept(run, shown):
        yield made(run.codes, run.labels, None, None, 0)
        return
    codes, projection = GrowingCodes(shown.images, shown.labels), None
    for pending in _rounds(codes, run.snapshot, is_given_up):
        means, deviations = codes.codes(run.snapshot.latent)
        update = made(means, shown.labels, deviations, projection, pending)
        projection = update.projection
        yield update


def _are_kept(run: Run, shown: MapImages) -> bool:
    """Whether a run keeps the codes of these images: labels alone may agree by chance, or where there are none."""
    if not np.array_equal(shown.labels, run.labels):
        return False
    # From the first to the last: earlier versions kept the codes of other images, and a few may be the same.
    rows = np.unique(np.linspace(0, max(0, len(run.codes) - 1), _COMPARED).astype(np.int64))[: len(run.codes)]
    means, _ = run.snapshot.encode(shown.images[torch.from_numpy(rows)], shown.labels[rows])
    return np.allclose(means, run.codes[rows], rtol=1e-2, atol=1e-2)  # they may come from another machine
