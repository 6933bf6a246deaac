"""How far a computation is, told to whoever waits for it; and where it ends because nobody does any more.

What computes in parts says `reached` after each. Whoever waits has it computed within `watched`, on the same thread;
where nobody watches, nothing happens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class GivenUp(Exception):
    """Nobody wants the result any more."""


@dataclass(frozen=True, slots=True)
class _Watch:
    tell: Callable[[float], object]
    is_given_up: Callable[[], bool]


class _Here(threading.local):
    watch: _Watch | None = None


_here = _Here()


@contextmanager
def watched(tell: Callable[[float], object], is_given_up: Callable[[], bool]) -> Iterator[None]:
    """Have what is computed within, on this thread, told and given up.

    Parameters
    ----------
    tell : callable
        Called with the share that is done, in [0, 1].
    is_given_up : callable
        Says whether nobody waits any more.
    """
    before, _here.watch = _here.watch, _Watch(tell, is_given_up)
    try:
        yield
    finally:
        _here.watch = before


@contextmanager
def part(begin: float, end: float) -> Iterator[None]:
    """Have the shares of what is computed within told as a part of the whole, from one share to another."""
    before = _here.watch
    if before is not None:
        tell = before.tell
        _here.watch = _Watch(lambda share: tell(begin + (end - begin) * share), before.is_given_up)
    try:
        yield
    finally:
        _here.watch = before


def reached(share: float | None = None) -> None:
    """Say that so large a share is done, in [0, 1]; None where it is not known.

    Raises
    ------
    GivenUp
        When nobody waits any more.
    """
    watch = _here.watch
    if watch is None:
        return
    if watch.is_given_up():
        raise GivenUp
    if share is not None:
        watch.tell(share)
