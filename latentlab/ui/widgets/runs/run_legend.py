"""The runs that are compared, with their colours: each can be left out, and one singled out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListWidget, QListWidgetItem, QWidget

from latentlab.core.errors import printable
from latentlab.ui.style.run_colours import run_colour, swatch
from latentlab.ui.style.texts import plain

_WIDTH = 15  # letters


class RunLegend(QListWidget):
    """Names runs beside patches of their colours; those that are not ticked are left out of plots and maps."""

    shown_changed = Signal(object)
    """The runs that are ticked: list of Path."""
    picked = Signal(object)
    """One run is singled out: Path, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparedRuns")
        self.setAccessibleName(self.tr("Runs that are compared"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(_WIDTH * self.fontMetrics().averageCharWidth())
        self._paths: list[Path] = []
        self.itemChanged.connect(self._tell_shown)
        self.itemSelectionChanged.connect(self._tell_picked)

    def set_runs(self, runs: Sequence[tuple[Path, str]]) -> None:
        """List runs by their files and names; what was left out, or singled out, stays so."""
        left_out, picked = set(self._paths) - set(self.shown()), self.picked_run()
        with QSignalBlocker(self):
            self.clear()
            self._paths = [path for path, _ in runs]
            for path, name in runs:
                item = QListWidgetItem(name, self)
                item.setToolTip(plain(printable(str(path))))
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(Qt.CheckState.Unchecked if path in left_out else Qt.CheckState.Checked)
            self._colour()
        self.pick(picked)

    def shown(self) -> list[Path]:
        """Give the runs that are ticked."""
        ticked = (self.item(row).checkState() == Qt.CheckState.Checked for row in range(self.count()))
        return [path for path, is_shown in zip(self._paths, ticked, strict=True) if is_shown]

    def picked_run(self) -> Path | None:
        """Give the run that is singled out."""
        rows = [index.row() for index in self.selectedIndexes()]
        return self._paths[rows[0]] if rows else None

    @Slot(object)
    def pick(self, path: Path | None) -> None:
        """Single a run out; None, or one that is not listed, for none."""
        with QSignalBlocker(self):
            self.clearSelection()
            if path in self._paths:
                self.setCurrentRow(self._paths.index(path))
            else:
                self.setCurrentRow(-1)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme and the size of text."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "_paths"):
            self.setMinimumWidth(_WIDTH * self.fontMetrics().averageCharWidth())
            with QSignalBlocker(self):
                self._colour()

    def _colour(self) -> None:
        for row in range(self.count()):
            self.item(row).setIcon(swatch(run_colour(row, self.count())))

    @Slot()
    def _tell_shown(self) -> None:
        self.shown_changed.emit(self.shown())

    @Slot()
    def _tell_picked(self) -> None:
        self.picked.emit(self.picked_run())
