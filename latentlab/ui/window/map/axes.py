"""The axes of the map: a button in its strip, an entry in its menu, and the card on which they are chosen."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QTabWidget

from latentlab.core.map.axes import AxesChoice
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.views.traversals import DimensionsQuestion, DimensionUse
from latentlab.ui.canvas.cards.axes_card import AxesCard
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus


def wire_axes(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Join the axes of the map to the session."""
    _Axes(session, panel, menus)


class _Axes(QObject):
    """Asks how much each dimension tells while the card is being opened, and keeps the map in sight."""

    def __init__(self, session: Session, panel: CanvasPanel, menus: Menus) -> None:
        super().__init__(panel)
        exploration, choosing = session.exploration, session.choosing
        self._panel, self._shown = panel, AxesChoice()
        self._dimensions = session.map.dimensions
        self._card = AxesCard(panel)
        in_strip = panel.strip.add(
            "mapAxesButton",
            "axes",
            self.tr("Axes"),
            self.tr("Choose the two axes: latent dimensions, principal components, a way between images or classes"),
            "X",
        )
        in_menu = menus.map.addAction(self.tr("A&xes…"))
        in_strip.triggered.connect(self._card.toggle)
        in_menu.triggered.connect(self._open)
        self._actions = (in_strip, in_menu)
        self._fit(None)
        self._card.chosen.connect(exploration.choose_axes)
        self._card.opened.connect(self._ask)
        self._dimensions.answered.connect(self._take)
        self._dimensions.refused.connect(self._leave)
        choosing.changed.connect(self._card.set_chosen)
        exploration.model_changed.connect(self._fit)
        exploration.axes_changed.connect(self._follow)
        exploration.plane.refused.connect(self._card.show_problem)

    @Slot()
    def _open(self) -> None:
        """Open the card on the map, whichever view is looked at."""
        tabs = self._panel.window().findChild(QTabWidget, "viewTabs")
        if tabs is not None:
            tabs.setCurrentWidget(self._panel)
        if not self._card.isVisible():
            self._card.toggle()

    @Slot(object)
    def _fit(self, snapshot: Snapshot | None) -> None:
        for action in self._actions:
            action.setEnabled(snapshot is not None)
        self._card.set_model(None if snapshot is None else snapshot.facts)

    @Slot()
    def _ask(self) -> None:
        self._dimensions.ask(DimensionsQuestion())

    @Slot(object)
    def _take(self, use: DimensionUse) -> None:
        self._leave()  # a list that changes under the mouse cannot be used
        self._card.set_use(use)

    @Slot()
    def _leave(self) -> None:
        self._dimensions.ask(None)

    @Slot(object)
    def _follow(self, choice: AxesChoice) -> None:
        self._card.set_axes(choice)
        # Other names for the same images are the same axes; along other ones nothing is where it was.
        nameless = choice.named_after(np.empty(0, np.int64))
        if nameless != self._shown and self._panel.canvas.view.mode == "free":
            self._panel.canvas.show_all()
        self._shown = nameless
