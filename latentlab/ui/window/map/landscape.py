"""The landscape behind the points, and its layer."""

from __future__ import annotations

from latentlab.ui.canvas.layers.landscape_layer import LandscapeLayer
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus


def join_landscape(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Show what the plane decodes to while the switch for it is on."""
    landscape, layer = session.map.landscape, panel.keep(LandscapeLayer(panel.canvas.view))
    menus["landscape"].toggled.connect(layer.set_on)
    panel.canvas.mouse.cursor_moved.connect(layer.set_cursor)
    layer.wanted.connect(landscape.look)
    session.exploration.shown_changed.connect(
        lambda update: update and layer.set_drawings(update.preparation.are_drawings)
    )
    landscape.shown.connect(layer.set_tiles)
    landscape.progressed.connect(layer.set_progress)
    landscape.refused.connect(layer.show_problem)
    session.training.state_changed.connect(landscape.set_state)
