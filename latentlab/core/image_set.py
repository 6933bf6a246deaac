"""Images in memory, whatever they came from, and how they are split for training and testing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from latentlab.core import columns
from latentlab.core.columns import Column
from latentlab.core.errors import LatentlabError

NO_LABEL = -1


class DatasetError(LatentlabError):
    """Images that cannot be had; the message says why and what to do."""


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Grey images with their classes, split for training and testing.

    Attributes
    ----------
    name, title : str
        The name that recipes use, and what people read.
    train_images, test_images : uint8 (N, H, W)
        0 is the background of handwriting, 255 full ink.
    train_labels, test_labels : int64 (N,)
        Index into `class_names`, -1 where there is none.
    class_names : tuple of str
        Empty for a set without classes.
    train_noisy, test_noisy : uint8 (N, H, W) or None
        The same images damaged, for a set of pairs: what an encoder sees while the decoder is asked for the clean ones.
    train_columns, test_columns : tuple of Column
        What else is known of each image: the same columns, in the same order.
    """

    name: str
    title: str
    train_images: torch.Tensor
    train_labels: torch.Tensor
    test_images: torch.Tensor
    test_labels: torch.Tensor
    class_names: tuple[str, ...]
    train_noisy: torch.Tensor | None = None
    test_noisy: torch.Tensor | None = None
    train_columns: tuple[Column, ...] = ()
    test_columns: tuple[Column, ...] = ()

    @property
    def image_shape(self) -> tuple[int, int]:
        """Height and width of every image."""
        height, width = self.train_images.shape[1:]
        return int(height), int(width)

    @property
    def has_labels(self) -> bool:
        """Whether every image has a class, as a CVAE needs."""
        return bool(self.class_names) and int(self.train_labels.min()) >= 0 and int(self.test_labels.min()) >= 0

    def limited(self, count: int | None) -> ImageSet:
        """Give a set with the first `count` training images, as views; None and large counts keep all."""
        if count is None or count >= len(self.train_images):
            return self
        if count < 1:
            raise DatasetError(f"A limit of {count} leaves no training images: use at least 1.")
        return replace(
            self,
            train_images=self.train_images[:count],
            train_labels=self.train_labels[:count],
            train_noisy=None if self.train_noisy is None else self.train_noisy[:count],
            train_columns=columns.taken(self.train_columns, slice(count)),
        )

    def repeated(self, times: int) -> ImageSet:
        """Give a set with every training image so many times: an epoch over a handful is over before one sees it."""
        if times == 1:
            return self
        rows = np.tile(np.arange(len(self.train_labels)), times)
        return replace(
            self,
            train_images=self.train_images.repeat(times, 1, 1),
            train_labels=self.train_labels.repeat(times),
            train_noisy=None if self.train_noisy is None else self.train_noisy.repeat(times, 1, 1),
            train_columns=columns.taken(self.train_columns, rows),
        )

    def selected(self, rows: Sequence[int]) -> ImageSet:
        """Give a set to train and to test on these images alone.

        Parameters
        ----------
        rows : sequence of int
            Counted through the training images first, then the test images; none keeps all.

        Raises
        ------
        DatasetError
            For a row that the set does not have.
        """
        if not rows:
            return self
        training = len(self.train_images)
        total = training + len(self.test_images)
        if max(rows) >= total or min(rows) < 0:
            raise DatasetError(
                f"'{self.name}' has {total:,} images, counted from 0: there is no image {max(rows)}; choose others."
            )
        images = torch.stack([self._row(self.train_images, self.test_images, row) for row in rows])
        labels = torch.stack([self._row(self.train_labels, self.test_labels, row) for row in rows])
        noisy = None
        if self.train_noisy is not None and self.test_noisy is not None:
            noisy = torch.stack([self._row(self.train_noisy, self.test_noisy, row) for row in rows])
        known = columns.taken(columns.joined(self.train_columns, self.test_columns), np.array(rows, np.int64))
        return replace(
            self,
            train_images=images,
            train_labels=labels,
            test_images=images,
            test_labels=labels,
            train_noisy=noisy,
            test_noisy=noisy,
            train_columns=known,
            test_columns=known,
        )

    @staticmethod
    def _row(training: torch.Tensor, testing: torch.Tensor, row: int) -> torch.Tensor:
        return training[row] if row < len(training) else testing[row - len(training)]


def split(labels: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Set a sixth of each class apart for testing, the same sixth every time.

    Parameters
    ----------
    labels : int64 (N,)
        N is at least 2.

    Returns
    -------
    train, test : intp (K,), intp (N - K,)
        Indices, neither empty. Those for training are shuffled, so that the first few hold every class.
    """
    order = np.random.default_rng(0).permutation(len(labels))
    is_test = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        members = order[labels[order] == label]
        is_test[members[: round(len(members) / 6)]] = True
    if not is_test.any():
        is_test[order[0]] = True
    return order[~is_test[order]], np.flatnonzero(is_test)
