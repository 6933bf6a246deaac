"""A table of runs that copes with thousands: sorted by its heads, opened, chosen and deleted by mouse and keys."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSignalBlocker,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from latentlab.core.runs.collection import is_falling
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.runs.run_tree import Placed
from latentlab.ui.style import theme
from latentlab.ui.style.looks import scaled
from latentlab.ui.widgets.plain_table import make_plain
from latentlab.ui.widgets.runs.run_branches import indent, paint_branches
from latentlab.ui.widgets.runs.run_columns import RunColumns
from latentlab.ui.widgets.runs.run_model import COLUMNS, RunModel

PICTURE = 44
"""Pixels, in text of common size: the side of the picture of a map."""
_PAD = 5
_SOON = 30  # milliseconds: within which scrolling has gone on


class RunTable(QTableView):
    """Shows runs as they are told, and asks for another order and for the pictures of those in sight."""

    opened = Signal(Path)
    chosen = Signal(object)
    """Other runs are selected: list of KeptRun."""
    order_asked = Signal(str, bool)
    """What they are to be ordered by, and whether against the usual direction."""
    pictures_wanted = Signal(object)
    """Runs in sight whose pictures nobody has told: list of KeptRun."""
    group_asked = Signal(str)
    """The runs of the sweep of this name, which was clicked on, are to be shown alone."""
    delete_asked = Signal()
    rename_asked = Signal()
    menu_asked = Signal(QPoint)
    """In the coordinates of the screen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runTable")
        self.setAccessibleName(self.tr("Runs"))
        self._is_setting = False
        self._awaited: list[Path] = []  # to be selected when they are listed
        self._asked: set[tuple[Path, str]] = set()  # of which pictures are being painted
        self.rows = RunModel()
        self.rows.setParent(self)
        self.setModel(self.rows)
        self.setItemDelegateForColumn(0, _Names(self.rows, self))
        make_plain(self)
        self.setAlternatingRowColors(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(lambda at: self.menu_asked.emit(self.viewport().mapToGlobal(at)))
        down, across = self.verticalHeader(), self.horizontalHeader()
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.columns = RunColumns(self)
        across.setSortIndicatorShown(True)
        across.setSortIndicator(COLUMNS.index("saved"), Qt.SortOrder.DescendingOrder)
        self._order = COLUMNS.index("saved")
        across.sortIndicatorChanged.connect(self._ask_for_order)
        self.doubleClicked.connect(self._open)
        self.clicked.connect(self._ask_for_group)
        self._soon = QTimer(self, singleShot=True, interval=_SOON)
        self._soon.timeout.connect(self._want_pictures)
        self.verticalScrollBar().valueChanged.connect(lambda: self._soon.start())
        self.selectionModel().selectionChanged.connect(self._tell_chosen)
        self._measure()

    # What it shows

    def set_runs(self, runs: Sequence[KeptRun], placed: Sequence[Placed] = ()) -> None:
        """Show these in their order, and where each came from; what was selected, and in sight, stays so.

        Where all that was selected is gone, what has its place is, so that one goes on from there.
        """
        chosen, current, row = [run.path for run in self.chosen_runs()], self.current_run(), self.currentIndex().row()
        at = self.verticalScrollBar().value()
        self.columns.set_empty(() if any(run.group is not None for run in runs) else ("group",))
        self._is_setting = True  # what follows is nobody's choice
        if self.rows.set_runs(runs, placed):
            if chosen and runs and all(self.rows.row_of(path) < 0 for path in chosen):
                current = runs[min(max(row, 0), len(runs) - 1)]
                chosen = [current.path]
            self._choose(chosen, None if current is None else current.path)
        self._is_setting = False
        self.verticalScrollBar().setValue(at)
        self._soon.start()
        if self._awaited and all(self.rows.row_of(path) >= 0 for path in self._awaited):
            self.choose(self._awaited)
        else:
            self._tell_chosen()

    def chosen_runs(self) -> list[KeptRun]:
        """Give the runs that are selected, in their order."""
        found = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self.rows.runs[row] for row in found if row < len(self.rows.runs)]

    def current_run(self) -> KeptRun | None:
        """Give the run that the keys go on from."""
        row = self.currentIndex().row()
        return self.rows.runs[row] if 0 <= row < len(self.rows.runs) else None

    def choose(self, paths: Sequence[Path]) -> None:
        """Select runs, and bring the first into sight; those that are not listed yet when they are."""
        are_listed = all(self.rows.row_of(path) >= 0 for path in paths)
        self._awaited = [] if are_listed else list(paths)
        if are_listed and paths:
            self._choose(paths, paths[0])
            self.scrollTo(self.currentIndex())

    def order(self) -> tuple[str, bool]:
        """Give what the runs are ordered by, and whether against the usual direction."""
        by, order = COLUMNS[self._order], self.horizontalHeader().sortIndicatorOrder()
        return by, (order == Qt.SortOrder.DescendingOrder) != is_falling(by)

    def set_order(self, by: str, is_reversed: bool) -> None:
        """Say what they are ordered by."""
        self._order = COLUMNS.index(by)
        falls = is_falling(by) != is_reversed
        with QSignalBlocker(self.horizontalHeader()):
            self.horizontalHeader().setSortIndicator(
                self._order, Qt.SortOrder.DescendingOrder if falls else Qt.SortOrder.AscendingOrder
            )
        self.horizontalHeader().viewport().update()

    def picture_side(self) -> int:
        """Give the side of a picture, in pixels of the window."""
        return scaled(PICTURE)

    def forget_pictures(self) -> None:
        """Ask for all pictures in sight anew."""
        self.rows.forget_pictures()
        self._asked.clear()
        self._soon.start()

    # What a person does

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open by Enter, rename by F2, delete by Delete."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex())
        elif event.key() == Qt.Key.Key_F2:
            self.rename_asked.emit()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_asked.emit()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for the pictures that nobody asked for while it was hidden."""
        super().showEvent(event)
        self._soon.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room among the columns."""
        super().resizeEvent(event)
        self.columns.share()
        self._soon.start()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of text and the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._measure()
            self.columns.share()
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self.forget_pictures()

    def _choose(self, paths: Sequence[Path], current: Path | None) -> None:
        chosen, last = QItemSelection(), len(COLUMNS) - 1
        for row in map(self.rows.row_of, paths):
            if row >= 0:
                chosen.select(self.rows.index(row, 0), self.rows.index(row, last))
        row = -1 if current is None else self.rows.row_of(current)
        keep = QItemSelectionModel.SelectionFlag
        if row >= 0:
            self.selectionModel().setCurrentIndex(self.rows.index(row, 0), keep.NoUpdate)
        self.selectionModel().select(chosen, keep.ClearAndSelect)

    @Slot()
    def _tell_chosen(self) -> None:
        if not self._is_setting:
            self.chosen.emit(self.chosen_runs())

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        if index.isValid():
            self.opened.emit(self.rows.runs[index.row()].path)

    @Slot(QModelIndex)
    def _ask_for_group(self, index: QModelIndex) -> None:
        run = self.rows.runs[index.row()] if index.isValid() else None
        if run is not None and run.group is not None and COLUMNS[index.column()] == "group":
            self.group_asked.emit(run.group["name"])

    @Slot(int, Qt.SortOrder)
    def _ask_for_order(self, section: int, order: Qt.SortOrder) -> None:
        """Begin with the direction that is usual of what a column shows: Qt begins with the smallest."""
        across, by = self.horizontalHeader(), COLUMNS[section]
        if section != self._order:
            usual = Qt.SortOrder.DescendingOrder if is_falling(by) else Qt.SortOrder.AscendingOrder
            self._order = section
            if order != usual:
                with QSignalBlocker(across):
                    across.setSortIndicator(section, usual)
                order = usual
        self.verticalScrollBar().setValue(0)
        self.order_asked.emit(by, (order == Qt.SortOrder.DescendingOrder) != is_falling(by))

    @Slot()
    def _want_pictures(self) -> None:
        """Ask for the pictures of the runs in sight, and of those that a turn of the wheel brings there."""
        if not self.isVisible() or not self.rows.runs:
            return
        high = max(1, self.verticalHeader().defaultSectionSize())
        first = self.verticalScrollBar().value() // high
        shown = self.viewport().height() // high + 2
        wanted = [run for run in self.rows.runs[first : first + 2 * shown] if self.rows.lacks_picture(run)]
        asked = {(run.path, run.stamp) for run in wanted}
        if not asked <= self._asked:
            self._asked = asked
            self.pictures_wanted.emit(wanted)

    def _measure(self) -> None:
        lines = 2 * self.fontMetrics().height() + 2
        self.verticalHeader().setDefaultSectionSize(max(scaled(PICTURE), lines) + 2 * _PAD)


