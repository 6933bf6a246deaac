"""Lists of images below the map: the selected, the nearest, the worst, the most ambiguous or misjudged."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QWidget,
)

from latentlab.core.arrays import Integers
from latentlab.core.map.browsing import ImageList, ListKind, Rebuilt, Source
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.bar_button import bar_button
from latentlab.ui.widgets.boxes import STRETCH, column
from latentlab.ui.widgets.flow import Flow
from latentlab.ui.widgets.forms.list_options import ListOptions
from latentlab.ui.widgets.images.thumbnails import Thumbnails
from latentlab.ui.widgets.lines import LinesPanel, Pages


class BrowsePanel(LinesPanel):
    """Shows one list at a time."""

    asked = Signal(object)
    """Listing, or None while nobody looks."""
    rebuild_wanted = Signal(object)
    point_picked = Signal(int)
    point_toggled = Signal(int)
    points_added = Signal(object)
    """Select these too, int64 (K,)."""
    all_selected = Signal(object)
    """Select these and no others, int64 (K,)."""
    hovered = Signal(int)
    export_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("browsePanel")
        self._has_source = False
        self._selected: Integers = np.empty(0, np.int64)
        self._listed: ImageList | None = None
        self._list = Thumbnails()
        self._list.setObjectName("thumbnails")
        self._list.setAccessibleName(self.tr("Images of the list"))
        self._list.setAccessibleDescription(
            self.tr("Arrow keys walk, Space picks on the map, Enter selects, Delete takes from the selected.")
        )
        self._list.picked.connect(self.point_picked)
        self._list.toggled.connect(self.point_toggled)
        self._list.added.connect(self._add)
        self._list.hovered.connect(self.hovered)
        self._list.rebuild_wanted.connect(self.rebuild_wanted)
        self._message = plain_label(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True, objectName="browseMessage")
        self._message.setMargin(8)
        self._stack = Pages()
        self._stack.addWidget(self._message)
        self._stack.addWidget(self._list)
        column(self._make_options(), (self._stack, 1), margins=(8, 4, 8, 4), spacing=4, on=self)
        self.set_source(None)
        self.set_selected(self._selected)

    # What it shows

    @Slot(object)
    def set_source(self, source: Source | None) -> None:
        """Take the images that lists are of."""
        self._has_source = source is not None
        self._listed = None
        self._list.set_source(source)
        self._list.set_selected(self._selected)
        self._pairs.setEnabled(source is not None and source.images is not None)
        self._say(self.tr("One moment …") if source is not None else self.tr("Train or open a model first."))

    @Slot(object)
    def set_selected(self, rows: Integers) -> None:
        """Take which images are selected, A first."""
        self._selected = rows
        self._list.set_selected(rows)
        self._export.setVisible(bool(len(rows)))

    @Slot(object)
    def show_list(self, listed: ImageList) -> None:
        """Show a list."""
        self._listed = listed
        self._list.set_list(listed)
        self._select_all.setVisible(listed.listing.kind != "selected" and bool(len(listed.rows)))
        if len(listed.rows):
            self._stack.setCurrentWidget(self._list)
            self._describe(listed)
        elif listed.listing.kind == "selected":
            self._say(
                self.tr(
                    "No images are selected yet: Ctrl+click points of the map, or draw a rectangle or a lasso around "
                    "them."
                )
            )
        else:
            self._say(self.tr("There is nothing to list."))

    @Slot(float)
    def show_share(self, share: float) -> None:
        """Tell which share of a list is found, while there is none to see."""
        if self._listed is None or self._listed.listing.kind != self._options.listing().kind:
            self._say(self.tr("One moment … {share:.0%}").format(share=share))

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

    def show_kind(self, kind: ListKind) -> None:
        """List other images."""
        self._options.set_kind(kind)

    def are_pairs(self) -> bool:
        """Whether reconstructions are shown."""
        return self._pairs.isChecked()

    # Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to ask."""
        super().showEvent(event)
        self.asked.emit(self._options.listing())

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask no more."""
        super().hideEvent(event)
        self.asked.emit(None)

    # Inner workings

    def _make_options(self) -> Flow:
        self._options = ListOptions()
        self._options.changed.connect(self._change)
        self._pairs = QCheckBox(self.tr("rebuilt"), objectName="browseRebuiltBox")
        self._pairs.setToolTip(self.tr("Show below each image what the model rebuilds of it"))
        self._pairs.toggled.connect(self._list.set_pairs)
        self._caption = plain_label(alignment=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._caption.setObjectName("browseCaption")
        self._select_all = bar_button(
            self.tr("Select all"), self.tr("Select the images of this list and no others"), "browseSelectButton"
        )
        self._select_all.clicked.connect(self._select_listed)
        self._export = bar_button(
            self.tr("Export…"),
            self.tr("Write the selected images as a picture, as a table, or as an image set to train on"),
            "browseExportButton",
        )
        self._export.clicked.connect(self.export_requested)
        # Those that can do nothing now are not there.
        self._select_all.hide()
        return Flow(self._options, self._pairs, self._caption, STRETCH, self._select_all, self._export, spacing=6)

    @Slot()
    def _change(self) -> None:
        listing = self._options.listing()
        if self._has_source and (self._listed is None or self._listed.listing.kind != listing.kind):
            self._say(self.tr("One moment …"))
        if self.isVisible():
            self.asked.emit(listing)

    def _say(self, text: str) -> None:
        self._message.setText(text)
        self._stack.setCurrentWidget(self._message)
        self._caption.clear()
        self._select_all.hide()

    def _describe(self, listed: ImageList) -> None:
        measures = {
            "elbo": (
                self.tr("−ELBO, nats"),
                self.tr(
                    "Negative ELBO of each image, at β = 1 and temperature 1, by a few samples of its posterior; that "
                    "of the image that is picked is by more"
                ),
            ),
            "loss": (self.tr("loss, nats"), self.tr("Loss of each image: reconstruction and penalty")),
            "code_distance": (self.tr("distance"), self.tr("Euclidean distance of the mean from the pick")),
            "pixel_distance": (self.tr("distance"), self.tr("Euclidean distance of the pixels, in [0, 1]")),
            "votes": (
                self.tr("entropy, nats"),
                self.tr("Entropy of the classes of the 15 nearest neighbours in latent space"),
            ),
            "label_entropy": (
                self.tr("entropy, nats"),
                self.tr("Entropy of p(label | image), in proportion to exp(ELBO) under each label"),
            ),
            "posterior_entropy": (
                self.tr("entropy, nats"),
                self.tr("Entropy of the posterior q(z | image): the larger, the less certain the encoder is"),
            ),
            "amortisation": (
                self.tr("amortisation gap, nats"),
                self.tr(
                    "The ELBO of the best diagonal Gaussian that is found, less that of the encoder's posterior "
                    "(Cremer et al., 2018, eq. 4)"
                ),
            ),
        }
        text, tip = measures[listed.measure]
        self._caption.setText(text if np.isfinite(listed.values).any() else "")
        self._caption.setToolTip(tip)

    @Slot(int)
    def _add(self, row: int) -> None:
        self.points_added.emit(np.array([row]))

    @Slot()
    def _select_listed(self) -> None:
        if self._listed is not None:
            self.all_selected.emit(self._listed.rows)
