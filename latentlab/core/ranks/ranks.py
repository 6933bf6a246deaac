"""The processes that compute together, and which images of a batch each of them takes: one alone takes all.

Whatever is random is drawn for a whole batch by every rank, which takes its own of it (`core.data.image_draws`): so
noise belongs to an image and a step, and what is computed does not depend on how many take part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Part:
    """Which images of a batch are here.

    Attributes
    ----------
    rows : slice
        Of the batch; perhaps none.
    whole : int
        Images of the batch.
    ranks : int
        Over whose parts a mean is taken; 1 where parts are summed up.
    """

    rows: slice
    whole: int
    ranks: int

    @property
    def is_whole(self) -> bool:
        """Whether all images of the batch are here."""
        return self.rows == slice(0, self.whole)

    def mean(self, each: Tensor) -> Tensor:
        """Give what the mean over the ranks makes the mean of the whole batch: of (..., B) here, (...).

        So a gradient that is averaged over the ranks is that of the whole batch, though their parts be unequal.
        """
        return each.mean(-1) if self.is_whole and self.ranks == 1 else each.sum(-1) * (self.ranks / self.whole)

    def split(self, size: int) -> list[Part]:
        """Give its blocks of so many images, the last of the batch perhaps of fewer, to be summed up; one at least."""
        first, end = self.rows.start, self.rows.stop
        begins = range(first, end, size) or (first,)
        return [Part(slice(begin, min(begin + size, end)), self.whole, 1) for begin in begins]


class Ranks:
    """A process alone, as the only rank; of several see `group.Group`.

    Attributes
    ----------
    rank, count : int
        Which of how many; the first, 0, tells and saves.
    local : int
        Which of those on this machine, where that chooses its device; else None.
    """

    rank: int = 0
    count: int = 1
    local: int | None = None

    def part(self, images: int, block: int = 1) -> Part:
        """Give the part of a batch of so many images that this rank takes: consecutive ones, as many as others.

        They are whole blocks of so many images; the last one of the batch may have fewer.
        """
        blocks = -(-images // block)
        first, end = (min(images, blocks * number // self.count * block) for number in (self.rank, self.rank + 1))
        return Part(slice(first, end), images, self.count)

    def sum(self, numbers: Tensor) -> Tensor:
        """Add up numbers over all ranks, which all ask for it; none of them has a gradient."""
        return numbers

    def gathered(self, own: Tensor, part: Part) -> Tensor:
        """Put together what the ranks have of their images (B, ...): that of the whole batch, for all of them."""
        if self.count == 1:
            return own
        whole = own.new_zeros((part.whole, *own.shape[1:]))
        whole[part.rows] = own
        return self.sum(whole)  # of numbers and zeros: exact

    def of_first(self, give: Callable[[], str]) -> str:
        """Give what the first rank gives, which is asked alone; to be asked once."""
        return give()

    def keeps(self, place: str) -> None:
        """Let the others know where the first rank keeps what they compute: who is left alone says so."""

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Say in a sentence that another rank is gone, where that breaks what is computed within."""
        yield


ALONE = Ranks()
