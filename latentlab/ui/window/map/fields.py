"""What is laid behind the points of the map: chosen in the panel of its layers, drawn by the layer of fields."""

from __future__ import annotations

from latentlab.core.fields.aggregate_posterior import Density, DensityRatio
from latentlab.core.fields.class_regions import Regions
from latentlab.core.fields.fields import Field
from latentlab.core.fields.magnification import Magnification
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session

_OPACITY = {
    Magnification: 0.3,
    Density: 0.3,
    DensityRatio: 0.3,
    Regions: 0.6,
}  # of the points, where what is behind them is to be seen


def join_fields(session: Session, panel: CanvasPanel) -> None:
    """Lay the field that is chosen behind the points, which fade where it is to be seen."""
    fields, layer, points = session.map.fields, panel.canvas.field, panel.canvas.points_layer

    def choose(kind: str | None) -> None:
        fields.choose(kind)
        layer.set_on(kind is not None)

    def show(field: Field | None) -> None:
        layer.set_field(field)
        points.setOpacity(_OPACITY.get(type(field), 1.0))

    def show_problem(sentence: str) -> None:
        layer.show_problem(sentence)
        points.setOpacity(1.0)

    panel.layers.field_chosen.connect(choose)
    layer.wanted.connect(fields.look)
    fields.found.connect(show)
    fields.refused.connect(show_problem)
