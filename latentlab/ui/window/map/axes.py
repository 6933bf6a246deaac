"""The axes of the map: a button in its strip, an entry in its menu, and the card on which they are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QTabWidget

from latentlab.core.map.axes import PlaneAxes
from latentlab.ui.canvas.cards.axes_card import AxesCard
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.later import Later
from latentlab.ui.window.menus import Menus

if TYPE_CHECKING:
    from latentlab.core.models.snapshot import Snapshot


def join_axes(session: Session, panel: CanvasPanel, menus: Menus, tabs: QTabWidget) -> None:
    """Ask how much each dimension tells while the card is being opened, and keep the map in sight."""
    exploration, dimensions = session.exploration, session.map.dimensions
    card: AxesCard | None = None
    to_card, shown = Later(), PlaneAxes()

    def made() -> AxesCard:
        """Give the card, which is made when it is wanted first."""
        nonlocal card
        if card is None:
            card = AxesCard(panel)
            card.chosen.connect(exploration.set_axes)
            card.opened.connect(dimensions.ask)
            to_card.come(card)
        return card

    def open_card() -> None:
        """Open the card on the map, whichever view is looked at."""
        tabs.setCurrentWidget(panel)
        if not made().isVisible():
            made().toggle()

    def fit(card: AxesCard, snapshot: Snapshot | None) -> None:
        card.set_model(None if snapshot is None else snapshot.facts)

    def follow(axes: PlaneAxes) -> None:
        nonlocal shown
        # Other names for the same images are the same axes; along other ones nothing is where it was.
        nameless = axes.named_after(np.empty(0, np.int64))
        if nameless != shown and panel.canvas.view.mode == "free":
            panel.canvas.show_all()
        shown = nameless

    menus["axes"].triggered.connect(lambda: made().toggle())
    menus["chooseAxes"].triggered.connect(open_card)
    to_card.join(dimensions.found, AxesCard.set_use)
    to_card.join(session.selection.changed, AxesCard.set_selected)
    to_card.join(exploration.model_changed, fit)
    to_card.join(exploration.axes_changed, AxesCard.set_axes)
    exploration.axes_changed.connect(follow)
    to_card.join(exploration.shown_map.refused, AxesCard.show_problem)
