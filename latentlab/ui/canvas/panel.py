"""The map with what belongs to it: a bar of what it shows, a strip of tools, and a tray for what they bring."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from latentlab.ui.canvas.latent_canvas import LatentCanvas
from latentlab.ui.canvas.map_boxes import ColourBox, FieldBox, MapBox
from latentlab.ui.widgets.bar_button import bar_button
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.flow import Flow
from latentlab.ui.widgets.lines import LinesPanel
from latentlab.ui.widgets.tool_strip import ToolStrip
from latentlab.ui.widgets.tray import Tray

Split = Literal["test", "training", "both"]
_COUNTS = (1_000, 5_000, 10_000, 0)


class CanvasPanel(LinesPanel):
    """Shows the canvas, and has room for the features of the map, which those who join it put there.

    Attributes
    ----------
    canvas : LatentCanvas
    colour_box : ColourBox
    field_box : FieldBox
    landscape_button : QToolButton
    strip : ToolStrip
        At its left: tools and ways around.
    tray : Tray
        Below it: lists and film strips.
    """

    source_chosen = Signal(str, int)
    """Show "test", "training" or "both" images, and how many; 0 for all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = LatentCanvas()
        self.tray = Tray()
        self.tray.setObjectName("mapTray")
        self.strip = ToolStrip()
        self.strip.setObjectName("mapStrip")
        self.colour_box, self.field_box = ColourBox(), FieldBox()
        self.landscape_button = bar_button("", "", "mapLandscapeButton")
        tip, first = self.tr("Which images the map shows"), self.tr("test images")
        self._source = MapBox(self.tr("Images on the map"), tip, "mapSourceBox", first)
        for name, key in ((first, "test"), (self.tr("training images"), "training"), (self.tr("both"), "both")):
            self._source.addItem(name, key)
        self._count = MapBox(
            self.tr("Number of images on the map"),
            self.tr("How many images the map shows, drawn at random; a small set is shown whole"),
            "mapCountBox",
            self.tr("{n:,}").format(n=10_000),
        )
        for count in _COUNTS:
            self._count.addItem(self.tr("{n:,}").format(n=count) if count else self.tr("all"), count)
        self.set_source("test", 10_000)
        self._source.currentIndexChanged.connect(self._choose)
        self._count.currentIndexChanged.connect(self._choose)
        bar = Flow(
            self._source,
            self._count,
            self.colour_box,
            STRETCH,
            self.field_box,
            self.landscape_button,
            margins=(8, 4, 8, 0),
        )

        self._halves = QSplitter(Qt.Orientation.Vertical)
        self._halves.setChildrenCollapsible(False)
        self._halves.addWidget(self.canvas)
        self._halves.addWidget(self.tray)
        self._halves.setStretchFactor(0, 1)
        below = row(self.strip, (self._halves, 1), spacing=0)
        column(bar, (below, 1), spacing=4, on=self)

    def set_source(self, source: Split, count: int) -> None:
        """Show which images the map shows; a count that is not offered is added."""
        for each in (self._source, self._count):
            each.blockSignals(True)
        self._source.setCurrentIndex(self._source.findData(source))
        if self._count.findData(count) < 0:
            self._count.insertItem(0, self.tr("{n:,}").format(n=count), count)
        self._count.setCurrentIndex(self._count.findData(count))
        for each in (self._source, self._count):
            each.blockSignals(False)

    def instructions(self) -> str:
        """Give what mouse and keys do on the map, as rich text."""
        rows = (
            (self.tr("Click, drag"), self.tr("decode what is under the cursor")),
            (self.tr("Ctrl + click, C"), self.tr("select a point; C the one nearest to the pick")),
            (self.tr("R, L, then drag"), self.tr("select what a rectangle or a lasso holds")),
            (self.tr("… with Shift or Ctrl"), self.tr("add it to what is selected")),
            (self.tr("… with Alt or Ctrl + Shift"), self.tr("remove it from what is selected")),
            (self.tr("Ctrl + A, Ctrl + Shift + A"), self.tr("select all, select none; Ctrl + I inverts")),
            (self.tr("W, then drag or click"), self.tr("walk along a path; Enter ends, Backspace takes one back")),
            (self.tr("A, then drag"), self.tr("draw an arrow, and put its tail elsewhere")),
            (self.tr("Esc"), self.tr("give up what is being drawn")),
            (self.tr("D, I, X"), self.tr("the decoded landscape; lists of images; other axes")),
            (self.tr("Rest on a point"), self.tr("see its image")),
            (self.tr("Shift + move"), self.tr("preview, without moving the pick")),
            (self.tr("Wheel, + and −"), self.tr("zoom")),
            (self.tr("Right or middle drag"), self.tr("pan")),
            (self.tr("Arrow keys"), self.tr("walk; with Ctrl ten times as far")),
            (self.tr("Home or 0"), self.tr("show all points and follow them")),
            (self.tr("4"), self.tr("show −4 to 4")),
        )
        cells = "".join(f"<tr><td><b>{key}</b>&nbsp;&nbsp;</td><td>{does}</td></tr>" for key, does in rows)
        return f"<table>{cells}</table>"

    def _choose(self) -> None:
        self.source_chosen.emit(self._source.currentData(), self._count.currentData())
