"""A slider for each dimension of a code."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QWidget

from latentlab.core.arrays import Floats
from latentlab.core.map.projection import dimension_name
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.forms.wheel_guard import WheelGuard
from latentlab.ui.widgets.slider import Slider

_STEPS = 100  # of a slider, per unit of the code
_REACH = 4
_AT_MOST = 64


class DimensionSliders(QScrollArea):
    """Shows the numbers of a code, and asks for others; the first 64 of them."""

    dimension_changed = Signal(int, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._sliders: list[Slider] = []
        self._values: list[QLabel] = []

    def set_dimensions(self, latent: int) -> None:
        """Make a slider for each of so many dimensions."""
        if latent == len(self._sliders):
            return
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(2, 0, 8, 0)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        self._sliders, self._values = [], []
        for index in range(min(latent, _AT_MOST)):
            name = dimension_name(index)
            slider, value = Slider(-_REACH * _STEPS, _REACH * _STEPS), plain_label()
            slider.setObjectName(f"dimensionSlider{index}")
            slider.setAccessibleName(name)
            slider.setSingleStep(10)
            slider.setPageStep(50)
            slider.valueChanged.connect(self._change)
            WheelGuard(slider)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            value.setMinimumWidth(value.fontMetrics().horizontalAdvance("−88.88"))
            for column, widget in enumerate((plain_label(name), slider, value)):
                grid.addWidget(widget, index, column)
            self._sliders.append(slider)
            self._values.append(value)
        if latent > _AT_MOST:
            text = self.tr("The first {shown} of {count} dimensions.").format(shown=_AT_MOST, count=latent)
            grid.addWidget(plain_label(text), _AT_MOST, 0, 1, 3)
        grid.setRowStretch(grid.rowCount(), 1)
        self.setWidget(content)
        self.updateGeometry()

    def set_code(self, code: Floats) -> None:
        """Show a code; a number beyond the slider's reach is still written out."""
        for slider, label, value in zip(self._sliders, self._values, code, strict=False):
            with QSignalBlocker(slider):
                slider.setValue(round(float(value) * _STEPS))
            label.setText(_number(float(value)))

    def sizeHint(self) -> QSize:
        """Show five at a time."""
        return QSize(200, min(len(self._sliders), 5) * 26 + 4)

    def minimumSizeHint(self) -> QSize:
        """Show three at least."""
        return QSize(160, min(len(self._sliders), 3) * 26 + 4)

    def _change(self, value: int) -> None:
        index = self._sliders.index(self.sender())
        self._values[index].setText(_number(value / _STEPS))
        self.dimension_changed.emit(index, value / _STEPS)


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
