"""Moving around the map: everything, ±4, back and forward, bookmarks, undo and redo; coordinates and scale."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu

from latentlab.core.map.bookmarks import Bookmark
from latentlab.ui.canvas.layers.where_layer import WhereLayer
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.explore.history import ViewState
from latentlab.ui.session.session import Session
from latentlab.ui.window.map.naming import ask_for_name
from latentlab.ui.window.menus import Menus, add_entries

translate = QCoreApplication.translate


def join_history(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Enable what leads somewhere, go there, and list the bookmarks."""
    exploration, history, bookmarking = session.exploration, session.map.history, session.map.bookmarking
    canvas, view, menu = panel.canvas, panel.canvas.view, menus.menu("bookmarks")
    where = WhereLayer(view)
    removals = QMenu(translate("Bookmarks", "&Remove"), menu)
    removals.setObjectName("removeBookmarkMenu")

    def arrive() -> None:
        history.arrive(ViewState(view.extent(), view.mode, exploration.axes))

    def look(seen: ViewState) -> None:
        canvas.go_to(seen.extent, seen.mode)

    def enable() -> None:
        menus.tell(**{f"can_{name}": can for name, can in history.can.items()}, has_place=history.view is not None)

    def go(bookmark: Bookmark) -> None:
        history.go_to(ViewState(bookmark.extent, "free", bookmark.axes), bookmark.code)

    def list_bookmarks(bookmarks: tuple[Bookmark, ...]) -> None:
        menu.clear()
        menu.addAction(menus["bookmark"])
        if not bookmarks:
            return
        menu.addSeparator()
        add_entries(menu, [(each.name, lambda each=each: go(each)) for each in bookmarks])
        removals.clear()
        add_entries(removals, [(each.name, lambda each=each: bookmarking.remove(each.name)) for each in bookmarks])
        menu.addSeparator()
        menu.addMenu(removals)

    def ask_for_bookmark() -> None:
        extent, code, axes = view.extent(), history.code, exploration.axes

        def add(name: str) -> None:
            if name.strip():
                bookmarking.add(Bookmark.at(name.strip(), extent, code, axes))

        ask_for_name(
            panel.window(),
            "bookmarkDialog",
            translate("Bookmarks", "Bookmark this place"),
            translate("Bookmarks", "What is here, and what is picked, is kept under the name:"),
            translate("Bookmarks", "Place {n}").format(n=len(bookmarking.bookmarks) + 1),
            add,
        )

    menus["showAll"].triggered.connect(canvas.show_all)
    menus["showStandard"].triggered.connect(canvas.show_standard)
    for name, does in (
        ("back", history.back),
        ("forward", history.forward),
        ("undo", history.undo),
        ("redo", history.redo),
    ):
        menus[name].triggered.connect(does)
    menus["bookmark"].triggered.connect(ask_for_bookmark)
    canvas.mouse.cursor_moved.connect(where.set_cursor)
    for moved in (view.settled, exploration.axes_changed):
        moved.connect(arrive)
    history.view_wanted.connect(look)
    history.changed.connect(enable)
    bookmarking.changed.connect(list_bookmarks)
    enable()
