"""What the map shows: the panel of its layers, whose switches are those of the menus."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus

translate = QCoreApplication.translate


def join_layers(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Show the images that are chosen, and offer the switches."""
    panel.layers.source_chosen.connect(session.set_map_source)
    for name, words in (
        ("landscape", translate("Layers", "Landscape")),
        ("priorContours", translate("Layers", "No rings")),
        ("posteriorEllipses", translate("Layers", "No ellipses")),
        ("hover", ""),  # nothing of the map looks otherwise
    ):
        panel.layers.add_switch(menus[name], f"map{name[0].upper()}{name[1:]}Box", words)
