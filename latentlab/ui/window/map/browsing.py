"""The list of images: a page in the drawer below the map, its button, and the ring around the point of a thumbnail."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from latentlab.ui.canvas.layers.pointer_layer import PointerLayer
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.panels.browse import BrowsePanel
from latentlab.ui.session.session import Session
from latentlab.ui.widgets.drawer import Drawer
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.map.exports import join_export
from latentlab.ui.window.menus import Menus


def join_browsing(session: Session, panel: CanvasPanel, drawer: Drawer, menus: Menus, dialogs: FileDialogs) -> None:
    """Open and close the page, show what is listed, and lead from a thumbnail to its point."""
    browsing, selection, canvas = session.map.browsing, session.selection, panel.canvas
    page, switch = BrowsePanel(), menus["images"]
    pointer = PointerLayer(canvas.view, canvas.points_layer)
    join_export(session, page, menus, dialogs)
    drawer.add_page(page, QCoreApplication.translate("Browse", "List"))

    def open_page(wanted: bool) -> None:
        if wanted:
            drawer.open_page(page)
        elif drawer.is_on(page):
            drawer.set_open(False)
        show_state()

    def show_state() -> None:
        switch.setChecked(drawer.is_on(page))

    def lead(row: int) -> None:
        """Pick a point, and move the view just so far that it is in sight."""
        places = canvas.points_layer.targets()
        session.exploration.pick_point(row)
        if row < len(places):
            x, y = places[row].tolist()
            if x == x and y == y:
                canvas.view.reveal((x, y))

    def show_selected() -> None:
        page.show_kind("selected")
        open_page(True)

    browsing.source_changed.connect(page.set_source)
    browsing.listed.connect(page.show_list)
    browsing.waited.connect(page.show_share)
    browsing.refused.connect(page.show_problem)
    browsing.rebuilt.connect(page.show_rebuilt)
    browsing.point_changed.connect(page.set_picked)
    selection.changed.connect(page.set_selected)
    page.asked.connect(browsing.look)
    page.rebuild_wanted.connect(browsing.rebuild)
    page.point_picked.connect(lead)
    page.point_toggled.connect(selection.toggle)
    page.points_added.connect(selection.add)
    page.all_selected.connect(selection.select)
    page.hovered.connect(pointer.point_at)
    canvas.point_hovered.connect(page.set_pointed)
    switch.triggered.connect(open_page)
    panel.pill.show_requested.connect(show_selected)
    for changed in (drawer.turned, page.asked):
        changed.connect(show_state)
