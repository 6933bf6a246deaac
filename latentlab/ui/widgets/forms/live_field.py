"""A number that may change while a model trains: applied on Enter, or when the field is left."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.style.looks import mark_wrong
from latentlab.ui.widgets.forms.setting_field import as_text, try_changes


class LiveField(QLineEdit):
    """A setting of a recipe, applied if it is allowed and new.

    Parameters
    ----------
    key : str
        Dotted key of the setting, which says what is allowed.
    recipe : Recipe
        Where its first value is read from.
    """

    applied = Signal(float)
    problem_changed = Signal()

    def __init__(self, key: str, recipe: Recipe, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = key
        self._recipe = recipe
        self._problem = ""
        self.setMinimumWidth(50)
        self.textEdited.connect(self._validate)
        self.editingFinished.connect(self._apply)
        self.restore()

    def problem(self) -> str:
        """Say why what is typed cannot be applied; empty if it can."""
        return self._problem

    def set_value(self, value: float) -> None:
        """Show the value in force."""
        changed, _ = try_changes(self._recipe, {self._key: repr(float(value))})
        if changed is not None and (changed != self._recipe or not self.hasFocus()):
            self._recipe = changed
            self.restore()

    def _value(self) -> float:
        return float(self._recipe.flat()[self._key])

    def restore(self) -> None:
        """Show what is in force instead of what was typed."""
        self.setText(as_text(self._key, self._value()))
        self.setCursorPosition(0)
        self._set_problem("")

    def _validate(self) -> None:
        _, problems = try_changes(self._recipe, {self._key: self.text().strip()})
        self._set_problem(next(iter(problems.values()), ""))

    def _apply(self) -> None:
        changed, _ = try_changes(self._recipe, {self._key: self.text().strip()})
        if changed is None:
            return
        differs = changed != self._recipe
        self._recipe = changed
        self.restore()
        if differs:
            self.applied.emit(self._value())

    def _set_problem(self, sentence: str) -> None:
        if sentence != self._problem:
            self._problem = sentence
            mark_wrong(self, bool(sentence))
            self.problem_changed.emit()
