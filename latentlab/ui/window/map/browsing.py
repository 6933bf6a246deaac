"""The lists of images: a page in the tray below the map, its button, and the ring around the point of a thumbnail."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSignalBlocker, Slot

from latentlab.core.arrays import Integers
from latentlab.ui.canvas.layers.pointer_layer import PointerLayer
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.panels.browse import BrowsePanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.map.exports import ExportOfChosen
from latentlab.ui.window.menus import Menus

_SEVERAL = 3  # chosen at once, by a rectangle or a lasso: one looks at them together


def wire_browsing(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Join the lists of images to the session and to the map."""
    menus.map.addSeparator()
    _Lists(session, panel, menus)


class _Lists(QObject):
    """Opens and closes the page, and leads from a thumbnail to its point."""

    def __init__(self, session: Session, panel: CanvasPanel, menus: Menus) -> None:
        super().__init__(panel)
        self._session, self._panel = session, panel
        self._page = page = BrowsePanel()
        self._count = 0
        self._has_opened = False
        ExportOfChosen(session, panel, page, menus)
        panel.tray.addTab(page, self.tr("Images"))
        panel.tray.hide()
        self._pointer = PointerLayer(panel.canvas.view, panel.canvas.points_layer)
        browsing, choosing = session.map.browsing, session.choosing
        browsing.source_changed.connect(page.set_source)
        browsing.listed.connect(page.show_list)
        browsing.waited.connect(page.show_share)
        browsing.refused.connect(page.show_problem)
        browsing.rebuilt.connect(page.show_rebuilt)
        browsing.point_changed.connect(page.set_picked)
        choosing.changed.connect(page.set_chosen)
        choosing.changed.connect(self._follow_chosen)
        page.asked.connect(browsing.look)
        page.rebuild_wanted.connect(browsing.rebuild)
        page.point_picked.connect(self._lead)
        page.point_toggled.connect(choosing.toggle)
        page.points_added.connect(choosing.add)
        page.all_chosen.connect(choosing.choose)
        page.clear_requested.connect(choosing.clear)
        page.train_requested.connect(session.chosen_images.train)
        page.exclude_requested.connect(session.chosen_images.exclude)
        page.hovered.connect(self._pointer.point_at)
        panel.canvas.point_hovered.connect(page.set_pointed)
        self._button = panel.strip.add(
            "mapImagesButton", "images", self.tr("Images"), self.tr("List the chosen, the nearest, the worst"), "I"
        )
        self._button.setCheckable(True)
        self._button.toggled.connect(self._open)
        panel.tray.closed.connect(self._show_state)
        panel.tray.currentChanged.connect(self._show_state)
        page.asked.connect(self._show_state)

    @Slot(bool)
    def _open(self, wanted: bool) -> None:
        if wanted:
            self._has_opened = True
            self._panel.tray.open_page(self._page)
        elif self._panel.tray.is_on(self._page):
            self._panel.tray.hide()

    @Slot()
    def _show_state(self) -> None:
        with QSignalBlocker(self._button):
            self._button.setChecked(self._panel.tray.is_on(self._page))

    @Slot(int)
    def _lead(self, row: int) -> None:
        """Pick a point, and move the view just so far that it is in sight."""
        places = self._panel.canvas.points_layer.targets()
        self._session.exploration.pick_point(row)
        if row < len(places):
            x, y = places[row].tolist()
            if x == x and y == y:
                self._panel.canvas.view.reveal((x, y))

    @Slot(object)
    def _follow_chosen(self, rows: Integers) -> None:
        """Open by itself the first time that several are chosen together, unless the tray is open already."""
        before, self._count = self._count, len(rows)
        if not self._has_opened and len(rows) >= before + _SEVERAL and self._panel.tray.isHidden():
            self._page.show_kind("chosen")
            self._open(True)
