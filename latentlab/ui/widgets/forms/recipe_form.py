"""The settings of a recipe as a form that validates as one types; the recipe in force is always a valid one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QPushButton, QWidget

from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import column, row
from latentlab.ui.widgets.forms.recipe_settings import RecipeSettings, SettingTexts
from latentlab.ui.widgets.forms.setting_field import SettingField, align_labels, as_text, make_editor, try_changes
from latentlab.ui.widgets.forms.settings_dialog import SettingsDialog


class RecipeForm(QWidget):
    """Edits a recipe; marks what differs from the named one, and what cannot be.

    Attributes
    ----------
    fields : dict of str to SettingField
        By the dotted keys of the settings. Those of the dialog are made when they may be needed: a window opens sooner
        without them.
    """

    recipe_edited = Signal(object)
    validity_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._aligned: list[list[SettingField]] = []  # whose labels have one width
        self.fields: dict[str, SettingField] = {}
        texts = RecipeSettings()
        self._to_make = deque(texts.more())  # by their headings, for the dialog
        self._making = QTimer(self, interval=0)  # all at once would hold the window up for several frames
        self._making.timeout.connect(self._make_heading)
        self._folded = [key for _, settings in self._to_make for key, *_ in settings]
        self._keys = [key for key, *_ in texts.main()] + self._folded
        self._why_locked = ""
        self._base = self._recipe = Recipe()
        self._is_valid = True

        self._differ = plain_label(wordWrap=True)
        self.reset_button = QPushButton(self.tr("Reset"), objectName="recipeResetButton")
        self.reset_button.setToolTip(self.tr("Set every setting below back to the recipe."))
        self.reset_button.clicked.connect(self._reset_all)
        head = row((self._differ, 1), self.reset_button)

        self._dialog: SettingsDialog | None = None
        self.all_button = QPushButton(self.tr("All settings…"), objectName="allSettingsButton")
        self.all_button.setToolTip(self.tr("Everything else that a recipe says, to search and to change"))
        self.all_button.clicked.connect(self._open_dialog)
        self.all_button.installEventFilter(self)

        layout = column(head, spacing=5, on=self)
        for setting in texts.main():
            layout.addWidget(self._make_field(setting))
        layout.addWidget(self.all_button)

        self._aligned.append(list(self.fields.values()))
        align_labels(self._aligned[0], self.font())
        self._show(self._recipe)

    def recipe(self) -> Recipe:
        """Give the recipe in force: the last valid one."""
        return self._recipe

    def base(self) -> Recipe:
        """Give the named recipe that the one in force is based on."""
        return self._base

    def is_valid(self) -> bool:
        """Tell whether what is typed is what is in force."""
        return self._is_valid

    def show_recipe(self, base: Recipe, current: Recipe) -> None:
        """Show a recipe, and how it differs from the one it is based on; half-typed text of the same is kept."""
        shown, wanted = self._recipe.flat(), current.flat()
        same = base == self._base and all(shown[key] == wanted[key] for key in self._keys)
        self._base, self._recipe = base, current
        if same:
            self._mark()
        else:
            self._show(current)

    def field(self, key: str) -> SettingField:
        """Give the field of a setting, which is made if it was never seen."""
        if key not in self.fields:
            self._whole_dialog()
        return self.fields[key]

    def show_field(self, key: str) -> None:
        """Open the dialog at a setting, where it is one of the dialog; whoever is typing keeps the keyboard."""
        if key in self._folded:
            self._whole_dialog().show_field(self.field(key))

    def choose(self, key: str, text: str) -> None:
        """Change a setting that is edited outside this form, without an intent."""
        self._recipe = self._recipe.with_changes({key: text})

    def set_locked(self, why: str) -> None:
        """Lock every field and say why; an empty reason unlocks them."""
        self._why_locked = why
        self.reset_button.setEnabled(not why)
        for field in self.fields.values():
            field.set_locked(why)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Make the fields of the dialog, which may be opened now, one heading at a time."""
        self._begin_making()
        super().enterEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Make them for the keyboard, too, when it has come to the button."""
        if event.type() == QEvent.Type.FocusIn:
            self._begin_making()
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of text."""
        if event.type() == QEvent.Type.FontChange:
            for fields in self._aligned:
                align_labels(fields, self.font())
        super().changeEvent(event)

    def _show(self, recipe: Recipe) -> None:
        values = recipe.flat()
        for key, field in self.fields.items():
            field.set_value(values[key])
            field.show_problem("")
        self._set_valid(True)
        self._mark()

    def _mark(self) -> None:
        theirs = self._theirs()
        self._mark_fields(self.fields.values(), theirs)
        count = len(theirs.keys() & set(self._keys))
        text = self.tr("1 setting changed") if count == 1 else self.tr("{n} settings changed").format(n=count)
        self._differ.setText(text)
        self._differ.setVisible(bool(count))
        self.reset_button.setVisible(bool(count) or not self._is_valid)

    def _theirs(self) -> dict[str, object]:
        return {key: base for key, (base, _) in self._base.differences(self._recipe).items()}

    def _mark_fields(self, fields: Iterable[SettingField], theirs: dict[str, object]) -> None:
        for field in fields:
            field.mark(as_text(field.key, theirs[field.key]) if field.key in theirs else None)

    def _edited(self, field: SettingField) -> None:
        typed = {key: other.typed() for key, other in self.fields.items()}
        changed, problems = try_changes(self._recipe, typed)
        said = {self._field_at_fault(key, field): sentence for key, sentence in problems.items()}
        for key in said.keys() & set(self._folded):
            self.show_field(key)
        for key, other in self.fields.items():
            other.show_problem(said.get(key, ""))
        differs = changed is not None and changed != self._recipe
        if changed is not None:
            self._recipe = changed
        self._set_valid(changed is not None)
        self._mark()
        if differs:
            self.recipe_edited.emit(self._recipe)

    def _field_at_fault(self, key: str, edited: SettingField) -> str:
        """Find where to say it: settings that do not fit together are told at the one that was touched last."""
        if key in self._keys:
            return key
        if edited.key.startswith(key):
            return edited.key
        return next((name for name in self._keys if name.startswith(key)), edited.key)

    def _finished(self, field: SettingField) -> None:
        # "1e-3" and "-5" become what the recipe holds, once the person leaves the field.
        if self._is_valid:
            field.set_value(self._recipe.flat()[field.key])

    def _reset_one(self, field: SettingField) -> None:
        field.set_value(self._base.flat()[field.key])
        self._edited(field)

    def _reset_all(self) -> None:
        base = self._base.flat()
        back, problems = try_changes(self._recipe, {key: base[key] for key in self._keys})
        if back is None:  # of other images that were chosen since
            changed = next(key for key in self._keys if key in self._theirs())
            for key, sentence in problems.items():
                self.show_field(at_fault := self._field_at_fault(key, self.field(changed)))
                self.field(at_fault).show_problem(sentence)
            return
        differs = back != self._recipe
        self._recipe = back
        self._show(back)
        if differs:
            self.recipe_edited.emit(back)

    def _set_valid(self, valid: bool) -> None:
        if valid != self._is_valid:
            self._is_valid = valid
            self.validity_changed.emit(valid)

    def _open_dialog(self) -> None:
        self._whole_dialog().open_for_search()

    def _begin_making(self) -> None:
        if self._to_make:
            self._making.start()

    @Slot()
    def _make_heading(self) -> SettingsDialog:
        """Make the fields of the next heading, and the dialog that holds them."""
        if self._dialog is None:
            self._dialog = SettingsDialog(self)
        if self._to_make:
            heading, settings = self._to_make.popleft()
            fields, values = [self._make_field(setting, heading) for setting in settings], self._recipe.flat()
            for field in fields:
                field.set_value(values[field.key])
                field.set_locked(self._why_locked)
            self._mark_fields(fields, self._theirs())
            self._dialog.add(heading, fields)
            if not self._to_make:
                self._making.stop()
                self._aligned.append([self.fields[key] for key in self._folded])
                align_labels(self._aligned[-1], self.font())
                self._dialog.make_room()
        return self._dialog

    def _whole_dialog(self) -> SettingsDialog:
        dialog = self._make_heading()
        while self._to_make:
            self._make_heading()
        return dialog

    def _make_field(self, setting: SettingTexts, heading: str = "") -> SettingField:
        key, label, tip = setting
        field = SettingField(key, label, tip, make_editor(key))
        field.edited.connect(lambda: self._edited(field))
        field.finished.connect(lambda: self._finished(field))
        field.reset_clicked.connect(lambda: self._reset_one(field))
        if heading:
            field.editor.setAccessibleName(f"{heading}: {label}")
        self.fields[key] = field
        return field
