"""A table of what differs between runs, and of their figures, with mean and spread over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from latentlab.core.errors import printable
from latentlab.core.recipe.recipe import SEED, value_in_words
from latentlab.core.runs.comparison_table import FIGURES, NATS, ComparisonTable, Figure, Row, Spread
from latentlab.ui.style import theme
from latentlab.ui.style.run_colours import run_colour, swatch
from latentlab.ui.style.texts import plain, plain_label
from latentlab.ui.widgets.bar_button import bar_button
from latentlab.ui.widgets.boxes import column, row
from latentlab.ui.widgets.plain_table import make_plain
from latentlab.ui.widgets.runs.run_marks import RunMarks
from latentlab.ui.widgets.runs.run_words import time_in_words

if TYPE_CHECKING:
    from latentlab.core.runs.run_record import RunRecord

_LONGEST = 28  # letters of a setting
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class RunComparisonPanel(QWidget):
    """Shows a row for each run, those that differ only in the seed together and followed by their mean."""

    picked = Signal(object)
    """The run of a row: Path, or None for the mean of some."""
    copy_asked = Signal()
    save_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runComparison")
        self._paths: Sequence[Path] = ()
        self._table: ComparisonTable | None = None
        self.table = QTableWidget(objectName="comparisonTable")
        self.table.setAccessibleName(self.tr("What differs between the runs"))
        make_plain(self.table)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        across = self.table.horizontalHeader()
        across.setHighlightSections(False)
        across.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        across.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.itemSelectionChanged.connect(self._tell_picked)
        self._notes = plain_label(wordWrap=True, role=theme.MUTED, objectName="comparisonNotes")
        copy = bar_button(self.tr("Copy"), self.tr("Copy the table, as spreadsheets take it"), "copyComparisonButton")
        copy.clicked.connect(self.copy_asked)
        save = bar_button(self.tr("Save table…"), self.tr("Save the table as a CSV file"), "saveComparisonButton")
        save.clicked.connect(self.save_asked)
        about = plain_label(self.tr("Settings that differ, and test figures"), role=theme.MUTED, wordWrap=True)
        bar = row((about, 1), copy, save, margins=(8, 6, 8, 0), spacing=6)
        column(bar, (self.table, 1), row(self._notes, margins=(8, 0, 8, 6)), spacing=4, on=self)

    def show_runs(self, records: Sequence[RunRecord], table: ComparisonTable) -> None:
        """Show these runs."""
        self._paths, self._table = [record.path for record in records], table
        self._fill()

    @Slot(object)
    def set_picked(self, path: Path | None) -> None:
        """Select the row of a run."""
        numbers = [None if line.run is None else self._paths[line.run] for line in self._rows()]
        with QSignalBlocker(self.table):
            self.table.clearSelection()
            if path is not None and path in numbers:
                self.table.selectRow(numbers.index(path))

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "_notes"):
            self._fill()

    def _rows(self) -> Sequence[Row]:
        return () if self._table is None else self._table.rows

    def _fill(self) -> None:
        made = self._table
        with QSignalBlocker(self.table):
            self.table.clear()
            if made is None:
                self.table.setRowCount(0)
                return
            marks = RunMarks(made.sets[quantity] for quantity in NATS)
            known = [name for name in FIGURES if any(name in line.figures for line in made.rows)]
            heads = [self.tr("Run"), *made.settings, *(self._name(name) for name in known)]
            self.table.setColumnCount(len(heads))
            self.table.setRowCount(len(made.rows))
            for place, head in enumerate(heads):
                item = QTableWidgetItem(head)
                if place > len(made.settings):
                    item.setTextAlignment(_RIGHT)
                item.setToolTip(plain(self._tip(known[place - 1 - len(made.settings)]) if place > len(made.settings)
                                      else head))  # fmt: skip
                self.table.setHorizontalHeaderItem(place, item)
            for number, line in enumerate(made.rows):
                self._fill_row(number, line, made, known, marks)
            self._notes.setText(self._said(made, marks))
            self._measure()

    def _measure(self) -> None:
        """Give each column the room of its widest cell, and some between two."""
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 12)
        self.table.resizeColumnsToContents()
        for place in range(self.table.columnCount()):
            self.table.setColumnWidth(place, self.table.columnWidth(place) + 2 * self.fontMetrics().averageCharWidth())

    def _fill_row(
        self, number: int, line: Row, made: ComparisonTable, known: Sequence[Figure], marks: RunMarks
    ) -> None:
        is_mean = line.run is None
        name = self.tr("mean ± s.d., {n} seeds").format(n=len(line.runs)) if is_mean else made.names[line.runs[0]]
        first = QTableWidgetItem(name)
        if line.run is not None:
            first.setIcon(swatch(run_colour(line.run, len(made.names))))
            first.setToolTip(plain(printable(str(self._paths[line.run]))))
        cells = [first]
        for key in made.settings:
            value = "" if is_mean and key == SEED else _written(line.settings.get(key))
            cell = QTableWidgetItem(value if len(value) <= _LONGEST else f"{value[: _LONGEST - 2]} …")
            cell.setToolTip(plain(value))
            cells.append(cell)
        for figure in known:
            spread = line.figures.get(figure)
            mark = marks.of(made.sets[figure], line.runs[0]) if figure in NATS else ""
            cell = QTableWidgetItem("" if spread is None else f"{self._number(figure, spread)}{mark}")
            cell.setTextAlignment(_RIGHT)
            if mark and figure in NATS:
                why = marks.reason(made.sets[figure], line.runs[0])
                cell.setToolTip(plain(self.tr("Not comparable with the others: {why}.").format(why=why)))
            cells.append(cell)
        for place, cell in enumerate(cells):
            if is_mean:
                font = cell.font()
                font.setBold(True)
                cell.setFont(font)
                cell.setBackground(QColor(theme.current().surface))
            self.table.setItem(number, place, cell)

    def _number(self, figure: Figure, spread: Spread) -> str:
        if figure == "seconds":
            return time_in_words(spread.mean)
        digits = 0 if figure == "epochs" and spread.mean == int(spread.mean) else 2
        said = f"{spread.mean:,.{digits}f}"
        return said if spread.deviation is None or figure == "epochs" else f"{said} ± {spread.deviation:,.2f}"

    def _name(self, figure: Figure) -> str:
        return {
            "negative_elbo": self.tr("−ELBO"),
            "loss": self.tr("Loss"),
            "reconstruction": self.tr("Reconstruction"),
            "kl": self.tr("KL"),
            "epochs": self.tr("Epochs"),
            "seconds": self.tr("Trained for"),
        }[figure]

    def _tip(self, figure: Figure) -> str:
        return {
            "negative_elbo": self.tr("Reconstruction + KL of a VAE, nats per test image, whatever its β"),
            "loss": self.tr("Reconstruction + β · KL + penalties, with each run's own β, nats per test image"),
            "reconstruction": self.tr("Nats per test image, at temperature 1"),
            "kl": self.tr("Of the posterior from the prior, nats per test image"),
            "epochs": self.tr("Whole ones, so far"),
            "seconds": self.tr("Steps and tests"),
        }[figure]

    def _said(self, made: ComparisonTable, marks: RunMarks) -> str:
        lines = [self.tr("{note}: not comparable with the others.").format(note=note) for note in marks.notes()]
        if any(line.run is None for line in made.rows):
            lines.append(
                self.tr(
                    "Below runs that differ only in the seed are their mean and standard deviation (s.d., of a sample: "
                    "n − 1)."
                )
            )
        if not made.settings and len(made.names) > 1:
            lines.append(self.tr("No setting differs."))
        return "\n".join(lines)

    @Slot()
    def _tell_picked(self) -> None:
        rows = self.table.selectionModel().selectedRows()
        run = self._rows()[rows[0].row()].run if rows else None
        self.picked.emit(None if run is None else self._paths[run])


def _written(value: object) -> str:
    return "–" if value is None else value_in_words(value)
