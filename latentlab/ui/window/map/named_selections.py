"""The menu of named selections: naming what is selected, selecting what has a name, renaming and deleting."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu

from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.map.naming import ask_for_name
from latentlab.ui.window.menus import Menus, add_entries

_DIALOG = "selectionNameDialog"
translate = QCoreApplication.translate


def join_named_selections(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """List the selections of the data set with their sizes."""
    named, menu = session.map.named_selections, menus.menu("namedSelections")
    rename_menu, delete_menu = (
        QMenu(translate("Selections", "&Rename"), menu),
        QMenu(translate("Selections", "&Delete"), menu),
    )
    rename_menu.setObjectName("renameSelectionMenu")
    delete_menu.setObjectName("deleteSelectionMenu")

    def ask_to_add() -> None:
        taken = {each.name for each in named.selections}
        names = (translate("Selections", "Selection {n}").format(n=number) for number in range(1, len(taken) + 2))
        label = translate("Selections", "Keep the {n:,} selected images under the name:")
        ask_for_name(
            panel.window(),
            _DIALOG,
            translate("Selections", "Name the selected images"),
            label.format(n=len(session.selection.rows)),
            next(name for name in names if name not in taken),
            named.add,
        )

    def ask_to_rename(name: str) -> None:
        title, label = translate("Selections", "Rename a selection"), translate("Selections", "Name:")
        ask_for_name(panel.window(), _DIALOG, title, label, name, lambda new: named.rename(name, new))

    def each(does: Callable[[str], object], text: str = "{name}") -> list[tuple[str, Callable[[], object]]]:
        return [
            (text.format(name=kept.name, n=len(kept.images)), lambda name=kept.name: does(name))
            for kept in named.selections
        ]

    def list_all() -> None:
        for one in (menu, rename_menu, delete_menu):
            one.clear()
        menus.tell(has_selections=bool(named.selections or named.deleted))
        add_entries(menu, each(named.select, translate("Selections", "{name} ({n:,})")))
        if named.selections:
            menu.addSeparator()
            add_entries(rename_menu, each(ask_to_rename))
            add_entries(delete_menu, each(named.delete))
            menu.addMenu(rename_menu)
            menu.addMenu(delete_menu)
        if named.deleted:
            text = translate("Selections", "&Bring '{name}' back").format(name=named.deleted.replace("&", "&&"))
            back = menu.addAction(text)
            back.setObjectName("bringSelectionBackAction")
            back.triggered.connect(named.bring_back)

    menus["nameSelection"].triggered.connect(ask_to_add)
    named.changed.connect(list_all)
    named.told.connect(lambda sentence: session.message.emit(sentence, False))
    list_all()
