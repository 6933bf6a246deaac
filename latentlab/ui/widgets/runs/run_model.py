"""Runs as rows of a table: what is written in each cell, and the pictures that have been painted so far."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import (
    QAbstractTableModel,
    QDateTime,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QImage, QPixmap

from latentlab.core.errors import printable
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.runs.run_tree import Placed
from latentlab.ui.style.texts import plain
from latentlab.ui.widgets.runs.run_branches import lines_of
from latentlab.ui.widgets.runs.run_origin import came_from_in_words, differences_in_words, origin_in_words
from latentlab.ui.widgets.runs.run_words import state_in_words, time_in_words

_Index = QModelIndex | QPersistentModelIndex
_KEPT = 500  # pictures

COLUMNS = ("name", "dataset", "group", "differs", "state", "epochs", "loss", "seconds", "saved")
"""Of each column what it is ordered by: see `core.runs.collection.ORDERS`."""
_NUMBERS = {"epochs", "loss", "seconds"}
_ROLES = {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.TextAlignmentRole, Qt.ItemDataRole.ToolTipRole}


class RunModel(QAbstractTableModel):
    """Rows of runs in the order in which they are given; thousands of them cost nothing until they are seen."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: Sequence[KeptRun] = ()
        self._placed: Sequence[Placed] = ()
        self._lines: list[int] = []  # in the tree: see `run_branches.lines_of`
        self._rows: dict[Path, int] = {}
        self._pictures: OrderedDict[tuple[Path, str], QPixmap | None] = OrderedDict()
        self._last: dict[Path, QPixmap | None] = {}  # of runs whose next picture is being painted
        self.data_name: Callable[[str], str] = printable

    def set_runs(self, runs: Sequence[KeptRun], placed: Sequence[Placed] = ()) -> bool:
        """Show these; where they are those of before in the same order only what has changed is painted anew.

        Parameters
        ----------
        runs : sequence of KeptRun
        placed : sequence of Placed
            Their places in the tree, and where each came from, where that is to be told.

        Returns
        -------
        bool
            Whether they are others, so that nothing is selected any more.
        """
        rows = {run.path: number for number, run in enumerate(runs)}
        lines, depths = lines_of(placed), [each.depth for each in placed]
        stay = (lines, depths) == (self._lines, [each.depth for each in self._placed])
        self._placed, self._lines = placed, lines
        if list(rows) != list(self._rows):
            self.beginResetModel()
            self.runs, self._rows = runs, rows
            self.endResetModel()
            return True
        before, self.runs = self.runs, runs
        last = len(COLUMNS) - 1
        for number, (old, new) in enumerate(zip(before, runs, strict=True)):
            if not stay or (old is not new and old != new):
                self.dataChanged.emit(self.index(number, 0), self.index(number, last))
        return False

    def row_of(self, path: Path) -> int:
        """Give the row of a run; -1 where it is not listed."""
        return self._rows.get(path, -1)

    def place(self, row: int) -> tuple[int, int]:
        """Give how deep a run is in the tree, and the lines that go by it."""
        return (self._placed[row].depth, self._lines[row]) if row < len(self._placed) else (0, 0)

    def source(self, run: KeptRun) -> KeptRun | None:
        """Give the run that one came from, where it is known and there: see `Placed.source`."""
        row = self.row_of(run.path)
        return self._placed[row].source if 0 <= row < len(self._placed) else None

    def picture(self, row: int) -> QPixmap | None:
        """Give the picture of a run, or the one of before while it is painted anew; None where there is none."""
        run = self.runs[row]
        found = self._pictures.get((run.path, run.stamp))
        return found if found is not None else self._last.get(run.path)

    def lacks_picture(self, run: KeptRun) -> bool:
        """Whether nobody has told of the picture of a run as it is."""
        return (run.path, run.stamp) not in self._pictures

    def set_picture(self, path: Path, stamp: str, image: QImage | None) -> None:
        """Show the picture of a run; None where it has none."""
        picture = None if image is None else QPixmap.fromImage(image)
        self._pictures[path, stamp] = self._last[path] = picture
        while len(self._pictures) > _KEPT:
            (gone, _), _ = self._pictures.popitem(last=False)
            self._last.pop(gone, None)
        if (row := self.row_of(path)) >= 0:
            self.dataChanged.emit(self.index(row, 0), self.index(row, 0), [Qt.ItemDataRole.DecorationRole])

    def forget_pictures(self) -> None:
        """Forget them all: they are of another size, or in other colours."""
        self._pictures.clear()
        self._last.clear()

    def rowCount(self, parent: _Index | None = None) -> int:
        """Give how many runs there are."""
        return 0 if parent is not None and parent.isValid() else len(self.runs)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Give how many columns there are."""
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Give what a cell shows."""
        if role not in _ROLES or not index.isValid():
            return None
        run, column = self.runs[index.row()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(run, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _NUMBERS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole:
            if column == "group" and run.group is not None:
                return plain(self.tr("Show only the runs of {sweep}").format(sweep=run.group["name"]))
            return plain(self._tip(run) if column in ("name", "differs") else self._text(run, column))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Give the name of a column."""
        if role == Qt.ItemDataRole.TextAlignmentRole and COLUMNS[section] in _NUMBERS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            self.tr("Run"),
            self.tr("Images"),
            self.tr("Sweep"),
            self.tr("Changed"),
            self.tr("State"),
            self.tr("Epochs"),
            self.tr("Test loss"),
            self.tr("Trained for"),
            self.tr("Saved"),
        )[section]

    def below_name(self, run: KeptRun) -> str:
        """Give what is said of a run below its name."""
        text = self.tr("{recipe} · {dimensions}-D").format(recipe=run.recipe, dimensions=run.latent or "?")
        parts = [origin_in_words(run), text] if run.origin else [text]
        return " · ".join([*parts, *run.notes.strip().splitlines()[:1]])

    def _tip(self, run: KeptRun) -> str:
        """Say where the file of a run lies, and where it came from."""
        return "\n".join([printable(str(run.path)), *came_from_in_words(run, self.source(run))])

    def _text(self, run: KeptRun, column: str) -> str:
        if column == "name":
            return run.name
        if column == "dataset":
            return self.data_name(run.dataset)
        if column == "differs":
            return differences_in_words(run)
        if column == "group":
            return "" if run.group is None else run.group["name"]
        if column == "state":
            return state_in_words(run.state)
        if column == "epochs":
            return f"{run.epochs}" if run.epochs >= run.of_epochs else f"{run.epochs} / {run.of_epochs}"
        if column == "loss":
            return "" if run.test is None else f"{run.test['loss']:.2f}"
        if column == "seconds":
            return "" if run.seconds is None else time_in_words(run.seconds)
        moment = QDateTime.fromMSecsSinceEpoch(round(1000 * run.moment))
        return QLocale().toString(moment, QLocale.FormatType.ShortFormat) if run.moment else ""
