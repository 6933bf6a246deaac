"""The page of keys: everything that can be done, and what does it on the keyboard, to be changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QPalette
from PySide6.QtWidgets import (
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.letters_dialog import LettersDialog
from latentlab.ui.window.commands.finding import find
from latentlab.ui.window.commands.key_map import KeyMap, one_key, shown, types_a_letter

_SIZE = QSize(76, 34)  # average letters and lines
_ID = Qt.ItemDataRole.UserRole
# They move between controls and press them, wherever the focus is.
_RESERVED = frozenset({"Tab", "Shift+Tab", "Shift+Backtab", "Backtab", "Space"})


@dataclass(frozen=True, slots=True)
class Listed:
    """A row: the id of an action, the menu that it is in, its name, whether its keys are heard everywhere."""

    id: str
    group: str
    name: str
    is_everywhere: bool
    can_change: bool = True


class KeysDialog(LettersDialog):
    """Lists actions by their menus, and changes their keys.

    Parameters
    ----------
    listed : iterable of Listed
    keys : KeyMap
        It is changed here.
    letters : set of str
        What opens the menus: ``Alt+F``.
    parent : QWidget
    """

    changed = Signal(str)
    """An action of this id has other keys now, and others may have."""

    def __init__(self, listed: Iterable[Listed], keys: KeyMap, letters: set[str], parent: QWidget) -> None:
        super().__init__(_SIZE, parent)
        self.setObjectName("keysDialog")
        self.setWindowTitle(self.tr("Keys"))
        self._keys = keys
        self._letters = letters
        self._listed = {each.id: each for each in listed}
        self._search = QLineEdit(objectName="keysSearch", clearButtonEnabled=True)
        self._search.setPlaceholderText(self.tr("Find by name or key"))
        self._search.setAccessibleName(self.tr("Find by name or key"))
        self._search.textChanged.connect(self._filter)
        self._tree = QTreeWidget(objectName="keysTree", columnCount=2)
        self._tree.setHeaderLabels([self.tr("What it does"), self.tr("Keys")])
        self._tree.setAccessibleName(self.tr("Actions and their keys"))
        self._tree.setUniformRowHeights(True)
        self._tree.setAllColumnsShowFocus(True)
        self._tree.header().setSectionsMovable(False)
        self._tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._tree.header().setStretchLastSection(False)
        self._tree.currentItemChanged.connect(self._show_current)
        self._name = plain_label(wordWrap=True, objectName="keysName")
        self._edit = QKeySequenceEdit(objectName="keysEdit")
        self._edit.setMaximumSequenceLength(1)
        # So that who has no mouse gets out of it again.
        self._edit.setFinishingKeyCombinations([QKeySequence(key)[0] for key in ("Tab", "Shift+Tab")])
        self._edit.editingFinished.connect(self._take)
        self._tree.itemActivated.connect(lambda: self._edit.setFocus())
        self._none = QPushButton(self.tr("&No key"), objectName="keysNone", autoDefault=False)
        self._none.clicked.connect(self._take_away)
        self._reset = QPushButton(self.tr("&Reset"), objectName="keysReset", autoDefault=False)
        self._reset.clicked.connect(self._reset_one)
        self._problem = plain_label(wordWrap=True, objectName="keysProblem")
        self._problem.setForegroundRole(QPalette.ColorRole.BrightText)
        self._all = QPushButton(self.tr("Reset &all"), objectName="keysResetAll", autoDefault=False)
        self._all.setToolTip(self.tr("Give every action the keys that it has at first"))
        self._all.clicked.connect(self._reset_all)
        close = QPushButton(self.tr("Close"), autoDefault=False)
        close.clicked.connect(self.accept)
        change = row((self._name, 1), (self._edit, 1), self._none, self._reset, spacing=8)
        parts = (self._search, (self._tree, 1), change, self._problem, row(self._all, STRETCH, close))
        column(*parts, margins=(12, 12, 12, 12), spacing=8, on=self)
        self._widen_field()
        self._items = self._fill()
        self._update()
        self._show_current()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            QTimer.singleShot(0, self, self._widen_field)

    @Slot()
    def _widen_field(self) -> None:
        """Have room for what Qt says in the field while it has no key."""
        field = next(part for part in self._edit.children() if isinstance(part, QLineEdit))
        wide = field.fontMetrics().horizontalAdvance(field.placeholderText())
        field.setMinimumWidth(wide + 2 * field.fontMetrics().averageCharWidth())

    def _fill(self) -> dict[str, QTreeWidgetItem]:
        groups: dict[str, QTreeWidgetItem] = {}
        items = {}
        for each in self._listed.values():
            if each.group not in groups:
                groups[each.group] = QTreeWidgetItem(self._tree, [each.group])
                groups[each.group].setFlags(Qt.ItemFlag.ItemIsEnabled)
            item = items[each.id] = QTreeWidgetItem(groups[each.group], [each.name])
            item.setData(0, _ID, each.id)
        self._tree.expandAll()
        return items

    def _update(self) -> None:
        """Show the keys of all, those in bold that are not as at first."""
        self._all.setEnabled(bool(self._keys.changed))
        for name, item in self._items.items():
            item.setText(1, shown(self._keys.keys(name)))
            font = item.font(0)
            font.setBold(name in self._keys.changed)
            for part in (0, 1):
                item.setFont(part, font)

    def _current(self) -> Listed | None:
        item = self._tree.currentItem()
        return None if item is None else self._listed.get(item.data(0, _ID))

    @Slot()
    def _show_current(self) -> None:
        current = self._current()
        can_change = current is not None and current.can_change
        keys = () if current is None else self._keys.keys(current.id)
        with QSignalBlocker(self._edit):
            self._edit.setKeySequence(QKeySequence(keys[0]) if keys and can_change else QKeySequence())
        self._edit.setEnabled(can_change)
        self._none.setEnabled(can_change and bool(keys))
        self._reset.setEnabled(current is not None and current.id in self._keys.changed)
        if current is None:
            self._name.setText(self.tr("Choose an action, then press its key."))
        else:
            self._name.setText(current.name)
        self._edit.setAccessibleName(self.tr("Key of {name}").format(name=current.name if current else ""))
        self._problem.setText(
            "" if can_change or current is None else self.tr("It is held down, and cannot be another one.")
        )

    @Slot()
    def _take(self) -> None:
        current = self._current()
        key = one_key(self._edit.keySequence().toString(QKeySequence.SequenceFormat.PortableText))
        if current is None or not key or key in self._keys.keys(current.id):
            return
        if refusal := self._refusal(current, key):
            self._problem.setText(refusal)
        else:
            self._keys.change(current.id, (key,))
            self._changed(current.id)

    @Slot()
    def _take_away(self) -> None:
        if current := self._current():
            self._keys.change(current.id, ())
            self._changed(current.id)

    def _refusal(self, action: Listed, key: str) -> str:
        """Say why an action cannot have a key; empty if it can."""
        owner = self._keys.owner(key)
        if key in _RESERVED:
            text = self.tr("{key} moves between controls or presses them: choose another key.")
        elif key in self._letters:
            text = self.tr("{key} opens a menu: choose another key.")
        elif owner not in (None, action.id):
            text = self.tr("{key} is the key of “{name}”: choose another one, or take it away there first.")
        elif action.is_everywhere and types_a_letter(key):
            text = self.tr("{key} is what one types: hold Ctrl or Alt with it.")
        else:
            return ""
        return text.format(key=shown((key,)), name=self._listed[owner].name if owner else "")

    @Slot()
    def _reset_one(self) -> None:
        current = self._current()
        if current is not None:
            kept = self._keys.reset(current.id)
            self._changed(current.id)
            for key, owner in kept.items():
                text = self.tr("{key} stays with “{name}”: reset that, too, to have it back.")
                self._problem.setText(text.format(key=shown((key,)), name=self._listed[owner].name))

    @Slot()
    def _reset_all(self) -> None:
        for name in list(self._keys.changed):
            self._keys.reset(name)
            self.changed.emit(name)
        self._update()
        self._show_current()

    def _changed(self, name: str) -> None:
        self._update()
        self._show_current()
        self.changed.emit(name)

    @Slot(str)
    def _filter(self, typed: str) -> None:
        for place in range(self._tree.topLevelItemCount()):
            group = self._tree.topLevelItem(place)
            hidden = True
            for child in map(group.child, range(group.childCount())):
                keys = child.text(1).lower()
                is_found = find(typed, child.text(0), group.text(0)) or (
                    typed.strip() and typed.strip().lower() in keys
                )
                child.setHidden(not is_found)
                hidden = hidden and not is_found
            group.setHidden(hidden)
