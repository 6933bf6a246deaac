"""The manifold: what the decoder makes of a grid of codes, as one picture with y pointing up."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Slot
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QSpinBox, QWidget

from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.manifold import Manifold, ManifoldQuestion
from latentlab.ui.widgets.images.image_grid import ImageGrid
from latentlab.ui.widgets.view_panel import ViewPanel

translate = QCoreApplication.translate


class ManifoldPanel(ViewPanel):
    """Shows n × n decoded images over a part of the map's plane; a click on one picks its code."""

    NAME = "manifoldView"

    @staticmethod
    def words() -> tuple[str, str]:
        """Name the view, and say what it shows."""
        return (
            translate("ManifoldPanel", "Grid"),
            translate(
                "ManifoldPanel", "What the decoder makes of a grid of places on the map. Click on an image to go there."
            ),
        )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._manifold: Manifold | None = None
        self._side = QSpinBox(minimum=2, maximum=60, value=20, objectName="manifoldSideBox")
        self._side.setAccessibleName(self.tr("Images on a side"))
        self._side.setSuffix(self.tr(" on a side"))
        self._side.setToolTip(self.tr("Images on a side of the grid"))
        self._over = QComboBox(objectName="manifoldOverBox", accessibleName=self.tr("Part of the plane"))
        for text, key in (
            (self.tr("around the origin"), "radius"),
            (self.tr("over all images"), "means"),
            (self.tr("evenly in the prior"), "quantiles"),
        ):
            self._over.addItem(text, key)
        self._over.setToolTip(
            self.tr(
                "Around the origin; over the range of the encoder's means, and so much beyond it; or at equal steps of "
                "the prior's probability; of a mixture, on each axis by itself"
            )
        )
        self._radius = QDoubleSpinBox(minimum=0, maximum=100_000, value=4, decimals=1, prefix="± ")
        self._radius.setToolTip(self.tr("How far the grid reaches, in units of the latent space"))
        self._radius.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self._radius.setObjectName("manifoldRadiusBox")
        self._radius.setAccessibleName(self.tr("Distance"))
        self._label = QComboBox(objectName="manifoldLabelBox", accessibleName=self.tr("Label of the manifold"))
        self._label.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._label.setMinimumContentsLength(16)  # whatever its classes are called
        self._label.setToolTip(self.tr("Decode the grid under this label"))
        for widget in (self._side, self._over, self._radius, self._label):
            self.bar.addWidget(widget)
        self._label.hide()
        self._grid = ImageGrid()
        self._grid.setAccessibleName(self.tr("Manifold"))
        self._grid.setToolTip(self.tr("Click on an image to pick its code on the map"))
        self.set_content(self._grid)

        self._side.valueChanged.connect(self.ask)
        self._over.currentIndexChanged.connect(self._choose_over)
        self._radius.valueChanged.connect(self.ask)
        self._label.currentIndexChanged.connect(self.ask)
        self._grid.picked.connect(self._pick)

    def set_model(self, facts: ModelFacts | None) -> None:
        """Offer the labels of a CVAE."""
        super().set_model(facts)
        names = facts.class_names if facts is not None and facts.uses_labels else ()
        with QSignalBlocker(self._label):
            self._label.clear()
            self._label.addItems([self.tr("label {name}").format(name=name) for name in names])
        self._label.setVisible(bool(names))

    def question(self) -> ManifoldQuestion:
        """Ask for the grid."""
        return ManifoldQuestion(
            self._side.value(), self._over.currentData(), self._radius.value(), max(0, self._label.currentIndex())
        )

    def show_answer(self, answer: Manifold) -> None:
        """Show the grid."""
        super().show_answer(answer)
        self._manifold = answer
        self._grid.set_images(answer.images)
        self.caption.setText(
            self.tr("{x} from {left:.3g} to {right:.3g}, {y} from {low:.3g} to {high:.3g}").format(
                x=answer.axes[0], left=answer.xs[0], right=answer.xs[-1],
                y=answer.axes[1], low=answer.ys[-1], high=answer.ys[0],
            )
        )  # fmt: skip

    @Slot(int)
    def _choose_over(self, index: int) -> None:
        self._radius.setVisible(self._over.currentData() != "quantiles")
        self._radius.setPrefix("+ " if self._over.currentData() == "means" else "± ")
        with QSignalBlocker(self._radius):
            self._radius.setValue(0 if self._over.currentData() == "means" else 4)
        self.ask()

    @Slot(int, int)
    def _pick(self, row: int, column: int) -> None:
        if self._manifold is not None:
            self.picked_at.emit(float(self._manifold.xs[column]), float(self._manifold.ys[row]))
