"""The preferences: looks, language, folders and training; all but the language is in force at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QWidget,
)

from latentlab.core.errors import printable
from latentlab.core.files import is_folder, named
from latentlab.ui.settings import SAVE_SECONDS, TEXT_SIZES, THEMES, THREADS
from latentlab.ui.style import languages
from latentlab.ui.style.texts import plain, plain_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.scrolling_dialog import ScrollingDialog

_FIELD = 48  # average letters: room for most of a path


@dataclass(frozen=True, slots=True)
class Preferences:
    """What is chosen.

    Attributes
    ----------
    theme : str
    text_size, normal_size : int
        In points: as it is, and as the system has it.
    language : str
        ``system``, or a code; it need not be one that the window can speak.
    data_dir, workspace : Path
    threads, spared : int
        Threads of trainings, 0 for as many as the window can spare; and how many these are.
    save_seconds : int
    note : str
        Why folders are others at each start; empty if they are not.
    """

    theme: str
    text_size: int
    normal_size: int
    language: str
    data_dir: Path
    workspace: Path
    threads: int
    spared: int
    save_seconds: int
    note: str = ""


class PreferencesDialog(ScrollingDialog):
    """Shows preferences; each change is a signal."""

    theme_chosen = Signal(str)
    text_size_chosen = Signal(int)  # points
    language_chosen = Signal(str)
    data_dir_chosen = Signal(Path)
    workspace_chosen = Signal(Path)
    browse_requested = Signal(str)  # "dataFolder" or "workspace"
    threads_chosen = Signal(int)  # 0 for as many as the window can spare
    save_seconds_chosen = Signal(int)

    def __init__(self, chosen: Preferences, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("preferencesDialog")
        self.setWindowTitle(self.tr("Preferences"))
        content = QWidget()
        self._form = QFormLayout(content)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setHorizontalSpacing(16)
        self._headings: list[QLabel] = []
        self._add_look(chosen)
        self._add_language(chosen)
        self._add_folders(chosen)
        self._add_training(chosen)
        close = QPushButton(self.tr("Close"), objectName="preferencesClose", autoDefault=False)  # Enter ends a field
        close.clicked.connect(self.accept)
        parts = ((self.hold(content), 1), row(STRETCH, close, margins=(0, 8, 0, 0)))
        column(*parts, margins=(16, 12, 16, 12), on=self)
        self._embolden()
        self.make_room()

    def set_data_dir(self, folder: Path) -> None:
        """Show where downloaded sets lie."""
        self._data_dir.set_folder(folder)

    def set_workspace(self, folder: Path) -> None:
        """Show where trainings are kept."""
        self._workspace.set_folder(folder)

    @Slot(str)
    def set_state(self, state: str) -> None:
        """Let folders be chosen while nothing trains: while the state is ``idle``."""
        is_idle = state == "idle"
        for folder in (self._data_dir, self._workspace):
            folder.setEnabled(is_idle)
        self._busy.setVisible(not is_idle)
        self.make_room()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._embolden()

    def _add_look(self, chosen: Preferences) -> None:
        self._theme = QComboBox(objectName="preferencesTheme")
        texts = {"system": self.tr("As the system"), "light": self.tr("Light"), "dark": self.tr("Dark")}
        for choice in THEMES:
            self._theme.addItem(texts[choice], choice)
        self._theme.setCurrentIndex(THEMES.index(chosen.theme))
        self._theme.currentIndexChanged.connect(lambda: self.theme_chosen.emit(self._theme.currentData()))
        self._text_size = _number("preferencesTextSize", TEXT_SIZES, chosen.text_size, self.tr(" pt"))
        self._text_size.valueChanged.connect(self.text_size_chosen)
        normal = QPushButton(self.tr("&Normal size"), objectName="preferencesNormalSize", autoDefault=False)
        normal.setToolTip(self.tr("{n} pt, as the system has it").format(n=chosen.normal_size))
        normal.clicked.connect(lambda: self._text_size.setValue(chosen.normal_size))
        self._add_heading(self.tr("Look and language"))
        self._add(self.tr("T&heme"), self._theme, self._theme)
        self._add(self.tr("&Size of text"), row(self._text_size, normal, STRETCH, spacing=8), self._text_size)

    def _add_language(self, chosen: Preferences) -> None:
        self._left_out = languages.left_out()
        self._names = {language.code: language.name for language in languages.available()}
        as_system = self.tr("As the system ({language})").format(language=self._names[languages.of_system()])
        self._language = QComboBox(objectName="preferencesLanguage")
        for code, name in ((languages.SYSTEM, as_system), *self._names.items()):
            self._language.addItem(name, code)
        if self._language.findData(chosen.language) < 0:
            self._language.addItem(self.tr("{code}, which is not there").format(code=chosen.language), chosen.language)
        self._language.setCurrentIndex(self._language.findData(chosen.language))
        self._language.currentIndexChanged.connect(self._choose_language)
        self._language.setToolTip(plain(self._where_languages_are()))
        self._add(self.tr("&Language"), self._language, self._language)
        self._about_language = self._add_note("")
        self._about_language.setObjectName("preferencesLanguageNote")
        self._tell_of_language()

    @Slot()
    def _choose_language(self) -> None:
        self.language_chosen.emit(self._language.currentData())
        self._tell_of_language()
        self.make_room()

    def _tell_of_language(self) -> None:
        code, told = self._language.currentData(), ""
        wanted = languages.of_system() if code == languages.SYSTEM else code
        if wanted in self._names and wanted != languages.spoken():
            told = self.tr("The window speaks it from the next start.")
        elif self._left_out:
            told = self.tr("{names} cannot be used: is it damaged, or named after no language?")
            told = told.format(names=", ".join(map(printable, self._left_out)))
        elif len(self._names) == 1:
            told = self._where_languages_are()
        self._about_language.setText(told)
        self._about_language.setVisible(bool(told))

    def _where_languages_are(self) -> str:
        folder = printable(str(languages.own_folder()))
        return self.tr("Translations are looked for here:\n{folder}").format(folder=folder)

    def _add_folders(self, chosen: Preferences) -> None:
        self._data_dir = _FolderField("preferencesDataDir", chosen.data_dir)
        self._data_dir.chosen.connect(self.data_dir_chosen)
        self._data_dir.browse_requested.connect(lambda: self.browse_requested.emit("dataFolder"))
        self._workspace = _FolderField("preferencesWorkspace", chosen.workspace)
        self._workspace.chosen.connect(self.workspace_chosen)
        self._workspace.browse_requested.connect(lambda: self.browse_requested.emit("workspace"))
        self._add_heading(self.tr("Folders"))
        for text, folder in ((self.tr("&Downloads"), self._data_dir), (self.tr("Tra&inings"), self._workspace)):
            self._add(text, folder, folder.field)
            self._form.addRow("", folder.problem)
            folder.told.connect(self.make_room)
        self._busy = self._add_note(self.tr("While a model trains, folders stay as they are."))
        self._busy.hide()
        if chosen.note:
            self._add_note(chosen.note)

    def _add_training(self, chosen: Preferences) -> None:
        self._threads = _number("preferencesThreads", (0, THREADS[1]), chosen.threads, "")
        self._threads.setSpecialValueText(self.tr("as many as the window can spare ({n})").format(n=chosen.spared))
        self._threads.valueChanged.connect(self.threads_chosen)
        self._save_seconds = _number("preferencesSaveSeconds", SAVE_SECONDS, chosen.save_seconds, self.tr(" s"))
        self._save_seconds.valueChanged.connect(self.save_seconds_chosen)
        self._add_heading(self.tr("Training"))
        self._add(self.tr("Th&reads"), row(self._threads, STRETCH), self._threads)
        self._add(self.tr("Saved &every"), row(self._save_seconds, STRETCH), self._save_seconds)
        self._add_note(self.tr("From the next training on. A recipe that names its threads keeps them."))

    def _add_heading(self, text: str) -> None:
        heading = plain_label(text)
        if self._headings:
            heading.setContentsMargins(0, 10, 0, 0)
        self._headings.append(heading)
        self._form.addRow(heading)

    def _add(self, text: str, what: object, buddy: QWidget) -> None:
        label = plain_label(text)
        label.setBuddy(buddy)
        buddy.setAccessibleName(text.replace("&", ""))
        self._form.addRow(label, what)  # type: ignore[arg-type]

    def _add_note(self, text: str) -> QLabel:
        top = Qt.AlignmentFlag.AlignTop  # of two lines, which Qt keeps for one that could be broken
        note = plain_label(text, wordWrap=True, alignment=top | Qt.AlignmentFlag.AlignLeading)
        note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._form.addRow("", note)
        return note

    def _embolden(self) -> None:
        font = self.font()
        font.setBold(True)
        for heading in self._headings:
            heading.setFont(font)


class _FolderField(QWidget):
    """A folder: typed, or chosen in a dialog; `problem`, to be put below, says what is wrong with it."""

    chosen = Signal(Path)
    browse_requested = Signal()
    told = Signal()
    """`problem` says something else, or nothing any more."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self.field = QLineEdit(objectName=name)
        self.field.setMinimumWidth(self.fontMetrics().averageCharWidth() * _FIELD)
        self.field.editingFinished.connect(self._take)
        browse = QToolButton(text="…", objectName=f"{name}Browse", focusPolicy=Qt.FocusPolicy.TabFocus)
        browse.setAccessibleName(self.tr("Choose a folder…"))
        browse.setToolTip(self.tr("Choose a folder…"))
        browse.clicked.connect(self.browse_requested)
        self.problem = plain_label(wordWrap=True, objectName=f"{name}Problem")
        self.problem.setForegroundRole(QPalette.ColorRole.BrightText)
        row((self.field, 1), browse, spacing=4, on=self)
        self.set_folder(folder)

    def set_folder(self, folder: Path) -> None:
        self._folder = folder
        with QSignalBlocker(self.field):
            self.field.setText(str(folder))
            self.field.setCursorPosition(0)
        self._tell("")

    @Slot()
    def _take(self) -> None:
        text = self.field.text().strip()
        if not text or text == str(self._folder):
            self.set_folder(self._folder)
            return
        folder = named(text)
        if not is_folder(folder):
            self._tell(self.tr("There is no such folder: make it first, or choose another one."))
        else:
            self._tell("")
            self.chosen.emit(folder)

    def _tell(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))
        self.told.emit()


def _number(name: str, limits: tuple[int, int], value: int, unit: str) -> QSpinBox:
    box = QSpinBox(objectName=name, suffix=unit, keyboardTracking=False)
    box.setRange(*limits)
    box.setValue(value)
    return box
