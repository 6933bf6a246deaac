"""A box of many entries, one of which is found by typing a part of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QCompleter, QWidget

_KEY = Qt.ItemDataRole.UserRole + 1
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
        self._items = QStandardItemModel(self)
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
            self._items.clear()
            for text in texts:
                item = QStandardItem(text)
                item.setData(_typed(text), _KEY)
                self._items.appendRow(item)
                if not text:
                    item.setData("separator", Qt.ItemDataRole.AccessibleDescriptionRole)  # as Qt marks its own
                    item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.setCurrentIndex(current)
        self._show_current()
        if typed:
            self.lineEdit().setText(typed)
            self.lineEdit().setModified(True)
        elif self.hasFocus():
            self.lineEdit().selectAll()

    def showPopup(self) -> None:
        """List the entries as wide as they are."""
        scroll_bar = self.view().verticalScrollBar().sizeHint().width()
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + scroll_bar)
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
        keys = [_typed(self.itemText(index)) for index in range(self.count())]
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


def _typed(text: str) -> str:
    """Give what one types to find an entry: what a keyboard has, without spaces."""
    return text.translate(_SUBSCRIPTS).replace("→", "->").replace(" ", "").lower()
