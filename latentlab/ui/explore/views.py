"""The part of the session's state that is the view looked at: what it asks, and the model's answer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.map.map_update import MapUpdate
from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.question import Answer, Question
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart
from latentlab.ui.threads.asking import Asking


class Views(MapPart):
    """Asks the one view's question of every new model, off the GUI thread where it is large, and tells the answer.

    A view that is turned to again still shows its answer: of the same model it is not asked the same again.
    """

    model_changed = Signal(object)  # ModelFacts, or None where there is no model
    answered = Signal(object)  # Answer
    refused = Signal(str)  # why there is no answer, in a sentence
    progressed = Signal(object)  # float
    """Which share of the answer under way is done, where that is known."""

    def __init__(self, exploration: Exploration, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._facts: ModelFacts | None = None
        self._wanted: Question | None = None
        self._answered: dict[type[Question], Question] = {}  # of the model that is shown
        exploration.shown_changed.connect(self._follow)  # before it is asked: a view fits itself to the model first
        self.asking = self._own(Asking(exploration, self._question, self, operations=self._operations))
        self.asking.answered.connect(self._keep)
        self.asking.answered.connect(self.answered)
        self.asking.refused.connect(self.refused)
        self.asking.progressed.connect(self.progressed)

    @property
    def facts(self) -> ModelFacts | None:
        """What is known of the model that is shown."""
        return self._facts

    def ask(self, question: Question | None, *, is_answered: bool = False) -> None:
        """Answer this question from now on.

        Parameters
        ----------
        question : Question or None
            None when no view is looked at.
        is_answered : bool
            Whether the view shows the last answer to a question of this kind: of the same model, the same question is
            not answered again.
        """
        self._wanted = question
        self.asking.drop()
        if not is_answered or self._answered.get(type(question)) != question:
            self.asking.ask()

    @Slot(object)
    def _follow(self, model: MapUpdate | None) -> None:
        self._answered.clear()
        before, self._facts = self._facts, None if model is None else model.snapshot.facts
        if before != self._facts:
            self.model_changed.emit(self._facts)

    @Slot()
    def _keep(self) -> None:
        """Remember what is answered, if it is of the model that is shown by now."""
        if self._wanted is not None and self.asking.is_settled:
            self._answered[type(self._wanted)] = self._wanted

    def _question(self, model: MapUpdate) -> Callable[[MapUpdate], Answer] | None:
        return None if self._wanted is None else self._wanted.answer

    def _operations(self, model: MapUpdate) -> float:
        return 0 if self._wanted is None else self._wanted.operations(model)
