"""Noticing that a process is gone, or stands still, which one that waits for its numbers would not notice for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

LOST_SECONDS = 20.0
"""Without a beat, after which a rank is lost: none computes so long without letting Python's other threads run."""

_BEAT_SECONDS = 1.0
_BEGIN_SECONDS = 300.0  # until the first beat of another
_LOST = "lost"


class Heartbeat:
    """Tells the other ranks, each second, that this one lives, and looks whether the next one does.

    Each rank looks at one alone, so that a thousand take no more time than two; whoever finds one that is lost leaves
    word for all.

    Parameters
    ----------
    store : torch.distributed.Store
        For this alone: it is used on a thread of its own.
    rank, count : int
    lost : callable
        Called on that thread, once, when a rank is lost, or the store is.
    """

    def __init__(self, store: Any, rank: int, count: int, lost: Callable[[], None]) -> None:
        self._store, self._rank, self._next, self._lost = store, rank, (rank + 1) % count, lost
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Beat no more, and look at nobody."""
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        beats, since = 0, time.monotonic()
        while not self._ended.wait(_BEAT_SECONDS):
            try:
                self._store.add(f"beat/{self._rank}", 1)
                now_beats = self._store.add(f"beat/{self._next}", 0)
                if now_beats != beats:
                    beats, since = now_beats, time.monotonic()
                silent = time.monotonic() - since
                if silent > (LOST_SECONDS if beats else _BEGIN_SECONDS):
                    self._store.set(_LOST, "")
                is_lost = self._store.check([_LOST])
            except RuntimeError:  # who holds the store is gone
                is_lost = True
            if is_lost:
                if not self._ended.is_set():
                    with suppress(RuntimeError):
                        self._lost()
                return
