"""A sentence above the map: what went wrong and what to do, or what has just been done; with a button that does it."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QPushButton, QSizePolicy, QToolButton, QWidget

from latentlab.core import log
from latentlab.ui.style.paint import paint_told
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import row

_NEWS_MILLISECONDS, _READ_MILLISECONDS = 8000, 2000
_NARROWEST = 120  # pixels; where Qt would rather have fewer lines, which widens the window in large text


class MessageBar(QFrame):
    """Shows one sentence at a time; a problem stays until it is read, news go by themselves.

    Beside what tells an error that nobody foresaw is a button that asks for a report of it.

    Parameters
    ----------
    name : str
        What the object names of its parts begin with.
    """

    report_asked = Signal()
    accepted = Signal()
    """What its button offers is wanted; the sentence is no longer shown."""

    def __init__(self, name: str = "message", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}Bar")
        self._is_problem = False
        self._label = plain_label(wordWrap=True, objectName=f"{name}Text")
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._label.setMinimumWidth(_NARROWEST)
        self._offer = QPushButton(objectName=f"{name}Offer")
        self._offer.clicked.connect(self.hide)
        self._offer.clicked.connect(self.accepted)
        self._report = QPushButton(self.tr("Report…"), objectName=f"{name}Report")
        self._report.setToolTip(self.tr("What happened, to copy for those who can mend it"))
        self._report.clicked.connect(self.report_asked)
        close = QToolButton(text="✕", autoRaise=True, objectName=f"{name}Close")
        close.setAccessibleName(self.tr("Close the message"))
        close.clicked.connect(self.hide)
        top = Qt.AlignmentFlag.AlignTop
        row((self._label, 1), self._offer, (self._report, 0, top), (close, 0, top), margins=(12, 6, 6, 6), on=self)
        self._since_told = QElapsedTimer()
        self._timer = QTimer(self, singleShot=True, interval=_NEWS_MILLISECONDS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def text(self) -> str:
        """Give the sentence shown, or an empty string."""
        return "" if self.isHidden() else self._label.text()

    @Slot(str, bool)
    def show_message(self, text: str, is_problem: bool, offer: str = "") -> None:
        """Show a sentence, and a button with what it offers, in place of the one before; an empty one takes it back."""
        self._is_problem = is_problem
        self._label.setText(text)
        self._report.setVisible(log.is_last_told(text))
        self._offer.setText(offer)
        self._offer.setVisible(bool(offer))
        self.update()
        self.setVisible(bool(text))
        self._timer.stop()
        self._since_told.start()
        if text and not is_problem:
            self._timer.start()

    @Slot()
    def leave(self) -> None:
        """Go with the page that it was told on, unless nobody can have read it yet."""
        if self._since_told.isValid() and self._since_told.hasExpired(_READ_MILLISECONDS):
            self.hide()

    def hideEvent(self, event: QEvent) -> None:
        """Forget the timer of what is no longer shown."""
        self._timer.stop()
        super().hideEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a card, whose left edge tells a problem from news."""
        painter = QPainter(self)
        paint_told(painter, self.rect(), is_problem=self._is_problem)
        painter.end()
