"""A line of text that is cut short where there is no room, and whole where the mouse rests."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

_SHORTEST, _LONGEST = 8, 28  # characters


class ElidedLabel(QLabel):
    """Shows plain text in one line; it asks for the room of its text, and may get less."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        """Ask for the whole text, of a length that a bar has room for."""
        whole = self.fontMetrics().horizontalAdvance(self.text()) + 4
        return QSize(min(whole, self._room(_LONGEST)), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Do with a few letters."""
        whole = self.fontMetrics().horizontalAdvance(self.text()) + 4
        return QSize(min(whole, self._room(_SHORTEST)), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what there is room for."""
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.width())
        self.style().drawItemText(
            painter, self.contentsRect(), Qt.AlignmentFlag.AlignVCenter, self.palette(), self.isEnabled(), text,
            self.foregroundRole(),
        )  # fmt: skip
        painter.end()

    def _room(self, characters: int) -> int:
        return characters * self.fontMetrics().averageCharWidth()
