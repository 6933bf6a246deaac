"""Notes over the map: what its landscape waits for, and why there is no map."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPalette
from PySide6.QtWidgets import QLabel, QStyleOptionGraphicsItem, QWidget

from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style import theme
from latentlab.ui.style.paint import paint_card

_PATIENCE_MILLISECONDS = 300  # what comes sooner needs no announcement
_MARGIN, _PADDING, _BAR_HEIGHT = 8.0, 8.0, 3.0


class LandscapeNote(Layer):
    """A card in the upper left corner of the map, there only while it has something to say."""

    def __init__(self, view: MapView) -> None:
        super().__init__(view, Order.NOTE)
        self._problem = ""
        self._share = 1.0
        self._timer = QTimer(self, singleShot=True, interval=_PATIENCE_MILLISECONDS)
        self._timer.timeout.connect(self._announce)
        self.setVisible(False)

    def say(self, problem: str) -> None:
        """Say this, or nothing any more."""
        self._problem = problem
        if problem:
            self.wait_for(1.0)
        self.setVisible(bool(problem) or (self.isVisible() and self._share < 1))
        self.update()

    def wait_for(self, share: float) -> None:
        """Tell how much is there, once that has not been all of it for a moment."""
        self._share = share
        if share >= 1:
            self._timer.stop()
            self.setVisible(bool(self._problem))
        elif not self.isVisible() and not self._timer.isActive():
            self._timer.start()
        self.update()

    def text(self) -> str:
        """Give what is said."""
        if not self.isVisible():
            return ""
        return self._problem or self._progress(self._share)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the card, and below the text of a progress its bar."""
        colours = theme.current()
        font = QFont() if widget is None else QFont(widget.font())
        metrics = QFontMetricsF(font)
        box = self.boundingRect()
        room = max(min(box.width() / 2, 320.0) - 2 * (_MARGIN + _PADDING), 40.0)
        flags = int(Qt.TextFlag.TextWordWrap)
        text = metrics.boundingRect(QRectF(0, 0, room, 400), flags, self.text())
        if not self._problem:  # as wide at any share
            text.setWidth(
                max(text.width(), metrics.horizontalAdvance(self.tr("decoding… {share}").format(share="88%")))
            )
        bar = 0.0 if self._problem else _BAR_HEIGHT + 4
        card = QRectF(0, 0, text.width() + 2 * _PADDING, text.height() + bar + 2 * _PADDING)
        # Below the line of the buttons, and of what is selected.
        card.moveTopLeft(QPointF(box.left() + _MARGIN, box.top() + 2 * _MARGIN + metrics.height() + 14))
        paint_card(painter, card)
        painter.setFont(font)
        inside = card.adjusted(_PADDING, _PADDING, -_PADDING, -_PADDING)
        painter.drawText(inside, flags, self.text())
        if not self._problem:
            whole = QRectF(inside.left(), inside.bottom() - _BAR_HEIGHT, inside.width(), _BAR_HEIGHT)
            painter.fillRect(whole, QColor(colours.grid))
            whole.setWidth(whole.width() * self._share)
            painter.fillRect(whole, QColor(colours.accent))

    def _progress(self, share: float) -> str:
        return self.tr("decoding… {share}").format(share=f"{share:.0%}")

    @Slot()
    def _announce(self) -> None:
        self.setVisible(True)


class MapMessage(QLabel):
    """A sentence on a ground of its own; the mouse goes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, textFormat=Qt.TextFormat.PlainText)
        self.setObjectName("mapMessage")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWordWrap(True)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAutoFillBackground(True)
        self.setForegroundRole(theme.MUTED)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setMargin(12)
        self.hide()

    def dress(self, font: QFont) -> None:
        """Follow the font, a little larger."""
        large = QFont(font)
        large.setPointSizeF(font.pointSizeF() + 3)
        self.setFont(large)

    def place(self, rect: QRect, *, is_wanted: bool) -> None:
        """Lie in the middle of a rectangle of the parent's, if there is something to say and it is wanted."""
        width = min(rect.width() * 3 // 4, self.fontMetrics().horizontalAdvance(self.text()) + 48)
        self.resize(width, self.heightForWidth(width))
        self.move(rect.center() - self.rect().center())
        self.setVisible(bool(self.text()) and is_wanted)
