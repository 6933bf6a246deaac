"""Which damage is done to images, and how much of it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QComboBox, QPushButton, QWidget

from latentlab.core.views.restored import Damage, DamageKind
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.flow import Flow
from latentlab.ui.widgets.forms.wheel_guard import WheelGuard
from latentlab.ui.widgets.slider import Slider

_FIRST: DamageKind = "salt_and_pepper"
# At the first look at each kind: enough to be seen, not so much that nothing is left.
_AMOUNTS: dict[DamageKind, int] = {
    "salt_and_pepper": 10, "gaussian": 20, "occlusion": 15, "stains": 60, "creases": 70, "light": 60,
}  # fmt: skip


class DamageBox(QWidget):
    """Asks for a kind of damage, its amount, and other noise.

    Parameters
    ----------
    name : str
        Object names of its parts begin with it.
    """

    changed = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._seed = 0
        self._amounts = _AMOUNTS.copy()
        self._kinds = QComboBox(objectName=f"{name}KindBox", accessibleName=self.tr("Kind of damage"))
        self._kinds.setToolTip(
            self.tr(
                "What is done to an image before the encoder sees it. As in training: what the recipe says; of a pair, "
                "its own dirty image."
            )
        )
        names: dict[DamageKind, str] = {
            "salt_and_pepper": self.tr("Salt and pepper"),
            "gaussian": self.tr("Gaussian noise"),
            "occlusion": self.tr("Occlusion"),
            "stains": self.tr("Stains"),
            "creases": self.tr("Creases"),
            "light": self.tr("Uneven light"),
        }
        for kind, text in names.items():
            self._kinds.addItem(text, kind)
        self._amount = Slider(0, 100)
        self._amount.setObjectName(f"{name}AmountSlider")
        self._amount.setAccessibleName(self.tr("Amount of damage"))
        self._amount.setPageStep(10)
        self._amount.setMinimumWidth(50)
        self._text = plain_label(objectName=f"{name}AmountText")
        self._text.setMinimumWidth(self._text.fontMetrics().horizontalAdvance("σ = 0.00 "))
        self._noise = QPushButton(self.tr("New noise"), objectName=f"{name}NoiseButton")
        self._noise.setToolTip(self.tr("Damage in other places; while the slider moves, the places stay the same"))
        for editor in (self._kinds, self._amount):
            WheelGuard(editor)
        self.setLayout(Flow(self._kinds, self._amount, self._text, self._noise, spacing=6))
        self._kinds.currentIndexChanged.connect(self._change_kind)
        self._amount.valueChanged.connect(self._change_amount)
        self._noise.clicked.connect(self._draw_noise)
        self._show_amount()

    def damage(self) -> Damage:
        """Give what is chosen."""
        return Damage(self._kinds.currentData(), self._amount.value() / 100, self._seed)

    def set_damage(self, damage: Damage) -> None:
        """Choose this damage."""
        self._seed = damage.seed
        if damage.kind in self._amounts:
            self._amounts[damage.kind] = round(100 * damage.amount)
        with QSignalBlocker(self._kinds):
            self._kinds.setCurrentIndex(self._kinds.findData(damage.kind))
        self._show_amount()

    def set_denoising(self, is_denoising: bool) -> None:
        """Offer what was done in training, and choose it, where a model was trained on damaged images."""
        place = self._kinds.findData("training")
        with QSignalBlocker(self._kinds):
            if is_denoising and place < 0:
                self._kinds.insertItem(0, self.tr("As in training"), "training")
                self._kinds.setCurrentIndex(0)
            elif place >= 0 and not is_denoising:
                was_chosen = self._kinds.currentIndex() == place
                self._kinds.removeItem(place)
                if was_chosen:
                    self._kinds.setCurrentIndex(self._kinds.findData(_FIRST))
        self._show_amount()

    @Slot()
    def _change_kind(self) -> None:
        self._show_amount()
        self.changed.emit()

    @Slot(int)
    def _change_amount(self, amount: int) -> None:
        self._amounts[self._kinds.currentData()] = amount
        self._show_amount()
        self.changed.emit()

    @Slot()
    def _draw_noise(self) -> None:
        self._seed += 1
        self.changed.emit()

    def _show_amount(self) -> None:
        kind = self._kinds.currentData()
        is_chosen = kind in self._amounts
        self._amount.setEnabled(is_chosen)
        if not is_chosen:
            self._text.clear()
            return
        with QSignalBlocker(self._amount):
            self._amount.setValue(self._amounts[kind])
        amount = self._amounts[kind]
        text = self.tr("σ = {value:.2f}") if kind == "gaussian" else self.tr("{percent} %")
        self._text.setText(text.format(value=amount / 100, percent=amount))
