"""The palette of commands: everything that the menus offer, found by typing, done by Enter or a click."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QAction, QColor, QFont, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)
from shiboken6 import Shiboken

from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import column
from latentlab.ui.window.commands.finding import Match, find

_ROWS = 12
_WIDTH = 64  # average letters
_TOP = 48  # pixels below the window's upper edge
_KEYS_THAT_MOVE = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Command:
    """Something to do, as it is when the palette is opened.

    Attributes
    ----------
    action : QAction
        What does it. A menu that is filled anew deletes its entries, and Qt comes to the end of the program where one
        that is gone is asked for anything within a paint: so whatever is shown of it stands here.
    id : str
        Its object name; empty where a person has made it.
    name : str
    path : str
        The menus that lead to it.
    is_enabled : bool
        Whether it can be done now.
    keys : str
        What does it on the keyboard.
    is_checked : bool
    """

    action: QAction
    id: str
    name: str
    path: str
    is_enabled: bool
    keys: str
    is_checked: bool

    @classmethod
    def of(cls, action: QAction, name: str, path: str, *, is_enabled: bool) -> Command:
        """Look at an entry of a menu."""
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        is_checked = action.isCheckable() and action.isChecked()
        return cls(action, action.objectName(), name, path, is_enabled, keys, is_checked)


class Palette(QWidget):
    """Lies over its whole window while it is open, so that a click beside it closes it."""

    used = Signal(str)
    """A command of this object name was done."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("palette")
        self.hide()
        self._before: QWidget | None = None
        self._commands: tuple[Command, ...] = ()
        self._found = _Found(self)
        self._field = QLineEdit(objectName="paletteField", clearButtonEnabled=True)
        self._field.setPlaceholderText(self.tr("Type what you want to do"))
        self._field.setAccessibleName(self.tr("Find a command"))
        self._list = QListView(objectName="paletteList", focusPolicy=Qt.FocusPolicy.NoFocus)
        self._list.setAccessibleName(self.tr("Commands"))
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setUniformItemSizes(True)
        self._list.setMouseTracking(True)
        self._list.viewport().setAutoFillBackground(False)  # it lies on the card
        self._list.setModel(self._found)
        self._list.setItemDelegate(_Row(self._list))
        self._nothing = plain_label(self.tr("Nothing is called so: try fewer letters."), objectName="paletteNothing")
        self._frame = _Card(self)
        column(self._field, self._list, self._nothing, margins=(8, 8, 8, 8), spacing=6, on=self._frame)
        self._field.textChanged.connect(self._search)
        self._field.installEventFilter(self)
        self._list.entered.connect(self._list.setCurrentIndex)
        self._list.clicked.connect(self._take)
        window.installEventFilter(self)

    def open(self, commands: Iterable[Command], recent: list[str]) -> None:
        """Offer commands; those of the recent object names come first among equals."""
        self._commands = tuple(sorted(commands, key=lambda command: _rank(command.id, recent)))
        self._before = QApplication.focusWidget()
        self._field.clear()
        self._search("")
        self._place()
        self.show()
        self.raise_()
        self._field.setFocus(Qt.FocusReason.PopupFocusReason)

    @Slot()
    def close_palette(self) -> None:
        """Close it, and have the focus where it was."""
        if self.isVisible():
            self.hide()
            if self._before is not None and Shiboken.isValid(self._before):
                self._before.setFocus(Qt.FocusReason.PopupFocusReason)
            self._before = None

    def shown(self) -> list[str]:
        """Give the names of what is listed."""
        return [command.name for command, _ in self._found.rows]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the size of the window, and take the keys that choose."""
        if watched is not self._field:
            if event.type() == QEvent.Type.Resize and self.isVisible():
                self._place()
        elif event.type() in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            return self._press(event, is_done=event.type() == QEvent.Type.KeyPress)
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Close it: this is beside what is listed."""
        if not self._frame.geometry().contains(event.position().toPoint()):
            self.close_palette()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme and the size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.isVisible():
            QTimer.singleShot(0, self, self._place)

    def _press(self, event: QKeyEvent, *, is_done: bool) -> bool:
        key = event.key()
        does = {
            Qt.Key.Key_Escape: self.close_palette,
            Qt.Key.Key_Return: self._enter,
            Qt.Key.Key_Enter: self._enter,
            Qt.Key.Key_Tab: lambda: None,  # there is nowhere to go
            Qt.Key.Key_Backtab: lambda: None,
        } | dict.fromkeys(_KEYS_THAT_MOVE, lambda: QApplication.sendEvent(self._list, event))
        if key not in does:
            return False
        if is_done:
            does[key]()
        else:
            event.accept()  # it is no shortcut of anything else
        return True

    @Slot(str)
    def _search(self, typed: str) -> None:
        matched = [(command, match) for command in self._commands if (match := find(typed, command.name, command.path))]
        if typed.strip():  # sorting keeps the order of equals
            matched.sort(key=lambda pair: -pair[1].score)
        self._found.set_rows(matched)
        self._list.setVisible(bool(matched))
        self._nothing.setVisible(not matched)
        first = next((row for row, (command, _) in enumerate(matched) if command.is_enabled), 0)
        self._list.setCurrentIndex(self._found.index(first, 0))
        self._list.scrollToTop()
        self._place()

    @Slot()
    def _enter(self) -> None:
        self._take(self._list.currentIndex())

    @Slot(QModelIndex)
    def _take(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        command, _ = self._found.rows[index.row()]
        if not Shiboken.isValid(command.action):  # it has left its menu since
            self._commands = tuple(each for each in self._commands if Shiboken.isValid(each.action))
            self._search(self._field.text())
        elif command.is_enabled and command.action.isEnabled():
            self.close_palette()
            self.used.emit(command.id)
            command.action.trigger()

    def _place(self) -> None:
        """Lie over the window, with what is seen in the middle of its upper part."""
        room = self.parentWidget().rect()
        self.setGeometry(room)
        width = min(self.fontMetrics().averageCharWidth() * _WIDTH, room.width() - 24)
        row = self._list.sizeHintForRow(0) if self._found.rows else 0
        rows = min(len(self._found.rows), _ROWS)
        around = self._field.sizeHint().height() + 24
        height = min(rows * row + around, room.height() - _TOP - 12) if rows else self._frame.sizeHint().height()
        self._frame.setGeometry((room.width() - width) // 2, min(_TOP, room.height() // 8), width, height)


class _Card(QWidget):
    """What lies over the window, with an edge that is seen on whatever is behind it."""

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colours.muted))
        painter.setBrush(QColor(colours.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.end()


class _Found(QAbstractListModel):
    """What was found, and where the letters typed lie in it."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[tuple[Command, Match]] = []

    def set_rows(self, rows: list[tuple[Command, Match]]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        command, _ = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return command.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (command.name, command.path, command.keys)))
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        # One that cannot be done can be gone to all the same: a list that jumps over rows is hard to follow.
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class _Row(QStyledItemDelegate):
    """Paints a command: its name, muted the menus that lead to it, and its keys at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(0, option.fontMetrics.height() + 10)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        assert isinstance(model, _Found)
        command, match = model.rows[index.row()]
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        usable = QPalette.ColorGroup.Active if command.is_enabled else QPalette.ColorGroup.Disabled
        palette = option.palette
        painter.save()
        if is_chosen:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color(usable, QPalette.ColorRole.Highlight))
            painter.drawRoundedRect(option.rect, 5, 5)
        lit = is_chosen and command.is_enabled
        strong = palette.color(usable, QPalette.ColorRole.HighlightedText if lit else QPalette.ColorRole.Text)
        weak = strong if lit or not command.is_enabled else QColor(theme.current().muted)
        room = option.rect.adjusted(8, 0, -8, 0)
        keys = command.keys
        keys_width = option.fontMetrics.horizontalAdvance(keys)
        painter.setPen(weak)
        painter.setFont(option.font)
        painter.drawText(room, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), keys)
        room.setRight(room.right() - keys_width - (16 if keys else 0))
        ticked = "✓ " if command.is_checked else ""
        end = self._paint_name(painter, room, ticked, command.name, match.places, strong, option.font)
        room.setLeft(end + 12)
        painter.setPen(weak)
        path = option.fontMetrics.elidedText(command.path, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), path)
        painter.restore()

    def _paint_name(
        self,
        painter: QPainter,
        room: QRect,
        ticked: str,
        name: str,
        places: tuple[int, ...],
        colour: QColor,
        font: QFont,
    ) -> int:
        """Paint a name, the letters that were typed bold; give where it ends."""
        painter.setPen(colour)
        bold = QFont(font)
        bold.setBold(True)
        at = QRect(room)
        found = set(places)
        for letters, is_found in _runs(ticked, name, found):
            painter.setFont(bold if is_found else font)
            width = painter.fontMetrics().horizontalAdvance(letters)
            painter.drawText(at, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), letters)
            at.setLeft(at.left() + width)
        painter.setFont(font)
        return at.left()


def _runs(ticked: str, name: str, found: set[int]) -> list[tuple[str, bool]]:
    """Split a name into what was typed and what was not: (letters, whether typed)."""
    runs = [(ticked, False)] if ticked else []
    for place, letter in enumerate(name):
        is_found = place in found
        if runs and runs[-1][1] == is_found:
            runs[-1] = (runs[-1][0] + letter, is_found)
        else:
            runs.append((letter, is_found))
    return runs


def _rank(name: str, recent: list[str]) -> int:
    return recent.index(name) if name in recent else len(recent)
