"""What the map shows: the panel of its layers, whose switches are those of the menus."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from latentlab.core.map.map_update import MapUpdate
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus

_FEW = 50  # images
translate = QCoreApplication.translate


def join_layers(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Show the images that are chosen, and offer the switches."""
    exploration, library = session.exploration, session.library

    def tell_few(update: MapUpdate | None) -> None:
        """Say how many images are points where these are few, or a small part: one would take them for all."""
        data = library.data
        if update is None or data is None or update.images is None or not data.is_for(update.snapshot.recipe.data):
            panel.layers.set_few("both", 0, 0)
            return
        shown, total = len(update.labels), len(data.test_images) + len(data.train_images)
        is_told = shown < total and (shown <= _FEW or shown < total / 20)
        panel.layers.set_few(session.shown_images.split, shown if is_told else 0, total)

    panel.layers.source_chosen.connect(session.set_map_source)
    exploration.shown_changed.connect(tell_few)
    library.loaded.connect(lambda _: tell_few(exploration.shown))
    for name, words in (
        ("landscape", translate("Layers", "Landscape")),
        ("priorContours", translate("Layers", "No rings")),
        ("posteriorEllipses", translate("Layers", "No ellipses")),
        ("truePosterior", translate("Layers", "True posterior")),
        ("decodedDistances", translate("Layers", "Decoded distance")),
        ("trails", translate("Layers", "Trails")),
        ("hover", ""),  # nothing of the map looks otherwise
    ):
        panel.layers.add_switch(menus[name], f"map{name[0].upper()}{name[1:]}Box", words)
