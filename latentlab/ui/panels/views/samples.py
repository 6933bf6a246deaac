"""Random samples: what the decoder makes of codes drawn at random, in rows and columns."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QPushButton, QSpinBox, QWidget

from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.samples import Samples, SamplesQuestion
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.images.image_grid import ImageGrid
from latentlab.ui.widgets.view_panel import ViewPanel

translate = QCoreApplication.translate

_GAP = 2  # pixels between two samples


class SamplesPanel(ViewPanel):
    """Shows samples of the prior, or of a Gaussian like the codes; of a CVAE a row per class."""

    NAME = "samplesView"

    @staticmethod
    def words() -> tuple[str, str]:
        """Name the view, and say what it shows."""
        return (
            translate("SamplesPanel", "Samples"),
            translate("SamplesPanel", "What the decoder makes of codes drawn at random."),
        )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._seed = 0
        self._rows = QSpinBox(minimum=1, maximum=30, value=10, objectName="samplesRowsBox")
        self._rows.setAccessibleName(self.tr("Rows of samples"))
        self._rows.setToolTip(self.tr("Rows of samples"))
        self._times = plain_label("×")
        self._columns = QSpinBox(minimum=1, maximum=40, value=20, objectName="samplesColumnsBox")
        self._columns.setAccessibleName(self.tr("Columns of samples"))
        self._columns.setToolTip(self.tr("Columns of samples"))
        self._temperature = QDoubleSpinBox(minimum=0, maximum=2, value=1, singleStep=0.1, decimals=1)
        self._temperature.setPrefix(self.tr("T = "))
        self._temperature.setObjectName("samplesTemperatureBox")
        self._temperature.setAccessibleName(self.tr("Temperature of the samples"))
        self._temperature.setToolTip(self.tr("Lower is sharper and less varied, higher is more varied and blurrier"))
        self._like_codes = QCheckBox(self.tr("like the codes"), objectName="samplesLikeCodesBox")
        self._like_codes.setToolTip(
            self.tr("Draw from a Gaussian with the mean and covariance of the images' codes in place of N(0, I)")
        )
        noise = QPushButton(self.tr("New noise"), objectName="samplesNoiseButton")
        noise.setToolTip(self.tr("Draw other codes; while the model trains they stay the same"))
        for widget in (self._rows, self._times, self._columns, self._temperature, self._like_codes, noise):
            self.bar.addWidget(widget)
        self._grid = ImageGrid(_GAP)
        self._grid.setAccessibleName(self.tr("Random samples"))
        self.set_content(self._grid)

        for box in (self._rows, self._columns, self._temperature):
            box.valueChanged.connect(self.ask)
        self._like_codes.toggled.connect(self.ask)
        noise.clicked.connect(self._draw_noise)

    def set_model(self, facts: ModelFacts | None) -> None:
        """Leave the rows of a CVAE to its classes."""
        super().set_model(facts)
        chosen = facts is None or not facts.uses_labels
        self._rows.setVisible(chosen)
        self._times.setVisible(chosen)

    def question(self) -> SamplesQuestion:
        """Ask for the samples."""
        return SamplesQuestion(
            self._rows.value(),
            self._columns.value(),
            self._temperature.value(),
            self._seed,
            self._like_codes.isChecked(),
        )

    def show_answer(self, answer: Samples) -> None:
        """Show the samples, and say what they are samples of."""
        super().show_answer(answer)
        self._grid.set_images(answer.images, answer.row_names)
        if self._like_codes.isChecked():
            text = self.tr("From a Gaussian with the mean and T² times the covariance of the images' codes.")
        elif self.facts is not None and not self.facts.is_variational:
            text = self.tr(
                "From T·N(0, I). An autoencoder has no prior: nothing makes its codes lie there, so these need not "
                "look like anything."
            )
        elif answer.is_of_mixture:
            text = self.tr("From the prior, a mixture of Gaussians: T says how far samples stray from their mean.")
        else:
            text = self.tr("From the prior, T·N(0, I).")
        if answer.row_names:
            text += " " + self.tr("Each column is one code, decoded under every label.")
        if answer.more:
            told = self.tr("The first {n} classes are shown, and there are {more:,} more.")
            text += " " + told.format(n=len(answer.row_names), more=answer.more)
        self.caption.setText(text)

    @Slot()
    def _draw_noise(self) -> None:
        self._seed += 1
        self.ask()
