"""Ways around the map: everything, ±4."""

from __future__ import annotations

from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.menus import Menus
from latentlab.ui.session import Session


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
