"""What dropping something will do, said over the whole window while it is dragged there."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from latentlab.ui.style import theme

_MARGIN, _RADIUS, _PADDING = 16, 12, 24


class DropHint(QWidget):
    """Lies over a widget and says a sentence; what is dragged passes through it to what is below."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("dropHint")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._text = ""
        self._is_problem = False
        self.hide()

    def text(self) -> str:
        """Give the sentence shown, or an empty string."""
        return "" if self.isHidden() else self._text

    def show_hint(self, text: str, *, is_problem: bool) -> None:
        """Say what will be done, or why nothing can."""
        self._text, self._is_problem = text, is_problem
        self.setGeometry(self.parentWidget().rect())
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim the window, frame it, and write the sentence on a card in its middle."""
        colours = theme.current()
        edge = QColor(colours.warning if self._is_problem else colours.accent)
        veil, whole = QColor(colours.background), QRectF(self.rect())
        veil.setAlphaF(0.55)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(whole, veil)
        painter.setPen(QPen(edge, 3, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(whole.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN), _RADIUS, _RADIUS)
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        painter.setFont(font)
        room = whole.adjusted(4 * _MARGIN, 4 * _MARGIN, -4 * _MARGIN, -4 * _MARGIN)
        room.setWidth(min(room.width(), 640))
        room.moveCenter(whole.center())
        flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        text = painter.boundingRect(room, flags, self._text)
        painter.setPen(QPen(edge, 1.5))
        painter.setBrush(QColor(colours.surface))
        painter.drawRoundedRect(text.adjusted(-_PADDING, -_PADDING, _PADDING, _PADDING), _RADIUS, _RADIUS)
        painter.setPen(QColor(colours.foreground))
        painter.drawText(text, flags, self._text)
        painter.end()
