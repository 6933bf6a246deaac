"""A quiet button over the map, painted in the colours of the theme: on a card of its own, or on one that it shares."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QToolButton, QWidget

from latentlab.ui.style import theme
from latentlab.ui.style.paint import KeptPicture, paint_card

_BESIDE, _TIGHT, _ABOVE, _ARROW = 9, 5, 5, 8  # pixels


def button_size(metrics: QFontMetrics, text: str, *, opens: bool) -> QSize:
    """Give what a button with a text takes, in pixels; one that opens something has a small arrow after it."""
    beside = 2 * _BESIDE + _ARROW + 6 if opens else 2 * _TIGHT
    return QSize(metrics.horizontalAdvance(text) + beside, metrics.height() + 2 * _ABOVE)


def paint_button(painter: QPainter, widget: QWidget, text: str, *, has_card: bool, opens: bool) -> None:
    """Draw a button that fills a widget: its text, where the mouse and the keyboard are, and an arrow if it opens."""
    colours = theme.current()
    rect = QRectF(widget.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if has_card:
        paint_card(painter, rect)
    is_on = widget.isEnabled() and (widget.underMouse() or widget.hasFocus())
    if is_on:
        painter.setPen(QPen(QColor(colours.accent), 1.5) if widget.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.grid) if widget.underMouse() else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 5, 5)
    ink = QColor(colours.foreground if widget.isEnabled() else colours.muted)
    if not widget.isEnabled():
        ink.setAlphaF(0.6)
    painter.setPen(ink)
    painter.setFont(widget.font())
    place = rect.adjusted(_BESIDE - 1, 0, -_BESIDE - _ARROW - 5, 0) if opens else rect.adjusted(2, 0, -2, 0)
    shown = widget.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, round(place.width()) + 1)
    flags = Qt.AlignmentFlag.AlignVCenter | (Qt.AlignmentFlag.AlignLeft if opens else Qt.AlignmentFlag.AlignHCenter)
    painter.drawText(place, int(flags), shown)
    if opens:
        x, y = rect.right() - _BESIDE - _ARROW, rect.center().y() - _ARROW / 4
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.muted))
        tip = QPointF(x + _ARROW / 2, y + _ARROW / 2 + 1)
        painter.drawPolygon(QPolygonF([QPointF(x, y), QPointF(x + _ARROW, y), tip]))


class CardButton(QToolButton):
    """Says what it does in a word or two, and is reached by the Tab key.

    Parameters
    ----------
    text, tip, name : str
        What it says, what that means in a sentence, and its object name.
    has_card : bool
        Lie on a card of its own.
    opens : bool
        Show by an arrow that more comes.
    """

    def __init__(
        self,
        text: str,
        tip: str,
        name: str,
        parent: QWidget | None = None,
        *,
        has_card: bool = False,
        opens: bool = False,
    ) -> None:
        super().__init__(parent, text=text, toolTip=tip, objectName=name)
        self._has_card, self._opens = has_card, opens
        self._kept = KeptPicture()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard to the map
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """Fit the text."""
        return button_size(self.fontMetrics(), self.text(), opens=self._opens)

    def minimumSizeHint(self) -> QSize:
        """Never hide part of the text."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the picture, which is kept: the map below is painted sixty times a second, and this with it."""
        looks = (self.text(), self.font().key(), theme.current(), self.isEnabled(), self.underMouse(), self.hasFocus())
        painter = QPainter(self)
        self._kept.paint(
            painter,
            QRectF(self.rect()),
            looks,
            lambda pen: paint_button(pen, self, self.text(), has_card=self._has_card, opens=self._opens),
        )
        painter.end()
