"""The part of the session's state that is the view looked at: what it asks, and the model's answer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.map.map_update import MapUpdate
from latentlab.core.views.question import Answer, Question
from latentlab.ui.threads.asking import Asking


class Views(QObject):
    """Asks the one view's question of every new model, off the GUI thread, and tells the latest answer."""

    shown_changed = Signal(object)  # MapUpdate or None
    model_changed = Signal(object)  # ModelFacts, or None where there is no model
    answered = Signal(object)  # Answer
    refused = Signal(str)  # why there is no answer, in a sentence
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model: MapUpdate | None = None
        self._wanted: Question | None = None
        self.asking = Asking(self, self._question, self)
        self.asking.answered.connect(self.answered)
        self.asking.refused.connect(self.refused)
        self.asking.failed.connect(self.failed)

    @property
    def shown(self) -> MapUpdate | None:
        """The model that is asked."""
        return self._model

    @Slot(object)
    def ask(self, question: Question | None) -> None:
        """Answer this question from now on; None when no view is looked at."""
        self._wanted = question
        self.asking.drop()
        self.asking.ask()

    @Slot(object)
    def show(self, model: MapUpdate | None) -> None:
        """Answer for another model, or the same one further trained."""
        before, after = (None if each is None else each.snapshot.facts for each in (self._model, model))
        self._model = model
        if before != after:
            self.model_changed.emit(after)
        self.shown_changed.emit(model)

    def shut_down(self) -> None:
        """Drop what is being answered."""
        self.asking.shut_down()

    def _question(self, model: MapUpdate) -> Callable[[MapUpdate], Answer] | None:
        return None if self._wanted is None else self._wanted.answer