class _Names(QStyledItemDelegate):
    """Paints the picture of a map beside the name of its run, in bold, and below it what it is."""

    def __init__(self, rows: RunModel, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._rows, self._view = rows, view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Have room for the picture and a few words."""
        return QSize(scaled(PICTURE) + 20 * option.fontMetrics.averageCharWidth(), scaled(PICTURE) + 2 * _PAD)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint a cell."""
        self.initStyleOption(option, index)
        option.text = ""
        self._view.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, self._view)
        run, colours = self._rows.runs[index.row()], theme.current()
        depth, lines = self._rows.place(index.row())
        side, room = scaled(PICTURE), option.rect.adjusted(_PAD + indent(depth), 0, -_PAD, 0)
        place = QRect(room.left(), room.center().y() - side // 2, side, side)
        picture = self._rows.picture(index.row())
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        text = option.palette.color(QPalette.ColorRole.HighlightedText if is_chosen else QPalette.ColorRole.Text)
        painter.save()
        painter.setClipRect(option.rect)
        paint_branches(painter, option.rect, depth, lines, text if is_chosen else QColor(colours.muted))
        if picture is None:
            painter.fillRect(place, QColor(colours.background))
        else:
            painter.drawPixmap(place, picture)
        painter.setPen(QColor(colours.grid))
        painter.drawRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5))
        beside = room.adjusted(side + 2 * _PAD, 0, 0, 0)
        high, middle = option.fontMetrics.height(), room.center().y()
        font = QFont(option.font)
        font.setBold(True)
        for words, top, face, colour in (
            (run.name, middle - high, font, text),
            (self._rows.below_name(run), middle + 1, option.font, text if is_chosen else QColor(colours.muted)),
        ):
            painter.setFont(face)
            painter.setPen(colour)
            line = QRect(beside.left(), top, beside.width(), high)
            elided = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), elided)
        painter.restore()
