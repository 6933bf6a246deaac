"""An animation that runs back and forth, and the pace of what does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QSignalBlocker, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from latentlab.ui.widgets.boxes import column, row
from latentlab.ui.widgets.images.image_view import ImageView
from latentlab.ui.widgets.slider import Slider


class BackAndForth(QTimer):
    """Goes through the places 0, 1, … and back, a step at each tick."""

    moved = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.count = 0
        self.place = 0
        self._forward = True
        self.timeout.connect(self._step)

    def _step(self) -> None:
        last = self.count - 1
        if last < 1:
            return
        if not 0 < self.place < last:
            self._forward = self.place <= 0
        self.place = min(self.place + (1 if self._forward else -1), last)
        self.moved.emit(self.place)


_MILLISECONDS = 33
_LEAST_VIEW = 72  # pixels along a side


class Player(QWidget):
    """Plays frames while it is seen, and lets a person drag through them; `options` has room for what belongs to it."""

    save_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frames = np.empty((0, 1, 1, 1), np.float32)
        self._pace = BackAndForth(self)
        self._pace.setInterval(_MILLISECONDS)
        self.view = ImageView(160)
        self.view.setMinimumSize(_LEAST_VIEW, _LEAST_VIEW)
        self.view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._position = Slider(0, 0)
        self._position.setAccessibleName(self.tr("Place in the animation"))
        self._position.valueChanged.connect(self._show)
        self._pace.moved.connect(self._position.setValue)
        self.play_button = QPushButton(checkable=True)
        self.play_button.toggled.connect(self._run)
        self._save = QPushButton(self.tr("Save GIF…"))
        self._save.setObjectName("saveAnimationButton")
        self._save.setToolTip(self.tr("Save the animation, there and back, as a GIF file"))
        self._save.clicked.connect(self.save_requested)
        self.options = row()
        buttons = row(self.play_button, self._save, spacing=6)
        column((self.view, 1), self._position, self.options, buttons, spacing=4, on=self)
        self._run(False)
        self.set_frames(self._frames)

    def set_frames(self, frames: npt.NDArray[np.float32]) -> None:
        """Play float32 (N, C, H, W) in [0, 1] from now on, at the same place; none stops it."""
        self._frames = frames
        with QSignalBlocker(self._position):
            self._position.setMaximum(max(0, len(frames) - 1))
        self._pace.count = len(frames)
        for widget in (self._position, self.play_button, self._save):
            widget.setEnabled(bool(len(frames)))
        if not len(frames):
            self.play_button.setChecked(False)
        self._show()

    def frames(self) -> npt.NDArray[np.float32]:
        """Give what is played."""
        return self._frames

    def position(self) -> int:
        """Give which frame is shown."""
        return self._position.value()

    def showEvent(self, event: QShowEvent) -> None:
        """Go on where it was."""
        super().showEvent(event)
        self._run(self.play_button.isChecked())

    def hideEvent(self, event: QHideEvent) -> None:
        """Rest while nobody looks."""
        self._pace.stop()
        super().hideEvent(event)

    @Slot(bool)
    def _run(self, wanted: bool) -> None:
        self.play_button.setText(self.tr("Pause") if wanted else self.tr("Play"))
        if wanted and self.isVisible():
            self._pace.start()
        else:
            self._pace.stop()

    @Slot()
    def _show(self) -> None:
        self._pace.place = self._position.value()
        self.view.set_pixels(self._frames[self._position.value()] if len(self._frames) else None)
