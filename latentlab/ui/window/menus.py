"""Makes a QAction of everything in the list of actions, and puts it into the menu bar and into the strip of the map."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QToolButton

from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.window.actions import Action, Actions, Button

# Where macOS has entries that are not in the menus of other systems; it would guess by their English texts.
_ROLES = {
    "quit": QAction.MenuRole.QuitRole,
    "preferences": QAction.MenuRole.PreferencesRole,
    "about": QAction.MenuRole.AboutRole,
}


class Menus(QObject):
    """Fills a window's menu bar and the strip of its map; what is to be done is connected to the QActions.

    Attributes
    ----------
    actions : Actions
        The list that it reads.
    """

    def __init__(self, window: QMainWindow, panel: CanvasPanel) -> None:
        super().__init__(window)
        self._panel = panel
        self._made: dict[str, QAction] = {}
        self._menus: dict[str, QMenu] = {}
        self._groups: dict[str, QActionGroup] = {}
        self._facts: dict[str, list[QAction]] = {}
        self._tips: dict[str, tuple[str, str]] = {}  # what is said of it, and by the keys of which action
        self.actions = Actions(panel.canvas.keys.offers, self)
        self._keys = {action.id: action.sequences() for action in self.actions}
        for menu in self.actions.menus:
            self._fill(window.menuBar().addMenu(menu.text), menu)
        for tool in self.actions.tools:
            self._make(tool)
        listed = {action.id: action for action in self.actions}
        for button in self.actions.strip:
            if button is None:
                panel.strip.addSeparator()
            else:
                self._put_in_strip(button, listed[button.id])
        self._tell_keys()

    def __getitem__(self, name: str) -> QAction:
        """Give the QAction of an id; the one of a menu opens it."""
        return self._made[name]

    def menu(self, name: str) -> QMenu:
        """Give the menu of an id."""
        return self._menus[name]

    def tell(self, **facts: bool) -> None:
        """Enable what can be done now; what has a condition cannot be done before it is told."""
        for fact, holds in facts.items():
            for action in self._facts[fact]:
                action.setEnabled(holds)

    def set_keys(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        """Have other keys do what has these ids, in the window, around the map or on it."""
        for name, its in keys.items():
            self._keys[name] = [QKeySequence(key) for key in its]
            if name in self._made:
                self[name].setShortcuts(self._keys[name])
            else:
                self._panel.canvas.keys.set_keys(name, its)
        self._tell_keys()

    def _tell_keys(self) -> None:
        """Say after each tip which keys do the same."""
        for name, (tip, other) in self._tips.items():
            keys = ", ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in self._keys[other])
            self[name].setToolTip(f"{tip} ({keys})" if keys else tip)

    def _fill(self, menu: QMenu, action: Action) -> None:
        menu.setObjectName(f"{action.id}Menu")
        self._menus[action.id] = menu
        self._note(menu.menuAction(), action)
        for entry in action.entries or ():
            if entry is None:
                menu.addSeparator()
            elif entry.entries is None:
                menu.addAction(self._make(entry))
            else:
                self._fill(menu.addMenu(entry.text), entry)

    def _make(self, action: Action) -> QAction:
        made = QAction(action.text, self)
        made.setObjectName(f"{action.id}Action")
        if action.tip:
            self._tips[action.id] = (action.tip, action.id)
        if action.checked is not None:
            made.setCheckable(True)
            made.setChecked(action.checked)
        if action.group:
            group = self._groups[action.group] = self._groups.get(action.group) or QActionGroup(self)
            group.addAction(made)
        made.setMenuRole(_ROLES.get(action.id, QAction.MenuRole.NoRole))
        made.setShortcuts(action.sequences())
        if action.heard != "window":
            made.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            (self._panel if action.heard == "map" else self._panel.canvas).addAction(made)
        self._note(made, action)
        return made

    def _note(self, made: QAction, action: Action) -> None:
        self._made[action.id] = made
        if action.when:
            self._facts.setdefault(action.when, []).append(made)
            made.setEnabled(False)

    def _put_in_strip(self, button: Button, action: Action) -> None:
        made = self[action.id]
        made.setIconVisibleInMenu(False)
        if button.text:
            made.setIconText(button.text)
        if button.tip:
            self._tips[action.id] = (button.tip, button.keys_of or action.id)
        shown = self._panel.strip.add(made, button.icon or action.id, f"map{action.id[0].upper()}{action.id[1:]}Button")
        if action.id in self._menus:
            shown.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)


def without_mnemonic(text: str) -> str:
    """Give the text of an entry as one reads it, without the & before its letter."""
    return re.sub("&(.)", r"\1", text)


def add_entries(menu: QMenu, entries: Iterable[tuple[str, Callable[[], object]]]) -> list[QAction]:
    """Add to a menu what a person has made: its name, of which an & is shown as it is, and what it does."""
    added = []
    for name, does in entries:
        action = menu.addAction(name.replace("&", "&&"))
        action.triggered.connect(lambda _=False, does=does: does())
        added.append(action)
    return added
