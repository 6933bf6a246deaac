"""A box of many entries, one of which is found by typing a part of it."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QStyle, QWidget

_KEY = Qt.ItemDataRole.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


class SearchBox(QComboBox):
    """Lists entries in groups; typing shows those that contain what is typed: a subscript as its digit, → as ->.

    Enter takes the entry that what is typed names, up to a dot; else the first one that contains it.
    """

    taken = Signal(int)
    """A person took this entry."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(5)
        self.setMaxVisibleItems(16)
        self._items = _Entries(self)
        self.setModel(self._items)
        completer = QCompleter(self._items, self)
        completer.setCompletionRole(_KEY)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(10)
        self.setCompleter(completer)
        self.activated.connect(self._take)
        self.lineEdit().returnPressed.connect(self._enter)
        self.lineEdit().editingFinished.connect(self._finish)

    def set_entries(self, texts: Sequence[str], current: int) -> None:
        """List these entries, one of which is in force; an empty text is a line between groups.

        What a person is just typing stays.
        """
        typed = self.lineEdit().text() if self.hasFocus() and self.lineEdit().isModified() else ""
        with QSignalBlocker(self):
            self._items.set_texts(texts)
            self.view().setUniformItemSizes("" not in texts)  # lines between groups are lower
            self.setCurrentIndex(current)
        self._show_current()
        if typed:
            self.lineEdit().setText(typed)
            self.lineEdit().setModified(True)
        elif self.hasFocus():
            self.lineEdit().selectAll()

    def showPopup(self) -> None:
        """List the entries as wide as they are."""
        # Asking each of thousands of entries how large it is would take seconds: the longest tell how wide they are.
        metrics, margin = self.fontMetrics(), self.view().style().pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin)
        widest = max(map(metrics.horizontalAdvance, self._items.longest()), default=0)
        scroll_bar = self.view().verticalScrollBar().sizeHint().width()
        self.view().setMinimumWidth(widest + 2 * (margin + 1) + scroll_bar)
        super().showPopup()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Let what is typed replace the entry."""
        super().focusInEvent(event)
        self.lineEdit().selectAll()

    def _show_current(self) -> None:
        self.setEditText(self.itemText(self.currentIndex()))
        self.lineEdit().setCursorPosition(0)

    @Slot(int)
    def _take(self, index: int) -> None:
        if index >= 0 and self.itemText(index):
            self.taken.emit(index)

    @Slot()
    def _enter(self) -> None:
        if self.completer().popup().selectionModel().hasSelection():
            return  # which takes its own
        typed = _typed(self.lineEdit().text())
        if not typed or typed == _typed(self.itemText(self.currentIndex())):
            return
        keys = self._items.keys()
        named = [index for index, key in enumerate(keys) if key.split("·")[0] == typed]
        for index in named or [index for index, key in enumerate(keys) if typed in key]:
            self.setCurrentIndex(index)
            self._show_current()
            self._take(index)
            break

    @Slot()
    def _finish(self) -> None:
        if not self.completer().popup().isVisible():
            self._show_current()


class _Entries(QAbstractListModel):
    """The texts of the entries; with an item of Qt's for each, a thousand classes would hold the window up."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._texts: tuple[str, ...] = ()
        self._keys: list[str] = []  # made when first something is typed

    def set_texts(self, texts: Sequence[str]) -> None:
        self.beginResetModel()
        self._texts, self._keys = tuple(texts), []
        self.endResetModel()

    def keys(self) -> list[str]:
        if len(self._keys) < len(self._texts):
            self._keys = [_typed(text) for text in self._texts]
        return self._keys

    def longest(self) -> list[str]:
        return heapq.nlargest(20, self._texts, len)

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._texts)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == _KEY and index.isValid():
            return self.keys()[index.row()]
        if not index.isValid():
            return None
        text = self._texts[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return text
        if role == Qt.ItemDataRole.AccessibleDescriptionRole and not text:
            return "separator"  # as Qt marks its own
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        is_entry = index.isValid() and bool(self._texts[index.row()])
        return super().flags(index) if is_entry else Qt.ItemFlag.NoItemFlags


def _typed(text: str) -> str:
    """Give what one types to find an entry: what a keyboard has, without spaces."""
    return text.translate(_SUBSCRIPTS).replace("→", "->").replace(" ", "").lower()
