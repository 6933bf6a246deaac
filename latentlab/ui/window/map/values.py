"""What the points of the map are coloured by: a button over its corner, and the scale below that."""

from __future__ import annotations

from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session


def join_values(session: Session, panel: CanvasPanel) -> None:
    """Colour the points by what is chosen, of the columns of the current data too."""
    values, box, canvas = session.map.values, panel.colour_box, panel.canvas

    def offer_columns(names: tuple[str, ...]) -> None:
        box.set_columns(names)
        box.set_colouring(values.colouring)

    box.chosen.connect(values.choose)
    values.choices_changed.connect(offer_columns)
    values.chosen.connect(box.set_colouring)
    values.found.connect(canvas.set_values)
    values.refused.connect(canvas.refuse_values)
    session.training.state_changed.connect(values.set_state)
