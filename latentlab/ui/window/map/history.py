"""Ways around the map: everything, ±4, back and forward, bookmarks, undo and redo; coordinates and scale."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QInputDialog, QMenu, QToolButton

from latentlab.core.arrays import Extent
from latentlab.core.map.axes import AxesChoice
from latentlab.core.map.bookmarks import Bookmark
from latentlab.ui.canvas.layers.where_layer import WhereLayer
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.explore.history import Sight
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus


def wire_places(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Join the ways around the map to its strip and to the menu."""
    canvas = panel.canvas
    home = panel.strip.add(
        "mapShowAllButton", "home", panel.tr("Show all"), panel.tr("Show all points and follow them (Home or 0)")
    )
    home.triggered.connect(canvas.show_all)
    standard = panel.strip.add(
        "mapShowStandardButton",
        "standard",
        panel.tr("±4"),
        panel.tr("Show −4 to 4 on both axes, where the prior has nearly all its mass (4)"),
    )
    standard.triggered.connect(canvas.show_standard)
    menus.show_all_requested.connect(canvas.show_all)
    menus.show_standard_requested.connect(canvas.show_standard)
    menus.map.addSeparator()
    _Ways(session, panel, menus)


class _Ways(QObject):
    """Enables what leads somewhere, and lists the bookmarks."""

    def __init__(self, session: Session, panel: CanvasPanel, menus: Menus) -> None:
        super().__init__(panel)
        self._panel, self._view = panel, panel.canvas.view
        self._where = WhereLayer(self._view)  # whose parent keeps Qt's part of it alone
        panel.canvas.mouse.cursor_moved.connect(self._where.set_cursor)
        self._exploration = session.exploration
        self._places, self._bookmarking = session.map.places, session.map.bookmarking
        self._steps: dict[str, list[QAction]] = {}
        self._offer("back", menus, self.tr("&Back"), self.tr("Back to the place where one was"), "Alt+Left")
        self._offer("forward", menus, self.tr("F&orward"), self.tr("Forward again"), "Alt+Right")
        self._make_bookmarks(menus)
        panel.strip.addSeparator()
        menus.map.addSeparator()
        undo = self.tr("See and choose what was seen and chosen before")
        self._offer("undo", menus, self.tr("&Undo on the map"), undo, "Ctrl+Z")
        self._offer("redo", menus, self.tr("&Redo on the map"), self.tr("Take that back"), "Ctrl+Shift+Z")
        self._view.settled.connect(self._arrive)
        session.exploration.axes_changed.connect(self._arrive)
        self._places.sight_wanted.connect(self._look)
        self._places.changed.connect(self._enable)
        self._bookmarking.changed.connect(self._list)
        self._list(())
        self._enable()

    def _offer(self, way: str, menus: Menus, text: str, tip: str, keys: str) -> None:
        slot = getattr(self._places, way)
        in_strip = self._panel.strip.add(f"map{way.capitalize()}Button", way, text.replace("&", ""), f"{tip} ({keys})")
        in_menu = menus.map.addAction(text)
        in_menu.setShortcut(QKeySequence(keys))
        for action in (in_strip, in_menu):
            action.triggered.connect(slot)
        self._steps[way] = [in_strip, in_menu]

    def _make_bookmarks(self, menus: Menus) -> None:
        self._menu = QMenu(self.tr("Boo&kmarks"), self._panel)
        self._menu.setObjectName("bookmarksMenu")
        self._removals = QMenu(self.tr("&Remove"), self._menu)
        self._removals.setObjectName("removeBookmarkMenu")
        menus.map.addMenu(self._menu)
        action = self._panel.strip.add(
            "mapBookmarksButton", "bookmark", self.tr("Bookmarks"), self.tr("Places with a name, kept with the run")
        )
        action.setMenu(self._menu)
        button = self._panel.strip.widgetForAction(action)
        assert isinstance(button, QToolButton)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self._add = QAction(self.tr("&Bookmark this place…"), self)
        self._add.setShortcut(QKeySequence("Ctrl+D"))
        self._add.triggered.connect(self._ask_for_name)

    @Slot()
    def _arrive(self) -> None:
        self._places.arrive(Sight(self._view.extent(), self._view.mode, self._exploration.axes))

    @Slot(object)
    def _look(self, sight: Sight) -> None:
        self._panel.canvas.go_to(sight.extent, sight.mode)

    @Slot()
    def _enable(self) -> None:
        for way, can in self._places.can.items():
            for action in self._steps[way]:
                action.setEnabled(can)
        self._add.setEnabled(self._places.sight is not None)

    @Slot(object)
    def _list(self, bookmarks: tuple[Bookmark, ...]) -> None:
        self._menu.clear()
        self._menu.addAction(self._add)
        if not bookmarks:
            return
        self._menu.addSeparator()
        self._removals.clear()
        for bookmark in bookmarks:
            text = bookmark.name.replace("&", "&&")
            self._menu.addAction(text).triggered.connect(lambda _=False, to=bookmark: self._go(to))
            self._removals.addAction(text).triggered.connect(
                lambda _=False, to=bookmark: self._bookmarking.remove(to.name)
            )
        self._menu.addSeparator()
        self._menu.addMenu(self._removals)

    def _go(self, bookmark: Bookmark) -> None:
        self._places.go_to(Sight(bookmark.extent, "free", bookmark.axes), bookmark.code)

    @Slot()
    def _ask_for_name(self) -> None:
        extent, code, axes = self._view.extent(), self._places.code, self._exploration.axes
        dialog = QInputDialog(self._panel.window())
        dialog.setObjectName("bookmarkDialog")
        dialog.setWindowTitle(self.tr("Bookmark this place"))
        dialog.setLabelText(self.tr("What is here, and what is picked, is kept under the name:"))
        dialog.setTextValue(self.tr("Place {n}").format(n=len(self._bookmarking.bookmarks) + 1))
        dialog.textValueSelected.connect(lambda name: self._keep(name, extent, code, axes))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _keep(self, name: str, extent: Extent, code: tuple[float, ...], axes: AxesChoice) -> None:
        if name.strip():
            self._bookmarking.add(Bookmark.at(name.strip(), extent, code, axes))
