"""The true posterior on the map: its switch, its layer, and the image under the mouse."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QTimer

from latentlab.ui.canvas.layers.true_posterior_layer import TruePosteriorLayer
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus

_REST_MILLISECONDS = 120


def join_true_posterior(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Look for the posterior of what is picked, drawn, or under the mouse once that rests, and draw it to scale."""
    canvas, posteriors, switch = panel.canvas, session.map.true_posteriors, menus["truePosterior"]
    layer = TruePosteriorLayer(canvas.view)
    row = -1
    timer = QTimer(panel, singleShot=True, interval=_REST_MILLISECONDS)

    def come(found: int, place: QPointF) -> None:
        nonlocal row
        row = found
        timer.start()  # also where the mouse leaves: from point to point it is shown as it was

    timer.timeout.connect(lambda: posteriors.hover(row))
    canvas.point_hovered.connect(come)
    layer.seen.connect(posteriors.see)
    switch.toggled.connect(layer.set_on)
    switch.toggled.connect(posteriors.set_on)
    posteriors.found.connect(layer.set_posterior)
    posteriors.refused.connect(layer.show_problem)
