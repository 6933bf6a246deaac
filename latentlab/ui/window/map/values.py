"""What the points of the map are coloured by: a box in its bar, and the scale over a corner of the map."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Slot

from latentlab.core.map.point_values import Colouring
from latentlab.ui.canvas.panel import CanvasPanel, box
from latentlab.ui.session.session import Session


def wire_values(session: Session, panel: CanvasPanel) -> None:
    """Join the colours of the points to the session."""
    _ColourBy(session, panel)


class _ColourBy(QObject):
    """Offers what the model tells of each image, and the columns of the data at hand."""

    def __init__(self, session: Session, panel: CanvasPanel) -> None:
        super().__init__(panel)
        self._values = session.map.values
        self._box = box(self.tr("Colour by"), self.tr("What the points are coloured by"), "mapColourBox")
        self._offer(self.tr("by class"), Colouring(), "")
        self._offer(
            self.tr("by loss"),
            Colouring("loss"),
            self.tr("The loss of each image with z at its mean: reconstruction + β KL + penalty, in nats"),
        )
        self._offer(
            self.tr("by KL"),
            Colouring("kl"),
            self.tr("How far the posterior of each image is from the prior, in nats: how much z tells of it"),
        )
        self._offer(
            self.tr("by reconstruction error"),
            Colouring("reconstruction"),
            self.tr("The term of the loss for how the image rebuilt from its mean differs from it, in nats"),
        )
        self._own = self._box.count()  # whatever follows is of the data
        panel.bar.addWidget(self._box)
        self._box.activated.connect(self._choose)
        self._values.choices_changed.connect(self._offer_columns)
        self._values.chosen.connect(self._show_choice)
        self._values.found.connect(panel.canvas.set_values)
        self._values.refused.connect(panel.canvas.refuse_values)
        session.training.state_changed.connect(self._values.set_state)

    def _offer(self, name: str, colouring: Colouring, tip: str) -> None:
        self._box.addItem(name, colouring)
        self._box.setItemData(self._box.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)

    @Slot(object)
    def _offer_columns(self, names: tuple[str, ...]) -> None:
        while self._box.count() > self._own:
            self._box.removeItem(self._box.count() - 1)
        if names:
            self._box.insertSeparator(self._own)
        for name in names:
            self._offer(self.tr("by {name}").format(name=name), Colouring("column", name), "")
        self._show_choice(self._values.colouring)

    @Slot(int)
    def _choose(self, row: int) -> None:
        self._values.choose(self._box.itemData(row))

    @Slot(object)
    def _show_choice(self, colouring: Colouring) -> None:
        rows = [row for row in range(self._box.count()) if self._box.itemData(row) == colouring]
        self._box.setCurrentIndex(rows[0] if rows else 0)
