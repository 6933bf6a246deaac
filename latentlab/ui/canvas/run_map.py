"""The map of one run among several, with what its model makes of the image under the cursor they share."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from latentlab.core.arrays import Floats
from latentlab.ui.canvas.latent_canvas import LatentCanvas
from latentlab.ui.canvas.layers.area_layer import AreaLayer
from latentlab.ui.canvas.tools.area_tools import LassoTool
from latentlab.ui.style import theme
from latentlab.ui.style.run_colours import swatch
from latentlab.ui.style.texts import plain, plain_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.elided_label import ElidedLabel
from latentlab.ui.widgets.images.image_view import ImageView

_LEAST = QSize(140, 110)  # pixels of the map: nine of them have room in a window of 1280 × 800
_IMAGE = 76  # pixels


class RunMap(QWidget):
    """A narrow map below the name of its run; the decoded image lies beside it.

    Attributes
    ----------
    canvas : LatentCanvas
    lasso : LassoTool
    image : ImageView
    """

    def __init__(self, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._swatch = plain_label()
        self._name = ElidedLabel()
        self._said = plain_label(role=theme.MUTED, objectName=f"runMapSaid{number}")
        self.canvas = LatentCanvas(is_narrow=True)
        self.canvas.setObjectName(f"runMap{number}")
        self.canvas.setMinimumSize(_LEAST)
        self.canvas.set_legend_shown(False)
        self.image = ImageView(_IMAGE)
        self.image.setObjectName(f"runMapImage{number}")
        self.image.setAccessibleName(self.tr("What this model decodes of the image under the cursor"))
        self.image.setFixedSize(_IMAGE, _IMAGE)
        policy = self.image.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the map stays where it is
        self.image.setSizePolicy(policy)
        self.lasso = LassoTool(self.canvas.view, self.canvas.points_layer, AreaLayer(self.canvas.view), self)
        head = row(self._swatch, (self._name, 1), self._said, margins=(6, 4, 6, 0), spacing=6)
        # Beside the map, not over it: it changes with every move of the cursor, and what lies below is painted along.
        beside = column(11, self.image, STRETCH)
        column(head, row((self.canvas, 1), beside, margins=(0, 0, 6, 0), spacing=0), spacing=0, on=self)

    def name(self, name: str, colour: QColor, said: str, tip: str) -> None:
        """Name the run, and say something of its map."""
        side = self.fontMetrics().height()
        self._swatch.setPixmap(swatch(colour).pixmap(QSize(side, side), self.devicePixelRatioF()))
        self._name.setText(name)
        self._name.setToolTip(plain(name))
        self._said.setText(said)
        self._said.setToolTip(plain(tip))
        self.canvas.setAccessibleName(self.tr("Map of {name}").format(name=name))

    def set_picked(self, is_picked: bool) -> None:
        """Write the name in bold letters where the run is singled out."""
        font = self._name.font()
        font.setBold(is_picked)
        self._name.setFont(font)

    def show_image(self, image: Floats | None) -> None:
        """Show what the model decodes."""
        self.image.set_pixels(image)
        self.image.setVisible(image is not None)

    def select_by_area(self, is_on: bool) -> None:
        """Take the lasso into the hand, or put it down."""
        self.canvas.mouse.set_tool(self.lasso if is_on else None)

    def ring(self, rows: list[int]) -> None:
        """Put a ring around images, by their rows."""
        if rows or len(self.canvas.highlighted()):
            self.canvas.set_highlights(np.array(rows, np.int64))
