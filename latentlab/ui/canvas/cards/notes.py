"""A note in the corner of the map: how many of its images are chosen, and how many are excluded from it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style.paint import RimmedText

_MARGIN = 10.0


class ChosenNote(QGraphicsObject):
    """Writes into the upper left corner, with a rim that keeps it readable above points; nothing where nothing is."""

    def __init__(self, view: MapView) -> None:
        super().__init__(view.box)
        self._view = view
        self._chosen = self._excluded = self._count = 0
        self._written = RimmedText()
        self.setZValue(25)

    def set_chosen(self, chosen: int, count: int) -> None:
        """Tell how many images are chosen, of how many that the map shows."""
        self._chosen, self._count = chosen, count
        self.update()

    def set_excluded(self, excluded: int) -> None:
        """Tell how many images of the map are excluded from it."""
        self._excluded = excluded
        self.update()

    def text(self) -> str:
        """Give what is written."""
        parts = []
        if self._chosen:
            parts.append(self.tr("{n:,} of {all:,} chosen").format(n=self._chosen, all=self._count))
        if self._excluded:
            parts.append(self.tr("{n:,} excluded").format(n=self._excluded))
        return " · ".join(parts)

    def boundingRect(self) -> QRectF:
        """Cover the view box."""
        return self._view.box.rect()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Write the note."""
        text = self.text()
        if not text:
            return
        font = QFont() if widget is None else QFont(widget.font())
        metrics = QFontMetricsF(font)
        self._written.paint(
            painter, text, font, QPointF(_MARGIN + metrics.horizontalAdvance(text) / 2, _MARGIN + metrics.height())
        )
