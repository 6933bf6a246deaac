"""Questions that come faster than they can be answered, such as a drag's: the latest one is answered next."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.ui.threads.background import Background, Report

_CHANNEL = "question"


class Latest(QObject):
    """Answers one question at a time off the GUI thread; of those asked meanwhile only the latest waits.

    Unlike a channel of `Background`, a new question lets the one under way be answered: dropping it, at sixty
    questions a second, would never answer any.
    """

    answered = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._next: Callable[[], object] | None = None
        self._background = Background(self)
        self._background.done.connect(self._take)
        self._background.failed.connect(self._fail)

    def ask(self, question: Callable[[], object]) -> None:
        """Have a function called on another thread; `answered` follows, unless a later question takes its place."""
        if self._background.is_busy(_CHANNEL):
            self._next = question
            return

        def answer(cancelled: threading.Event, report: Report) -> object:
            return question()

        self._background.start(_CHANNEL, answer)

    def drop(self) -> None:
        """Forget what was asked and not answered."""
        self._next = None
        self._background.cancel(_CHANNEL)

    def shut_down(self) -> None:
        """Forget everything, and wait for the thread."""
        self.drop()
        self._background.shut_down()

    @Slot(str, object)
    def _take(self, channel: str, answer: object) -> None:
        self._ask_next()
        self.answered.emit(answer)

    @Slot(str, str)
    def _fail(self, channel: str, sentence: str) -> None:
        self._ask_next()
        self.failed.emit(sentence)

    def _ask_next(self) -> None:
        question, self._next = self._next, None
        if question is not None:
            self.ask(question)
