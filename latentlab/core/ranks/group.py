"""The ranks that torchrun has started, each a process, here or on several machines, by torch's distributed engine."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from latentlab.core.errors import LatentlabError
from latentlab.core.ranks.heartbeat import LOST_SECONDS, Heartbeat
from latentlab.core.ranks.ranks import Ranks

if TYPE_CHECKING:
    from torch import Tensor

_JOIN = timedelta(minutes=5)  # until all are there
_WAIT = timedelta(minutes=30)  # for one that is busy: whether it lives is told by its heart
_LOOK_SECONDS = 0.1
_KEPT, _TOLD, _DONE, _LEFT, _FIRST = "kept", "told", "done", "left", "first"


class RankLost(LatentlabError):
    """Another rank is gone, or torchrun is, in the middle of what all of them compute."""


class Group(Ranks):
    """The ranks of one torchrun; each process makes one, as all others do, and ends it with them.

    Sums go by gloo where numbers are on a processor, and by NCCL where they are on GPUs.

    Parameters
    ----------
    lost : callable
        Called on a thread of its own when another rank has been lost, in whatever this one waits for it, with the
        sentence that says so, or None where another tells it. It should end the program: see `Heartbeat`.

    Raises
    ------
    LatentlabError
        When torch cannot do this here, or the ranks do not find each other.
    """

    def __init__(self, lost: Callable[[str | None], None]) -> None:
        self.rank, self.count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
        self.local = int(os.environ["LOCAL_RANK"])
        import torch
        from torch import distributed

        if not distributed.is_available():
            raise LatentlabError("This torch has no distributed engine: train with a single process, without torchrun.")
        self._engine: Any = distributed
        try:
            stores = _store(self.rank, self.count), _store(self.rank, self.count)
            round_name = _round(stores[0], self.count)
            self._store, of_heart = (self._engine.PrefixStore(round_name, each) for each in stores)
            self._heart = Heartbeat(of_heart, self.rank, self.count, lambda answers: lost(self._word(answers)))
            if self.count > 1:
                has_gpus = torch.cuda.is_available() and distributed.is_nccl_available()
                backend = "cpu:gloo,cuda:nccl" if has_gpus else "gloo"
                store = self._engine.PrefixStore("group", self._store)
                distributed.init_process_group(
                    backend, store=store, rank=self.rank, world_size=self.count, timeout=_WAIT
                )
        except (RuntimeError, ValueError) as error:
            raise LatentlabError(
                "The processes of torchrun did not find each other: see that its ports are free, and that all "
                "machines reach them."
            ) from error

    def sum(self, numbers: Tensor) -> Tensor:
        """See `Ranks.sum`."""
        if self.count > 1:
            numbers = numbers.clone()
            self._engine.all_reduce(numbers)
        return numbers

    def of_first(self, give: Callable[[], str]) -> str:
        """See `Ranks.of_first`."""
        if self.rank == 0:
            self._store.set(_FIRST, give())
        given: str = self._store.get(_FIRST).decode()
        return given

    def keeps(self, place: str) -> None:
        """See `Ranks.keeps`."""
        self._store.set(_KEPT, place)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """See `Ranks.watched`.

        Raises
        ------
        RankLost
            When another rank is gone.
        """
        try:
            yield
        except RuntimeError as error:
            # Of gloo's they are RuntimeErrors that name its sources.
            if isinstance(error, self._engine.DistError) or "gloo" in str(error).lower():
                raise RankLost(self._said()) from error
            raise

    def is_to_tell(self, seconds: float = 0.0) -> bool:
        """Whether it is for this rank to tell what is wrong, which one does; asked once.

        Parameters
        ----------
        seconds : float
            That the first rank has to do so, where it may be wrong for all of them.
        """
        try:
            if self.rank:
                self._wait(lambda: self._store.add(_TOLD, 0) > 0, seconds)
            return bool(self._store.add(_TOLD, 1) == 1)
        except RuntimeError:  # who holds it is gone: the first rank, which has told what is wrong for all, or torchrun
            return self.rank == 0 or not seconds

    def leave(self, seconds: float) -> None:
        """Leave because of what is wrong here; the first rank, so many seconds after the others at most."""
        with suppress(RuntimeError):
            if self.rank == 0:
                self._wait(lambda: self._store.add(_LEFT, 0) == self.count - 1, seconds)
            self._heart.end()
            self._store.add(_LEFT, 1)

    def end(self) -> None:
        """Leave together: once the first rank has done all that is to be done, which may hold what they tell by."""
        with suppress(RuntimeError):
            if self.rank == 0:
                self._store.set(_DONE, "")
                self._wait(lambda: self._store.add(_LEFT, 0) == self.count - 1, LOST_SECONDS)
                self._heart.end()
            else:
                self._wait(lambda: self._store.check([_DONE]), None)
                self._heart.end()
                self._store.add(_LEFT, 1)
        if self.count > 1:
            with suppress(RuntimeError):
                self._engine.destroy_process_group()

    def _wait(self, has_come: Callable[[], bool], seconds: float | None) -> None:
        looks = None if seconds is None else round(seconds / _LOOK_SECONDS)
        while not has_come() and looks != 0:
            threading.Event().wait(_LOOK_SECONDS)
            looks = None if looks is None else looks - 1

    def _word(self, answers: bool) -> str | None:
        """Give what is to be told when another is lost; nothing where another rank tells it."""
        return None if answers and not self.is_to_tell() else self._said(answers)

    def _said(self, answers: bool = True) -> str:
        kept = ""
        with suppress(RuntimeError):
            if answers and self._store.check([_KEPT]):
                kept = self._store.get(_KEPT).decode()
        goes_on = f" What is saved so far is kept: latentlab resume {kept} goes on from there." if kept else ""
        return f"Another of the {self.count} processes that compute together is gone, so this one ends, too.{goes_on}"


def _store(rank: int, count: int) -> Any:
    """Give what the ranks leave words for each other in: torchrun's, or the first rank's."""
    from torch.distributed.rendezvous import rendezvous

    store, _, _ = next(iter(rendezvous("env://", rank, count, timeout=_JOIN)))
    return store


def _round(store: Any, count: int) -> str:
    """Give a name for what these ranks have to say: torchrun may start anew by a store that has words of those before.

    It counts the times that it does so after a failure, and not where machines came or went; then all ranks came.
    """
    attempt = f"latentlab/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}/{count}"
    came = store.add(attempt, 1)
    return f"{attempt}/{(came - 1) // count}"
