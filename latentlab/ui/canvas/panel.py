"""The map with its slim toolbar: what part of the plane and which images it shows."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWhatsThis, QWidget

from latentlab.ui.canvas.latent_canvas import LatentCanvas
from latentlab.ui.widgets.bar_button import bar_button

Source = Literal["test", "training", "both"]
_COUNTS = (1_000, 5_000, 10_000, 0)


class CanvasPanel(QWidget):
    """Shows the canvas below its toolbar."""

    source_chosen = Signal(str, int)
    """Show "test", "training" or "both" images, and how many; 0 for all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = LatentCanvas()
        title = QLabel(self.tr("Map"))
        font = QFont(title.font())
        font.setBold(True)
        title.setFont(font)

        self._source = QComboBox()
        self._source.setObjectName("mapSourceBox")
        self._source.setAccessibleName(self.tr("Images on the map"))
        self._source.setToolTip(self.tr("Which images the map shows"))
        for name, key in (
            (self.tr("test images"), "test"),
            (self.tr("training images"), "training"),
            (self.tr("both"), "both"),
        ):
            self._source.addItem(name, key)
        self._count = QComboBox()
        self._count.setObjectName("mapCountBox")
        self._count.setAccessibleName(self.tr("Number of images on the map"))
        self._count.setToolTip(self.tr("How many images the map shows, drawn at random; a small set is shown whole"))
        for count in _COUNTS:
            self._count.addItem(self.tr("{n:,}").format(n=count) if count else self.tr("all"), count)
        self.set_source("test", 10_000)
        self._source.currentIndexChanged.connect(self._choose)
        self._count.currentIndexChanged.connect(self._choose)

        show_all = bar_button(self.tr("Show all"), self.tr("Show all points and follow them (Home or 0)"))
        show_all.setObjectName("mapShowAllButton")
        show_all.clicked.connect(self.canvas.show_all)
        show_standard = bar_button(
            self.tr("±4"), self.tr("Show −4 to 4 on both axes, where the prior has nearly all its mass (4)")
        )
        show_standard.setObjectName("mapShowStandardButton")
        show_standard.clicked.connect(self.canvas.show_standard)
        gaps = bar_button(
            self.tr("Gaps"),
            self.tr(
                "Shade the places whose decoded image the encoder would put elsewhere, by how far in radii of the map; "
                "from half a radius on a place counts as a gap"
            ),
        )
        gaps.setObjectName("mapGapsButton")
        gaps.setCheckable(True)
        gaps.toggled.connect(self.canvas.gaps.set_on)
        self._help = bar_button(self.tr("?"), self._instructions())
        self._help.setAccessibleName(self.tr("Mouse and keys on the map"))
        self._help.clicked.connect(self._tell)

        bar = QHBoxLayout()
        bar.setContentsMargins(8, 4, 8, 0)
        bar.addWidget(title)
        bar.addSpacing(8)
        for widget in (self._source, self._count):
            bar.addWidget(widget)
        bar.addStretch(1)
        for button in (gaps, show_all, show_standard, self._help):
            bar.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(bar)
        layout.addWidget(self.canvas, 1)

    def set_source(self, source: Source, count: int) -> None:
        """Show which images the map shows; a count that is not offered is added."""
        for box in (self._source, self._count):
            box.blockSignals(True)
        self._source.setCurrentIndex(self._source.findData(source))
        if self._count.findData(count) < 0:
            self._count.insertItem(0, self.tr("{n:,}").format(n=count), count)
        self._count.setCurrentIndex(self._count.findData(count))
        for box in (self._source, self._count):
            box.blockSignals(False)

    def _instructions(self) -> str:
        rows = (
            (self.tr("Click, drag"), self.tr("decode what is under the cursor")),
            (self.tr("Ctrl + click, C"), self.tr("choose a point; C the one nearest to the pick")),
            (self.tr("Shift + move"), self.tr("preview, without moving the pick")),
            (self.tr("Wheel, + and −"), self.tr("zoom")),
            (self.tr("Right or middle drag"), self.tr("pan")),
            (self.tr("Arrow keys"), self.tr("walk; with Ctrl ten times as far")),
            (self.tr("Home or 0"), self.tr("show all points and follow them")),
            (self.tr("4"), self.tr("show −4 to 4")),
        )
        cells = "".join(f"<tr><td><b>{key}</b>&nbsp;&nbsp;</td><td>{does}</td></tr>" for key, does in rows)
        return f"<table>{cells}</table>"

    def _tell(self) -> None:
        QWhatsThis.showText(self._help.mapToGlobal(self._help.rect().bottomLeft()), self._instructions(), self._help)

    def _choose(self) -> None:
        self.source_chosen.emit(self._source.currentData(), self._count.currentData())
