"""The label that a code is decoded under: a slider, a search among many, and what the code is under each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from latentlab.core.models.labels import AT_ONCE, around
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import column, row
from latentlab.ui.widgets.forms.search_box import SearchBox
from latentlab.ui.widgets.forms.wheel_guard import WheelGuard
from latentlab.ui.widgets.images.image_strip import ImageStrip
from latentlab.ui.widgets.slider import Slider, SliderScale

_ONE_ROW = 13  # labels that fit below the slider, each under its own stop


class LabelChoice(QWidget):
    """Shows a label as chosen, and tells which one a person chooses."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._shown: tuple[int, ...] = ()  # the labels of the images
        self._text = plain_label()
        self.slider = Slider(0, 0)
        self.slider.setObjectName("labelSlider")
        self.slider.setAccessibleName(self.tr("Label"))
        self.slider.valueChanged.connect(self._change)
        WheelGuard(self.slider)
        self._search = SearchBox()
        self._search.setObjectName("labelSearchBox")
        self._search.setAccessibleName(self.tr("Find a label"))
        self._search.setToolTip(self.tr("Type a part of a label's name, then Enter"))
        self._search.taken.connect(self.slider.setValue)
        WheelGuard(self._search)
        self._scale = SliderScale(self.slider, {})
        self._scale.picked.connect(self.slider.setValue)
        self._strip = ImageStrip(1, _ONE_ROW)
        self._strip.setAccessibleName(self.tr("The same code under every label"))
        self._strip.picked.connect(self._pick)
        self._more = plain_label(wordWrap=True)
        self._row = row(self.slider)
        head = row(self._text, (self._search, 1), spacing=6)
        column(head, self._row, self._scale, self._strip, self._more, spacing=0, on=self)

    def set_names(self, names: tuple[str, ...], why_none: str = "") -> None:
        """Choose among the labels of these names; without any, say why there are none."""
        count, are_many = len(names), len(names) > AT_ONCE
        self._names, self._shown = names, ()
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, max(count - 1, 0))
            self.slider.setValue(0)
        self.slider.setPageStep(1 if count <= AT_ONCE else count // 20)
        self.slider.setEnabled(bool(names))
        self.slider.setToolTip(self.tr("Decode the pick under another label.") if names else why_none)
        self._search.setVisible(are_many)
        self._search.set_entries(names if are_many else (), 0)
        self._scale.set_names(dict(enumerate(names)) if count <= _ONE_ROW else {})
        self._scale.setVisible(0 < count <= _ONE_ROW)
        more = self.tr("and {n:,} more: find them by their names, or move the slider")
        self._more.setText(more.format(n=count - AT_ONCE))
        self._more.setVisible(are_many)
        self._strip.setVisible(bool(names))
        self._show_labels(around(0, count))
        self.set_label(0)
        self._align()

    def set_label(self, label: int) -> None:
        """Put the slider at a label."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(label)
        self._show(label)

    def set_text(self, text: str) -> None:
        """Say this in place of the label's name."""
        self._text.setText(text)

    def show_images(self, images: npt.NDArray[np.float32] | None, labels: Sequence[int] = ()) -> None:
        """Show a code decoded under some labels, float32 (K, C, H, W) and K of them, or empty places."""
        if images is not None:
            self._show_labels(tuple(labels) or tuple(range(len(images))))
        self._strip.set_images(images)
        self._frame(self.slider.value())

    def set_waiting(self, is_waiting: bool) -> None:
        """Say that other images are on their way."""
        self._strip.set_waiting(is_waiting)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep each stop of the slider above its image."""
        super().resizeEvent(event)
        self._align()

    def _show_labels(self, labels: tuple[int, ...]) -> None:
        if labels != self._shown:
            self._shown = labels
            self._strip.set_slots(max(len(labels), 1))
            self._strip.set_names(
                [self._names[label] for label in labels], captions=_ONE_ROW < len(self._names) <= AT_ONCE
            )

    def _show(self, label: int) -> None:
        if not self._names:
            self._text.setText(self.tr("Label: none in this model"))
            return
        if len(self._names) > AT_ONCE:
            self._text.setText(self.tr("Label:"))
            with QSignalBlocker(self._search):
                self._search.setCurrentIndex(label)
                self._search.setEditText(self._names[label])
                self._search.lineEdit().setCursorPosition(0)
        else:
            self._text.setText(self.tr("Label: {name}").format(name=self._names[label]))
        self._scale.emphasise(label)
        self._frame(label)

    def _frame(self, label: int) -> None:
        self._strip.set_framed(self._shown.index(label) if label in self._shown else None)

    def _change(self, label: int) -> None:
        self._show(label)
        self.chosen.emit(label)

    def _pick(self, place: int) -> None:
        if place < len(self._shown):
            self.slider.setValue(self._shown[place])

    def _align(self) -> None:
        """Inset the slider so that its stops lie above the middles of the images."""
        count = len(self._names)
        if not 1 < count <= _ONE_ROW:
            self._row.setContentsMargins(0, 0, 0, 0)
            return
        half_tile = self._strip.width() / count / 2
        inset = max(0, round(half_tile - self.slider.handle().width() / 2))
        self._row.setContentsMargins(inset, 0, inset, 0)
