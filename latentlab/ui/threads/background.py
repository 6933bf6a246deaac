"""Work that takes longer than a frame: done on the application's thread pool, its result handed back here.

Work is started on a channel. A newer start on the same channel cancels the older one and drops its answer.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from latentlab.core.errors import LatentlabError
from latentlab.ui.threads import torch_threads

Report = Callable[[object], None]
Work = Callable[[threading.Event, Report], Any]

_log = logging.getLogger(__name__)

_EXIT_MILLISECONDS = 10_000

# Pools whose threads took longer than their owner could wait: kept until those have ended.
_busy: list[QThreadPool] = []
# What is to be done on which pool, as long as work is held back.
_held: list[tuple[QThreadPool, Callable[[], None]]] | None = None


def hold_back() -> None:
    """Begin no work before `let_go`: Python's lock would go back and forth between it and what the GUI thread does."""
    global _held
    _held = []


def let_go() -> None:
    """Begin the work that was held back."""
    global _held
    held, _held = _held or [], None
    for pool, run in held:
        pool.start(run)


@atexit.register
def _end_all() -> None:
    for pool in _busy:
        pool.waitForDone(_EXIT_MILLISECONDS)


class Background(QObject):
    """Runs functions off the GUI thread and emits what comes of them on it.

    Work is called with an event that is set when its answer is no longer wanted, and a function that reports
    progress. All signals begin with the channel's name.
    """

    progressed = Signal(str, object)
    done = Signal(str, object)
    failed = Signal(str, str)
    _arrived = Signal(str, int, str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._generation = 0
        self._running: dict[str, tuple[int, threading.Event]] = {}
        self._arrived.connect(self._sort)

    def start(self, channel: str, work: Work) -> None:
        """Do `work`, instead of what the channel was doing."""
        self.cancel(channel)
        self._generation += 1
        generation, cancelled = self._generation, threading.Event()
        self._running[channel] = (generation, cancelled)

        def report(progress: object) -> None:
            if not cancelled.is_set():
                self._hand_back(channel, generation, "progressed", progress)

        def run() -> None:
            torch_threads.leave_a_core()
            try:
                kind, value = "done", work(cancelled, report)
            except LatentlabError as error:
                kind, value = "failed", str(error)
            except Exception as error:
                if cancelled.is_set():  # whatever happened, nobody is interested; Python may be ending under it
                    return
                _log.exception("Work on channel %s failed", channel)
                kind, value = (
                    "failed",
                    f"Something went wrong ({type(error).__name__}: {error}); the log has the details.",
                )
            self._hand_back(channel, generation, kind, value)

        if _held is None:
            self._pool.start(run)
        else:
            _held.append((self._pool, run))

    def cancel(self, channel: str) -> None:
        """Tell the channel's work to stop, and drop its answer."""
        if channel in self._running:
            self._running.pop(channel)[1].set()

    def is_busy(self, channel: str) -> bool:
        """Whether the channel's answer is still to come."""
        return channel in self._running

    def shut_down(self, milliseconds: int = 1500) -> None:
        """Cancel everything and wait, with a limit, for the threads to end."""
        for channel in list(self._running):
            self.cancel(channel)
        if not self._pool.waitForDone(milliseconds):
            # A pool waits for its threads when it is destroyed, and with Python's lock held: for ever.
            self._pool.setParent(None)
            _busy.append(self._pool)

    def _hand_back(self, channel: str, generation: int, kind: str, value: object) -> None:
        with contextlib.suppress(RuntimeError):  # a window that was never closed may be gone by now, and this with it
            self._arrived.emit(channel, generation, kind, value)

    @Slot(str, int, str, object)
    def _sort(self, channel: str, generation: int, kind: str, value: object) -> None:
        if self._running.get(channel, (None,))[0] != generation:
            return
        if kind == "progressed":
            self.progressed.emit(channel, value)
            return
        del self._running[channel]
        (self.done if kind == "done" else self.failed).emit(channel, value)
