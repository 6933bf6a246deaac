"""Puts the features of the map into its panel, its strip and its menu, in the order in which they are seen."""

from __future__ import annotations

from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.file_dialogs import Keeping
from latentlab.ui.window.map.axes import wire_axes
from latentlab.ui.window.map.browsing import wire_browsing
from latentlab.ui.window.map.encoding import wire_encoding
from latentlab.ui.window.map.fields import wire_fields
from latentlab.ui.window.map.history import wire_places
from latentlab.ui.window.map.hovering import wire_hovering
from latentlab.ui.window.map.landscape import wire_landscape
from latentlab.ui.window.map.posteriors import wire_posteriors
from latentlab.ui.window.map.selection import wire_area_tools, wire_choosing
from latentlab.ui.window.map.values import wire_values
from latentlab.ui.window.map.walking import wire_walking
from latentlab.ui.window.menus import Menus


def wire_map(session: Session, panel: CanvasPanel, menus: Menus, keeping: Keeping) -> None:
    """Join everything that is done on the map to the session."""
    wire_area_tools(session, panel)
    wire_walking(session, panel, menus, keeping)
    panel.strip.addSeparator()
    wire_places(session, panel, menus)
    panel.strip.addSeparator()
    menus.map.addSeparator()
    wire_axes(session, panel, menus)
    wire_browsing(session, panel, menus)
    wire_hovering(session, panel, menus)
    panel.add_help()
    wire_values(session, panel)
    wire_encoding(session, panel)
    panel.bar.addStretch(1)
    wire_fields(session, panel)
    wire_posteriors(session, panel, menus)
    wire_choosing(session, panel, menus)
    wire_landscape(session, panel, menus)
