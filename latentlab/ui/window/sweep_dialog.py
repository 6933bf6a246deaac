"""The dialog that begins a sweep: which settings take which values, how many seeds, how many runs at once."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QFormLayout, QLineEdit, QPushButton, QSpinBox, QToolButton, QWidget

from latentlab.core.recipe.recipe import SEED
from latentlab.core.training.sweep_plan import MOST_RUNS
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.forms.recipe_settings import RecipeSettings
from latentlab.ui.widgets.forms.search_box import SearchBox
from latentlab.ui.widgets.primary_button import PrimaryButton
from latentlab.ui.widgets.scrolling_dialog import ScrollingDialog

_FIRST = (("loss.beta", "0.5, 1, 2, 4"), ("model.latent", ""))
_SETTING, _VALUES = 30, 30  # average letters


class SweepDialog(ScrollingDialog):
    """Asks what a sweep varies.

    Parameters
    ----------
    jobs : int
        How many runs are trained at once, unless one wants it otherwise.
    cores : int
    parent : QWidget
    """

    edited = Signal()
    """Something is wanted otherwise."""
    begin_asked = Signal()

    def __init__(self, jobs: int, cores: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("sweepDialog")
        self.setWindowTitle(self.tr("Sweep"))
        self._about = plain_label(wordWrap=True, objectName="sweepAbout")
        texts = RecipeSettings()
        named = [(key, label) for key, label, _ in texts.main()]
        named += [(key, f"{heading}: {label}") for heading, each in texts.more() for key, label, _ in each]
        self._keys = [key for key, _ in named if key != SEED]
        self._labels = [label for key, label in named if key != SEED]
        self._rows: list[_SettingRow] = []
        self._lines = column(spacing=6)
        self._add = QPushButton(self.tr("&Another setting"), objectName="sweepAdd", autoDefault=False)
        self._add.clicked.connect(lambda: self._add_row("", "").setting.setFocus())
        self._seeds = _number("sweepSeeds", MOST_RUNS, 1)
        self._seeds.setToolTip(self.tr("How often each is trained: with the recipe's seed and those after it"))
        self._jobs = _number("sweepJobs", max(64, cores), jobs)
        self._jobs.setToolTip(self.tr("Runs that are trained together; there are {n} cores").format(n=cores))
        for number in (self._seeds, self._jobs):
            number.valueChanged.connect(self.edited)
        numbers = QFormLayout(horizontalSpacing=12)
        numbers.addRow(self.tr("S&eeds"), self._seeds)
        numbers.addRow(self.tr("Runs at &once"), self._jobs)
        hint = plain_label(
            self.tr("Values stand between commas; between values that are lists, such as layers, stands a semicolon."),
            wordWrap=True,
            role=theme.MUTED,
        )
        content = QWidget()
        head = row(self._add, STRETCH)
        column(self._about, 4, self._lines, head, hint, 4, numbers, STRETCH, spacing=8, on=content)
        self._said = plain_label(wordWrap=True, objectName="sweepSaid")
        self._begin = PrimaryButton(
            self.tr("&Begin"), objectName="sweepBegin", autoDefault=False
        )  # Enter takes a setting
        self._begin.clicked.connect(self.begin_asked)
        cancel = QPushButton(self.tr("&Cancel"), objectName="sweepCancel", autoDefault=False)
        cancel.clicked.connect(self.reject)
        buttons = row(STRETCH, self._begin, cancel, spacing=8)
        column((self.hold(content), 1), self._said, buttons, margins=(16, 14, 16, 14), spacing=10, on=self)
        for key, values in _FIRST:
            self._add_row(key, values)
        self._size()
        self.make_room()

    @property
    def settings(self) -> tuple[str, ...]:
        """What is typed, as a plan reads it; rows without values say nothing."""
        return tuple(f"{each.key}={each.values.text().strip()}" for each in self._rows if each.values.text().strip())

    @property
    def seeds(self) -> int:
        """How many seeds there are."""
        return self._seeds.value()

    @property
    def jobs(self) -> int:
        """How many runs are trained at once."""
        return self._jobs.value()

    def set_about(self, text: str) -> None:
        """Say what is trained."""
        self._about.setText(text)
        self.make_room()

    def tell(self, text: str, *, is_problem: bool, can_begin: bool) -> None:
        """Say what would come of it, or why it cannot be."""
        self._said.setForegroundRole(theme.WARNING if is_problem else theme.MUTED)
        self._said.setText(text)
        if self._said.heightForWidth(self._said.width()) > self._said.height():
            self._said.setMinimumHeight(self._said.heightForWidth(self._said.width()))
            self.make_room()
        self._begin.setEnabled(can_begin)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._size()

    def _add_row(self, key: str, values: str) -> _SettingRow:
        chosen = self._keys.index(key) if key else self._first_free()
        made = _SettingRow(self._labels, self._keys, chosen, values)
        made.edited.connect(self.edited)
        made.removed.connect(self._remove_row)
        self._rows.append(made)
        self._lines.addWidget(made)
        self._size()
        self.make_room()
        return made

    def _first_free(self) -> int:
        used = {each.key for each in self._rows}
        return next(number for number, key in enumerate(self._keys) if key not in used)

    @Slot(object)
    def _remove_row(self, gone: _SettingRow) -> None:
        self._rows.remove(gone)
        self._lines.removeWidget(gone)
        gone.hide()
        gone.deleteLater()
        self.make_room()
        self.edited.emit()

    def _size(self) -> None:
        letter = self.fontMetrics().averageCharWidth()
        self._said.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        for each in self._rows:
            each.setting.setMinimumWidth(_SETTING * letter)
            each.values.setMinimumWidth(_VALUES * letter)


class _SettingRow(QWidget):
    """A setting and the values that it takes."""

    edited = Signal()
    removed = Signal(object)

    def __init__(self, labels: Sequence[str], keys: Sequence[str], chosen: int, values: str) -> None:
        super().__init__()
        self._keys = keys
        self.setting = SearchBox()
        self.setting.setObjectName("sweepSetting")
        self.setting.setAccessibleName(self.tr("Setting"))
        with QSignalBlocker(self.setting):
            self.setting.set_entries(labels, chosen)
        self.setting.taken.connect(lambda _: self.edited.emit())
        self.values = QLineEdit(values, objectName="sweepValues")
        self.values.setPlaceholderText(self.tr("Values, e.g. 1, 2, 4"))
        self.values.setAccessibleName(self.tr("Values"))
        self.values.textChanged.connect(lambda _: self.edited.emit())
        remove = QToolButton(text="✕", autoRaise=True, objectName="sweepRemove")
        remove.setAccessibleName(self.tr("Leave this setting out"))
        remove.setToolTip(self.tr("Leave this setting out"))
        remove.clicked.connect(lambda: self.removed.emit(self))
        row((self.setting, 1), (self.values, 1), remove, spacing=8, on=self)

    @property
    def key(self) -> str:
        return self._keys[self.setting.currentIndex()]


def _number(name: str, most: int, value: int) -> QSpinBox:
    """Give a box for a whole number from 1 on."""
    box = QSpinBox(objectName=name, minimum=1, maximum=most, value=value)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box
