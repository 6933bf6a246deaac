"""A line above the map on a training that another program does: the one that is shown, or one that could be."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QPushButton, QSizePolicy, QToolButton, QWidget

from latentlab.ui.style.paint import paint_told
from latentlab.ui.style.texts import plain, plain_label
from latentlab.ui.widgets.boxes import row

_NARROWEST = 120  # pixels: see `MessageBar`


class FollowedBar(QFrame):
    """Says what is followed and how old it is, and offers what can be done; it stays as long as that is so."""

    follow_requested = Signal()
    finish_requested = Signal()
    stop_requested = Signal()
    leave_requested = Signal()
    """It is not to be followed any more, or not to be offered."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("followedBar")
        self._is_problem = False
        self._label = plain_label(wordWrap=True, objectName="followedText")
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._label.setMinimumWidth(_NARROWEST)
        self._follow = QPushButton(self.tr("Follow it"), objectName="followButton")
        self._follow.setToolTip(self.tr("Show its map and its curves as they move"))
        self._follow.clicked.connect(self.follow_requested)
        self._finish = QPushButton(self.tr("Go on with it here"), objectName="finishFollowedButton")
        self._finish.setToolTip(self.tr("Train it to its end in this window, exactly as it would have gone on."))
        self._finish.clicked.connect(self.finish_requested)
        self._stop = QPushButton(self.tr("Stop the training"), objectName="stopFollowedButton")
        self._stop.setToolTip(self.tr("Ask the program that trains it to end now and to keep the model."))
        self._stop.clicked.connect(self.stop_requested)
        self._leave = QPushButton(self.tr("Follow no more"), objectName="leaveFollowedButton")
        self._leave.setToolTip(self.tr("Leave the map as it is; the training goes on."))
        self._leave.clicked.connect(self.leave_requested)
        self._close = QToolButton(text="✕", autoRaise=True, objectName="followedClose")
        self._close.setAccessibleName(self.tr("Close the message"))
        self._close.clicked.connect(self.leave_requested)
        buttons = (self._follow, self._finish, self._stop, self._leave)
        row((self._label, 1), *buttons, self._close, margins=(12, 6, 6, 6), spacing=6, on=self)
        self.hide()

    def show_followed(self, sentence: str, file: str, *, is_training: bool, can_finish: bool, is_problem: bool) -> None:
        """Say how the run that is shown is getting on: of which file, and whether it is being trained."""
        self._offer(sentence, file, is_problem=is_problem)
        for button, can in ((self._stop, is_training), (self._leave, is_training), (self._finish, can_finish)):
            button.setVisible(can)
        self._follow.hide()
        self._close.setVisible(not is_training)

    def show_other(self, sentence: str, file: str, *, can_follow: bool) -> None:
        """Say that another run is being trained, which can be followed as soon as it has been saved."""
        self._offer(sentence, file, is_problem=False)
        for button in (self._stop, self._leave, self._finish):
            button.hide()
        self._follow.show()
        self._follow.setEnabled(can_follow)
        self._close.show()

    def _offer(self, sentence: str, file: str, *, is_problem: bool) -> None:
        self._label.setText(sentence)
        self._label.setToolTip(plain(file))
        if is_problem != self._is_problem:
            self._is_problem = is_problem
            self.update()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a card, whose left edge tells a problem from news."""
        painter = QPainter(self)
        paint_told(painter, self.rect(), is_problem=self._is_problem)
        painter.end()
