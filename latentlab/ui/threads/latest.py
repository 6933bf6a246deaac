"""Questions that come faster than they can be answered, such as a drag's: the latest one is answered next."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.core import log
from latentlab.core.progress import watched
from latentlab.ui.threads.background import Report, Task

INLINE_SECONDS = 0.008  # half a frame: the other half is for painting
ALWAYS_INLINE = 50_000_000  # operations: milliseconds on any machine that shows a window
_OPERATIONS_PER_SECOND = 20e9  # of one core, until answers tell how many there are
_REMEMBERED = 5  # answers: in the median of so many one that was disturbed does not count

_YIELD_MILLISECONDS, _YIELD_SECONDS = 1, 0.0005
_MOST_YIELDS = 200  # times


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    value: object
    seconds: float


class Latest(QObject):
    """Answers one question at a time; of those asked meanwhile only the latest waits.

    A question is answered here and now where that takes a part of a frame, else off the GUI thread. Each one that is
    asked is answered, told as failed, or gives way to a later one; what was asked before never comes after it. Unlike
    a `Task`, a new question lets the one under way be answered: dropping it, at sixty questions a
    second, would never answer any.

    Parameters
    ----------
    parent : QObject
    answered : callable
        Called on the GUI thread with each answer; with None where there is none, and no later question waits for one.
    failed : callable
        Called with a sentence where a question failed.
    """

    waiting_changed = Signal(bool)
    """Whether the question asked last has no answer yet."""
    progressed = Signal(object)  # float
    """Which share of the answer under way is done, where that is known."""

    def __init__(
        self, parent: QObject | None, answered: Callable[[Any], object], failed: Callable[[str], object]
    ) -> None:
        super().__init__(parent)
        self._answered, self._failed = answered, failed
        self._next: tuple[Callable[[], object], float] | None = None
        self._has_part = self._is_overtaken = False
        self._cost = _Cost()
        self._told_waiting = False
        self._yielding = _Yielding(self)
        self._task = Task(self)
        self._task.done.connect(self._take)
        self._task.failed.connect(self._fail)
        self._task.progressed.connect(self.progressed)

    @property
    def is_waiting(self) -> bool:
        """Whether the question asked last has no answer yet."""
        return self._task.is_busy

    @property
    def has_part(self) -> bool:
        """Whether a part of the answer that is waited for has been told."""
        return self.is_waiting and self._has_part

    def ask(
        self,
        question: Callable[[], object],
        operations: float = math.inf,
        *,
        here: bool = True,
        part: Callable[[], object] | None = None,
    ) -> None:
        """Have a function called; its answer or failure is told, unless a later question takes its place.

        Parameters
        ----------
        question : callable
            Gives the answer; may be called on another thread.
        operations : float, optional
            Floating-point operations that it takes. Few are always done here and now, more of them as long as the
            last answers took a part of a frame; what nobody has counted is not.
        here : bool
            False keeps even a small one off this thread.
        part : callable, optional
            Gives what is quick of the answer, which is told here and now where the whole is left to another thread; no
            whole answer of an earlier question comes after it.
        """
        if here and self._cost.is_small(operations):
            self._cancel()
            self._answer_here(question, operations)
            self._tell_waiting()
            return
        told = _part_of(part)  # before another thread wants Python's lock
        if self.is_waiting:
            self._next = (question, operations)
            self._is_overtaken |= told is not None
        else:
            self._start(question, operations)
        self._has_part = told is not None
        self._tell_waiting()
        if told is not None:  # last: whoever hears it can ask and drop
            self._answered(told)

    def drop(self) -> None:
        """Forget what was asked and not answered."""
        self._cancel()
        self._tell_waiting()

    def shut_down(self) -> None:
        """Forget everything, and wait for the thread."""
        self._cancel()
        self._yielding.end()
        self._task.shut_down()

    def _cancel(self) -> None:
        self._next = None
        self._task.cancel()

    def _answer_here(self, question: Callable[[], object], operations: float) -> None:
        try:
            answer = _answer(question)
        except BaseException as error:
            self._fail(log.told(error))
        else:
            self._cost.learn(operations, answer.seconds)
            self._tell_waiting()
            self._answered(answer.value)

    def _start(self, question: Callable[[], object], operations: float) -> None:
        self._operations = operations
        self._is_overtaken = False

        def answer(cancelled: threading.Event, report: Report) -> _Answer:
            with watched(report, cancelled.is_set):
                return _answer(question)

        self._task.start(answer)
        if operations < math.inf:  # somebody looks at it; what takes seconds need not take them from the window
            self._yielding.give()

    @Slot(object)
    def _take(self, answer: _Answer) -> None:
        self._cost.learn(self._operations, answer.seconds)
        is_overtaken = self._is_overtaken
        self._go_on()
        if not is_overtaken:
            self._answered(answer.value)

    @Slot(str)
    def _fail(self, sentence: str) -> None:
        self._go_on()
        if not self.is_waiting:
            self._answered(None)
        self._failed(sentence)

    def _go_on(self) -> None:
        """Have the question answered that waits, before anybody is told of the last one and asks another."""
        following, self._next = self._next, None
        if following is not None:
            self._start(*following)
        self._tell_waiting()

    def _tell_waiting(self) -> None:
        if not self.is_waiting:
            self._yielding.end()
        if self.is_waiting != self._told_waiting:
            self._told_waiting = self.is_waiting
            self.waiting_changed.emit(self._told_waiting)


class _Cost:
    """What answers of one number of operations took, by which the next one is answered here or on another thread."""

    def __init__(self) -> None:
        self._operations = math.inf
        self._seconds: deque[float] = deque(maxlen=_REMEMBERED)

    def is_small(self, operations: float) -> bool:
        """Whether so many operations take only a part of a frame."""
        if operations <= ALWAYS_INLINE:
            return True
        if operations == math.inf:
            return False
        known = operations == self._operations and self._seconds
        return (median(self._seconds) if known else operations / _OPERATIONS_PER_SECOND) < INLINE_SECONDS

    def learn(self, operations: float, seconds: float) -> None:
        """Take it that so many operations took so long."""
        if operations != self._operations:
            self._operations = operations
            self._seconds.clear()
        self._seconds.append(seconds)


class _Yielding(QObject):
    """Has the GUI thread give way to another one that answers a question, for a moment again and again.

    A thread that asks for Python's lock gets it when the one that has it is made to give it up, after it has had it
    for some time. One that gives it up and takes it back all the time, as painting and handling events do at each
    call of Qt, is never made to: of the hundred locks that torch takes for a decode of a millisecond, each was
    waited for up to 30 ms, with no other program running.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._left = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_YIELD_MILLISECONDS)
        self._timer.timeout.connect(self._rest)

    def give(self) -> None:
        """Give way until the end, though not for ever: what takes long can wait."""
        self._left = _MOST_YIELDS
        self._timer.start()

    def end(self) -> None:
        """Give way no more."""
        self._timer.stop()

    @Slot()
    def _rest(self) -> None:
        time.sleep(_YIELD_SECONDS)
        self._left -= 1
        if not self._left:
            self.end()


def _part_of(part: Callable[[], object] | None) -> object:
    try:
        return None if part is None else part()
    except Exception:  # what is wrong is told of the whole
        return None


def _answer(question: Callable[[], object]) -> _Answer:
    """Answer a question, and tell for how long this thread computed: waiting is the fault of what else runs."""
    begin, computed = time.perf_counter(), time.thread_time()
    value = question()
    # On Windows the clock of a thread goes on in steps of 16 ms, so mostly not at all.
    return _Answer(value, time.thread_time() - computed or time.perf_counter() - begin)
