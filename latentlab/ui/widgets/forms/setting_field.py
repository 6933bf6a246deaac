"""One setting of a recipe as a person edits it: label, editor, mark of a change, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError
from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QSpinBox, QWidget

from latentlab.core.recipe.recipe import Recipe, RecipeError
from latentlab.ui.style import theme
from latentlab.ui.style.looks import mark_wrong
from latentlab.ui.style.texts import plain, plain_label
from latentlab.ui.widgets.forms.dot import Dot
from latentlab.ui.widgets.forms.wheel_guard import WheelGuard

translate = QCoreApplication.translate

Editor = QLineEdit | QSpinBox | QComboBox

_LISTS_OF_IMAGES = ("data.images", "data.exclude")
_NO_VALUE = {  # what no value means, in a word; of others it is "none"
    "data.limit": "all",
    "data.size": "as they are",
    "data.validation": "automatic",
    "model.decoder.planes": "automatic",
    "model.decoder.spread": "automatic",
    "training.threads": "automatic",
    "training.micro_batch": "all",
    "training.patience": "never",
    "training.fit_prior": "none",
    "training.checkpoint_every": "never",
}
_LETTERS = 6  # of what is chosen in a box, at least
_MOST_LISTED = 12  # of more images only the number is told


def try_changes(recipe: Recipe, changes: Mapping[str, Any]) -> tuple[Recipe | None, dict[str, str]]:
    """Change a recipe by what was typed.

    Parameters
    ----------
    recipe : Recipe
        What is changed.
    changes : mapping of str to object
        Dotted keys and what `SettingField.typed` gives.

    Returns
    -------
    tuple
        The changed recipe and nothing else, or None and a sentence for each key, or section of keys, that is wrong.
    """
    try:
        return recipe.with_changes(changes), {}
    except RecipeError as error:
        if not isinstance(error.__cause__, ValidationError):
            return None, {"": str(error)}
        problems: dict[str, str] = {}
        for problem in error.__cause__.errors(include_url=False):
            # Numbers in the location are positions in a list of layers; the field is the whole list.
            key = ".".join(part for part in problem["loc"] if isinstance(part, str))
            problems.setdefault(key, _sentence(problem))
        return None, problems


def _sentence(problem: Any) -> str:
    """Say in a few words what is allowed: there is room for a line or two below a field."""
    said = {
        "greater_than": translate("SettingField", "It must be more than {gt:g}."),
        "greater_than_equal": translate("SettingField", "It must be {ge:g} or more."),
        "less_than": translate("SettingField", "It must be less than {lt:g}."),
        "less_than_equal": translate("SettingField", "It must be {le:g} or less."),
        "finite_number": translate("SettingField", "It must be a finite number."),
        "too_long": translate("SettingField", "At most {max_length:,} are possible."),
        "int_type": translate("SettingField", "Write a whole number, such as 128."),
        "int_parsing": translate("SettingField", "Write a whole number, such as 128."),
        "int_parsing_size": translate("SettingField", "This number is too large."),
        "float_type": translate("SettingField", "Write a number, such as 0.001 or 1e-3."),
        "float_parsing": translate("SettingField", "Write a number, such as 0.001 or 1e-3."),
        "string_unicode": translate("SettingField", "This text holds characters that cannot be read."),
    }
    if problem["type"] == "value_error":
        text = str(problem["ctx"]["error"])
        return text[:1].upper() + text[1:].rstrip(".") + "."
    kind = problem["type"]
    sentence = said[kind].format(**problem.get("ctx", {})) if kind in said else f"{problem['msg']}."
    if problem["loc"] and isinstance(problem["loc"][-1], int) and "size" not in problem["loc"]:
        is_image = {"images", "exclude"} & set(problem["loc"])
        text = (
            translate("SettingField", "Number {n}: {sentence}")
            if is_image
            else translate("SettingField", "Layer {n}: {sentence}")
        )
        sentence = text.format(n=problem["loc"][-1] + 1, sentence=sentence[:1].lower() + sentence[1:])
    return sentence


def as_text(key: str, value: Any) -> str:
    """Write the value of a recipe's key as a person would type it."""
    if value is None:
        return _NO_VALUE.get(key, "none")
    if key == "data.size":
        return "×".join(str(side) for side in value)
    if key in _LISTS_OF_IMAGES:
        return _listed(key, value)
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value)


def _listed(key: str, rows: tuple[int, ...]) -> str:
    if len(rows) > _MOST_LISTED:
        return QCoreApplication.translate("SettingField", "{n:,} images").format(n=len(rows))
    return ", ".join(str(row) for row in rows) or ("all" if key == "data.images" else "none")


