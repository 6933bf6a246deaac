"""Which images a map shows, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from latentlab.core.arrays import Integers
from latentlab.core.data import columns
from latentlab.core.data.columns import Column
from latentlab.core.data.image_set import ImageSet
from latentlab.core.data.mapped_images import joined
from latentlab.core.map.image_ids import ImageIds

if TYPE_CHECKING:
    from torch import Tensor

Split = Literal["test", "training", "both"]


@dataclass(frozen=True, slots=True)
class MapSource:
    """Which images the map shows: of which split, and how many (0: all of them)."""

    split: Split = "test"
    count: int = 10_000


class MapImages:
    """The images that a map shows.

    Those of two splits are put together by whoever first asks for them: of a million that takes a moment.

    Parameters
    ----------
    images : uint8 (N, C, H, W), or two such tensors
    labels : int64 (N,)
    noisy : uint8 (N, C, H, W), or two such tensors, or None
        Their dirty ones, in pairs.
    columns : tuple of Column
        What else is known of each.
    ids : ImageIds, optional
        Which images of their data set they are.
    """

    def __init__(
        self,
        images: Tensor | tuple[Tensor, Tensor],
        labels: Integers,
        noisy: Tensor | tuple[Tensor, Tensor] | None = None,
        columns: tuple[Column, ...] = (),
        ids: ImageIds | None = None,
    ) -> None:
        self.labels, self.columns = labels, columns
        self.ids = ids or ImageIds.unknown()
        self._images, self._noisy = images, noisy

    @cached_property
    def images(self) -> Tensor:
        """All of them, uint8 (N, C, H, W)."""
        return _joined(self._images)

    @cached_property
    def noisy(self) -> Tensor | None:
        """Their dirty ones, uint8 (N, C, H, W), in pairs."""
        return None if self._noisy is None else _joined(self._noisy)


def choose(data: ImageSet, source: MapSource) -> MapImages:
    """Take the images that a map shows: a sample of each split that stays the same from run to run.

    Of both splits as many are taken of each, as far as they go; test images come first. They are drawn as
    `ImageSet.sampled` has it: of a set that is sorted by class the first ones would lack the last classes.
    """
    import torch

    test, training = len(data.test_labels), len(data.train_labels)
    if source.split == "test":
        training = 0
    elif source.split == "training":
        test = 0
    count = min(source.count or test + training, test + training)
    test = max(min(test, count - count // 2), count - training)
    part = data.sampled(count - test, test)
    noisy = None
    if part.test_noisy is not None and part.train_noisy is not None:
        noisy = (part.test_noisy, part.train_noisy)
    known = columns.joined(part.test_columns, part.train_columns)
    labels = torch.cat([part.test_labels, part.train_labels]).numpy()
    train_rows, test_rows = part.rows()
    ids = ImageIds.of(data.fingerprint, torch.cat([test_rows, train_rows]).numpy())
    return MapImages((part.test_images, part.train_images), labels, noisy, known, ids)


def _joined(images: Tensor | tuple[Tensor, Tensor]) -> Tensor:
    import torch
    from torch import Tensor

    if isinstance(images, Tensor):
        return images
    parts = [part for part in images if len(part)]
    if len(parts) < 2:
        return (parts or images)[0]  # not copied
    return torch.from_numpy(joined([part.numpy() for part in parts]))
