"""A grid of thumbnails that copes with a million: picked, selected and walked through by mouse and keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from latentlab.core.arrays import Integers
from latentlab.core.map.browsing import ImageList, Listing, Rebuilt, Source
from latentlab.ui.widgets.images.thumbnail_model import ThumbnailModel
from latentlab.ui.widgets.images.thumbnail_painter import WHEEL_STEPS, ThumbnailPainter

_SMALLEST, _LARGEST = 44, 64
_SELECTING_MODIFIER = Qt.KeyboardModifier.ControlModifier
_ADDING_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_REMOVING_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class Thumbnails(QTableView):
    """Shows a list of the map's images, with their reconstructions below them if wanted."""

    picked = Signal(int)
    toggled = Signal(int)
    added = Signal(int)
    """Select this image too, if it is not selected."""
    hovered = Signal(int)
    """The mouse, or the keys, have come to this image; -1 when they have left."""
    rebuild_wanted = Signal(object)
    """Rows, int64 (K,), of images in sight whose reconstructions are not known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images = ThumbnailModel()
        self._images.setParent(self)
        self._painter = ThumbnailPainter(self._images, self)
        self._hovered = -1
        self._listing: Listing | None = None
        self._wanted = QTimer(self, singleShot=True)
        self._wanted.timeout.connect(self._want)
        self.setModel(self._images)
        self.setItemDelegate(self._painter)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.hide()
            header.setMinimumSectionSize(1)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.verticalScrollBar().valueChanged.connect(self._want_soon)

    # What it shows

    def set_source(self, source: Source | None) -> None:
        """Take the images that lists are of."""
        self._images.set_source(source)
        self._painter.set_source(source)
        self._lay_out()

    def set_list(self, listed: ImageList) -> None:
        """Show a list: from its beginning, unless it is the one of before for a model further trained."""
        is_same = listed.listing == self._listing
        self._listing = listed.listing
        at = self.verticalScrollBar().value()
        current = self._images.place(self.currentIndex()) if self.currentIndex().isValid() else -1
        self._images.set_list(listed)
        if is_same and 0 <= current < len(listed.rows):
            self.setCurrentIndex(self._images.at(current))
        self.verticalScrollBar().setValue(at if is_same else 0)
        self._want_soon()

    def set_rebuilt(self, rebuilt: Rebuilt) -> None:
        """Show reconstructions."""
        self._images.set_rebuilt(rebuilt)

    def set_pairs(self, are_pairs: bool) -> None:
        """Show each image with its reconstruction below it."""
        self._painter.are_pairs = are_pairs
        self._lay_out()

    def set_selected(self, rows: Integers) -> None:
        """Mark what is selected."""
        self._painter.set_selected(rows)
        self.viewport().update()

    def set_picked(self, row: int) -> None:
        """Frame the image that is picked; -1 for none."""
        self._painter.picked = row
        self.viewport().update()

    def set_pointed(self, row: int) -> None:
        """Frame the image whose point the mouse rests on; -1 for none."""
        self._painter.pointed = row
        self.viewport().update()

    def clear(self) -> None:
        """Show nothing."""
        self._images.set_source(self._images.source)

    def rows(self) -> Integers:
        """Give what is listed, in its order: rows of the map's images, int64 (K,)."""
        return self._images.rows

    def cell_of(self, row: int) -> QModelIndex:
        """Give the cell of an image; an invalid one if it is not listed."""
        return self._images.index_of(row)

    def has_reconstruction(self, row: int) -> bool:
        """Whether an image's reconstruction is known."""
        return self._images.reconstruction(row) is not None

    def sizeHint(self) -> QSize:
        """Prefer a row of images that one recognises."""
        return QSize(480, 84)

    # Qt's events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay as many in a row as there is room for."""
        super().resizeEvent(event)
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "_painter"):
            self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint whole rows: of the next one there would be a line or two of pixels."""
        super().paintEvent(event)
        room, row = self.viewport().height(), self._painter.size().height()
        left = room % row if room > row else 0
        if 0 < left <= row // 3:
            painter = QPainter(self.viewport())
            painter.fillRect(0, room - left, self.viewport().width(), left, self.palette().base())
            painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the image under the mouse; with Ctrl select it, or select it no longer."""
        index = self.indexAt(event.position().toPoint())
        row = self._images.row_at(index)
        if event.button() != Qt.MouseButton.LeftButton or row < 0:
            return
        self.setCurrentIndex(index)
        if event.modifiers() & _SELECTING_MODIFIER:
            self.toggled.emit(row)
        else:
            self.picked.emit(row)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select the image under the mouse too."""
        row = self._images.row_at(self.indexAt(event.position().toPoint()))
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            if event.modifiers() & _SELECTING_MODIFIER:
                self.toggled.emit(row)
            else:
                self.added.emit(row)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which image the mouse is on."""
        self._hover(self._images.row_at(self.indexAt(event.position().toPoint())))

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that it has left."""
        self._hover(-1)
        super().leaveEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell that the keys have left."""
        self._hover(-1)
        super().focusOutEvent(event)

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:
        """Tell which image the keys are on."""
        super().currentChanged(current, previous)
        if self.hasFocus() and current.isValid():
            self._hover(self._images.row_at(current))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pick with Space, select with Enter, take from the selected with Delete; walk with the keys of a list."""
        row = self._images.row_at(self.currentIndex())
        if row >= 0 and event.key() == Qt.Key.Key_Space:
            self.picked.emit(row)
        elif row >= 0 and event.key() in _ADDING_KEYS:
            self.added.emit(row)
        elif row >= 0 and event.key() in _REMOVING_KEYS and self._painter.is_selected(row):
            self.toggled.emit(row)
        else:
            super().keyPressEvent(event)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Walk through the list, not through a table: behind the end of a row comes the next one."""
        count = len(self._images.rows)
        if not count:
            return QModelIndex()
        columns = self._images.columnCount()
        page = columns * max(1, self.viewport().height() // self._painter.size().height())
        at = self._images.place(self.currentIndex()) if self.currentIndex().isValid() else None
        if at is None:
            return self._images.at(0)
        actions = QAbstractItemView.CursorAction
        steps = {
            actions.MoveLeft: -1,
            actions.MovePrevious: -1,
            actions.MoveRight: 1,
            actions.MoveNext: 1,
            actions.MoveUp: -columns,
            actions.MoveDown: columns,
            actions.MovePageUp: -page,
            actions.MovePageDown: page,
            actions.MoveHome: -at,
            actions.MoveEnd: count - 1 - at,
        }
        wanted = at + steps.get(action, 0)
        if not 0 <= wanted < count:
            is_page = action in (actions.MovePageUp, actions.MovePageDown)
            wanted = min(max(wanted, 0), count - 1) if is_page else at
        return self._images.at(wanted)

    # Inner workings

    def _lay_out(self) -> None:
        """Make the images as high as a row has room for, and as many as fit side by side."""
        self._painter.fit(0, _SMALLEST, _LARGEST)
        self.setMinimumHeight(self._painter.size().height())
        self._painter.fit(self.viewport().height(), _SMALLEST, _LARGEST)
        size = self._painter.size()
        width = self.viewport().width()
        columns = max(1, width // size.width())
        first = self._images.place(self.indexAt(self.viewport().rect().topLeft()))
        self._images.set_columns(columns)
        # What is left over goes between them.
        self.horizontalHeader().setDefaultSectionSize(max(1, width // columns))
        self.verticalHeader().setDefaultSectionSize(size.height())
        self.verticalScrollBar().setSingleStep(size.height() // WHEEL_STEPS)
        if 0 <= first < len(self._images.rows):
            self.scrollTo(self._images.at(first), QAbstractItemView.ScrollHint.PositionAtTop)
        self.viewport().update()
        self._want_soon()

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = self._painter.hovered = row
            self.viewport().update()
            self.hovered.emit(row)

    @Slot()
    def _want_soon(self) -> None:
        self._wanted.start()

    @Slot()
    def _want(self) -> None:
        """Ask for the reconstructions of what is in sight."""
        source, height = self._images.source, self._painter.size().height()
        if source is None or not (self._painter.are_pairs or source.images is None) or not self.isVisible():
            return
        columns, top = self._images.columnCount(), self.verticalScrollBar().value()
        first = top // height * columns
        last = ((top + self.viewport().height()) // height + 1) * columns
        rows = self._images.not_rebuilt(first, last)
        if len(rows):
            self.rebuild_wanted.emit(rows)
