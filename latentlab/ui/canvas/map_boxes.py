"""The boxes above the map: what its points are coloured by, and what is laid behind them."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QWidget

from latentlab.core.map.point_values import Colouring


class MapBox(QComboBox):
    """May shrink; its list shows what it cannot.

    Parameters
    ----------
    name : str
        For those who hear it.
    tip, object_name : str
    widest : str
        What it shows whole where there is room, in text of any size; of what is longer it shows a part.
    """

    def __init__(self, name: str, tip: str, object_name: str, widest: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        # In letters as wide as these: the room that a box leaves for icons besides does not grow with them.
        metrics = self.fontMetrics()
        self.setMinimumContentsLength(math.ceil(metrics.horizontalAdvance(widest) / metrics.horizontalAdvance("X")))

    def offer(self, name: str, value: object, tip: str = "") -> None:
        """Add something that can be chosen."""
        self.addItem(name, value)
        self.setItemData(self.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)


class ColourBox(MapBox):
    """Offers what the model tells of each image, and the columns of the current data."""

    chosen = Signal(object)
    """Colour by this: a Colouring."""

    def __init__(self, parent: QWidget | None = None) -> None:
        tip, first = self.tr("What the points are coloured by"), self.tr("by class")
        super().__init__(self.tr("Colour by"), tip, "mapColourBox", first, parent)
        self.offer(first, Colouring())
        self.offer(
            self.tr("by loss"),
            Colouring("loss"),
            self.tr("The loss of each image with z at its mean: reconstruction + β KL + penalty, in nats"),
        )
        self.offer(
            self.tr("by KL"),
            Colouring("kl"),
            self.tr("How far the posterior of each image is from the prior, in nats: how much z tells of it"),
        )
        self.offer(
            self.tr("by reconstruction error"),
            Colouring("reconstruction"),
            self.tr("The term of the loss for how the image rebuilt from its mean differs from it, in nats"),
        )
        self._own = self.count()  # whatever follows is of the data
        self.activated.connect(lambda row: self.chosen.emit(self.itemData(row)))

    def set_columns(self, names: tuple[str, ...]) -> None:
        """Offer the columns of the data."""
        while self.count() > self._own:
            self.removeItem(self.count() - 1)
        if names:
            self.insertSeparator(self._own)
        for name in names:
            self.offer(self.tr("by {name}").format(name=name), Colouring("column", name))

    @Slot(object)
    def set_colouring(self, colouring: Colouring) -> None:
        """Show what is in force."""
        rows = [row for row in range(self.count()) if self.itemData(row) == colouring]
        self.setCurrentIndex(rows[0] if rows else 0)


class FieldBox(MapBox):
    """Offers the kinds of fields."""

    chosen = Signal(object)
    """Lay this behind the points: the name of a kind of field, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        tip, first = self.tr("What is laid behind the points"), self.tr("nothing behind")
        super().__init__(self.tr("Behind the points"), tip, "mapFieldBox", first, parent)
        self.offer(first, None)
        self.offer(
            self.tr("gaps"),
            "gaps",
            self.tr(
                "The places whose decoded image the encoder would put elsewhere, by how far in radii of the map; "
                "from half a radius on a place counts as a gap"
            ),
        )
        self.offer(
            self.tr("density q(z)"),
            "density",
            self.tr("The aggregate posterior: the mean of the posteriors of all images; of an autoencoder its codes"),
        )
        self.offer(
            self.tr("log q(z)/p(z)"),
            "ratio",
            self.tr("The aggregate posterior beside the prior: holes below 0, pile-ups above it, in nats"),
        )
        self.offer(
            self.tr("class regions"),
            "regions",
            self.tr("The class that most of the 15 nearest images have, paler where classes meet"),
        )
        self.currentIndexChanged.connect(lambda: self.chosen.emit(self.currentData()))
