"""Questions about the map that is shown: asked again whenever it changes, and answered for no other."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance, Slot

from latentlab.core import log
from latentlab.core.errors import LatentlabError
from latentlab.ui.threads.latest import Latest

if TYPE_CHECKING:
    from latentlab.core.map.map_update import MapUpdate

Question = Callable[["MapUpdate"], object]
"""Gives the answer of a map; called on any thread."""


class Shows(Protocol):
    """Whatever has a map that is shown, and tells when it is another."""

    shown_changed: SignalInstance

    @property
    def shown(self) -> MapUpdate | None:
        """The map, as it is now."""


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    run_id: str
    value: object
    error: BaseException | None
    seconds: float


class Asking(QObject):
    """Asks one question at a time of the map that is shown; the latest wins, see `Latest`.

    What is asked first of a run, or because somebody wants something else, is asked at once. Where the map has only
    moved on, as while its model trains, nothing is asked before the last answer has come and as many times as long
    as it took has passed: the training keeps most of the machine. An answer is dropped when a map of another run, or
    none, is shown by the time it comes.

    Parameters
    ----------
    shows : Shows
        Whoever takes note of another map before it is asked about connects to it earlier.
    question : callable
        Gives what is to be asked of a map as things are now, or None for nothing; one that equals the last question
        of the same map is not asked again.
    rest : float, optional
        How many times as long as an answer took nothing is asked again; it can be changed.
    operations : callable, optional
        Gives the floating-point operations that an answer takes; few are done here and now.
    asks_again : bool, optional
        Whether the question is asked again when the map changes.
    """

    answered = Signal(object)
    refused = Signal(str)  # why there is no answer, in a sentence: a `LatentlabError`
    failed = Signal(str)  # any other error, in a sentence
    waiting_changed = Signal(bool)
    """Whether what was asked last has no answer yet."""
    progressed = Signal(object)  # float
    """Which share of the answer under way is done, where that is known."""

    def __init__(
        self,
        shows: Shows,
        question: Callable[[MapUpdate], Question | None],
        parent: QObject,
        *,
        rest: float = 3.0,
        operations: Callable[[MapUpdate], float] = lambda model: math.inf,
        asks_again: bool = True,
    ) -> None:
        super().__init__(parent)
        self._rest = rest
        self.seconds = 0.0  # that the last answer took
        self._shows, self._question, self._operations, self._asks_again = shows, question, operations, asks_again
        self._run: str | None = None
        self._asked: tuple[Question, MapUpdate] | None = None
        self._is_due = False
        self._latest = Latest(self, self._take, self.failed.emit)
        self._latest.waiting_changed.connect(self.waiting_changed)
        self._latest.progressed.connect(self.progressed)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._go_on)
        shows.shown_changed.connect(self._follow)

    @property
    def is_waiting(self) -> bool:
        """Whether what was asked last has no answer yet."""
        return self._latest.is_waiting

    @property
    def is_settled(self) -> bool:
        """Whether what was asked last is answered, of the map that is shown by now."""
        return not self.is_waiting and self._asked is not None and self._asked[1] is self._shows.shown

    @property
    def is_resting(self) -> bool:
        """Whether an answer has come a short while ago."""
        return self._timer.isActive()

    @property
    def rest(self) -> float:
        """How many times as long as an answer took nothing is asked again; 0 ends a rest under way."""
        return self._rest

    @rest.setter
    def rest(self, rest: float) -> None:
        self._rest = rest
        if not rest:
            self._timer.stop()
            self._go_on()

    @property
    def rest_seconds(self) -> float:
        """For how long it rests, or has rested last."""
        return self._timer.interval() / 1000

    @Slot()
    def ask(self) -> None:
        """Ask now: something else is wanted."""
        model = self._model_shown()
        question = None if model is None else self._question(model)
        if model is None or question is None:
            self.drop()
        elif self._asked != (question, model):
            self._asked = (question, model)
            self._is_due = False
            self._timer.stop()
            self._latest.ask(lambda: _answer(question, model), self._operations(model))

    @Slot()
    def ask_when_rested(self) -> None:
        """Ask as soon as nothing is being answered, and the rest is over."""
        self._is_due = True
        self._go_on()

    @Slot()
    def drop(self) -> None:
        """Forget what was asked and not answered, and rest no longer; the map's next change asks again."""
        self._asked = None
        self._is_due = False
        self._timer.stop()
        self._latest.drop()

    def shut_down(self) -> None:
        """Forget everything, and wait for the thread."""
        self.drop()
        self._latest.shut_down()

    def _model_shown(self) -> MapUpdate | None:
        """Give what is shown; what was asked of another run is dropped, and of this one asked without a rest."""
        model = self._shows.shown
        run = None if model is None else model.run_id
        if run != self._run:
            self._run = run
            self.drop()
        return model

    @Slot()
    def _follow(self) -> None:
        if self._model_shown() is not None and self._asks_again:
            self.ask_when_rested()

    def _take(self, answer: _Answer | None) -> None:
        model = self._model_shown()
        if answer is None or model is None or model.run_id != answer.run_id:
            return
        self.seconds = answer.seconds
        if self._rest and not self.is_waiting:  # else the rest comes after what is being answered
            self._timer.start(round(1000 * self._rest * answer.seconds))  # before anybody is told, and asks again
        match answer.error:
            case None:
                self.answered.emit(answer.value)
            case LatentlabError():
                self.refused.emit(str(answer.error))
            case error:
                self.failed.emit(log.told(error))
        self._go_on()

    @Slot()
    def _go_on(self) -> None:
        if self._is_due and not self.is_waiting and not self.is_resting:
            self._is_due = False
            self.ask()


def _answer(question: Question, model: MapUpdate) -> _Answer:
    """Answer, or keep what went wrong, which is no news where nobody wants to know any more."""
    begin = time.perf_counter()
    value = error = None
    try:
        value = question(model)
    except BaseException as caught:
        error = caught
    return _Answer(model.run_id, value, error, time.perf_counter() - begin)
