"""Noticing that a process is gone, or stands still, which one that waits for its numbers would not notice for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
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
        Called on a thread of its own when a rank is lost, or the store is: then, or where that does not answer, with
        False. It should end the program.
    """

    def __init__(self, store: Any, rank: int, count: int, lost: Callable[[bool], None]) -> None:
        self._store, self._rank, self._next, self._lost = store, rank, (rank + 1) % count, lost
        self._ended, self._passed = threading.Event(), time.monotonic()
        works = {"heartbeat": self._beat, "heart's watch": self._watch}
        self._threads = [threading.Thread(target=work, name=name, daemon=True) for name, work in works.items()]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Beat no more, and look at nobody."""
        self._ended.set()
        for thread in self._threads:
            thread.join(LOST_SECONDS)

    def _beat(self) -> None:
        beats = 0
        since = time.monotonic()
        while not self._ended.wait(_BEAT_SECONDS):
            try:
                self._store.add(f"beat/{self._rank}", 1)
                now_beats = self._store.add(f"beat/{self._next}", 0)
                if now_beats != beats:
                    beats, since = now_beats, time.monotonic()
                if time.monotonic() - since > (LOST_SECONDS if beats else _BEGIN_SECONDS):
                    self._store.set(_LOST, "")
                if self._store.check([_LOST]):
                    self._say(answers=True)
                    return
            except RuntimeError:
                self._say(answers=False)
                return
            self._passed = time.monotonic()

    def _watch(self) -> None:
        """Look whether the store answers: its machine may stand still."""
        while not self._ended.wait(_BEAT_SECONDS):
            if time.monotonic() - self._passed > LOST_SECONDS + _BEAT_SECONDS:
                self._say(answers=False)
                return

    def _say(self, *, answers: bool) -> None:
        if not self._ended.is_set():
            self._lost(answers)
