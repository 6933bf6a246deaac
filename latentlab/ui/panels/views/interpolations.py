"""The images selected on the map: what lies between them, A − B + C, and training on them alone."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QCoreApplication, QSignalBlocker, Signal, Slot
from PySide6.QtGui import QImage, QPalette
from PySide6.QtWidgets import QComboBox, QGridLayout, QPushButton, QSpinBox, QWidget

from latentlab.core.arrays import Floats, Integers
from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.interpolations import Interpolations, InterpolationsQuestion
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.bar_button import bar_button
from latentlab.ui.widgets.boxes import column, row
from latentlab.ui.widgets.images.equation import Equation
from latentlab.ui.widgets.images.interpolation_strips import InterpolationStrips, Strip
from latentlab.ui.widgets.images.player import Player
from latentlab.ui.widgets.images.selection_strip import SelectionStrip
from latentlab.ui.widgets.view_panel import ViewPanel

translate = QCoreApplication.translate


class InterpolationsPanel(ViewPanel):
    """Shows the selected images, and mixes them in latent space."""

    toggled = Signal(int)
    """Select the image in this row of the map no longer."""
    swap_requested = Signal()
    clear_requested = Signal()
    train_requested = Signal()
    animation_save_requested = Signal(object, str)
    """Save float32 (N, C, H, W) as an animation; the name is a suggestion."""
    MOST = 12
    """As many images have letters: these are mixed."""
    _rows: Integers = np.empty(0, np.int64)

    NAME = "imagesView"

    @staticmethod
    def words() -> tuple[str, str]:
        """Name the view, and say what it shows."""
        return (
            translate("InterpolationsPanel", "Blend"),
            translate(
                "InterpolationsPanel", "What lies between images that you select on the map, and A − B + C of three."
            ),
        )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images_are_here = False
        self._answer: Interpolations | None = None
        self._names = {
            "linear": self.tr("linear"),
            "spherical": self.tr("spherical"),
            "arithmetic": self.tr("A − B + C"),
        }
        self._fill_bar()
        self._strip = SelectionStrip()
        self._strip.setObjectName("selectionStrip")
        self._strip.setAccessibleName(self.tr("Selected images"))
        self._strip.setToolTip(self.tr("Click on an image to pick it on the map; its cross or Delete removes it"))
        self._strip.picked.connect(self._pick)
        self._strip.removed.connect(self._remove)
        self._train = QPushButton(self.tr("Train on these"))
        self._train.setObjectName("trainOnSelectionButton")
        self._train.setToolTip(self.tr("Train a new model by the current recipe on the selected images alone"))
        self._train.clicked.connect(self.train_requested)
        self._more = plain_label(objectName="moreSelectedLabel", wordWrap=True)
        self._more.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        selected = QGridLayout()
        selected.setContentsMargins(8, 4, 8, 4)
        selected.addWidget(self._strip, 0, 0)
        selected.addWidget(self._train, 0, 1)
        selected.addWidget(self._more, 1, 0, 1, 2)
        self.put_above(selected)
        self._make_content()
        self.set_selected(self._rows, None)

    def set_selected(self, rows: Integers, images: Floats | None) -> None:
        """Take which images of the map are selected, int64 (K,), A first, and the first `MOST` of them.

        The images are float32 (J, C, H, W), or None where they are not loaded: then they come with the answer.
        """
        self._rows, self._images_are_here = rows, images is not None
        self._strip.set_images(images if images is not None else np.empty((0, 1, 1, 1), np.float32))
        for widget, least in ((self._train, 1), (self._clear, 1), (self._swap, 2)):
            widget.setEnabled(len(rows) >= least)
        self._train.setVisible(bool(len(rows)))
        self._train.setText(
            self.tr("Train on these") if len(rows) <= self.MOST else self.tr("Train on all {n:,}").format(n=len(rows))
        )
        self._more.setText(
            self.tr("{n:,} images are selected; the first {few}, A to L, are shown and mixed here.").format(
                n=len(rows), few=self.MOST
            )
        )
        self._more.setVisible(len(rows) > self.MOST)
        self._strip.setVisible(bool(len(rows)))
        if len(rows) < 2:
            self._wait()
        self.ask()

    def set_model(self, facts: ModelFacts | None) -> None:
        """Offer the labels of a CVAE."""
        super().set_model(facts)
        names = facts.class_names if facts is not None and facts.uses_labels else ()
        with QSignalBlocker(self._label):
            self._label.clear()
            self._label.addItems(
                [self.tr("label of A"), *(self.tr("label {name}").format(name=name) for name in names)]
            )
        self._label.setVisible(bool(names))

    def question(self) -> InterpolationsQuestion | None:
        """Ask for the interpolations between the selected images."""
        if not len(self._rows):
            return None
        rows = tuple(self._rows[: self.MOST].tolist())
        label = self._label.currentIndex() - 1
        return InterpolationsQuestion(
            rows, self._steps.value(), self._kind.currentData(), label if label >= 0 else None
        )

    def show_answer(self, answer: Interpolations) -> None:
        """Show strips, equation and animation."""
        if not self._images_are_here:
            self._strip.set_images(answer.images)
        if not answer.interpolations:
            self._wait()
            return
        super().show_answer(answer)
        self._answer = answer
        self._strips.set_strips(
            [
                Strip(
                    self._names[interpolation.kind],
                    interpolation.steps,
                    interpolation.ends,
                    ("C", "≈") if interpolation.kind == "arithmetic" else ("A", "B"),
                )
                for interpolation in answer.interpolations
            ]
        )
        self._player.set_frames(answer.frames)
        self._show_equation(answer)

    def picture(self) -> QImage:
        """Give the strips."""
        return self._strips.picture()

    def _fill_bar(self) -> None:
        self._steps = QSpinBox(minimum=2, maximum=60, value=12)
        self._steps.setObjectName("interpolationStepsBox")
        self._steps.setAccessibleName(self.tr("Steps"))
        self._steps.setToolTip(self.tr("Decoded images of each interpolation, its ends included"))
        self._steps.valueChanged.connect(self.ask)
        self._label = QComboBox()
        self._label.setObjectName("interpolationLabelBox")
        self._label.setAccessibleName(self.tr("Label of the interpolations"))
        self._label.setToolTip(self.tr("Decode all codes under this label"))
        self._label.currentIndexChanged.connect(self.ask)
        self._label.hide()
        self._swap = bar_button(self.tr("Swap A and B"), self.tr("Exchange the first two images"))
        self._swap.setObjectName("swapSelectionButton")
        self._swap.clicked.connect(self.swap_requested)
        self._clear = bar_button(self.tr("Clear"), self.tr("Select nothing"))
        self._clear.setObjectName("clearSelectionButton")
        self._clear.clicked.connect(self.clear_requested)
        self.bar.addWidget(plain_label(self.tr("Steps")))
        for widget in (self._steps, self._label, self._swap, self._clear):
            self.bar.addWidget(widget)

    def _make_content(self) -> None:
        self._strips = InterpolationStrips()
        self._strips.setObjectName("interpolationStrips")
        self._strips.setAccessibleName(self.tr("Interpolations between the images"))
        self._strips.setToolTip(
            self.tr(
                "linear: on a straight line. spherical: at equal angles around the origin, which suits a standard "
                "normal prior. Outside, the images."
            )
        )
        self._equation = Equation(self.tr("Select a third image C to decode A − B + C."))
        self._equation.setObjectName("imageEquation")
        self._equation.setAccessibleName(self.tr("A − B + C"))
        self._equation.setToolTip(self.tr("Click on an image of the data to pick it on the map"))
        self._equation.picked.connect(self._pick_term)
        self._player = Player()
        self._player.setObjectName("interpolationPlayer")
        self._player.save_requested.connect(self._save_animation)
        self._kind = QComboBox()
        self._kind.setObjectName("interpolationKindBox")
        self._kind.setAccessibleName(self.tr("Interpolation of the animation"))
        for key in self._names:
            text = self.tr("from C to A − B + C") if key == "arithmetic" else self.tr("A to B, {kind}")
            self._kind.addItem(text.format(kind=self._names[key]), key)
        self._kind.currentIndexChanged.connect(self.ask)
        self._player.options.addWidget(self._kind)
        below = row((self._equation, 3), (self._player, 2), spacing=12)
        content = QWidget()
        column(self._strips, (below, 1), margins=(8, 0, 8, 0), on=content)
        self.set_content(content)

    def _wait(self) -> None:
        if self.facts is None or len(self._rows) > 1:
            super()._wait()
        elif len(self._rows):
            self.show_problem(self.tr("Select a second image, and what lies between A and B is decoded here."))
        else:
            self.show_problem(
                self.tr(
                    "Ctrl+click points of the map to select their images, or pick one and press Select.\n\n"
                    "Two images are interpolated, three are added and subtracted, and a model can be trained on the "
                    "selected ones alone."
                )
            )

    def _show_equation(self, answer: Interpolations) -> None:
        found = {each.kind: each for each in answer.interpolations}
        if "arithmetic" not in found:
            self._equation.set_terms(None)
            return
        arithmetic = found["arithmetic"]
        terms = np.stack([*answer.images[:3], arithmetic.steps[-1], arithmetic.ends[1]])
        self._equation.set_terms(terms, ("A", "B", "C", self.tr("decoded"), self.tr("nearest")))

    @Slot(int)
    def _pick(self, index: int) -> None:
        self.point_picked.emit(int(self._rows[index]))

    @Slot(int)
    def _remove(self, index: int) -> None:
        self.toggled.emit(int(self._rows[index]))

    @Slot(int)
    def _pick_term(self, index: int) -> None:
        if index < 3:
            self._pick(index)
        elif index == 4 and self._answer is not None and self._answer.nearest is not None:
            self.point_picked.emit(self._answer.nearest)

    @Slot()
    def _save_animation(self) -> None:
        self.animation_save_requested.emit(self._player.frames(), f"{self._kind.currentData()}.gif")
