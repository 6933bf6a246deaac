"""What is painted above points: pictures that are kept while they stay as they are, cards, and text with a rim."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap

from latentlab.ui.style import theme

_ROUND = 6.0
_CARD_ALPHA, _RIM_ALPHA, _GROUND_ALPHA = 235, 215, 190
_RIM = 4.0
_DOTS = QSizeF(28, 12)  # the patch that they stand on, in device-independent pixels


class KeptPicture:
    """Draws anew what looks different; what is painted again as it was comes from a picture of it.

    The first time it is drawn without one: where the view moves, each picture would serve once.
    """

    def __init__(self) -> None:
        self._looks: tuple[object, ...] = ()
        self._picture: QPixmap | None = None

    def paint(
        self, painter: QPainter, rect: QRectF, looks: tuple[object, ...], draw: Callable[[QPainter], None]
    ) -> None:
        """Paint what `draw` draws within a rectangle, if `looks` tells all that its looks depend on."""
        ratio = painter.device().devicePixelRatioF()
        room = rect.toAlignedRect()
        looks = (*looks, ratio, room.getRect())
        if looks != self._looks:
            self._looks, self._picture = looks, None
            painter.save()
            painter.setClipRect(room, Qt.ClipOperation.IntersectClip)
            draw(painter)
            painter.restore()
            return
        if self._picture is None:
            self._picture = QPixmap(room.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(Qt.GlobalColor.transparent)
            pen = QPainter(self._picture)
            pen.translate(-room.topLeft())
            draw(pen)
            pen.end()
        painter.drawPixmap(room.topLeft(), self._picture)


def paint_card(painter: QPainter, place: QRectF) -> None:
    """Draw a card; what is written or drawn next is in the theme's foreground."""
    colours = theme.current()
    ground = QColor(colours.surface)
    ground.setAlpha(_CARD_ALPHA)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colours.grid), 1))
    painter.setBrush(ground)
    painter.drawRoundedRect(place, _ROUND, _ROUND)
    painter.setPen(QColor(colours.foreground))


def paint_told(painter: QPainter, rect: QRect, *, is_problem: bool) -> None:
    """Draw the card of a sentence, whose left edge tells a problem from news."""
    card = QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5)
    paint_card(painter, card)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.current().warning if is_problem else theme.current().accent))
    painter.drawRoundedRect(QRectF(card.left(), card.top(), 4, card.height()), 2, 2)


def paint_place(painter: QPainter, rect: QRectF | QRect, width: int = 1) -> None:
    """Draw the dashed edge, within a rectangle, of a place where something will be."""
    half = width / 2
    place = QRectF(rect).toAlignedRect()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.current().edge), width, Qt.PenStyle.DashLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(place).adjusted(half, half, -half, -half), _ROUND, _ROUND)


def paint_dots(painter: QPainter, images: QRectF) -> None:
    """Draw three dots in the upper right corner of images: others are on their way, these are no longer asked for."""
    colours = theme.current()
    patch = QRectF(images.right() - _DOTS.width() - 4, images.top() + 4, _DOTS.width(), _DOTS.height())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.background))
    painter.drawRoundedRect(patch, _DOTS.height() / 2, _DOTS.height() / 2)
    painter.setBrush(QColor(colours.foreground))
    for place in (1, 2, 3):
        painter.drawEllipse(QPointF(patch.left() + place * patch.width() / 4, patch.center().y()), 2, 2)


def paint_rim(painter: QPainter, shape: QPainterPath) -> None:
    """Draw the rim of letters or lines, which are to be drawn on it."""
    rim = QColor(theme.current().background)
    rim.setAlpha(_RIM_ALPHA)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(rim, _RIM, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.drawPath(shape)


def paint_on_ground(painter: QPainter, text: str, centre: QPointF, colour: str) -> None:
    """Write a text in the painter's font on a patch of the background, which costs a tenth of what its rim does."""
    ground = QFontMetricsF(painter.font()).boundingRect(text)
    ground.moveCenter(centre)
    fill = QColor(theme.current().background)
    fill.setAlpha(_GROUND_ALPHA)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawRoundedRect(ground.adjusted(-3, -1, 3, 1), 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QColor(colour))
    painter.drawText(ground, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextDontClip), text)


class RimmedText:
    """A text with a rim, whose picture is kept: drawing the rim anew takes a tenth of a frame of the map."""

    def __init__(self) -> None:
        self._kept = KeptPicture()

    def paint(self, painter: QPainter, text: str, font: QFont, foot: QPointF) -> None:
        """Draw a text above the middle of its lower edge, on whole pixels."""
        metrics = QFontMetricsF(font)
        size = QSizeF(metrics.horizontalAdvance(text) + 2 * _RIM, metrics.height() + 2 * _RIM).toSize()
        corner = (foot + QPointF(-size.width() / 2, _RIM - size.height())).toPoint()

        def draw(pen: QPainter) -> None:
            written = QPainterPath()
            written.addText(_RIM, size.height() - _RIM - metrics.descent(), font, text)
            paint_rim(pen, written)
            pen.fillPath(written, QColor(theme.current().foreground))

        painter.save()
        painter.translate(corner)
        self._kept.paint(painter, QRectF(QPointF(), size), (text, font.key(), theme.current()), draw)
        painter.restore()
