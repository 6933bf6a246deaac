"""Choosing on the map: rectangle and lasso in its strip, everything about the chosen images in its menu."""

from __future__ import annotations

import numpy as np

from latentlab.core.arrays import Integers
from latentlab.core.map.map_update import MapUpdate
from latentlab.ui.canvas.cards.notes import ChosenNote
from latentlab.ui.canvas.layers.area_layer import AreaLayer
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.canvas.tools.area_tools import LassoTool, RectangleTool, Way
from latentlab.ui.canvas.tools.tools import Tool
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus


def join_tool(panel: CanvasPanel, menus: Menus, name: str, tool: Tool | None) -> None:
    """Take a tool into the hand where the action of a name is switched on; None is the one that picks."""
    menus[name].toggled.connect(lambda taken: panel.canvas.mouse.set_tool(tool) if taken else None)


def join_choosing(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Choose by areas, by the menu and by its keys, and say in a corner of the map how many are chosen."""
    canvas, choosing, chosen_images = panel.canvas, session.choosing, session.chosen_images
    note, area = panel.keep(ChosenNote(canvas.view)), AreaLayer(canvas.view)

    def choose_drawn(way: Way, rows: Integers) -> None:
        {"choose": choosing.choose, "add": choosing.add, "remove": choosing.remove}[way](rows)

    def visible() -> Integers:
        labels = canvas.labels()
        return np.flatnonzero(np.isin(labels, list(canvas.visible_classes())) | (labels < 0))

    count = 0

    def show_map(update: MapUpdate | None) -> None:
        nonlocal count
        count = 0 if update is None else len(update.means)
        show_chosen(choosing.rows)

    def show_chosen(rows: Integers) -> None:
        note.set_chosen(len(rows), count)
        menus.tell(has_chosen=bool(len(rows)))

    def show_excluded(excluded: int) -> None:
        note.set_excluded(excluded)
        menus.tell(has_excluded=bool(excluded))

    join_tool(panel, menus, "pick", None)
    for name, kind in (("rectangle", RectangleTool), ("lasso", LassoTool)):
        tool = kind(canvas.view, canvas.points_layer, area, panel)
        tool.drawn.connect(choose_drawn)
        tool.point_toggled.connect(choosing.toggle)
        join_tool(panel, menus, name, tool)
    menus["chooseAll"].triggered.connect(lambda: choosing.choose(visible()))
    menus["chooseNone"].triggered.connect(choosing.clear)
    menus["invertChosen"].triggered.connect(lambda: choosing.invert(visible()))
    menus["excludeChosen"].triggered.connect(chosen_images.exclude)
    menus["includeAll"].triggered.connect(chosen_images.include_all)
    menus["trainOnChosen"].triggered.connect(chosen_images.train)
    chosen_images.excluded_changed.connect(show_excluded)
    choosing.changed.connect(show_chosen)
    session.exploration.shown_changed.connect(show_map)
