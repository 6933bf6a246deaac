"""The collection: all runs that are kept, to look through, name, open and throw away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QDateTime, QEvent, QLocale, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QLineEdit, QMenu, QMessageBox, QPushButton, QSplitter, QStackedWidget, QWidget

from latentlab.core.errors import printable
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.runs.run_tree import Placed
from latentlab.core.runs.trash import Deleted
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain, plain_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.message_bar import MessageBar
from latentlab.ui.widgets.primary_button import PrimaryButton
from latentlab.ui.widgets.runs.run_details import RunDetails
from latentlab.ui.widgets.runs.run_table import RunTable
from latentlab.ui.widgets.runs.run_words import size_in_words
from latentlab.ui.widgets.runs.sweep_strip import SweepStrip

_MOST_IN_MENU = 12  # deleted runs


class RunsPanel(QWidget):
    """Lists runs, finds words in them as one types, and shows what the chosen one is."""

    words_changed = Signal(str)
    order_asked = Signal(str, bool)
    tree_asked = Signal(bool)
    pictures_wanted = Signal(object)
    opened = Signal(Path)
    branch_asked = Signal(Path)
    compare_asked = Signal(object)
    """List of Path."""
    sweep_compare_asked = Signal(str)
    """All runs of the sweep of this name."""
    renamed = Signal(Path, str)
    noted = Signal(Path, str)
    delete_asked = Signal(object)
    """List of Path."""
    restore_asked = Signal(object)
    """List of Path, in the trash."""
    empty_asked = Signal()
    undo_asked = Signal()
    copy_asked = Signal(str)
    stop_asked = Signal(object)
    """Who trains these is to end: list of Path."""
    folder_asked = Signal(Path)
    """The folder of this run is to be shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runsPanel")
        self._can_open, self._folder = True, ""
        self._deleted: Sequence[Deleted] = ()
        self.messages = MessageBar("runs")
        self.messages.accepted.connect(self.undo_asked)
        self.search = QLineEdit(objectName="runSearch", clearButtonEnabled=True)
        self.search.setPlaceholderText(self.tr("Find by name, recipe, images or notes"))
        self.search.setAccessibleName(self.tr("Find by name, recipe, images or notes"))
        self.search.textChanged.connect(self.words_changed)
        self._count = plain_label(role=theme.MUTED, objectName="runCount")
        self.table = RunTable()
        self.tree = QPushButton(self.tr("Tr&ee"), objectName="runTreeButton", checkable=True)
        self.tree.setToolTip(self.tr("List each run below the one that it went on from or was branched from"))
        self.tree.toggled.connect(self.tree_asked)
        self._empty = plain_label(wordWrap=True, role=theme.MUTED, objectName="runsEmpty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setMargin(24)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.table)
        self._pages.addWidget(self._empty)
        self.details, self.sweeps = RunDetails(), SweepStrip()
        self.details.source = self.table.rows.source
        self._open = PrimaryButton(self.tr("&Open"), objectName="openChosenButton")
        self._open.clicked.connect(self._open_chosen)
        self._compare = QPushButton(self.tr("&Compare"), objectName="compareRunsButton")
        self._compare.setToolTip(self.tr("Show the selected runs beside each other: select two or more"))
        self._compare.clicked.connect(self._ask_to_compare)
        self._delete = QPushButton(self.tr("&Delete"), objectName="deleteRunsButton")
        self._delete.setToolTip(self.tr("Move to the trash, from which it comes back until that is emptied"))
        self._delete.clicked.connect(self._ask_to_delete)
        self._stop = QPushButton(self.tr("S&top training"), objectName="stopRunsButton")
        self._stop.setToolTip(self.tr("Ask the programs that train them to end now and to keep the models"))
        self._stop.clicked.connect(self._ask_to_stop)
        self._stop.hide()  # or what is beside the table would be as wide as with it from the start
        self._trash = QPushButton(objectName="trashButton")
        self._trash.setMenu(QMenu(self._trash))
        self._trash.menu().aboutToShow.connect(self._fill_trash)
        buttons = row(self._open, self._compare, self._delete, self._stop, STRETCH, margins=(8, 0, 0, 0), spacing=8)
        side = QWidget()
        column((self.details, 1), buttons, spacing=8, on=side)
        halves = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        halves.addWidget(self._pages)
        halves.addWidget(side)
        halves.setStretchFactor(0, 1)
        halves.setSizes([860, 300])
        head = row((self.search, 1), self._count, self.tree, self._trash, spacing=10)
        column(head, self.messages, self.sweeps, (halves, 1), margins=(12, 12, 12, 12), spacing=8, on=self)
        self._join()
        self.show_deleted([])
        self.show_runs([], 0)

    def _join(self) -> None:
        table, details = self.table, self.details
        table.order_asked.connect(self.order_asked)
        table.pictures_wanted.connect(self.pictures_wanted)
        table.opened.connect(self._open_path)
        table.group_asked.connect(self.find)
        table.chosen.connect(self._show_chosen)
        table.delete_asked.connect(self._ask_to_delete)
        table.rename_asked.connect(details.edit_title)
        table.menu_asked.connect(self._show_menu)
        details.renamed.connect(self.renamed)
        details.noted.connect(self.noted)
        details.title.returnPressed.connect(table.setFocus)
        for keys, does in (
            (QKeySequence.StandardKey.Find, self._find),
            (QKeySequence.StandardKey.Undo, self.undo_asked.emit),
        ):
            QShortcut(keys, self, does)

    # What it shows

    def set_data_names(self, name: Callable[[str], str]) -> None:
        """Take how image sets are called."""
        self.table.rows.data_name = self.details.data_name = name

    def set_folder(self, folder: str) -> None:
        """Say where the runs lie."""
        self._folder = folder

    def set_can_open(self, can: bool) -> None:
        """Let a run be opened, or not, as while one is trained."""
        self._can_open = can
        busy = self.tr("A model is training: stop or discard it, then open the run.")
        self._open.setToolTip("" if can else busy)
        self._enable()

    def show_runs(self, runs: Sequence[KeptRun], of: int, placed: Sequence[Placed] = ()) -> None:
        """Show runs in this order, and where each came from; how many there are says whether some are left out."""
        self.table.set_runs(runs, placed)
        chosen = self.table.chosen_runs()
        self._show_chosen(chosen)
        whole = self.tr("{n:,} run") if of == 1 else self.tr("{n:,} runs")
        shown = whole if len(runs) == of else self.tr("{n:,} of {of:,} runs")
        self._count.setText(shown.format(n=len(runs), of=of))
        words = self.tr("None of {of:,} runs has all of these words.").format(of=of)
        none = self.tr("There are no runs in {folder} yet: every training is kept there as it goes.")
        if not self._folder:  # nobody has looked into it yet
            none = self.tr("One moment …")
        self._empty.setText(words if of else none.format(folder=self._folder))
        self._pages.setCurrentWidget(self.table if runs else self._empty)

    def show_deleted(self, deleted: Sequence[Deleted]) -> None:
        """Offer what lies in the trash."""
        self._deleted = deleted
        self._trash.setVisible(bool(deleted))
        self._trash.setText(self.tr("&Trash ({n:,})").format(n=len(deleted)))

    @Slot(str)
    def find(self, words: str) -> None:
        """Show only the runs that have these words, as if one had typed them."""
        self.search.setText(words)

    def tell(self, sentence: str, is_problem: bool, *, can_undo: bool = False) -> None:
        """Say what was done, with a button that takes it back, or what went wrong."""
        self.messages.show_message(sentence, is_problem, self.tr("Undo") if can_undo else "")

    # What a person does

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the search by Esc, into the list by the arrow."""
        if self.search.hasFocus() and event.key() == Qt.Key.Key_Down:
            self.table.setFocus()
            if not self.table.chosen_runs() and self.table.rows.runs:
                self.table.choose([self.table.rows.runs[0].path])
        elif event.key() == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QEvent) -> None:
        """Keep what is being written."""
        self.details.keep_notes()
        super().hideEvent(event)

    @Slot()
    def _find(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    @Slot(object)
    def _show_chosen(self, runs: list[KeptRun]) -> None:
        self.details.show_runs(runs)
        self._enable()

    def _enable(self) -> None:
        chosen = self.table.chosen_runs()
        self._open.setEnabled(self._can_open and len(chosen) == 1)
        self._compare.setEnabled(len(chosen) > 1)
        self._delete.setEnabled(bool(chosen))
        self._stop.setVisible(bool(self._trained()))

    @Slot()
    def _open_chosen(self) -> None:
        for run in self.table.chosen_runs()[:1]:
            self._open_path(run.path)

    @Slot(Path)
    def _open_path(self, path: Path) -> None:
        if self._can_open:
            self.opened.emit(path)
        else:
            self.tell(self._open.toolTip(), True)

    def _trained(self) -> list[Path]:
        return [run.path for run in self.table.chosen_runs() if run.state == "training"]

    @Slot()
    def _ask_to_stop(self) -> None:
        self.stop_asked.emit(self._trained())

    @Slot()
    def _ask_to_compare(self) -> None:
        self.compare_asked.emit([run.path for run in self.table.chosen_runs()])

    @Slot()
    def _ask_to_delete(self) -> None:
        if paths := [run.path for run in self.table.chosen_runs()]:
            self.delete_asked.emit(paths)

    @Slot(QPoint)
    def _show_menu(self, at: QPoint) -> None:
        chosen = self.table.chosen_runs()
        if not chosen:
            return
        menu = QMenu(self, objectName="chosenRunMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        run, is_one = chosen[0], len(chosen) == 1

        def add(text: str, does: Callable[[], object], *, can: bool = True, keys: str = "") -> None:
            action = QAction(text, menu, enabled=can)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutVisibleInContextMenu(True)
            action.triggered.connect(lambda: does())
            menu.addAction(action)

        add(self.tr("&Open"), self._open_chosen, can=is_one and self._can_open, keys="Return")
        add(self.tr("&Branch from it…"), lambda: self.branch_asked.emit(run.path), can=is_one and self._can_open)
        add(self.tr("Co&mpare"), self._ask_to_compare, can=not is_one)
        if run.group is not None:
            name = run.group["name"]
            add(self.tr("Compare the &sweep"), lambda: self.sweep_compare_asked.emit(name))
        add(self.tr("&Rename"), self.details.edit_title, can=is_one, keys="F2")
        menu.addSeparator()
        add(self.tr("&Copy the path"), lambda: self.copy_asked.emit(str(run.path)), can=is_one)
        add(self.tr("Show the &folder"), lambda: self.folder_asked.emit(run.path), can=is_one)
        menu.addSeparator()
        if self._trained():
            add(self.tr("S&top training"), self._ask_to_stop)
        add(self.tr("&Delete"), self._ask_to_delete, keys="Del")
        menu.popup(at)

    @Slot()
    def _fill_trash(self) -> None:
        menu = self._trash.menu()
        menu.clear()
        for each in self._deleted[:_MOST_IN_MENU]:
            when = QDateTime.fromMSecsSinceEpoch(round(1000 * each.moment))
            text = self.tr("Restore {name} ({when})").format(
                name=printable(each.path.stem), when=QLocale().toString(when, QLocale.FormatType.ShortFormat)
            )
            action = menu.addAction(text.replace("&", "&&"))
            action.triggered.connect(lambda _, path=each.path: self.restore_asked.emit([path]))
        if len(self._deleted) > 1:
            restore = menu.addAction(self.tr("&Restore all {n:,}").format(n=len(self._deleted)))
            restore.triggered.connect(lambda: self.restore_asked.emit([each.path for each in self._deleted]))
        menu.addSeparator()
        menu.addAction(self.tr("&Empty the trash…")).triggered.connect(self._ask_to_empty)

    @Slot()
    def _ask_to_empty(self) -> None:
        size = size_in_words(sum(each.size for each in self._deleted))
        text = self.tr("Remove {n:,} runs, {size}, for good? They cannot be brought back.")
        question = QMessageBox(
            QMessageBox.Icon.Question,
            self.tr("Empty the trash"),
            plain(text.format(n=len(self._deleted), size=size)),
            parent=self,
        )
        question.setObjectName("emptyTrashQuestion")
        remove = question.addButton(self.tr("&Remove for good"), QMessageBox.ButtonRole.DestructiveRole)
        question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))

        def take_answer() -> None:
            if question.clickedButton() is remove:
                self.empty_asked.emit()

        question.finished.connect(take_answer)
        question.finished.connect(question.deleteLater)
        question.open()
