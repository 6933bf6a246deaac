"""The part of the session's state that is the view looked at: what it asks, and the model's answer."""

from __future__ import annotations

import time
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.views.question import Answer, Question
from latentlab.ui.threads.latest import Latest

_REST = 3  # times as long as an answer took: a model that trains keeps most of the machine


@dataclass(frozen=True, slots=True, eq=False)
class _Answered:
    run: str
    answer: Answer | None
    problem: str
    seconds: float


class Views(QObject):
    """Asks the one view's question of every new model, off the GUI thread, and tells the latest answer."""

    model_changed = Signal(object)  # ModelFacts, or None where there is no model
    answered = Signal(object)  # Answer
    refused = Signal(str)  # why there is no answer, in a sentence
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model: MapUpdate | None = None
        self._question: Question | None = None
        self._asked: tuple[Question, MapUpdate] | None = None
        self._questions = Latest(self)
        self._questions.answered.connect(self._take)
        self._questions.failed.connect(self.failed)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._ask)

    @Slot(object)
    def ask(self, question: Question | None) -> None:
        """Answer this question from now on; None when no view is looked at."""
        self._question = question
        self._begin_anew()
        self._ask()

    @Slot(object)
    def show(self, model: MapUpdate | None) -> None:
        """Answer for another model, or the same one further trained."""
        if model is None or self._model is None or model.run != self._model.run:
            self._begin_anew()
        before, after = (None if each is None else each.snapshot.facts for each in (self._model, model))
        self._model = model
        if before != after:
            self.model_changed.emit(after)
        if not self._rest.isActive():
            self._ask()

    def shut_down(self) -> None:
        """Drop what is being answered."""
        self._rest.stop()
        self._questions.shut_down()

    @Slot()
    def _ask(self) -> None:
        question, model = self._question, self._model
        if question is None or model is None or self._asked == (question, model):
            return
        self._asked = (question, model)

        def find() -> _Answered:
            begin = time.perf_counter()
            try:
                found, problem = question.answer(model), ""
            except LatentlabError as error:
                found, problem = None, str(error)
            return _Answered(model.run, found, problem, time.perf_counter() - begin)

        self._questions.ask(find)

    def _begin_anew(self) -> None:
        self._asked = None
        self._rest.stop()
        self._questions.drop()

    @Slot(object)
    def _take(self, found: _Answered) -> None:
        if self._model is None or found.run != self._model.run:
            return
        self._rest.start(round(1000 * _REST * found.seconds))
        if found.answer is None:
            self.refused.emit(found.problem)
        else:
            self.answered.emit(found.answer)
