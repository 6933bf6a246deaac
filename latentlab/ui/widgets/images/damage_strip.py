"""The image that is looked at, damaged and restored: what is done to it, and the three side by side."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from latentlab.core.views.restored import Damage, RestoredImage
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import column
from latentlab.ui.widgets.forms.damage_box import DamageBox
from latentlab.ui.widgets.images.image_view import ImageView

_SIDE = 84


class DamageStrip(QWidget):
    """Asks for damage, and shows clean, noisy and restored."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._box = DamageBox("damage")
        self._box.changed.connect(self.changed)
        images = QGridLayout()
        images.setHorizontalSpacing(8)
        images.setVerticalSpacing(2)
        self._views, self._names = [], []
        for place, name in enumerate(("Clean", "Noisy", "Restored")):
            view, label = ImageView(_SIDE), plain_label(alignment=Qt.AlignmentFlag.AlignCenter)
            view.setObjectName(f"damage{name}")
            view.setFixedHeight(_SIDE)
            view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            images.addWidget(view, 0, place)
            images.addWidget(label, 1, place)
            images.setColumnStretch(place, 1)
            self._views.append(view)
            self._names.append(label)
        self._views[0].set_placeholder(self.tr("Pick a point, or draw"))
        column(self._box, images, spacing=4, on=self)
        self.show_restored(None)

    def damage(self) -> Damage:
        """Give the damage that is chosen."""
        return self._box.damage()

    def show_damage(self, damage: Damage | None, is_denoising: bool) -> None:
        """Show which damage is done; offer that of the training where a model was trained on damaged images."""
        self._box.set_denoising(is_denoising)
        if damage is not None:
            self._box.set_damage(damage)

    def set_waiting(self, is_waiting: bool) -> None:
        """Say that other images are on their way."""
        for view in self._views:
            view.set_waiting(is_waiting)

    def show_restored(self, restored: RestoredImage | None) -> None:
        """Show an image damaged and restored, or nothing."""
        images = (None,) * 3 if restored is None else (restored.clean, restored.noisy, restored.restored)
        names = [self.tr("Clean"), self.tr("Noisy"), self.tr("Restored")]
        for view, name, pixels in zip(self._views, names, images, strict=True):
            view.setAccessibleName(name)
            view.set_pixels(pixels)
        if restored is not None:
            clean = {"point": self.tr("Image"), "sketch": self.tr("Sketch"), "decoded": self.tr("Decoded")}
            names[0] = clean[restored.source]
            for number, quality in ((1, restored.noisy_quality), (2, restored.restored_quality)):
                if math.isfinite(quality):
                    names[number] = self.tr("{name} {quality:.1f} dB").format(name=names[number], quality=quality)
        for label, name in zip(self._names, names, strict=True):
            label.setText(name)
            label.setToolTip(self.tr("PSNR against the image at the left; more is nearer") if "dB" in name else "")
