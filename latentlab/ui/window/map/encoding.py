"""How far the images of a very large map are encoded: a card over a corner of the map."""

from __future__ import annotations

from latentlab.ui.canvas.cards.encoding_card import EncodingCard
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.explore.encoding import EncodingProgress
from latentlab.ui.session.session import Session


def join_encoding(session: Session, panel: CanvasPanel) -> None:
    """Tell the card how far it is, and whoever encodes when the rest is not wanted."""
    card, encoding = EncodingCard(panel.canvas.view), session.map.encoding

    def show(encoded: EncodingProgress | None) -> None:
        if encoded is None:
            card.hide()
        else:
            card.show_state(encoded.total, encoded.missing, encoded.pending, encoded.goes_on)

    encoding.changed.connect(show)
    card.left.connect(encoding.leave)
    for leave in (session.training.leave_map, session.files.leave_map):
        encoding.left.connect(leave)
