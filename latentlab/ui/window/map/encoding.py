"""How far the images of a very large map are encoded: a card over a corner of the map."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from latentlab.ui.canvas.encoding_card import EncodingCard
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.explore.encoding import Encoded
from latentlab.ui.session.session import Session


def wire_encoding(session: Session, panel: CanvasPanel) -> None:
    """Join the card to the session."""
    _Encoding(session, panel)


class _Encoding(QObject):
    """Tells the card, and whoever encodes when the rest is not wanted."""

    def __init__(self, session: Session, panel: CanvasPanel) -> None:
        super().__init__(panel)
        self._card = EncodingCard(panel.canvas)
        encoding = session.map.encoding
        encoding.changed.connect(self._show)
        self._card.left.connect(encoding.leave)
        encoding.left.connect(session.training.leave_map)
        encoding.left.connect(session.files.leave_map)

    @Slot(object)
    def _show(self, encoded: Encoded | None) -> None:
        if encoded is None:
            self._card.hide()
        else:
            self._card.show_state(encoded.total, encoded.missing, encoded.pending, encoded.goes_on)
