"""Curves of equal decoded distance around what is picked: a switch in the menu and in the panel of layers."""

from __future__ import annotations

from latentlab.ui.canvas.layers.distances_layer import DistancesLayer
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus


def join_distances(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Hand the distances of what is seen to the layer that draws them."""
    layer, distances = DistancesLayer(panel.canvas.view), session.map.distances

    def refuse(sentence: str) -> None:
        layer.set_distances(None)
        session.message.emit(sentence, False)

    menus["decodedDistances"].toggled.connect(layer.set_on)
    layer.wanted.connect(distances.look)
    distances.found.connect(layer.set_distances)
    distances.refused.connect(refuse)
