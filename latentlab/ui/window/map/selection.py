"""Selecting on the map: rectangle and lasso in its strip; what is done with the selected images by a pill and menus."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from latentlab.core.arrays import Integers
from latentlab.ui.canvas.layers.area_layer import AreaLayer
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.canvas.tools.area_tools import LassoTool, RectangleTool, SelectionMode
from latentlab.ui.canvas.tools.tools import Tool
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus


def join_tool(panel: CanvasPanel, menus: Menus, name: str, tool: Tool | None) -> None:
    """Take a tool into the hand where the action of a name is switched on; None is the one that picks."""
    menus[name].toggled.connect(lambda taken: panel.canvas.mouse.set_tool(tool) if taken else None)


def join_selection(session: Session, panel: CanvasPanel, menus: Menus, show_blend: Callable[[], object]) -> None:
    """Select by areas, by the menu and by its keys, and offer in a pill on the map what is done with the selected.

    `show_blend` opens the view of what lies between the selected images.
    """
    canvas, selection, selection_training = panel.canvas, session.selection, session.selection_training
    pill, area = panel.pill, AreaLayer(canvas.view)

    def select_drawn(mode: SelectionMode, rows: Integers) -> None:
        {"select": selection.select, "add": selection.add, "remove": selection.remove}[mode](rows)

    def visible() -> Integers:
        labels = canvas.labels()
        return np.flatnonzero(np.isin(labels, list(canvas.visible_classes())) | (labels < 0))

    def show_selected(rows: Integers) -> None:
        pill.set_selected(len(rows))
        menus.tell(has_selection=bool(len(rows)))

    def show_excluded(excluded: int) -> None:
        pill.set_excluded(excluded)
        menus.tell(has_excluded=bool(excluded))

    join_tool(panel, menus, "pick", None)
    for name, kind in (("rectangle", RectangleTool), ("lasso", LassoTool)):
        tool = kind(canvas.view, canvas.points_layer, area, panel)
        tool.drawn.connect(select_drawn)
        tool.point_toggled.connect(selection.toggle)
        join_tool(panel, menus, name, tool)
    menus["selectAll"].triggered.connect(lambda: selection.select(visible()))
    menus["selectNone"].triggered.connect(selection.clear)
    menus["invertSelection"].triggered.connect(lambda: selection.invert(visible()))
    menus["excludeSelection"].triggered.connect(selection_training.exclude)
    menus["includeAll"].triggered.connect(selection_training.include_all)
    menus["trainOnSelection"].triggered.connect(selection_training.train)
    selection_training.excluded_changed.connect(show_excluded)
    selection.changed.connect(show_selected)
    pill.blend_requested.connect(show_blend)
    pill.train_requested.connect(menus["trainOnSelection"].trigger)
    pill.exclude_requested.connect(menus["excludeSelection"].trigger)
    pill.clear_requested.connect(selection.clear)
    pill.include_requested.connect(menus["includeAll"].trigger)
    menus["trainOnSelection"].enabledChanged.connect(pill.set_can_train)
    pill.set_can_train(menus["trainOnSelection"].isEnabled())
