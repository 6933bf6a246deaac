"""A hint over a corner of the map: what can be done here, until it is done or read."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QWidget

from latentlab.ui.canvas.cards.card_button import CardButton
from latentlab.ui.style import theme
from latentlab.ui.style.paint import KeptPicture, paint_card
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import row

_GAP = 8  # pixels
_SHORTEST = 12  # letters of a line


class Hint(QFrame):
    """Shows one sentence at a time, with a button that closes it; a click on it does so, too."""

    resized = Signal()
    """It says something else, and takes another room."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("mapHint")
        self.setAccessibleName(self.tr("Hint"))
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._kept = KeptPicture()
        self._text = plain_label(objectName="mapHintText", wordWrap=True)
        self._close = CardButton("×", self.tr("Close the hint"), "mapHintCloseButton")
        self._close.setAccessibleName(self.tr("Close the hint"))
        self._close.clicked.connect(self.hide)
        row((self._text, 1), self._close, margins=(12, 3, 5, 3), spacing=6, on=self)
        self.hide()

    @Slot(str)
    def say(self, sentence: str) -> None:
        """Show a sentence."""
        self._text.setText(sentence)
        self.setAccessibleDescription(sentence)
        self.show()
        self.raise_()
        self.resized.emit()

    def text(self) -> str:
        """Give the sentence that is shown, or an empty text."""
        return "" if self.isHidden() else self._text.text()

    def place(self, rect: QRect) -> None:
        """Lie in the lower left corner of a rectangle of the parent's, where nobody sees it if it has no room there.

        Fitted points are in the middle of the map.
        """
        beside = self.sizeHint().width() - self._text.sizeHint().width() + 2
        wide = min(self.fontMetrics().horizontalAdvance(self._text.text()) + beside, rect.width() - 2 * _GAP)
        high = max(self.heightForWidth(wide), self._close.sizeHint().height() + 6)
        place = QRect(rect.left() + _GAP, rect.bottom() - high - _GAP, wide, high)
        fits = place.top() >= rect.top() and wide >= beside + _SHORTEST * self.fontMetrics().averageCharWidth()
        self.setGeometry(place if fits else QRect(rect.bottomLeft(), QSize(0, 0)))

    def mousePressEvent(self, event: object) -> None:
        """Close: who clicks here means the map below."""
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a card."""
        rect = QRectF(self.rect())
        painter = QPainter(self)
        self._kept.paint(
            painter, rect, (theme.current(),), lambda pen: paint_card(pen, rect.adjusted(0.5, 0.5, -0.5, -0.5))
        )
        painter.end()
