"""Samples of posteriors above samples of the prior, of the same noise, below the images they are about."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtWidgets import QDoubleSpinBox, QPushButton, QSpinBox, QWidget

from latentlab.core.views.posterior_samples import PosteriorSamples, PosteriorSamplesQuestion
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.images.image_grid import ImageGrid
from latentlab.ui.widgets.view_panel import ViewPanel

translate = QCoreApplication.translate

_GAP = 2  # pixels between two images


class PosteriorSamplesPanel(ViewPanel):
    """Shows rows of images, of a sample of each one's posterior, and of the prior with the same noise."""

    NAME = "posteriorView"

    @staticmethod
    def words() -> tuple[str, str]:
        """Name the view, and say what it shows."""
        return (
            translate("PosteriorSamplesPanel", "Spread: samples"),
            translate(
                "PosteriorSamplesPanel",
                "Images; below each what its posterior decodes to; below that a sample of the prior.",
            ),
        )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._noise_seed = self._image_seed = 0
        self._rows = QSpinBox(minimum=1, maximum=6, value=3)
        self._rows.setObjectName("posteriorRowsBox")
        self._rows.setAccessibleName(self.tr("Rows of images"))
        self._rows.setToolTip(self.tr("Rows of images, each with its samples below"))
        self._columns = QSpinBox(minimum=2, maximum=30, value=14)
        self._columns.setObjectName("posteriorColumnsBox")
        self._columns.setAccessibleName(self.tr("Images in a row"))
        self._columns.setToolTip(self.tr("Images in a row"))
        self._temperature = QDoubleSpinBox(minimum=0, maximum=2, value=1, singleStep=0.1, decimals=1)
        self._temperature.setPrefix(self.tr("T = "))
        self._temperature.setObjectName("posteriorTemperatureBox")
        self._temperature.setAccessibleName(self.tr("Temperature of the samples"))
        self._temperature.setToolTip(self.tr("How far samples stray: 0 decodes the mean, 1 is the posterior itself"))
        noise = QPushButton(self.tr("New noise"))
        noise.setObjectName("posteriorNoiseButton")
        noise.setToolTip(self.tr("Draw other noise for the same images"))
        images = QPushButton(self.tr("Other images"))
        images.setObjectName("posteriorImagesButton")
        images.setToolTip(self.tr("Take other images of the map, with the same noise"))
        for widget in (self._rows, plain_label("×"), self._columns, self._temperature, noise, images):
            self.bar.addWidget(widget)
        self._grid = ImageGrid(_GAP)
        self._grid.setAccessibleName(self.tr("Images, samples of their posteriors, and of the prior"))
        self.set_content(self._grid)

        for box in (self._rows, self._columns, self._temperature):
            box.valueChanged.connect(self.ask)
        noise.clicked.connect(self._draw_noise)
        images.clicked.connect(self._take_images)

    def question(self) -> PosteriorSamplesQuestion:
        """Ask for the samples."""
        return PosteriorSamplesQuestion(
            self._rows.value(),
            self._columns.value(),
            self._temperature.value(),
            self._noise_seed,
            self._image_seed,
        )

    def show_answer(self, answer: PosteriorSamples) -> None:
        """Show the three of each row below each other."""
        super().show_answer(answer)
        rows, *each = answer.images.shape
        stacked = np.stack([answer.images, answer.posterior, answer.prior], 1)
        names = (self.tr("image"), self.tr("posterior"), self.tr("prior"))
        self._grid.set_images(stacked.reshape(3 * rows, *each), rows * names, group=3)
        text = self.tr("In each column one noise ε: posterior μ + T·σ·ε of the image above, prior T·ε.")
        if answer.is_of_mixture:
            text = self.tr(
                "In each column one noise ε: posterior μ + T·σ·ε of the image above; of the prior, a mixture of "
                "Gaussians, ε also draws which one."
            )
        if self.facts is not None and self.facts.uses_labels:
            text += " " + self.tr("Both under the label of the image.")
        self.caption.setText(text)

    @Slot()
    def _draw_noise(self) -> None:
        self._noise_seed += 1
        self.ask()

    @Slot()
    def _take_images(self) -> None:
        self._image_seed += 1
        self.ask()
