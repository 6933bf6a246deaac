"""The walk: its tools in the strip, its line on the map, and its film in the drawer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QCoreApplication

from latentlab.core.views.walk import Walk
from latentlab.ui.canvas.layers.walk_layer import WalkLayer
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.canvas.tools.walk_tools import ArrowTool, PathTool
from latentlab.ui.explore.walking import STEPS
from latentlab.ui.panels.walk import WalkPanel
from latentlab.ui.session.session import Session
from latentlab.ui.widgets.drawer import Drawer
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.map.selection import join_tool
from latentlab.ui.window.menus import Menus

translate = QCoreApplication.translate


def join_walking(session: Session, panel: CanvasPanel, drawer: Drawer, menus: Menus, dialogs: FileDialogs) -> None:
    """Draw the walk, show its film, and save it."""
    walking, films, canvas = session.map.walking, session.map.films, panel.canvas
    layer = WalkLayer(canvas.view, canvas.points_layer)
    film = WalkPanel(STEPS)
    drawer.add_page(film, film.title)

    def show_film() -> None:
        drawer.open_page(film)

    def show_walk(walk: Walk) -> None:
        film.show_walk(walk)
        layer.set_film(walk)
        layer.set_frame(film.frame()[1])

    def show_frame(row: int, column: int) -> None:
        layer.set_frame(column)
        walking.show_frame(row, column)

    def walk_between_selected() -> None:
        walking.walk_between(session.selection.rows[:2])
        if walking.plan is not None:
            show_film()

    def ask_for_film(images: npt.NDArray[np.float32], rate: float, name: str) -> None:
        dialogs.save_film(name, lambda path: films.write(path, images, rate))  # as it was when asked for

    def tell_written(path: str) -> None:
        session.message.emit(translate("Walk", "The film is saved as {path}.").format(path=path), False)

    for name, kind in (("path", PathTool), ("arrow", ArrowTool)):
        tool = kind(canvas.view, canvas.points_layer, layer, panel)
        join_tool(panel, menus, name, tool)
        walking.changed.connect(tool.set_plan)
        tool.wanted.connect(walking.walk)
        tool.let_go.connect(show_film)
        # Before anything is drawn: the map must not change its size under the mouse.
        menus[name].toggled.connect(lambda taken: show_film() if taken else None)
    walking.changed.connect(layer.set_plan)
    walking.changed.connect(film.set_plan)
    walking.model_changed.connect(film.set_model)
    walking.answered.connect(show_walk)
    walking.refused.connect(film.show_problem)
    film.frame_chosen.connect(show_frame)
    film.steps_changed.connect(walking.set_steps)
    film.each_label_changed.connect(walking.set_each_label)
    film.geodesic_changed.connect(walking.set_geodesic)
    walking.bending_changed.connect(film.show_bending)
    film.looked_at.connect(walking.look)
    film.forget_requested.connect(lambda: walking.walk(None))
    film.point_picked.connect(session.exploration.pick_point)
    canvas.intents.picked_at.connect(film.pause)
    film.save_requested.connect(ask_for_film)
    film.cancel_requested.connect(films.cancel)
    films.progressed.connect(film.show_progress)
    films.written.connect(tell_written)
    menus["walkBetween"].triggered.connect(walk_between_selected)
    menus["showFilm"].triggered.connect(show_film)
