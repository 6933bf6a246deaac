"""Images, whatever they came from: those for training and those for testing, and parts of them."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import sample_rows
from latentlab.core.data import columns
from latentlab.core.data.columns import Column
from latentlab.core.data.mapped_images import in_parts, let_go, roomy, taken
from latentlab.core.data.splitting import evenly_chosen, is_sorted
from latentlab.core.errors import LatentlabError, printable
from latentlab.core.recipe.settings import DataSettings, Fit

if TYPE_CHECKING:
    import torch

NO_LABEL = -1
Fitted = tuple[tuple[int, int] | None, Fit]
_MOST_BYTES = 256_000_000  # of images that go into a fingerprint as they are


class DatasetError(LatentlabError):
    """Images that cannot be had; the message says why and what to do."""


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images with their classes, split for training and testing.

    Attributes
    ----------
    name, title : str
        The name that recipes use, and what people read.
    train_images, test_images : uint8 (N, C, H, W)
        C is 1 for grey, or 3 for red, green and blue. 0 is the background of handwriting, 255 full ink.
    train_labels, test_labels : int64 (N,)
        Index into `class_names`, -1 where there is none: a CVAE learns such images under no label.
    class_names : tuple of str
        Empty for a set without classes.
    train_noisy, test_noisy : uint8 (N, C, H, W) or None
        The same images damaged, for a set of pairs: what an encoder sees while the decoder is asked for the clean ones.
    train_columns, test_columns : tuple of Column
        What else is known of each image: the same columns, in the same order.
    left_out : tuple of (str, int)
        Why something that was there is not in the set, in words, and how many there were.
    notes : tuple of str
        What was guessed of the images, or changed in them, in sentences.
    fitted : tuple
        The `size` and `fit` of a recipe's data settings that they were loaded with.
    fingerprint : str
        Of the images and labels of the whole set: equal for sets that were loaded from the same data.
    levels : tuple of (int, int, float), or None
        The lowest, the highest and the mean level of all pixels of the whole set, where they are known.
    train_rows, test_rows : int64 (N,) or None
        Which images of the whole set these are, counted through its training images first, then its test images; None
        where they are all of them.
    folder : Path or None
        The data folder that it was loaded with, where a second set is looked for.
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
    left_out: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    fitted: Fitted = (None, "crop")
    fingerprint: str = ""
    levels: tuple[int, int, float] | None = None
    train_rows: torch.Tensor | None = None
    test_rows: torch.Tensor | None = None
    folder: Path | None = None

    def __post_init__(self) -> None:
        # Of a person's files; whatever shows, stores or exports them takes them so.
        for field in ("name", "title"):
            object.__setattr__(self, field, printable(getattr(self, field)))
        for field in ("class_names", "notes"):
            object.__setattr__(self, field, tuple(map(printable, getattr(self, field))))
        if not self.fingerprint:
            parts = (self.train_images, self.train_labels, self.test_images, self.test_labels)
            object.__setattr__(self, "fingerprint", _fingerprint(self.name, parts))

    def rows(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Give which images of the whole set the training and the test images are, int64 (N,) and (M,)."""
        import torch

        numbers = torch.arange(len(self.train_labels) + len(self.test_labels))
        training = numbers[: len(self.train_labels)] if self.train_rows is None else self.train_rows
        test = numbers[len(self.train_labels) :] if self.test_rows is None else self.test_rows
        return training, test

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of every image."""
        channels, height, width = self.train_images.shape[1:]
        return int(channels), int(height), int(width)

    def is_for(self, settings: DataSettings) -> bool:
        """Whether this is what a recipe's data settings ask for, but for which of its images they choose."""
        return self.name == settings.dataset and self.fitted == (settings.size, settings.fit)

    @property
    def has_labels(self) -> bool:
        """Whether images have classes, all of them or some, as a CVAE needs."""
        has_some = bool(self.class_names) and int(self.train_labels.max()) >= 0
        let_go(self.train_labels)
        return has_some

    def limited(self, count: int | None) -> ImageSet:
        """Give a set with fewer training images; None and large counts keep all.

        They are the first `count`, as views, or, of a set that is sorted by class, as many chosen evenly over it.
        """
        if count is None or count >= len(self.train_images):
            return self
        if count < 1:
            raise DatasetError(f"A limit of {count} leaves no training images: use at least 1.")
        if is_sorted(self.train_labels.numpy()):
            training = np.zeros(len(self.train_labels), bool)
            training[evenly_chosen(self.train_labels.numpy(), count)] = True
            return self.kept(training, np.ones(len(self.test_labels), bool))
        train_rows, test_rows = self.rows()
        return replace(
            self,
            train_rows=train_rows[:count],
            test_rows=test_rows,
            train_images=self.train_images[:count],
            train_labels=self.train_labels[:count],
            train_noisy=None if self.train_noisy is None else self.train_noisy[:count],
            train_columns=columns.taken(self.train_columns, slice(count)),
        )

    def sampled(self, training: int, test: int) -> ImageSet:
        """Give a set with at most so many images of each split, drawn as `sample_rows` has it, in the set's order.

        Splits that stay whole, or become empty, are views.
        """
        train_rows, test_rows = self.rows()
        of_training, of_test = sample_rows(len(train_rows), training), sample_rows(len(test_rows), test)
        return replace(
            self,
            train_rows=_rows(train_rows, of_training),
            test_rows=_rows(test_rows, of_test),
            train_images=_rows(self.train_images, of_training),
            train_labels=_rows(self.train_labels, of_training),
            test_images=_rows(self.test_images, of_test),
            test_labels=_rows(self.test_labels, of_test),
            train_noisy=None if self.train_noisy is None else _rows(self.train_noisy, of_training),
            test_noisy=None if self.test_noisy is None else _rows(self.test_noisy, of_test),
            train_columns=columns.taken(self.train_columns, of_training),
            test_columns=columns.taken(self.test_columns, of_test),
        )

    def repeated(self, times: int) -> ImageSet:
        """Give a set with every training image so many times: an epoch over a handful is over before one sees it."""
        if times == 1:
            return self
        rows = np.tile(np.arange(len(self.train_labels)), times)
        train_rows, test_rows = self.rows()
        return replace(
            self,
            train_rows=train_rows.repeat(times),
            test_rows=test_rows,
            train_images=_rows(self.train_images, rows),
            train_labels=self.train_labels.repeat(times),
            train_noisy=None if self.train_noisy is None else _rows(self.train_noisy, rows),
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
        if not len(rows):
            return self
        numbers = self.numbered(rows)
        images = _rows_of_both(self.train_images, self.test_images, numbers)
        labels = _rows_of_both(self.train_labels, self.test_labels, numbers)
        noisy = None
        if self.train_noisy is not None and self.test_noisy is not None:
            noisy = _rows_of_both(self.train_noisy, self.test_noisy, numbers)
        known = columns.picked(self.train_columns, self.test_columns, numbers)
        of_whole = _rows_of_both(*self.rows(), numbers)
        return replace(
            self,
            train_rows=of_whole,
            test_rows=of_whole,
            train_images=images,
            train_labels=labels,
            test_images=images,
            test_labels=labels,
            train_noisy=noisy,
            test_noisy=noisy,
            train_columns=known,
            test_columns=known,
        )

    def kept(self, training: npt.NDArray[np.bool_], test: npt.NDArray[np.bool_]) -> ImageSet:
        """Give a set with some of the training images, by bool (N,), and some of the test images, by bool (M,).

        Raises
        ------
        DatasetError
            When none would be left of either.
        """
        for kind, mask in (("training", training), ("test", test)):
            if not mask.any():
                raise DatasetError(f"No {kind} images of '{self.name}' would be left: exclude fewer of them.")
        train_rows, test_rows = _those(training), _those(test)
        train_of_whole, test_of_whole = self.rows()
        return replace(
            self,
            train_rows=_rows(train_of_whole, train_rows),
            test_rows=_rows(test_of_whole, test_rows),
            train_images=_rows(self.train_images, train_rows),
            train_labels=_rows(self.train_labels, train_rows),
            test_images=_rows(self.test_images, test_rows),
            test_labels=_rows(self.test_labels, test_rows),
            train_noisy=None if self.train_noisy is None else _rows(self.train_noisy, train_rows),
            test_noisy=None if self.test_noisy is None else _rows(self.test_noisy, test_rows),
            train_columns=columns.taken(self.train_columns, train_rows),
            test_columns=columns.taken(self.test_columns, test_rows),
        )

    def parted(self, is_apart: npt.NDArray[np.bool_]) -> tuple[ImageSet, ImageSet]:
        """Give a set without some of the training images, by bool (N,), and one that is tested on these instead."""
        (train_rows, test_rows), (left, apart) = self.rows(), (np.flatnonzero(~is_apart), np.flatnonzero(is_apart))
        learned = replace(
            self,
            train_rows=_rows(train_rows, left),
            test_rows=test_rows,
            train_images=_rows(self.train_images, left),
            train_labels=_rows(self.train_labels, left),
            train_noisy=None if self.train_noisy is None else _rows(self.train_noisy, left),
            train_columns=columns.taken(self.train_columns, left),
        )
        validation = replace(
            learned,
            test_rows=_rows(train_rows, apart),
            test_images=_rows(self.train_images, apart),
            test_labels=_rows(self.train_labels, apart),
            test_noisy=None if self.train_noisy is None else _rows(self.train_noisy, apart),
            test_columns=columns.taken(self.train_columns, apart),
        )
        return learned, validation

    def numbered(self, rows: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Give rows, counted as in `selected`, as int64 (K,).

        Raises
        ------
        DatasetError
            For a row that the set does not have.
        """
        numbers = np.array(rows, np.int64)
        total = len(self.train_labels) + len(self.test_labels)
        if len(numbers) and not 0 <= int(numbers.min()) <= int(numbers.max()) < total:
            raise DatasetError(
                f"'{self.name}' has {total:,} images, counted from 0: there is no image {int(numbers.max())}; "
                f"choose others."
            )
        return numbers


def without_label(*labels: npt.NDArray[np.int64]) -> list[str]:
    """Say, in a sentence or none, how many of a set's images have no label, by arrays (N,) of all of them."""
    lacking = sum(int(np.count_nonzero(part < 0)) for part in labels)
    return [f"{lacking:,} of {sum(map(len, labels)):,} images have no label."] if lacking else []


def in_words(image_shape: tuple[int, int, int]) -> str:
    """Say what a shape (C, H, W) is of: ``"28×28 grey pixels"``."""
    channels, height, width = image_shape
    return f"{height}×{width} {'grey' if channels == 1 else 'colour'} pixels"


def _fingerprint(name: str, parts: tuple[torch.Tensor, ...]) -> str:
    digest = hashlib.blake2b(name.encode(), digest_size=8)
    for part in parts:
        digest.update(repr(tuple(part.shape)).encode())
        if part.numel():
            rows = part.numpy()
            if part.nbytes > _MOST_BYTES:  # a checksum of each image: a gigabyte takes half a second, not two
                each = (row for piece in in_parts(rows) for row in rows[piece])
                rows = np.fromiter((zlib.crc32(np.ascontiguousarray(row).data) for row in each), np.int64, len(rows))
            digest.update(np.ascontiguousarray(rows).data)
    return digest.hexdigest()


def _those(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64] | slice:
    """Give the rows that a mask leaves; a slice where it leaves all, so that none are copied."""
    return slice(None) if mask.all() else np.flatnonzero(mask)


def _rows(of: torch.Tensor, rows: npt.NDArray[np.int64] | slice) -> torch.Tensor:
    """Give rows of a tensor, as a view where they are a slice: numpy's way, a tenth of what torch needs for bytes."""
    import torch

    if isinstance(rows, slice):
        return of[rows]
    return torch.from_numpy(taken(of.numpy(), rows))


def _rows_of_both(training: torch.Tensor, test: torch.Tensor, rows: npt.NDArray[np.int64]) -> torch.Tensor:
    """Give rows of two tensors as if they were one: putting them together would copy every image there is."""
    import torch

    is_training = rows < len(training)
    if is_training.all():
        return _rows(training, rows)
    if not is_training.any():
        return _rows(test, rows - len(training))
    both = roomy((len(rows), *training.shape[1:]), training.numpy().dtype)
    both[is_training] = taken(training.numpy(), rows[is_training])
    both[~is_training] = taken(test.numpy(), rows[~is_training] - len(training))
    return torch.from_numpy(both)
