"""Joins the features of the map: a file each, in the order in which they hear what they share."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWhatsThis

from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.panels.views.interpolations import InterpolationsPanel
from latentlab.ui.session.session import Session
from latentlab.ui.settings import Settings
from latentlab.ui.widgets.drawer import Drawer
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.map.axes import join_axes
from latentlab.ui.window.map.browsing import join_browsing
from latentlab.ui.window.map.distances import join_distances
from latentlab.ui.window.map.encoding import join_encoding
from latentlab.ui.window.map.fields import join_fields
from latentlab.ui.window.map.hints import join_hints
from latentlab.ui.window.map.history import join_history
from latentlab.ui.window.map.hovering import join_hovering
from latentlab.ui.window.map.landscape import join_landscape
from latentlab.ui.window.map.layers import join_layers
from latentlab.ui.window.map.named_selections import join_named_selections
from latentlab.ui.window.map.points import join_points
from latentlab.ui.window.map.posteriors import join_posteriors
from latentlab.ui.window.map.selection import join_selection
from latentlab.ui.window.map.true_posterior import join_true_posterior
from latentlab.ui.window.map.values import join_values
from latentlab.ui.window.map.walking import join_walking
from latentlab.ui.window.menus import Menus
from latentlab.ui.window.view_tabs import ViewTabs

translate = QCoreApplication.translate


def join_map(
    session: Session,
    panel: CanvasPanel,
    drawer: Drawer,
    tabs: ViewTabs,
    menus: Menus,
    dialogs: FileDialogs,
    settings: Settings,
) -> None:
    """Join everything that is done on the map to the session."""
    join_points(session, panel, menus)
    join_walking(session, panel, drawer, menus, dialogs)
    join_history(session, panel, menus)
    join_axes(session, panel, menus, tabs)
    join_browsing(session, panel, drawer, menus, dialogs)
    join_hovering(session, panel, menus)
    join_values(session, panel)
    join_encoding(session, panel)
    join_fields(session, panel)
    join_distances(session, panel, menus)
    join_posteriors(session, panel, menus)
    join_true_posterior(session, panel, menus)
    join_selection(session, panel, menus, lambda: tabs.look_at(InterpolationsPanel))
    join_named_selections(session, panel, menus)
    join_landscape(session, panel, menus)
    join_layers(session, panel, menus)
    join_hints(session, panel, settings, menus)
    join_help(panel, menus)


def join_help(panel: CanvasPanel, menus: Menus) -> None:
    """Tell what mouse and keys do on the map, beside the strip of its tools where that is seen."""
    strip = panel.strip
    changed = translate("Map", "These are the keys as they are at first; Help → Keys… tells and changes all of them.")
    text = f"{panel.instructions()}<p>{changed}</p>"
    menus["mouseAndKeys"].setToolTip(text)

    def show() -> None:
        window = panel.window()
        corner = strip.mapToGlobal(strip.rect().topRight())
        place = corner if strip.isVisible() else window.mapToGlobal(window.rect().center())
        QWhatsThis.showText(place, text, strip)

    menus["mouseAndKeys"].triggered.connect(show)
