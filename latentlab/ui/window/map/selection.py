"""Choosing on the map: rectangle and lasso in its strip, everything about the chosen images in its menu."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QAction, QKeySequence

from latentlab.core.arrays import Integers
from latentlab.core.map.live_map import MapUpdate
from latentlab.ui.canvas.cards.notes import ChosenNote
from latentlab.ui.canvas.layers.area_layer import AreaLayer
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.canvas.tools.area_tools import AreaTool, LassoTool, RectangleTool
from latentlab.ui.session.session import Session
from latentlab.ui.window.map.named_selections import NamedSelectionsMenu
from latentlab.ui.window.menus import Menus


def wire_area_tools(session: Session, panel: CanvasPanel) -> None:
    """Put the tools that choose what lies within an area into the strip."""
    canvas, choosing = panel.canvas, session.choosing
    layer = AreaLayer(canvas.view)
    # Alt may be kept by the desktop for moving windows.
    keys = panel.tr("Shift adds, Alt or Ctrl+Shift removes, a click beside the points chooses none, Esc gives up")
    offers: tuple[tuple[type[AreaTool], str, str, str, str], ...] = (
        (
            RectangleTool,
            "rectangle",
            panel.tr("Rectangle"),
            panel.tr("Choose what lies within a rectangle. {keys}"),
            "R",
        ),
        (LassoTool, "lasso", panel.tr("Lasso"), panel.tr("Choose what a line encloses that you draw. {keys}"), "L"),
    )
    for kind, name, text, tip, key in offers:
        tool = kind(canvas.view, canvas.points_layer, layer, panel)
        tool.drawn.connect(lambda way, rows: getattr(choosing, way)(rows))
        tool.point_toggled.connect(choosing.toggle)
        panel.add_tool(tool, f"map{name.capitalize()}Button", name, text, tip.format(keys=keys), key)


def wire_choosing(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Put what is done with chosen images into the menu of the map, and how many they are into its corner."""
    menus.map.addSeparator()
    _Choices(session, panel, menus)
    NamedSelectionsMenu(session, panel, menus)


class _Choices(QObject):
    """Chooses by the menu and its keys, which the map hears while it has the keyboard."""

    def __init__(self, session: Session, panel: CanvasPanel, menus: Menus) -> None:
        super().__init__(panel)
        self._canvas, self._choosing = panel.canvas, session.choosing
        self._menus = menus
        self._note = ChosenNote(self._canvas.view)
        self._offer("chooseAllAction", self.tr("Choose a&ll"), "Ctrl+A").triggered.connect(self._all)
        self._none = self._offer("chooseNoneAction", self.tr("Choose &none"), "Ctrl+Shift+A")
        self._none.triggered.connect(self._choosing.clear)
        self._offer("invertChosenAction", self.tr("&Invert the choice"), "Ctrl+I").triggered.connect(self._invert)
        self._menus.map.addSeparator()
        self._exclude = self._offer("excludeChosenAction", self.tr("Exclu&de the chosen images"))
        self._exclude.triggered.connect(session.chosen_images.exclude)
        self._include = self._offer("includeAllAction", self.tr("S&how the excluded images again"))
        self._include.triggered.connect(session.chosen_images.include_all)
        self._include.setEnabled(False)
        session.chosen_images.excluded_changed.connect(self._show_excluded)
        self._choosing.changed.connect(self._show)
        session.exploration.shown_changed.connect(self._show_map)
        self._count = 0
        self._show(self._choosing.rows)

    def _offer(self, name: str, text: str, keys: str = "") -> QAction:
        action = self._menus.map.addAction(text)
        action.setObjectName(name)
        if keys:
            action.setShortcut(QKeySequence(keys))
            # Lists and text fields have the same keys.
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self._canvas.addAction(action)
        return action

    def _visible(self) -> Integers:
        labels = self._canvas.labels()
        return np.flatnonzero(np.isin(labels, list(self._canvas.visible_classes())) | (labels < 0))

    @Slot()
    def _all(self) -> None:
        self._choosing.choose(self._visible())

    @Slot()
    def _invert(self) -> None:
        self._choosing.invert(self._visible())

    @Slot(object)
    def _show_map(self, update: MapUpdate | None) -> None:
        self._count = 0 if update is None else len(update.means)
        self._show(self._choosing.rows)

    @Slot(object)
    def _show(self, rows: Integers) -> None:
        self._note.set_chosen(len(rows), self._count)
        for action in (self._none, self._exclude):
            action.setEnabled(bool(len(rows)))

    @Slot(int)
    def _show_excluded(self, count: int) -> None:
        self._note.set_excluded(count)
        self._include.setEnabled(bool(count))
