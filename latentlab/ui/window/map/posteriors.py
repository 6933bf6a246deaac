"""The prior and the posteriors on the map: contours and ellipses, each with a switch in its menu."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction

from latentlab.core.fields.aggregate_posterior import prior_of
from latentlab.core.map.live_map import MapUpdate
from latentlab.ui.canvas.layers.contours_layer import ContoursLayer
from latentlab.ui.canvas.layers.posteriors_layer import PosteriorsLayer
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus


def wire_posteriors(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Join the prior's contours and the posteriors' ellipses to the session and to the menu."""
    _Gaussians(session, panel, menus)


class _Gaussians(QObject):
    """Makes the layers, and hands the prior of the plane to the one that draws it."""

    def __init__(self, session: Session, panel: CanvasPanel, menus: Menus) -> None:
        super().__init__(panel)
        canvas = panel.canvas
        self._contours = ContoursLayer(canvas.view)
        self._posteriors = PosteriorsLayer(canvas.view, canvas.points_layer)
        menus.map.addSeparator()
        for text, name, layer in (
            (self.tr("Prior &contours"), "priorContoursAction", self._contours),
            (self.tr("Posterior &ellipses"), "posteriorEllipsesAction", self._posteriors),
        ):
            action = QAction(text, self, checkable=True, checked=True)
            action.setObjectName(name)
            action.toggled.connect(layer.set_on)
            menus.map.addAction(action)
        session.exploration.shown_changed.connect(self._show_prior)
        session.map.chosen_posteriors.found.connect(self._posteriors.set_posteriors)

    @Slot(object)
    def _show_prior(self, update: MapUpdate | None) -> None:
        has_prior = update is not None and update.snapshot.is_variational
        self._contours.set_prior(prior_of(update.projection) if has_prior else None)
