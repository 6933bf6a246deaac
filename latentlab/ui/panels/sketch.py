"""The sketch: a pad, what the model sees of the drawing, what it makes of it, and whom it takes it to be near."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from latentlab.core.map.results import ImageLosses, Neighbour, Sketched
from latentlab.core.models.label_calibration import LabelCalibration
from latentlab.core.sketch.painting import Paper
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import column, row
from latentlab.ui.widgets.flow import Flow
from latentlab.ui.widgets.images.image_view import ImageView
from latentlab.ui.widgets.images.neighbour_button import NeighbourButton
from latentlab.ui.widgets.lines import LinesPanel
from latentlab.ui.widgets.sketch.sketch_pad import SketchPad
from latentlab.ui.widgets.sketch.swatches import Swatches

_INTERVAL_MS = 16
_NEIGHBOURS = 8
_FEWEST_NEIGHBOURS = 4
_SMALLEST_VIEW = 48  # pixels along the sides of what the model sees and makes
_APART = 12  # pixels between what it sees and what it makes, whose names would be read as one
_LINES_OF_VERDICT = 3


class SketchPanel(LinesPanel):
    """Draw, and see at each stroke what the model shown makes of it."""

    sketched = Signal(object, bool)  # the drawing, as `SketchPad.drawing` gives it; is the pen lifted
    cleared = Signal()
    open_requested = Signal()
    """Ask which picture file to put on the pad."""
    decoder_asked = Signal(bool)
    """Whether drawings shall land where the decoder would rather put them."""
    label_chosen = Signal(int)
    neighbour_picked = Signal(int)  # row among the map's points

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sketched: Sketched | None = None
        self._class_names: Sequence[str] = ()
        self._hint = ""
        self._problem = ""

        self.pad = SketchPad()
        self._input = _view("sketchInput", self.tr("What the model sees"))
        self._reconstruction = _view("sketchReconstruction", self.tr("What it makes of it"))
        self._loss = plain_label(wordWrap=True)
        self._loss.setToolTip(
            self.tr(
                "How badly the reconstruction fits the input, and what the code costs; less is better. Of a VAE it is "
                "the negative ELBO, averaged over samples of the posterior."
            )
        )
        self._verdict = plain_label()
        self._verdict.setWordWrap(True)
        self._verdict.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._verdict.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        self._label = plain_label()
        self._label.setWordWrap(True)
        self._use_label = QPushButton()
        self._use_label.clicked.connect(self._choose_label)
        self._neighbours = [NeighbourButton() for _ in range(_NEIGHBOURS)]
        for button in self._neighbours:
            button.clicked.connect(self._pick_neighbour)

        # Often enough for the eye, and the last state of a drawing is always sent.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._send)
        # Once the images are painted, and the map: words and buttons take longer than these.
        self._findings = QTimer(self, singleShot=True, interval=0)
        self._findings.timeout.connect(self._show_findings)
        self.pad.drawn.connect(self._on_drawn)
        self.pad.lifted.connect(self._on_lifted)
        self.pad.emptied.connect(self._on_emptied)
        self.pad.problem.connect(self._on_problem)

        self._swatches = Swatches()
        self._swatches.setObjectName("sketchSwatches")
        self._swatches.hide()
        self._swatches.chosen.connect(self.pad.set_colour)
        self._tools = self._make_tools()
        self._lay_out(self._tools)
        self.pad.stepped.connect(self._update_tools)
        self._update_tools()
        self._show()

    # Setters

    def set_paper(self, paper: Paper | None) -> None:
        """Have ink drawn; or, on paper for a painting, colours."""
        self.pad.set_paper(paper)
        self._swatches.setVisible(paper is not None)

    def set_can_ask(self, can: bool) -> None:
        """Offer to ask the decoder."""
        self._ask.setVisible(can)

    def show_sketched(self, sketched: Sketched | None, class_names: Sequence[str]) -> None:
        """Show what the model makes of the drawing, and once that is painted what is found; None where nothing is."""
        self._sketched, self._class_names = sketched, class_names
        if sketched is None:
            self._show()
        else:
            self._show_images()
            self._findings.start()

    def set_waiting(self, is_waiting: bool) -> None:
        """Say that what is shown is not yet of all that is drawn."""
        for view in (self._input, self._reconstruction):
            view.set_waiting(is_waiting)

    def set_hint(self, text: str) -> None:
        """Say what is missing before a drawing can be encoded; an empty text where nothing is."""
        self._hint = text
        self._show()

    def useful_height(self, width: int) -> int:
        """Give the height in which one draws, and reads what is found, whatever that is."""
        layout, line = self.layout(), self.fontMetrics().lineSpacing()
        margins = layout.contentsMargins()
        findings = _SMALLEST_VIEW + (2 + _LINES_OF_VERDICT) * line + 12
        tools = self._tools.heightForWidth(width - margins.left() - margins.right())
        parts = (max(findings, self.pad.minimumHeight()), tools, self._neighbours[0].height())
        return sum(parts) + layout.spacing() * (len(parts) - 1) + margins.top() + margins.bottom()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many neighbours as there is room for with their names."""
        super().resizeEvent(event)
        self._fit_neighbours()
        if event.size().width() != event.oldSize().width():
            self._limit_height()
            self.updateGeometry()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show()

    def event(self, event: QEvent) -> bool:
        """Take as much height as what is in it takes by now."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._limit_height()
        return super().event(event)

    # Making

    def _make_tools(self) -> Flow:
        self._brush = QSlider(Qt.Orientation.Horizontal)
        self._brush.setRange(8, 64)
        self._brush.setValue(24)
        self._brush.setMinimumWidth(44)
        self._brush.setToolTip(self.tr("Width of the brush. The model sees strokes of its data's width in any case."))
        self._brush.setAccessibleName(self.tr("Brush width"))
        self._brush.valueChanged.connect(self.pad.set_brush)
        self._eraser = _tool(self.tr("Erase"), self.tr("Take ink away; the other end of a tablet's pen does so too"))
        self._eraser.setCheckable(True)
        self._eraser.toggled.connect(self.pad.set_erasing)
        self._undo = _tool("↶", self.tr("Take back the last stroke (Ctrl+Z in the pad)"), self.tr("Undo"))
        self._undo.clicked.connect(self.pad.undo)
        self._redo = _tool("↷", self.tr("Do it again (Ctrl+Shift+Z in the pad)"), self.tr("Redo"))
        self._redo.clicked.connect(self.pad.redo)
        self._open = _tool(
            self.tr("Open…"), self.tr("Put a picture file on the pad; pictures can be pasted and dropped")
        )
        self._open.setObjectName("sketchOpenButton")
        self._open.clicked.connect(self.open_requested)
        self._clear = _tool(self.tr("Clear"), self.tr("Take new paper (Delete in the pad)"))
        self._clear.setObjectName("sketchClearButton")
        self._clear.clicked.connect(self.pad.clear)
        self._ask = _tool(
            self.tr("Refine"),
            self.tr(
                "Ask the decoder: the drawing lands where that would rather put it, instead of at the encoder's mean: "
                "at the best diagonal Gaussian that is found from a table of decoded codes by a few steps (Cremer et "
                "al., 2018). Of VAEs of one or two dimensions"
            ),
        )
        self._ask.setObjectName("sketchRefineButton")
        self._ask.setCheckable(True)
        self._ask.toggled.connect(self.decoder_asked)
        self._ask.hide()
        for button in (self._undo, self._redo):  # seen while there is something to take back: the last, with room kept
            policy = button.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            button.setSizePolicy(policy)
        buttons = (self._eraser, self._open, self._clear, self._ask, self._undo, self._redo)
        return Flow(self._brush, *buttons, spacing=3)

    def _lay_out(self, tools: QLayout) -> None:
        images = QGridLayout()
        images.setVerticalSpacing(4)
        images.setHorizontalSpacing(_APART)
        for place, (view, name) in enumerate(
            ((self._input, self.tr("It sees")), (self._reconstruction, self.tr("It makes")))
        ):
            images.addWidget(_caption(name), 0, place)
            square = _Square(view)
            square.setMinimumSize(_SMALLEST_VIEW, _SMALLEST_VIEW)
            images.addWidget(square, 1, place)
            images.setColumnStretch(place, 1)
        images.setRowStretch(1, 1)

        findings = column((images, 1), self._loss, self._verdict, spacing=4)
        self._upper = upper = row((_Square(self.pad), 1), (findings, 1), spacing=10)
        label = row((self._label, 1), self._use_label, spacing=6)
        neighbours = row(*((button, 1) for button in self._neighbours), spacing=2)
        column((upper, 1), label, self._swatches, tools, neighbours, margins=(6, 6, 6, 6), spacing=6, on=self)

    # Intents

    def _on_drawn(self) -> None:
        if self._problem:
            self._problem = ""
            self._show()
        if not self._timer.isActive():
            self._timer.start()

    def _on_lifted(self) -> None:
        if not self.pad.is_empty():
            self._timer.stop()
            self.sketched.emit(self.pad.drawing(), True)

    def _on_emptied(self) -> None:
        self._timer.stop()
        self.cleared.emit()

    def _on_problem(self, sentence: str) -> None:
        self._problem = sentence
        self._show()

    def _send(self) -> None:
        self.sketched.emit(self.pad.drawing(), False)

    def _choose_label(self) -> None:
        likely = self._likely_label()
        if likely is not None:
            self.label_chosen.emit(likely)

    def _pick_neighbour(self) -> None:
        button = self.sender()
        if isinstance(button, NeighbourButton) and button.row is not None:
            self.neighbour_picked.emit(button.row)

    # Showing

    def _update_tools(self) -> None:
        for button, can in ((self._undo, self.pad.can_undo()), (self._redo, self.pad.can_redo())):
            button.setVisible(can)
        self._clear.setEnabled(not self.pad.is_empty())

    def _show(self) -> None:
        self._show_images()
        self._show_findings()

    def _show_images(self) -> None:
        found = self._sketched
        self._input.set_pixels(None if found is None else found.input)
        self._reconstruction.set_pixels(None if found is None else found.reconstruction)

    def _show_findings(self) -> None:
        self._findings.stop()
        found = self._sketched
        self._loss.setText("" if found is None else self._describe(found.losses, found.amortisation))
        self._show_verdict()
        self._show_label()
        neighbours: Sequence[Neighbour | None] = () if found is None else found.neighbours
        shown = [*neighbours, *[None] * _NEIGHBOURS][:_NEIGHBOURS]
        colours = theme.class_colours(max(len(self._class_names), 1), dark=theme.current().dark)
        for button, neighbour in zip(self._neighbours, shown, strict=True):
            known = neighbour is not None and 0 <= neighbour.label < len(colours)
            button.show_neighbour(neighbour, QColor(*colours[neighbour.label].tolist()) if known else None)
        self._fit_neighbours()

    def _fit_neighbours(self) -> None:
        # By all names there are, so that nothing jumps from stroke to stroke.
        widest = max(map(self._neighbours[0].width_of, self._class_names), default=0)
        count = max(self.contentsRect().width() // max(widest, 1), _FEWEST_NEIGHBOURS)
        for place, button in enumerate(self._neighbours):
            keeps_place = button.sizePolicy()
            keeps_place.setRetainSizeWhenHidden(place < count)
            button.setSizePolicy(keeps_place)
            button.setVisible(place < count and button.row is not None)

    def _limit_height(self) -> None:
        """Take no more height than a pad as large as this is wide: what is left is for the decoded image."""
        inside = self.contentsRect().marginsRemoved(self.layout().contentsMargins()).width()
        pad, least = (inside - self._upper.spacing()) // 2, self._upper.minimumHeightForWidth(inside)
        self.setMaximumHeight(self.layout().totalMinimumHeightForWidth(self.width()) + max(0, pad - least))

    def _describe(self, losses: ImageLosses, amortisation: float | None) -> str:
        if amortisation is not None:
            own = losses.loss + amortisation
            return self.tr("−ELBO refined {loss:.1f}, encoder {own:.1f} nats").format(loss=losses.loss, own=own)
        if losses.samples:
            return self.tr("−ELBO, {n} samples: {loss:.1f} nats").format(n=losses.samples, loss=losses.loss)
        return self.tr("Loss: {n:.1f} nats").format(n=losses.loss)

    def _show_verdict(self) -> None:
        text = self._problem or self._hint
        if not text and self._sketched is not None and self._sketched.votes:
            votes = self._sketched.votes
            counts = ", ".join(f"{count}\u00a0×\u00a0{self._name(label)}" for label, count in votes[:4])
            total = sum(count for _, count in votes)
            text = self.tr("Among the {n} nearest: {counts}").format(n=total, counts=counts)
            if len(votes) > 4:
                text = self.tr("{text}, and others").format(text=text)
        self._verdict.setForegroundRole(theme.WARNING if self._problem else QPalette.ColorRole.WindowText)
        self._verdict.setText(text)

    def _show_label(self) -> None:
        found, likely = self._sketched, self._likely_label()
        self._label.setVisible(likely is not None)
        in_force = found is not None and found.label == likely
        self._use_label.setVisible(likely is not None and not in_force)
        if found is None or found.label_probabilities is None or likely is None:
            return
        text = self.tr("Most likely label: {name}").format(name=self._name(likely))
        if found.calibration is not None:
            share = 100 * float(found.label_probabilities[likely])
            text = self.tr("Most likely label: {name} ({share:.0f} %)")
            if share >= 99.5:  # rounded to 100 it would be said to be certain
                text = self.tr("Most likely label: {name} (over 99 %)")
            text = text.format(name=self._name(likely), share=share)
        self._label.setToolTip(self._how_sure(found.calibration))
        if not in_force and found.label is not None:
            text += "\n" + self.tr("The label slider says {name}.").format(name=self._name(found.label))
        self._label.setText(text)
        self._use_label.setText(self.tr("Use {name}").format(name=self._name(likely)))
        self._use_label.setToolTip(self.tr("Read the drawing under its most likely label"))

    def _how_sure(self, known: LabelCalibration | None) -> str:
        if known is None:
            return self.tr("No percentage is known yet: the model is calibrated for it once its images are loaded.")
        if known.are_held_out:
            text = self.tr(
                "Calibrated on {n:,} images that the model has not learned from: its nats are divided by {t:.1f}"
            )
        else:
            text = self.tr(
                "Calibrated on {n:,} of the images that the model has learned from: its nats are divided by {t:.1f}"
            )
        return text.format(n=known.images, t=known.temperature)

    def _likely_label(self) -> int | None:
        if self._sketched is None or self._sketched.label_probabilities is None:
            return None
        return int(np.argmax(self._sketched.label_probabilities))

    def _name(self, label: int) -> str:
        return self._class_names[label] if 0 <= label < len(self._class_names) else str(label)


class _Square(QWidget):
    """Keeps its one child a square, as large as there is room, at the top."""

    def __init__(self, child: QWidget) -> None:
        super().__init__()
        self._child = child
        child.setParent(self)
        self.setMinimumSize(child.minimumSize())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return self._child.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        side = min(self.width(), self.height())
        self._child.setGeometry((self.width() - side) // 2, 0, side, side)


def _view(object_name: str, name: str) -> ImageView:
    view = ImageView(96)
    view.setObjectName(object_name)
    view.setAccessibleName(name)
    view.setToolTip(name)
    return view


def _caption(text: str) -> QLabel:
    label = plain_label(text)
    label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom)
    return label


def _tool(text: str, tip: str, name: str = "") -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(name or text)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
