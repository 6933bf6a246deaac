"""The map with what belongs to it: a bar of what it shows, a strip of tools, and a tray for what they bring."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSplitter, QVBoxLayout, QWhatsThis, QWidget

from latentlab.ui.canvas.latent_canvas import LatentCanvas
from latentlab.ui.canvas.tools.tools import Tool
from latentlab.ui.widgets.tool_strip import ToolStrip
from latentlab.ui.widgets.tray import Tray

Source = Literal["test", "training", "both"]
_COUNTS = (1_000, 5_000, 10_000, 0)


class CanvasPanel(QWidget):
    """Shows the canvas, and has room for the features of the map, which `wiring` puts there.

    Attributes
    ----------
    canvas : LatentCanvas
    bar : QHBoxLayout
        Above the map: what is shown.
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
        self._source = box(self.tr("Images on the map"), self.tr("Which images the map shows"), "mapSourceBox")
        for name, key in (
            (self.tr("test images"), "test"),
            (self.tr("training images"), "training"),
            (self.tr("both"), "both"),
        ):
            self._source.addItem(name, key)
        self._count = box(
            self.tr("Number of images on the map"),
            self.tr("How many images the map shows, drawn at random; a small set is shown whole"),
            "mapCountBox",
        )
        self._count.setMinimumContentsLength(5)
        for count in _COUNTS:
            self._count.addItem(self.tr("{n:,}").format(n=count) if count else self.tr("all"), count)
        self.set_source("test", 10_000)
        self._source.currentIndexChanged.connect(self._choose)
        self._count.currentIndexChanged.connect(self._choose)
        self.bar = QHBoxLayout()
        self.bar.setContentsMargins(8, 4, 8, 0)
        self.bar.addWidget(self._source)
        self.bar.addWidget(self._count)
        self._make_strip()

        self._halves = QSplitter(Qt.Orientation.Vertical)
        self._halves.setChildrenCollapsible(False)
        self._halves.addWidget(self.canvas)
        self._halves.addWidget(self.tray)
        self._halves.setStretchFactor(0, 1)
        below = QHBoxLayout()
        below.setSpacing(0)
        below.addWidget(self.strip)
        below.addWidget(self._halves, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self.bar)
        layout.addLayout(below, 1)

    def add_tool(self, tool: Tool | None, name: str, icon_name: str, text: str, tip: str, key: str) -> None:
        """Offer a tool for the left button; None is the one that picks."""
        action = self.strip.add_tool(name, icon_name, text, tip, key)
        action.setChecked(tool is None)
        action.toggled.connect(lambda taken: self.canvas.mouse.set_tool(tool) if taken else None)

    def set_source(self, source: Source, count: int) -> None:
        """Show which images the map shows; a count that is not offered is added."""
        for each in (self._source, self._count):
            each.blockSignals(True)
        self._source.setCurrentIndex(self._source.findData(source))
        if self._count.findData(count) < 0:
            self._count.insertItem(0, self.tr("{n:,}").format(n=count), count)
        self._count.setCurrentIndex(self._count.findData(count))
        for each in (self._source, self._count):
            each.blockSignals(False)

    def add_help(self) -> None:
        """Put the button that tells what mouse and keys do at the end of the strip."""
        self._help = self.strip.add("mapHelpButton", "help", self.tr("Mouse and keys on the map"), self._instructions())
        self._help.triggered.connect(self._tell)

    def _make_strip(self) -> None:
        self.strip = ToolStrip(self)
        self.strip.setObjectName("mapStrip")
        self.add_tool(
            None,
            "mapPickButton",
            "pick",
            self.tr("Pick"),
            self.tr("Decode what is under the mouse; Ctrl+click chooses"),
            "V",
        )

    def _instructions(self) -> str:
        rows = (
            (self.tr("Click, drag"), self.tr("decode what is under the cursor")),
            (self.tr("Ctrl + click, C"), self.tr("choose a point; C the one nearest to the pick")),
            (self.tr("R, L, then drag"), self.tr("choose what a rectangle or a lasso holds")),
            (self.tr("… with Shift or Ctrl"), self.tr("add it to what is chosen")),
            (self.tr("… with Alt or Ctrl + Shift"), self.tr("remove it from what is chosen")),
            (self.tr("Ctrl + A, Ctrl + Shift + A"), self.tr("choose all, choose none; Ctrl + I inverts")),
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

    def _tell(self) -> None:
        button = self.strip.widgetForAction(self._help)
        QWhatsThis.showText(button.mapToGlobal(button.rect().topRight()), self._instructions(), button)

    def _choose(self) -> None:
        self.source_chosen.emit(self._source.currentData(), self._count.currentData())


def box(name: str, tip: str, object_name: str) -> QComboBox:
    """Make a box for the bar of the map: it may shrink, and its list shows what it cannot."""
    made = QComboBox()
    made.setObjectName(object_name)
    made.setAccessibleName(name)
    made.setToolTip(tip)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(7)
    return made
