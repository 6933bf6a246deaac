"""The classes of an image set with their counts: a handful, or a thousand to be searched."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QSizePolicy,
    QTableView,
    QWidget,
)

from latentlab.ui.style.texts import plain
from latentlab.ui.widgets.boxes import STRETCH, column
from latentlab.ui.widgets.plain_table import make_plain

_FEW = 12  # classes: one sees them all at once
_ROWS_IN_SIGHT = 6

_Index = QModelIndex | QPersistentModelIndex


class ClassTable(QWidget):
    """Lists classes in their order, or by count, or those whose names contain what is typed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._classes = _Classes(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._classes)
        self._sorted.setSortRole(Qt.ItemDataRole.UserRole)
        self._sorted.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search = QLineEdit(objectName="classSearch")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._sorted.setFilterFixedString)
        self.table = QTableView(objectName="classTable")
        self.table.setAccessibleName(self.tr("Classes and how many images each has"))
        self.table.setModel(self._sorted)
        self.table.setSortingEnabled(True)
        make_plain(self.table)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        across = self.table.horizontalHeader()
        across.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        across.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)  # by its contents it would ask for all of them
        across.setHighlightSections(False)
        column(self.search, (self.table, 1000), STRETCH, spacing=4, on=self)

    def set_classes(self, names: Sequence[str], counts: Sequence[int]) -> None:
        """List these classes, with how many images each has."""
        self._sorted.sort(-1)  # before: another order would be found for the new ones first
        self._classes.set_classes(names, counts)
        self.search.clear()
        self.search.setPlaceholderText(self.tr("Search among {n:,} classes").format(n=len(names)))
        self.search.setVisible(len(names) > _FEW)
        self.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        """Be as high as a few rows need at least, and as all of them need at most."""
        row, count = self.fontMetrics().height() + 4, self._classes.rowCount()
        self.table.verticalHeader().setDefaultSectionSize(row)
        across = self.table.horizontalHeader()
        across.resizeSection(1, max(across.sectionSizeHint(1), self._classes.count_width(self.fontMetrics()) + 12))
        head = across.sizeHint().height() + 2
        self.table.setMinimumHeight(head + min(count, _ROWS_IN_SIGHT) * row)
        self.table.setMaximumHeight(head + min(count, 1000) * row)


class _Classes(QAbstractTableModel):
    """Names and counts; a table of widgets' items would take a second for a hundred thousand of them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._names: Sequence[str] = ()
        self._counts: Sequence[int] = ()

    def set_classes(self, names: Sequence[str], counts: Sequence[int]) -> None:
        self.beginResetModel()
        self._names, self._counts = names, counts
        self.endResetModel()

    def count_width(self, metrics: QFontMetrics) -> int:
        return metrics.horizontalAdvance(f"{max(self._counts, default=0):,}")

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._names)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else 2

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._names[row] if column == 0 else f"{self._counts[row]:,}"
        if role == Qt.ItemDataRole.UserRole:  # by which it is sorted: names in the order that the set gives them
            return row if column == 0 else self._counts[row]
        if role == Qt.ItemDataRole.TextAlignmentRole and column == 1:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole and column == 0:
            return plain(self._names[row])
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Class"), self.tr("Images"))[section]
        return None
