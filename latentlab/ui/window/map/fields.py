"""What is laid behind the points of the map: a box in its bar, and the layer of fields."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Slot

from latentlab.core.fields.aggregate_posterior import Density, DensityRatio
from latentlab.core.fields.class_regions import Regions
from latentlab.core.fields.fields import Field
from latentlab.ui.canvas.panel import CanvasPanel, box
from latentlab.ui.session.session import Session

_OPACITY = {Density: 0.3, DensityRatio: 0.3, Regions: 0.6}  # of the points, where what is behind them is to be seen


def wire_fields(session: Session, panel: CanvasPanel) -> None:
    """Join the field behind the points to the session."""
    _Behind(session, panel)


class _Behind(QObject):
    """Offers the kinds of fields, and tells which one is chosen."""

    def __init__(self, session: Session, panel: CanvasPanel) -> None:
        super().__init__(panel)
        self._fields, self._layer, self._points = session.map.fields, panel.canvas.field, panel.canvas.points_layer
        self._box = box(self.tr("Behind the points"), self.tr("What is laid behind the points"), "mapFieldBox")
        self._box.setMinimumContentsLength(9)
        self._offer(self.tr("nothing behind"), None, "")
        self._offer(
            self.tr("gaps"),
            "gaps",
            self.tr(
                "The places whose decoded image the encoder would put elsewhere, by how far in radii of the map; "
                "from half a radius on a place counts as a gap"
            ),
        )
        self._offer(
            self.tr("density q(z)"),
            "density",
            self.tr("The aggregate posterior: the mean of the posteriors of all images; of an autoencoder its codes"),
        )
        self._offer(
            self.tr("log q(z)/p(z)"),
            "ratio",
            self.tr("The aggregate posterior beside the prior: holes below 0, pile-ups above it, in nats"),
        )
        self._offer(
            self.tr("class regions"),
            "regions",
            self.tr("The class that most of the 15 nearest images have, paler where classes meet"),
        )
        panel.bar.addWidget(self._box)
        self._box.currentIndexChanged.connect(self._choose)
        self._layer.wanted.connect(self._fields.look)
        self._fields.found.connect(self._show)
        self._fields.refused.connect(self._complain)

    def _offer(self, name: str, kind: str | None, tip: str) -> None:
        self._box.addItem(name, kind)
        self._box.setItemData(self._box.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)

    @Slot()
    def _choose(self) -> None:
        kind = self._box.currentData()
        self._fields.choose(kind)
        self._layer.set_on(kind is not None)

    @Slot(object)
    def _show(self, field: Field | None) -> None:
        self._layer.set_field(field)
        self._points.setOpacity(_OPACITY.get(type(field), 1.0))

    @Slot(str)
    def _complain(self, sentence: str) -> None:
        self._layer.show_problem(sentence)
        self._points.setOpacity(1.0)
