"""The menu of named selections: naming what is chosen, choosing what has a name, renaming and deleting."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu

from latentlab.core.arrays import Integers
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus


class NamedSelectionsMenu(QObject):
    """Lists the selections of the data set with their sizes."""

    def __init__(self, session: Session, panel: CanvasPanel, menus: Menus) -> None:
        super().__init__(panel)
        self._panel, self._choosing, self._named = panel, session.choosing, session.map.named_selections
        self._name = QAction(self.tr("Na&me the chosen images…"), self)
        self._name.setObjectName("nameChosenAction")
        self._name.triggered.connect(self._ask_for_name)
        self._menu = QMenu(self.tr("Named &selections"), panel)
        self._menu.setObjectName("namedSelectionsMenu")
        menus.map.addAction(self._name)
        menus.map.addMenu(self._menu)
        self._choosing.changed.connect(self._enable)
        self._named.changed.connect(self._list)
        self._named.told.connect(lambda sentence: session.message.emit(sentence, False))
        self._enable(self._choosing.rows)
        self._list()

    @Slot(object)
    def _enable(self, rows: Integers) -> None:
        self._name.setEnabled(bool(len(rows)))

    @Slot()
    def _list(self) -> None:
        self._menu.clear()
        for submenu in self._menu.findChildren(QMenu):
            submenu.deleteLater()
        named, deleted = self._named.selections, self._named.deleted
        self._menu.menuAction().setEnabled(bool(named) or bool(deleted))
        for each in named:
            text = self.tr("{name} ({n:,})").format(name=_plain(each.name), n=len(each.images))
            self._menu.addAction(text).triggered.connect(lambda _=False, name=each.name: self._named.choose(name))
        if named:
            self._menu.addSeparator()
            self._add_submenu(self.tr("&Rename"), "renameSelectionMenu", self._ask_for_other_name)
            self._add_submenu(self.tr("&Delete"), "deleteSelectionMenu", self._named.delete)
        if deleted:
            text = self.tr("&Bring '{name}' back").format(name=_plain(deleted))
            action = self._menu.addAction(text)
            action.setObjectName("bringSelectionBackAction")
            action.triggered.connect(self._named.bring_back)

    def _add_submenu(self, title: str, object_name: str, does: Callable[[str], object]) -> None:
        submenu = QMenu(title, self._menu)
        submenu.setObjectName(object_name)
        for each in self._named.selections:
            submenu.addAction(_plain(each.name)).triggered.connect(lambda _=False, name=each.name: does(name))
        self._menu.addMenu(submenu)

    @Slot()
    def _ask_for_name(self) -> None:
        free = next(
            name
            for number in range(1, 10**6)
            if (name := self.tr("Selection {n}").format(n=number)) not in {each.name for each in self._named.selections}
        )
        count = len(self._choosing.rows)
        label = self.tr("Keep the {n:,} chosen images under the name:").format(n=count)
        self._ask(self.tr("Name the chosen images"), label, free).textValueSelected.connect(self._named.add)

    def _ask_for_other_name(self, name: str) -> None:
        dialog = self._ask(self.tr("Rename a selection"), self.tr("Name:"), name)
        dialog.textValueSelected.connect(lambda new: self._named.rename(name, new))

    def _ask(self, title: str, label: str, text: str) -> QInputDialog:
        dialog = QInputDialog(self._panel.window())
        dialog.setObjectName("selectionNameDialog")
        dialog.setWindowTitle(title)
        dialog.setLabelText(label)
        dialog.setTextValue(text)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog


def _plain(name: str) -> str:
    return name.replace("&", "&&")
