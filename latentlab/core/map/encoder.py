"""The codes of many images, encoded a part at a time."""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import Tensor

from latentlab.core.arrays import Floats, Integers, row_order
from latentlab.core.models.snapshot import Snapshot

_SMALLEST, _LARGEST = 64, 10_000  # images encoded between two looks at the time


class GrowingCodes:
    """Means and deviations of images, in a fixed random order, round after round.

    Parameters
    ----------
    images : uint8 (N, C, H, W)
    labels : int64 (N,)

    Attributes
    ----------
    missing : int
        Images that were never encoded: their codes are NaN.
    images_per_second : float
        As measured last; 0 before.
    """

    def __init__(self, images: Tensor, labels: Integers) -> None:
        self._images, self._labels = images, labels
        self._order = row_order(len(labels))
        self._next = 0
        self._means: Floats | None = None
        self._deviations: Floats | None = None
        self.missing = len(labels)
        self.images_per_second = 0.0

    def __len__(self) -> int:
        return len(self._order)

    def encode(self, snapshot: Snapshot, seconds: float, most: int) -> int:
        """Encode the next images for so many seconds, a few at least and so many at most; give how many it were."""
        begin, done = time.perf_counter(), 0
        while done < most:
            left = seconds - (time.perf_counter() - begin)
            affordable = int(self.images_per_second * left)
            if done and affordable < _SMALLEST:
                break
            count = min(most - done, max(_SMALLEST, min(_LARGEST, affordable)))
            self._encode(snapshot, count)
            done += count
        return done

    def codes(self, latent: int) -> tuple[Floats, Floats]:
        """Give means and deviations, float32 (N, L): copies, since whoever gets them may keep them."""
        if self._means is None or self._deviations is None:
            nothing = np.full((len(self), latent), np.nan, np.float32)
            return nothing, nothing.copy()
        return self._means.copy(), self._deviations.copy()

    def _encode(self, snapshot: Snapshot, count: int) -> None:
        rows = self._order[np.arange(self._next, self._next + count) % len(self)]
        begin = time.perf_counter()
        means, deviations = snapshot.posterior(self._images[torch.from_numpy(rows)], self._labels[rows])
        self.images_per_second = count / max(1e-6, time.perf_counter() - begin)
        if self._means is None or self._deviations is None:
            self._means, self._deviations = self.codes(means.shape[1])
        self._means[rows], self._deviations[rows] = means, deviations
        self._next = (self._next + count) % len(self)
        self.missing = max(0, self.missing - count)
