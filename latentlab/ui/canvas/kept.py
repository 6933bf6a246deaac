"""The picture of what stays as it is while the points below or above it are painted up to sixty times a second."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap


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
