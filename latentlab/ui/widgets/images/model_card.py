"""One of two models that are compared: its name, its losses, and its image of the cursor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from latentlab.core.map.comparability import Figure
from latentlab.ui.style.texts import plain, plain_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.images.image_view import ImageView

_SIDE = 96


class ModelCard(QWidget):
    """Shows words on the outer side and the image on the inner one, so that two cards put their images together.

    Parameters
    ----------
    is_left : bool
        Whether the image lies at the right end.
    """

    def __init__(self, *, is_left: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image = ImageView()
        edge = Qt.AlignmentFlag.AlignRight if is_left else Qt.AlignmentFlag.AlignLeft
        labels = [plain_label() for _ in range(6)]
        self._title, self._name, self._test, self._gaps, self._own, self._quality = labels
        for label in labels:
            label.setAlignment(edge | Qt.AlignmentFlag.AlignVCenter)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._title.setWordWrap(True)
        self._name.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        words = (column(STRETCH, *labels, STRETCH, spacing=1), 1)
        row(*((words, self.image) if is_left else (self.image, words)), spacing=10, on=self)
        self._texts = dict.fromkeys(labels, "")
        self._dress()
        self.set_side(_SIDE)
        self.name("", "", None)
        self.show_share(None)
        self.show_image(None)

    def set_side(self, side: int) -> None:
        """Show the image in a square of so many pixels."""
        self.image.setFixedSize(side, side)

    def name(self, title: str, name: str, figure: Figure | None) -> None:
        """Say which model it is, and what the test images cost."""
        self._say(self._title, title)
        self._say(self._name, name)
        text = ""
        if figure is not None:
            bound, error = self.tr("test −ELBO {n:.1f} nats"), self.tr("test error {n:.1f} nats")
            text = (bound if figure.is_bound else error).format(n=figure.nats)
        self._say(self._test, text)

    def show_share(self, share: float | None) -> None:
        """Say which share of its map gaps are, in [0, 1]."""
        self._say(self._gaps, "" if share is None else self.tr("gaps {share:.1%}").format(share=share))

    def show_image(
        self,
        pixels: npt.NDArray[np.float32] | None,
        figure: Figure | None = None,
        psnr: float | None = None,
        label: str = "",
    ) -> None:
        """Show its image of the cursor, float32 (C, H, W), with what it costs and its decibels, or with its label."""
        self.image.set_pixels(pixels)
        text = self.tr("under label {name}").format(name=label) if label else ""
        if figure is not None:
            bound, error = self.tr("here −ELBO {n:.1f} nats"), self.tr("here error {n:.1f} nats")
            text = (bound if figure.is_bound else error).format(n=figure.nats)
        self._say(self._own, text)
        self._say(self._quality, "" if psnr is None else self.tr("here PSNR {n:.1f} dB").format(n=psnr))

    def words(self) -> list[str]:
        """Give what is said, in its order."""
        return [text for text in self._texts.values() if text]

    def resizeEvent(self, event: object) -> None:
        """Shorten what does not fit."""
        super().resizeEvent(event)
        for label, text in self._texts.items():
            self._fit(label, text)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the font."""
        if event.type() == QEvent.Type.FontChange:
            self._dress()
        super().changeEvent(event)

    def _dress(self) -> None:
        font = QFont(self.font())
        font.setBold(True)
        self._title.setFont(font)

    def _say(self, label: QLabel, text: str) -> None:
        self._texts[label] = text
        label.setToolTip(plain(text))
        label.setVisible(bool(text))
        self._fit(label, text)

    def _fit(self, label: QLabel, text: str) -> None:
        room = max(0, self.width() - self.image.width() - self.layout().spacing())
        if label is self._title:  # of two lines
            room = round(1.7 * room)
        label.setText(label.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room))
