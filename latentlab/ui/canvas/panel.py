"""The map with what belongs to it: buttons and a pill over it, and a strip of tools."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QWidget

from latentlab.ui.canvas.cards.colour_box import ColourBox
from latentlab.ui.canvas.cards.hint import Hint
from latentlab.ui.canvas.cards.layers_panel import LayersPanel
from latentlab.ui.canvas.cards.selection_pill import SelectionPill
from latentlab.ui.canvas.latent_canvas import LatentCanvas
from latentlab.ui.widgets.boxes import row
from latentlab.ui.widgets.flow import Flow
from latentlab.ui.widgets.tool_strip import ToolStrip


class CanvasPanel(QWidget):
    """Shows the canvas, and has room for the features of the map, which those who join it put there.

    Attributes
    ----------
    canvas : LatentCanvas
    layers : LayersPanel
    colour_box : ColourBox
    pill : SelectionPill
    hint : Hint
    strip : ToolStrip
        At its left: tools and ways around.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = LatentCanvas()
        self.strip = ToolStrip()
        self.strip.setObjectName("mapStrip")
        self.layers, self.colour_box = LayersPanel(self), ColourBox()
        corner = QWidget()
        corner.setCursor(Qt.CursorShape.ArrowCursor)
        corner.setLayout(Flow(self.layers.button, self.colour_box, spacing=6))
        self.canvas.set_corner(corner)
        self._corner, self.pill, self.hint = corner, SelectionPill(self.canvas), Hint(self.canvas)
        for moved in (self.pill.resized, self.hint.resized, self.canvas.placed, self.canvas.field.legend.resized):
            moved.connect(self._place)

        row(self.strip, (self.canvas, 1), spacing=0, on=self)

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
            (self.tr("D, I, X"), self.tr("the decoded landscape; the list of images; other axes")),
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

    @Slot()
    def _place(self) -> None:
        plot, corner = self.canvas.plot_rect(), self._corner.geometry()
        keys = [key.geometry() for key in (self.canvas.legend, self.canvas.value_scale) if key.isVisible()]
        beside = min((key.left() for key in keys), default=plot.right())
        self.pill.place(plot, corner, beside)
        below = max((key.bottom() for key in keys), default=0) + 8
        if any(key.intersects(self.pill.geometry()) for key in keys) and below + self.pill.height() < plot.bottom():
            self.pill.move(max(plot.left(), plot.right() - 8 - self.pill.width()), below)
        # Above what is said of a field, below what lies along the upper edge, and left of a legend that reaches as far.
        free = plot.adjusted(0, 0, 0, -round(self.canvas.field.legend.covered()))
        free.setTop(max([corner.bottom(), *([self.pill.geometry().bottom()] if self.pill.isVisible() else [])]))
        self.hint.place(free)
        if any(key.intersects(self.hint.geometry()) for key in keys):
            free.setRight(beside)
            self.hint.place(free)
