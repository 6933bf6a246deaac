"""A button with an image of the map near to something, and its class."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolButton

from latentlab.core.map.results import Neighbour
from latentlab.ui.style.pixels import to_image
from latentlab.ui.style.texts import plain

_THUMBNAIL = 36
_BESIDE_NAME = 14  # pixels: what a button needs beside its text, and the room between two


class NeighbourButton(QToolButton):
    """An image near the sketch with its class, to be picked."""

    def __init__(self) -> None:
        super().__init__()
        self.row: int | None = None
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.setAutoRaise(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setIconSize(QSize(_THUMBNAIL, _THUMBNAIL))
        font = QFont()
        font.setBold(True)
        self.setFont(font)
        self._fix()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fix()

    def _fix(self) -> None:
        """Be of one height, so that nothing jumps at the first stroke."""
        self.setFixedHeight(_THUMBNAIL + self.fontMetrics().height() + 8)

    def width_of(self, name: str) -> int:
        """Give how wide it is to be for a name to be read whole."""
        return self.fontMetrics().horizontalAdvance(name) + _BESIDE_NAME

    def show_neighbour(self, neighbour: Neighbour | None, colour: QColor | None) -> None:
        """Show an image, its class in its colour; None leaves the place empty."""
        self.setEnabled(neighbour is not None)
        if neighbour is None:
            self.row = None
            self.setIcon(QIcon())
            self.setText("")
            self.setToolTip("")
            self.setAccessibleName(self.tr("No image"))
            return
        self.row = neighbour.index
        image = to_image(neighbour.image)
        # Larger at once, each pixel a square.
        self.setIcon(QIcon(QPixmap.fromImage(image.scaled(image.size() * 3))))
        self.setText(neighbour.class_name)
        rebuilt = neighbour.is_reconstruction
        what = self.tr("Rebuilt by the model from its code") if rebuilt else self.tr("From the data")
        tip = self.tr("{name}, at a distance of {d:.2f}. {what}. Click to pick it on the map.")
        self.setToolTip(plain(tip.format(name=neighbour.class_name, d=neighbour.distance, what=what)))
        self.setAccessibleName(self.tr("Near: {name}").format(name=neighbour.class_name))
        palette = QPalette()
        if colour is not None:
            palette.setColor(QPalette.ColorRole.ButtonText, colour)
        self.setPalette(palette)
