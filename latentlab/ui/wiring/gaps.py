"""The gaps of the map: a button in its bar, and the layer behind its points."""

from __future__ import annotations

from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session import Session
from latentlab.ui.widgets.bar_button import bar_button


def wire_gaps(session: Session, panel: CanvasPanel) -> None:
    """Join the gaps of the map to the session."""
    layer, gaps = panel.canvas.gaps, session.map.gaps
    button = bar_button(
        panel.tr("Gaps"),
        panel.tr(
            "Shade the places whose decoded image the encoder would put elsewhere, by how far in radii of the map; "
            "from half a radius on a place counts as a gap"
        ),
        "mapGapsButton",
    )
    button.setCheckable(True)
    button.toggled.connect(layer.set_on)
    panel.bar.addWidget(button)
    layer.wanted.connect(gaps.look)
    gaps.found.connect(layer.set_gaps)
    gaps.refused.connect(layer.show_problem)
