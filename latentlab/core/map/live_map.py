"""The map of a model that is training: the means of a fixed sample, encoded again and again at a bounded cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from latentlab.core.arrays import Floats, Integers
from latentlab.core.data import columns
from latentlab.core.data.columns import Column
from latentlab.core.data.image_set import ImageSet
from latentlab.core.map.encoder import GrowingCodes
from latentlab.core.map.explore import seconds_to_decode
from latentlab.core.map.projection import Projection, fit
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.runs.run import Run
from latentlab.core.sketch.preparation import Preparation
from latentlab.core.training.trainer import Trainer

Split = Literal["test", "training", "both"]

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


@dataclass(frozen=True, slots=True)
class MapChoice:
    """Which images the map shows: of which split, and how many (0: all of them)."""

    split: Split = "test"
    count: int = 10_000


class MapImages:
    """The images that a map shows.

    Those of two splits are put together by whoever first asks for them: of a million that takes a moment.

    Parameters
    ----------
    images : uint8 (N, H, W), or two such tensors
    labels : int64 (N,)
    noisy : uint8 (N, H, W), or two such tensors, or None
        Their dirty ones, in pairs.
    columns : tuple of Column
        What else is known of each.
    """

    def __init__(
        self,
        images: Tensor | tuple[Tensor, Tensor],
        labels: Integers,
        noisy: Tensor | tuple[Tensor, Tensor] | None = None,
        columns: tuple[Column, ...] = (),
    ) -> None:
        self.labels, self.columns = labels, columns
        self._images, self._noisy = images, noisy

    @cached_property
    def images(self) -> Tensor:
        """All of them, uint8 (N, H, W)."""
        return _joined(self._images)

    @cached_property
    def noisy(self) -> Tensor | None:
        """Their dirty ones, uint8 (N, H, W), in pairs."""
        return None if self._noisy is None else _joined(self._noisy)


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
        Of all the images; in an update during training some may be some seconds old, and NaN where an image of many
        has not been encoded yet.
    deviations : float32 (N, L) or None
        σ of each posterior, as old as its mean; None where only the means are at hand: see `posteriors`.
    labels : int64 (N,)
    projection : Projection
        Fitted to the means, or along axes that were chosen.
    images : uint8 (N, H, W) or None
        What the means are of; None where the data set is not on this machine.
    preparation : Preparation
        How a sketch is made like them.
    decode_seconds : float
        What a pick costs: decoding it with its samples and labels on this machine.
    noisy : uint8 (N, H, W) or None
        The same images damaged, where the data set is one of pairs.
    columns : tuple of Column
        What else is known of each image.
    missing : int
        Images that have not been encoded yet: their means are NaN.
    pending : int
        Images that are just being encoded, since all shall be of this model: the others' means are.
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
    columns: tuple[Column, ...] = ()
    missing: int = 0
    pending: int = 0


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
    labels = torch.cat([data.test_labels[:test], data.train_labels[:training]])
    noisy = None
    if data.test_noisy is not None and data.train_noisy is not None:
        noisy = (data.test_noisy[:test], data.train_noisy[:training])
    known = columns.joined(
        columns.taken(data.test_columns, slice(test)), columns.taken(data.train_columns, slice(training))
    )
    return MapImages((data.test_images[:test], data.train_images[:training]), labels.numpy(), noisy, known)


def _joined(images: Tensor | tuple[Tensor, Tensor]) -> Tensor:
    if isinstance(images, Tensor):
        return images
    parts = [part for part in images if len(part)]
    return torch.cat(parts) if len(parts) == 2 else (parts or images)[0]  # those of one split are not copied


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
        self._decode_seconds = 0.0
        self._started = self._last = self._last_whole = time.perf_counter()
        self._cost = 0.0

    def is_due(self) -> bool:
        """Whether time for another update has come."""
        return time.perf_counter() - self._last >= max(self._interval(), self._cost / self._share())

    def affords_whole(self) -> bool:
        """Whether encoding all images takes a moment, or less than a quarter of the time since it was done last."""
        seconds = len(self._codes) / max(1.0, self._codes.images_per_second)
        return seconds <= max(_SHORT_SECONDS, _FILLING_SHARE * (time.perf_counter() - self._last_whole))

    def update(self, trainer: Trainer) -> MapUpdate:
        """Encode what the time allows with the model as it is now."""
        begin = time.perf_counter()
        snapshot = trainer.snapshot()
        is_first = not self._codes.images_per_second
        seconds = _FIRST_SECONDS if is_first else self._share() * self._interval()
        self._codes.encode(snapshot, seconds, len(self._codes))
        update = self._publish(trainer, snapshot)
        self._cost = 0.0 if is_first else self._last - begin
        return update

    def whole(self, trainer: Trainer, is_given_up: Callable[[], bool] = _never) -> Iterator[MapUpdate]:
        """Encode all images with the model as it is now, which must not change meanwhile.

        Parameters
        ----------
        trainer : Trainer
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

    def _publish(self, trainer: Trainer, snapshot: Snapshot, pending: int = 0) -> MapUpdate:
        if not self._decode_seconds:
            self._decode_seconds = seconds_to_decode(snapshot)
        means, deviations = self._codes.codes(snapshot.latent)
        self._projection = fit(means, self._projection)
        self._last = time.perf_counter()
        return MapUpdate(
            run=trainer.run,
            epochs_done=trainer.epochs_done,
            snapshot=snapshot,
            means=means,
            labels=self._shown.labels,
            projection=self._projection,
            images=self._shown.images.numpy(),
            preparation=trainer.preparation,
            decode_seconds=self._decode_seconds,
            noisy=None if self._shown.noisy is None else self._shown.noisy.numpy(),
            deviations=deviations,
            columns=self._shown.columns,
            missing=self._codes.missing,
            pending=pending,
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
    decode_seconds = seconds_to_decode(run.snapshot)

    def made(
        means: Floats, labels: Integers, deviations: Floats | None, before: Projection | None, pending: int
    ) -> MapUpdate:
        return MapUpdate(
            run=run.snapshot.run,
            epochs_done=float(run.epochs),
            snapshot=run.snapshot,
            means=means,
            labels=labels,
            projection=fit(means, before),
            images=None if shown is None else shown.images.numpy(),
            preparation=run.preparation,
            decode_seconds=decode_seconds,
            noisy=None if shown is None or shown.noisy is None else shown.noisy.numpy(),
            deviations=deviations,
            columns=() if shown is None else shown.columns,
            missing=pending,
            pending=pending,
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
    means, _ = run.snapshot.encode(shown.images[:_COMPARED], shown.labels[:_COMPARED])
    return np.allclose(means, run.codes[:_COMPARED], rtol=1e-2, atol=1e-2)  # they may come from another machine
