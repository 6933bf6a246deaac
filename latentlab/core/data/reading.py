"""Reading many files: in several threads, with its progress told, stopped when that is wanted."""

from __future__ import annotations

import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, TypeVar

from latentlab.core.budgets import cores
from latentlab.core.data.image_set import DatasetError

_MOST_THREADS = 8
_CANCELLED = "Reading the images was cancelled."
_AT_ONCE = 32  # files that a thread takes at once: each by itself costs more than a small picture

Step = Literal["looking", "reading"]
What = Literal["files", "images"]
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class ReadingProgress:
    """How many files, or images of one file, have been looked at, or read, of how many."""

    step: Step
    done: int
    total: int
    what: What = "files"


class ReadingCancelledError(DatasetError):
    """The reading was given up on request."""


def _tell_nobody(progress: ReadingProgress) -> None:
    """Hear of progress, and do nothing."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Who follows the reading of a set.

    Attributes
    ----------
    report : callable
        Told a `ReadingProgress`, from the thread that reads, a few times a second or more.
    cancelled : threading.Event
        Seen after each file, or part of one.
    """

    report: Callable[[ReadingProgress], None] = _tell_nobody
    cancelled: threading.Event = field(default_factory=threading.Event)

    def tell(self, step: Step, done: int, total: int, what: What = "files") -> None:
        """Report how far it is.

        Raises
        ------
        ReadingCancelledError
            When it is to be stopped.
        """
        if self.cancelled.is_set():
            raise ReadingCancelledError(_CANCELLED)
        self.report(ReadingProgress(step, done, total, what))

    def each(self, step: Step, work: Callable[[_Item], _Result], items: Sequence[_Item]) -> Iterator[_Result]:
        """Do something for every item in several threads, and give what comes of it in the order of the items.

        Parameters
        ----------
        step : str
            For what is reported.
        work : callable
            Takes an item; it frees Python's lock most of the time, as Pillow and numpy do, or threads are of no use.

        Raises
        ------
        ReadingCancelledError
            When it is to be stopped.
        """
        given_up = threading.Event()

        def of_some(start: int) -> list[_Result]:
            results = []
            for item in items[start : start + _AT_ONCE]:
                if self.cancelled.is_set() or given_up.is_set():
                    break
                results.append(work(item))
            return results

        starts = iter(range(0, len(items), _AT_ONCE))
        self.tell(step, 0, len(items))
        done = 0
        workers = threads()
        pool = ThreadPoolExecutor(workers, "reading")
        try:
            with quiet():
                # Not all at once: a future for each of a million files would be a gigabyte.
                waiting = deque(pool.submit(of_some, start) for start in islice(starts, 4 * workers))
                while waiting:
                    results = waiting.popleft().result()
                    if self.cancelled.is_set():  # else some of them are missing
                        raise ReadingCancelledError(_CANCELLED)
                    waiting.extend(pool.submit(of_some, start) for start in islice(starts, 1))
                    yield from results
                    done += len(results)
                    self.tell(step, done, len(items))
        finally:
            given_up.set()  # whatever it was that ended this, such as Ctrl-C, nobody waits for the rest
            pool.shutdown(cancel_futures=True)


def threads() -> int:
    """Give how many threads read: one for each core that this process may use, and not too many."""
    return min(_MOST_THREADS, max(2, cores()))


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what Pillow remarks on files from being printed: what cannot be read is counted and told."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\b")
        yield
