"""Lists of images below the map: the chosen, the nearest, the worst, the most ambiguous; each leads to its point."""

from __future__ import annotations

from typing import get_args

import numpy as np
from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QIcon, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from latentlab.core.browse_results import ImageList, Kind, Listing, Order, Rebuilt, Source
from latentlab.core.events import Integers
from latentlab.ui.icons import icon
from latentlab.ui.widgets.bar_button import bar_button
from latentlab.ui.widgets.thumbnails import Thumbnails

_COUNTS = (50, 200, 1000, 0)
_ORDERS: dict[Kind, tuple[Order, ...]] = {
    "chosen": ("chosen", "loss", "distance"),
    "near_codes": ("distance", "loss"),
    "near_pixels": ("distance", "loss"),
    "worst": ("loss", "distance"),
    "ambiguous": ("ambiguity", "loss", "distance"),
}
_DESCENDING = ("loss", "ambiguity")


class BrowsePanel(QWidget):
    """Shows one list at a time."""

    asked = Signal(object)
    """Listing, or None while nobody looks."""
    rebuild_wanted = Signal(object)
    point_picked = Signal(int)
    point_toggled = Signal(int)
    points_added = Signal(object)
    """Choose these too, int64 (K,)."""
    all_chosen = Signal(object)
    """Choose these and no others, int64 (K,)."""
    hovered = Signal(int)
    export_requested = Signal(bool)
    """Export the chosen images, with reconstructions or without."""
    train_requested = Signal()
    exclude_requested = Signal()
    clear_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("browsePanel")
        self._total = 0
        self._chosen: Integers = np.empty(0, np.int64)
        self._listed: ImageList | None = None
        self._list = Thumbnails()
        self._list.setObjectName("thumbnails")
        self._list.setAccessibleName(self.tr("Images of the list"))
        self._list.setAccessibleDescription(
            self.tr("Arrow keys walk, Space picks on the map, Enter chooses, Delete takes from the chosen.")
        )
        self._list.picked.connect(self.point_picked)
        self._list.toggled.connect(self.point_toggled)
        self._list.added.connect(self._add)
        self._list.hovered.connect(self.hovered)
        self._list.rebuild_wanted.connect(self.rebuild_wanted)
        self._message = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._message.setObjectName("browseMessage")
        self._message.setMargin(8)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._message)
        self._stack.addWidget(self._list)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 4, 4)
        layout.setSpacing(4)
        layout.addLayout(self._make_options())
        layout.addWidget(self._stack, 1)
        layout.addLayout(self._make_actions())
        self._fit_options()
        self.set_source(None)
        self.set_chosen(self._chosen)

    # What it shows

    @Slot(object)
    def set_source(self, source: Source | None) -> None:
        """Take the images that lists are of."""
        self._total = 0 if source is None else len(source.labels)
        self._listed = None
        self._list.set_source(source)
        self._list.set_chosen(self._chosen)
        self._pairs.setEnabled(source is not None and source.images is not None)
        self._say(self.tr("One moment …") if source is not None else self.tr("Train or open a model first."))

    @Slot(object)
    def set_chosen(self, rows: Integers) -> None:
        """Take which images are chosen, A first."""
        self._chosen = rows
        self._list.set_chosen(rows)
        self._count_chosen.setText(self.tr("{n:,} chosen").format(n=len(rows)))
        for widget in (self._export, self._train, self._exclude, self._clear):
            widget.setEnabled(bool(len(rows)))

    @Slot(object)
    def show_list(self, listed: ImageList) -> None:
        """Show a list."""
        self._listed = listed
        self._list.set_list(listed)
        self._choose_all.setEnabled(listed.listing.kind != "chosen" and bool(len(listed.rows)))
        if len(listed.rows):
            self._stack.setCurrentWidget(self._list)
            self._describe(listed)
        elif listed.listing.kind == "chosen":
            self._say(
                self.tr(
                    "No images are chosen yet: Ctrl+click points of the map, or draw a rectangle or a lasso around "
                    "them."
                )
            )
        else:
            self._say(self.tr("There is nothing to list."))

    @Slot(str)
    def show_problem(self, sentence: str) -> None:
        """Say in place of a list why there is none."""
        self._listed = None
        self._list.clear()
        self._say(sentence)

    @Slot(object)
    def show_rebuilt(self, rebuilt: Rebuilt) -> None:
        """Show reconstructions."""
        self._list.set_rebuilt(rebuilt)

    @Slot(int)
    def set_picked(self, row: int) -> None:
        """Frame the image that is picked; -1 for none."""
        self._list.set_picked(row)

    @Slot(int)
    def set_pointed(self, row: int) -> None:
        """Frame the image whose point the mouse is on; -1 for none."""
        self._list.set_pointed(row)

    def show_kind(self, kind: Kind) -> None:
        """List other images."""
        self._kind.setCurrentIndex(self._kind.findData(kind))

    def listing(self) -> Listing:
        """Give what is wanted."""
        return Listing(
            self._kind.currentData(), self._count.currentData(), self._order.currentData(), self._direction.isChecked()
        )

    def are_pairs(self) -> bool:
        """Whether reconstructions are shown."""
        return self._pairs.isChecked()

    # Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to ask."""
        super().showEvent(event)
        self.asked.emit(self.listing())

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask no more."""
        super().hideEvent(event)
        self.asked.emit(None)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_direction"):
            self._draw_direction()

    # Inner workings

    def _make_options(self) -> QHBoxLayout:
        self._kind = _box("browseListBox", self.tr("List"), self.tr("Which images are listed"), 9)
        names = {
            "chosen": self.tr("chosen images"),
            "near_codes": self.tr("nearest in latent space"),
            "near_pixels": self.tr("nearest in pixels"),
            "worst": self.tr("worst reconstructed"),
            "ambiguous": self.tr("most ambiguous"),
        }
        tips = {
            "near_codes": self.tr("Images whose means are nearest to the pick"),
            "near_pixels": self.tr("Images that look most like the pick, whatever the model makes of them"),
            "worst": self.tr("Images of the largest loss"),
            "ambiguous": self.tr(
                "Images whose 15 nearest neighbours are of many classes; of a CVAE those whose label is least certain; "
                "without classes those with the widest posterior"
            ),
        }
        for kind in get_args(Kind):
            self._kind.addItem(names[kind], kind)
            self._kind.setItemData(self._kind.count() - 1, tips.get(kind), Qt.ItemDataRole.ToolTipRole)
        self._count = _box("browseCountBox", self.tr("Length of the list"), self.tr("How many images are listed"), 4)
        for count in _COUNTS:
            self._count.addItem(self.tr("{n:,}").format(n=count) if count else self.tr("all"), count)
        self._order = _box("browseOrderBox", self.tr("Order"), self.tr("By what the list is sorted"), 7)
        self._direction = QToolButton()
        self._direction.setObjectName("browseDirectionButton")
        self._direction.setAutoRaise(True)
        self._direction.setCheckable(True)
        self._direction.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._draw_direction()
        self._pairs = QCheckBox(self.tr("rebuilt"))
        self._pairs.setObjectName("browseRebuiltBox")
        self._pairs.setToolTip(self.tr("Show below each image what the model rebuilds of it"))
        self._pairs.toggled.connect(self._list.set_pairs)
        self._kind.currentIndexChanged.connect(self._change_kind)
        for box in (self._count, self._order):
            box.currentIndexChanged.connect(self._ask)
        self._order.currentIndexChanged.connect(self._point_direction)
        self._direction.toggled.connect(self._ask)
        self._direction.toggled.connect(self._draw_direction)
        layout = QHBoxLayout()
        layout.setSpacing(6)
        layout.addWidget(self._kind, 3)
        for widget in (self._count, self._order, self._direction, self._pairs):
            layout.addWidget(widget)
        self._caption = QLabel(alignment=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._caption.setObjectName("browseCaption")
        self._caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout.addWidget(self._caption, 3)
        return layout

    def _make_actions(self) -> QHBoxLayout:
        self._choose_all = bar_button(
            self.tr("Choose all"), self.tr("Choose the images of this list and no others"), "browseChooseButton"
        )
        self._choose_all.setEnabled(False)
        self._choose_all.clicked.connect(self._choose_listed)
        self._count_chosen = QLabel()
        self._count_chosen.setObjectName("browseChosenCount")
        self._export = bar_button(
            self.tr("Export…"),
            self.tr("Write the chosen images as a picture, as a table, or as an image set to train on"),
            "browseExportButton",
        )
        self._export.clicked.connect(lambda: self.export_requested.emit(self.are_pairs()))
        self._train = bar_button(
            self.tr("Train on these"),
            self.tr("Train a new model by the recipe at hand on the chosen images alone"),
            "browseTrainButton",
        )
        self._train.clicked.connect(self.train_requested)
        self._exclude = bar_button(
            self.tr("Exclude"),
            self.tr("Leave the chosen images out of the data that the next model trains on"),
            "browseExcludeButton",
        )
        self._exclude.clicked.connect(self.exclude_requested)
        self._clear = bar_button(self.tr("Clear"), self.tr("Choose nothing"), "browseClearButton")
        self._clear.clicked.connect(self.clear_requested)
        layout = QHBoxLayout()
        layout.setSpacing(4)
        layout.addWidget(self._choose_all)
        layout.addStretch(1)
        for widget in (self._count_chosen, self._export, self._train, self._exclude, self._clear):
            layout.addWidget(widget)
        return layout

    @Slot()
    def _change_kind(self) -> None:
        self._fit_options()
        self._choose_all.setEnabled(False)
        self._say(self.tr("One moment …") if self._total else self.tr("Train or open a model first."))
        self._ask()

    def _fit_options(self) -> None:
        """Offer what fits the kind of list, in the order that is its own."""
        kind: Kind = self._kind.currentData()
        names = {
            "chosen": self.tr("as chosen"),
            "loss": self.tr("by loss"),
            "distance": self.tr("by distance"),
            "ambiguity": self.tr("by ambiguity"),
        }
        with QSignalBlocker(self._order):
            self._order.clear()
            for order in _ORDERS[kind]:
                self._order.addItem(names[order], order)
        self._point_direction()
        self._count.setEnabled(kind != "chosen")

    @Slot()
    def _point_direction(self) -> None:
        """Begin with what one looks for in such an order: the largest loss, the smallest distance."""
        with QSignalBlocker(self._direction):
            self._direction.setChecked(self._order.currentData() in _DESCENDING)
        self._draw_direction()

    @Slot()
    def _draw_direction(self) -> None:
        is_descending = self._direction.isChecked()
        self._direction.setIcon(QIcon(icon("descending" if is_descending else "ascending")))
        text = self.tr("Descending") if is_descending else self.tr("Ascending")
        self._direction.setToolTip(self.tr("{order}: press to turn around").format(order=text))
        self._direction.setAccessibleName(text)

    @Slot()
    def _ask(self) -> None:
        if self.isVisible():
            self.asked.emit(self.listing())

    def _say(self, text: str) -> None:
        self._message.setText(text)
        self._stack.setCurrentWidget(self._message)
        self._caption.clear()
        self._choose_all.setEnabled(False)

    def _describe(self, listed: ImageList) -> None:
        measures = {
            "loss": (self.tr("loss, nats"), self.tr("Loss of each image with z at the mean")),
            "code_distance": (self.tr("latent distance"), self.tr("Euclidean distance of the mean from the pick")),
            "pixel_distance": (self.tr("pixel distance"), self.tr("Euclidean distance of the pixels, in [0, 1]")),
            "votes": (
                self.tr("entropy of votes, nats"),
                self.tr("Entropy of the classes of the 15 nearest neighbours in latent space"),
            ),
            "label_entropy": (
                self.tr("entropy of labels, nats"),
                self.tr("Entropy of p(label | image), in proportion to exp(ELBO) under each label"),
            ),
            "posterior_entropy": (
                self.tr("posterior entropy, nats"),
                self.tr("Entropy of the posterior q(z | image): the larger, the less certain the encoder is"),
            ),
        }
        text, tip = measures[listed.measure]
        self._caption.setText(text if np.isfinite(listed.values).any() else "")
        self._caption.setToolTip(tip)

    @Slot(int)
    def _add(self, row: int) -> None:
        self.points_added.emit(np.array([row]))

    @Slot()
    def _choose_listed(self) -> None:
        if self._listed is not None:
            self.all_chosen.emit(self._listed.rows)


def _box(name: str, accessible: str, tip: str, length: int) -> QComboBox:
    box = QComboBox()
    box.setObjectName(name)
    box.setAccessibleName(accessible)
    box.setToolTip(tip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(length)
    return box
