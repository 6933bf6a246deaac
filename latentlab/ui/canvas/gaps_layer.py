"""The layer of gaps: shade behind the points where the encoder would put a decoded image elsewhere, and its scale."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from latentlab.core.comparison_results import GAP, Gaps
from latentlab.ui import theme
from latentlab.ui.canvas.view import MapView

_SETTLE_MILLISECONDS = 150
_FULL = 2 * GAP  # from here on the shade grows no darker
# Opacity just below a gap, from where it begins, and at its full: so much that one sees it, and every class above it.
_LIGHT, _DARK = (0.05, 0.15, 0.27), (0.04, 0.11, 0.20)
_FINER = 6  # pixels of the shade on a side of each cell
_MARGIN, _PADDING, _BAR_HEIGHT = 8.0, 8.0, 8.0
_BAR_WIDTH = 120.0
_FARTHEST = 1e6  # pixels: what was measured for another part is a speck, or too large for Qt's painter


class GapsLayer(QGraphicsObject):
    """Shades a part of the plane, asks for the part that is seen, and keeps still while it is not looked at."""

    wanted = Signal(object)
    """The part of the plane to measure: left, right, bottom, top; None for none any more."""

    def __init__(self, view: MapView, *, is_narrow: bool) -> None:
        super().__init__(view.box)
        self._view = view
        self._is_narrow = is_narrow
        self._gaps: Gaps | None = None
        self._problem = ""
        self._image = QImage()
        self._is_on = self._is_looked_at = False
        self.setZValue(-5)  # above the grid, below the points
        self.setVisible(False)
        self.legend = GapsLegend(view)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLE_MILLISECONDS)
        self._timer.timeout.connect(self._ask)
        view.changed.connect(self._follow_view)

    def set_on(self, is_on: bool) -> None:
        """Show gaps, or show them no more."""
        self._is_on = is_on
        self._ask()

    def set_looked_at(self, is_looked_at: bool) -> None:
        """Rest while the map is hidden."""
        self._is_looked_at = is_looked_at
        self._ask()

    def set_gaps(self, gaps: Gaps | None) -> None:
        """Shade these, or nothing."""
        self._gaps, self._problem = gaps, ""
        self.redraw()

    def show_problem(self, sentence: str) -> None:
        """Say in the place of the scale why there are none."""
        self._gaps, self._problem = None, sentence
        self.redraw()

    def gaps(self) -> Gaps | None:
        """Give what is shaded."""
        return self._gaps if self._is_on else None

    def redraw(self) -> None:
        """Follow the theme."""
        self.setVisible(self._is_on)
        self._image = QImage() if self._gaps is None else _shade(self._gaps.values)
        has_gaps = self._gaps is not None
        text = "" if has_gaps and self._is_narrow else self._share_text(self._gaps.share) if has_gaps else self._problem
        self.legend.describe(text, has_bar=has_gaps)
        self.legend.setVisible(self._is_on and (has_gaps or bool(self._problem)))
        self.update()

    def boundingRect(self) -> QRectF:
        """Cover the view box."""
        return self._view.box.rect()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the shade where it belongs on the plane, however the view has moved since it was measured."""
        if self._gaps is None or self._image.isNull():
            return
        left, right, bottom, top = self._gaps.extent
        (x, y), (far_x, far_y) = self._view.to_pixels([(left, top), (right, bottom)])
        if max(abs(side) for side in (x, y, far_x, far_y)) > _FARTHEST:
            return
        painter.setClipRect(self.boundingRect())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(QPointF(x, y), QPointF(far_x, far_y)), self._image)

    def _share_text(self, share: float) -> str:
        return self.tr("gaps: {share} of the map").format(share=f"{share:.1%}" if share < 0.0995 else f"{share:.0%}")

    def _follow_view(self) -> None:
        # Not started anew by every change: a view that follows training would never settle.
        if self._is_on and self._is_looked_at and not self._timer.isActive():
            self._timer.start()

    def _ask(self) -> None:
        self._timer.stop()
        if not self._is_on:
            self._gaps, self._problem = None, ""
        self.redraw()
        self.wanted.emit(self._view.extent() if self._is_on and self._is_looked_at else None)


