"""Work that takes longer than a frame: done on other threads, its result handed back here."""

from __future__ import annotations

import atexit
import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QDeadlineTimer, QObject, QThreadPool, Signal, Slot

from latentlab.core import log
from latentlab.ui.threads import torch_threads

Report = Callable[[object], None]
Work = Callable[[threading.Event, Report], Any]

_EXIT_MILLISECONDS = 10_000

# Pools whose threads took longer than their owner could wait: kept until those have ended.
_busy: list[QThreadPool] = []
# What begins the work, as long as that is held back.
_held: list[Callable[[], object]] | None = None


def hold_back() -> None:
    """Begin no work before `let_go`: it needs what is still to be loaded, and Python's lock, as the GUI thread does."""
    global _held
    _held = []


def let_go() -> None:
    """Begin the work that was held back."""
    global _held
    held, _held = _held or [], None
    for begin in held:
        begin()


def when_let_go(begin: Callable[[], object]) -> None:
    """Call a function now, or when work is let go that is held back now."""
    if _held is None:
        begin()
    else:
        _held.append(begin)


@atexit.register
def _end_all() -> None:
    for pool in _busy:
        pool.waitForDone(_EXIT_MILLISECONDS)


class Task(QObject):
    """Does one thing at a time off the GUI thread and emits what comes of it on it; a newer start cancels the older.

    Work is called with an event that is set when its answer is no longer wanted, and a function that reports
    progress.
    """

    progressed = Signal(object)
    done = Signal(object)
    failed = Signal(str)  # sentence
    _arrived = Signal(object, str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._wanted: threading.Event | None = None  # what is being done: the event that cancels it
        self._arrived.connect(self._sort)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._wanted is not None

    def start(self, work: Work) -> None:
        """Do `work`, instead of what was being done."""
        self.cancel()
        self._begin(work)

    def _begin(self, work: Work) -> None:
        run = self._run_of(work)
        when_let_go(lambda: self._pool.start(run))

    def _run_of(self, work: Work) -> Callable[[], None]:
        """Give what does `work` on a thread of the pool, and hands back what is wanted from now on."""
        self._wanted = cancelled = threading.Event()

        def report(progress: object) -> None:
            if not cancelled.is_set():
                self._hand_back(cancelled, "progressed", progress)

        def run() -> None:
            try:
                torch_threads.leave_a_core()
                kind, value = "done", work(cancelled, report)
            except BaseException as error:  # of SystemExit Qt would make nothing at all
                if cancelled.is_set():  # whatever happened, nobody is interested; Python may be ending under it
                    return
                kind, value = "failed", log.told(error)
            self._hand_back(cancelled, kind, value)

        return run

    def cancel(self) -> None:
        """Tell the work to stop, and drop its answer."""
        if self._wanted is not None:
            self._wanted.set()
            self._wanted = None

    def shut_down(self, milliseconds: int = 1500) -> None:
        """Cancel, and wait, with a limit, for the threads to end."""
        self.cancel()
        if not self._pool.waitForDone(milliseconds):
            # A pool waits for its threads when it is destroyed, and with Python's lock held: for ever.
            self._pool.setParent(None)
            _busy.append(self._pool)

    @staticmethod
    def shut_down_all(tasks: Iterable[Task], milliseconds: int = 1500) -> None:
        """Cancel several, and wait for the threads of all with one limit."""
        limit = QDeadlineTimer(milliseconds)
        for task in tasks:
            task.cancel()
        for task in tasks:
            task.shut_down(limit.remainingTime())

    def _hand_back(self, work: threading.Event, kind: str, value: object) -> None:
        with contextlib.suppress(RuntimeError):  # a window that was never closed may be gone by now, and this with it
            self._arrived.emit(work, kind, value)

    @Slot(object, str, object)
    def _sort(self, work: threading.Event, kind: str, value: object) -> None:
        if work is not self._wanted:
            return
        if kind == "progressed":
            self.progressed.emit(value)
            return
        self._wanted = None
        (self.done if kind == "done" else self.failed).emit(value)
