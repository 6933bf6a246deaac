"""The points of the map, and what is marked among them: the pick, what is selected, and where a sketch lies."""

from __future__ import annotations

from latentlab.core.map.results import MapPoints, Sketched
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus


def join_points(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Show the points of the map, pick and select on it, and mark what is drawn with the points nearest to it."""
    exploration, canvas = session.exploration, panel.canvas

    def show_map(points: MapPoints | None) -> None:
        if points is None:
            canvas.clear_points()
        else:
            canvas.set_points(points)

    def show_sketch(sketched: Sketched | None) -> None:
        if sketched is None:
            canvas.set_sketch(None)
            canvas.set_highlights([])
        else:
            canvas.set_sketch(sketched.position, sketched.covariance)
            canvas.set_highlights(sketched.nearest)

    canvas.intents.picked_at.connect(exploration.pick)
    canvas.intents.point_picked.connect(exploration.pick_point)
    canvas.intents.point_toggled.connect(session.selection.toggle)
    canvas.intents.hovered.connect(exploration.preview)
    canvas.intents.hover_ended.connect(exploration.end_preview)
    exploration.model_changed.connect(lambda snapshot: menus.tell(has_model=snapshot is not None))
    exploration.map_changed.connect(show_map)
    exploration.pick_changed.connect(canvas.set_pick)
    exploration.sketched.connect(show_sketch)
    session.selection.changed.connect(canvas.set_selected)