class SettingField(QWidget):
    """A labelled editor of one setting.

    Parameters
    ----------
    key : str
        Dotted key of the setting.
    label, tip : str
        What it is called, and what it means to someone who meets it for the first time.
    editor : QLineEdit or QSpinBox or QComboBox
        Where it is edited.

    Attributes
    ----------
    label, problem : QLabel
        What it is called, and what is wrong with what is typed.
    """

    edited = Signal()
    finished = Signal()
    reset_clicked = Signal()

    def __init__(self, key: str, label: str, tip: str, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key = key
        self.editor = editor
        self.tip = tip
        self._why_locked = ""
        self._recipe_text: str | None = None
        self._value: Any = None

        self.dot = Dot()
        self.dot.clicked.connect(self.reset_clicked)
        keeps_place = self.dot.sizePolicy()
        keeps_place.setRetainSizeWhenHidden(True)
        self.dot.setSizePolicy(keeps_place)
        self.label = plain_label(label)
        self.label.setBuddy(editor)
        self.problem = plain_label(wordWrap=True, role=theme.WARNING)
        self.problem.hide()

        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.dot, 0, 0)
        grid.addWidget(self.label, 0, 1)
        grid.addWidget(editor, 0, 2)
        grid.addWidget(self.problem, 1, 1, 1, 2)
        grid.setColumnStretch(2, 1)

        editor.setAccessibleName(label)
        WheelGuard(editor)
        if isinstance(editor, QLineEdit):
            editor.setMinimumWidth(76)
            editor.setAcceptDrops(False)  # what is dropped is for the window, however late a field is made
            editor.textEdited.connect(self.edited)
            editor.editingFinished.connect(self.finished)
        elif isinstance(editor, QSpinBox):
            editor.valueChanged.connect(self.edited)
        else:
            editor.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            editor.setMinimumContentsLength(_LETTERS)
            editor.currentIndexChanged.connect(self.edited)
        self.mark(None)

    def typed(self) -> Any:
        """Give the editor's content as a recipe understands it: text, but for a list that is too long to be typed."""
        if isinstance(self.editor, QSpinBox):
            return str(self.editor.value())
        if isinstance(self.editor, QComboBox):
            return self.editor.currentText()
        text = self.editor.text().strip()
        if isinstance(self._value, tuple) and text == as_text(self.key, self._value):
            return self._value
        return "" if text.lower() in {"none", *_NO_VALUE.values()} else text

    def set_value(self, value: Any) -> None:
        """Show a value of a recipe."""
        self._value = value
        self.editor.blockSignals(True)
        if isinstance(self.editor, QSpinBox):
            self.editor.setValue(value)
        elif isinstance(self.editor, QComboBox):
            self.editor.setCurrentText(value)
        else:
            self.editor.setText(as_text(self.key, value))
            self.editor.setCursorPosition(0)
        self.editor.blockSignals(False)

    def show_problem(self, sentence: str) -> None:
        """Say what is wrong with the content; an empty sentence says that nothing is."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))
        self.editor.setAccessibleDescription(sentence)
        mark_wrong(self.editor, bool(sentence))

    def mark(self, recipe_text: str | None) -> None:
        """Show that the value differs from the recipe's, given as text, or, with None, that it does not."""
        self._recipe_text = recipe_text
        self.dot.setVisible(recipe_text is not None)
        font = self.label.font()
        font.setBold(recipe_text is not None)
        self.label.setFont(font)
        self._retip()

    def set_locked(self, why: str) -> None:
        """Lock the field and say why; an empty reason unlocks it."""
        self._why_locked = why
        self.editor.setEnabled(not why)
        self.dot.setEnabled(not why)
        self._retip()

    def _retip(self) -> None:
        tip = self.tip
        if self._recipe_text is not None:
            back = self.tr("recipe: {value}").format(value=self._recipe_text)
            tip = f"{tip}\n{back}"
            self.dot.setToolTip(plain(self.tr("{recipe}. Click to set it back.").format(recipe=back)))
            name = self.tr("Set back: {label}").format(label=self.label.text())
            self.dot.setAccessibleName(name)
        self.label.setToolTip(plain(self._why_locked or tip))
        self.editor.setToolTip(plain(self._why_locked or tip))


def align_labels(fields: list[SettingField], font: QFont) -> None:
    """Give the labels, in a font, one width, wide enough for bold ones: editors line up, and nothing moves."""
    bold = QFont(font)
    bold.setBold(True)
    wide = max(QFontMetrics(bold).horizontalAdvance(field.label.text()) for field in fields) + 2
    for field in fields:
        field.label.setFixedWidth(wide)


def make_editor(key: str) -> Editor:
    """Make the editor that fits a setting: its choices, if it has some, are read from the recipe's own fields."""
    model: Any = Recipe
    *parents, leaf = key.split(".")
    for part in parents:
        model = model.model_fields[part].annotation
    choices = get_args(model.model_fields[leaf].annotation)
    editor: Editor
    if choices and all(isinstance(choice, str) for choice in choices):
        editor = QComboBox()
        editor.addItems(list(choices))
    elif key in {"training.epochs", "model.latent"}:
        editor = QSpinBox()
        editor.setRange(1, 100_000 if leaf == "epochs" else 4096)
    else:
        editor = QLineEdit()
    editor.setObjectName("epochsBox" if leaf == "epochs" else key)
    return editor