class GapsLegend(QGraphicsItem):
    """A card in the lower left corner: which share of the map gaps are, and what a shade means."""

    def __init__(self, view: MapView) -> None:
        super().__init__(view.box)
        self._view = view
        self._text = ""
        self._has_bar = False
        self.setZValue(25)
        self.setVisible(False)
        view.changed.connect(self.update)

    def describe(self, text: str, *, has_bar: bool) -> None:
        """Say this; with a bar it is about shades."""
        self._text, self._has_bar = text, has_bar
        self.update()

    def text(self) -> str:
        """Give what is said."""
        return self._text if self.isVisible() else ""

    def boundingRect(self) -> QRectF:
        """Cover the view box."""
        return self._view.box.rect()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the card."""
        colours = theme.current()
        font = QFont() if widget is None else QFont(widget.font())
        metrics = QFontMetricsF(font)
        box = self.boundingRect()
        room = max(box.width() - 2 * (_MARGIN + _PADDING), 40.0)
        flags = int(Qt.TextFlag.TextWordWrap)
        text = metrics.boundingRect(QRectF(0, 0, room, 400), flags, self._text) if self._text else QRectF()
        bar = min(_BAR_WIDTH, room) if self._has_bar else 0.0
        height = text.height() + (_BAR_HEIGHT + metrics.height() + (6 if self._text else 2) if self._has_bar else 0)
        card = QRectF(0, 0, max(text.width(), bar) + 2 * _PADDING, height + 2 * _PADDING)
        card.moveBottomLeft(QPointF(box.left() + _MARGIN, box.bottom() - _MARGIN))
        ground = QColor(colours.surface)
        ground.setAlpha(235)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.grid), 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(card, 6, 6)
        painter.setFont(font)
        painter.setPen(QColor(colours.foreground))
        inside = card.adjusted(_PADDING, _PADDING, -_PADDING, -_PADDING)
        painter.drawText(inside, flags, self._text)
        if self._has_bar:
            self._paint_bar(
                painter,
                QRectF(inside.left(), inside.bottom() - metrics.height() - 2 - _BAR_HEIGHT, bar, _BAR_HEIGHT),
                metrics,
            )

    def _paint_bar(self, painter: QPainter, bar: QRectF, metrics: QFontMetricsF) -> None:
        colours = theme.current()
        painter.fillRect(bar, QColor(colours.background))
        ramp = _shade(np.linspace(0, _FULL, 64, dtype=np.float32)[None], finer=1)
        painter.drawImage(bar, ramp)
        painter.setPen(QPen(QColor(colours.grid), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)
        painter.setPen(QColor(colours.muted))
        for value, text in ((0.0, "0"), (GAP, f"{GAP:g}"), (_FULL, f"{_FULL:g}")):
            width = metrics.horizontalAdvance(text)
            middle = bar.left() + bar.width() * value / _FULL
            x = min(max(middle - width / 2, bar.left()), bar.right() - width)
            painter.drawText(QPointF(x, bar.bottom() + 2 + metrics.ascent()), text)


def _shade(values: npt.NDArray[np.float32], finer: int = _FINER) -> QImage:
    """Give the picture of some gaps (R, C): the darker the larger, with an edge where a gap begins."""
    grey = np.nan_to_num(np.clip(values / _FULL, 0, 1) * 255).astype(np.uint8)
    rows, columns = grey.shape
    grey = np.ascontiguousarray(grey)
    coarse = QImage(grey.data, columns, rows, columns, QImage.Format.Format_Grayscale8)
    # Smooth before colours are given, so that the edge is sharp however coarse the cells are.
    fine = coarse.scaled(
        columns * finer, rows * finer, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    ).convertToFormat(QImage.Format.Format_Grayscale8)
    shade = QImage(fine.constBits(), fine.width(), fine.height(), fine.bytesPerLine(), QImage.Format.Format_Indexed8)
    shade.setColorTable(_colour_table())
    return shade.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _colour_table() -> list[int]:
    colours = theme.current()
    colour = QColor(colours.foreground)
    below, begins, most = _DARK if colours.dark else _LIGHT
    table = []
    for step in range(256):
        gap = step / 255 * _FULL
        above = (gap - GAP) / (_FULL - GAP)
        colour.setAlphaF(below * gap / GAP if above < 0 else begins + (most - begins) * above)
        table.append(colour.rgba())
    return table
