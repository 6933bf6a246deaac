"""The prior and the posteriors on the map: contours and ellipses, each with a switch in its menu."""

from __future__ import annotations

from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.plane_prior import prior_on_plane
from latentlab.ui.canvas.layers.contours_layer import ContoursLayer
from latentlab.ui.canvas.layers.posteriors_layer import PosteriorsLayer
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus


def join_posteriors(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Hand the prior of the plane, and the posteriors of what is selected, to the layers that draw them."""
    canvas = panel.canvas
    contours = ContoursLayer(canvas.view)
    posteriors = PosteriorsLayer(canvas.view, canvas.points_layer)

    def show_prior(update: MapUpdate | None) -> None:
        has_prior = update is not None and update.snapshot.is_variational
        contours.set_prior(prior_on_plane(update.snapshot.prior, update.projection) if has_prior else None)

    menus["priorContours"].toggled.connect(contours.set_on)
    menus["posteriorEllipses"].toggled.connect(posteriors.set_on)
    session.exploration.shown_changed.connect(show_prior)
    session.map.selected_posteriors.found.connect(posteriors.set_posteriors)
