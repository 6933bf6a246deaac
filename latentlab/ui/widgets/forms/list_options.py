"""Which images are listed, how many, in which order."""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QToolButton, QWidget

from latentlab.core.map.browsing import Listing, ListKind, ListOrder
from latentlab.ui.style.icons import icon
from latentlab.ui.widgets.flow import Flow

_COUNTS = (50, 200, 1000, 0)
_ORDERS: dict[ListKind, tuple[ListOrder, ...]] = {
    "selected": ("selected", "loss", "distance", "amortisation"),
    "near_codes": ("distance", "loss"),
    "near_pixels": ("distance", "loss"),
    "worst": ("loss", "distance"),
    "ambiguous": ("ambiguity", "loss", "distance"),
    "misjudged": ("amortisation", "loss", "distance"),
}
_DESCENDING = ("loss", "ambiguity", "amortisation")


class ListOptions(QWidget):
    """Offers the lists, and for each the orders that fit it; its own order comes first."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = _box("browseListBox", self.tr("List"), self.tr("Which images are listed"))
        self._fill_kinds()
        self._count = _box("browseCountBox", self.tr("Length of the list"), self.tr("How many images are listed"))
        for count in _COUNTS:
            self._count.addItem(self.tr("{n:,}").format(n=count) if count else self.tr("all"), count)
        self._order = _box("browseOrderBox", self.tr("Order"), self.tr("By what the list is sorted"))
        self._direction = QToolButton(autoRaise=True, checkable=True, objectName="browseDirectionButton")
        self._direction.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setLayout(Flow(self._kind, self._count, self._order, self._direction, spacing=6))
        self._fit()
        self._kind.currentIndexChanged.connect(self._fit)
        self._order.currentIndexChanged.connect(self._point)
        self._direction.toggled.connect(self._draw_direction)
        for box in (self._kind, self._count, self._order):
            box.currentIndexChanged.connect(self.changed)
        self._direction.toggled.connect(self.changed)

    def listing(self) -> Listing:
        """Give what is wanted."""
        return Listing(
            self._kind.currentData(), self._count.currentData(), self._order.currentData(), self._direction.isChecked()
        )

    def set_kind(self, kind: ListKind) -> None:
        """List other images."""
        self._kind.setCurrentIndex(self._kind.findData(kind))

    def _fill_kinds(self) -> None:
        names = {
            "selected": self.tr("selected images"),
            "near_codes": self.tr("nearest in latent space"),
            "near_pixels": self.tr("nearest in pixels"),
            "worst": self.tr("worst reconstructed"),
            "ambiguous": self.tr("most ambiguous"),
            "misjudged": self.tr("most misjudged by the encoder"),
        }
        tips = {
            "near_codes": self.tr("Images whose means are nearest to the pick"),
            "near_pixels": self.tr("Images that look most like the pick, whatever the model makes of them"),
            "worst": self.tr("Images of the largest loss"),
            "ambiguous": self.tr(
                "Images whose 15 nearest neighbours are of many classes; of a CVAE those whose label is least certain; "
                "without classes those with the widest posterior"
            ),
            "misjudged": self.tr(
                "Images of the largest amortisation gap: of what the ELBO of the encoder's posterior loses against the "
                "best diagonal Gaussian (Cremer et al., 2018). Of VAEs of one or two dimensions"
            ),
        }
        for kind in get_args(ListKind):
            self._kind.addItem(names[kind], kind)
            self._kind.setItemData(self._kind.count() - 1, tips.get(kind), Qt.ItemDataRole.ToolTipRole)

    @Slot()
    def _fit(self) -> None:
        kind: ListKind = self._kind.currentData()
        names = {
            "selected": self.tr("as selected"),
            "loss": self.tr("by loss"),
            "distance": self.tr("by distance"),
            "ambiguity": self.tr("by ambiguity"),
            "amortisation": self.tr("by amortisation gap"),
        }
        with QSignalBlocker(self._order):
            self._order.clear()
            for order in _ORDERS[kind]:
                self._order.addItem(names[order], order)
        self._point()
        self._count.setVisible(kind != "selected")  # of which all are listed

    @Slot()
    def _point(self) -> None:
        """Begin with what one looks for in such an order: the largest loss, the smallest distance."""
        with QSignalBlocker(self._direction):
            self._direction.setChecked(self._order.currentData() in _DESCENDING)
        self._draw_direction()

    @Slot()
    def _draw_direction(self) -> None:
        is_descending = self._direction.isChecked()
        self._direction.setIcon(icon("descending" if is_descending else "ascending"))
        text = self.tr("Descending") if is_descending else self.tr("Ascending")
        self._direction.setToolTip(self.tr("{order}: press to turn around").format(order=text))
        self._direction.setAccessibleName(text)


def _box(name: str, accessible: str, tip: str) -> QComboBox:
    box = QComboBox(objectName=name, accessibleName=accessible, toolTip=tip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return box
