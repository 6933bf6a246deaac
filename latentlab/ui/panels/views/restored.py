"""What a model restores of damaged images: clean, noisy and restored in rows."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtWidgets import QSpinBox, QWidget

from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.restored import Restored, RestoredQuestion
from latentlab.ui.widgets.forms.damage_box import DamageBox
from latentlab.ui.widgets.images.image_grid import ImageGrid
from latentlab.ui.widgets.view_panel import ViewPanel

translate = QCoreApplication.translate

_GAP = 2  # pixels between two images


class RestoredPanel(ViewPanel):
    """Shows images of the map as they are, damaged, and restored; a click on one picks it on the map."""

    NAME = "restoredView"

    @staticmethod
    def words() -> tuple[str, str]:
        """Name the view, and say what it shows."""
        return (
            translate("RestoredPanel", "Restoring"),
            translate("RestoredPanel", "Images, the same ones damaged, and what the model restores of them."),
        )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = QSpinBox(minimum=1, maximum=30, value=8, objectName="restoredCountBox")
        self._count.setAccessibleName(self.tr("Number of images"))
        self._count.setToolTip(self.tr("How many images of the map are shown; fewer where they are large"))
        self._damage = DamageBox("restored")
        self.bar.addWidget(self._count)
        self.bar.addWidget(self._damage)
        self._grid = ImageGrid(_GAP)
        self._grid.setAccessibleName(self.tr("Clean, noisy and restored images"))
        self._grid.setToolTip(self.tr("Click on an image to pick it on the map"))
        self.set_content(self._grid)
        self._count.valueChanged.connect(self.ask)
        self._damage.changed.connect(self.ask)
        self._grid.picked.connect(self._pick)

    def set_model(self, facts: ModelFacts | None) -> None:
        """Begin with what was done in training, where something was."""
        super().set_model(facts)
        self._damage.set_denoising(facts is not None and facts.is_denoising)

    def question(self) -> RestoredQuestion:
        """Ask for the images."""
        return RestoredQuestion(self._damage.damage(), self._count.value())

    def show_answer(self, answer: Restored) -> None:
        """Show the images, and say how near to the clean ones they are."""
        super().show_answer(answer)
        names = (self.tr("clean"), self.tr("noisy"), self.tr("restored"))
        self._grid.set_images(np.stack([answer.clean, answer.noisy, answer.restored]), names)
        if math.isinf(answer.noisy_quality):
            text = self.tr("Nothing is damaged · PSNR of restored {restored:.1f} dB")
        else:
            text = self.tr("PSNR of noisy {noisy:.1f} dB, of restored {restored:.1f} dB")
        self.caption.setText(text.format(noisy=answer.noisy_quality, restored=answer.restored_quality))

    @Slot(int, int)
    def _pick(self, row: int, column: int) -> None:
        self.point_picked.emit(column)
