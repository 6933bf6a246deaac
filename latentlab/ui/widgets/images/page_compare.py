"""A page before and after, at the two sides of a divider that can be moved; large pages can be zoomed and moved."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.core.output.pyramid import Pyramid
from latentlab.ui.style import theme
from latentlab.ui.style.paint import paint_place
from latentlab.ui.style.pixels import to_image

_LARGEST = 16.0  # points of the screen per pixel of the page
_STEP, _LARGE_STEP = 0.02, 0.1  # of the divider, as shares of the page
_HANDLE = 11
_NEAR = 12  # points from the divider where the mouse shows that it can be moved


class PageCompare(QWidget):
    """Shows a dirty page at the left of a divider and the cleaned one at its right.

    The left button and the arrow keys move the divider, the wheel zooms, the right button moves the page, 0 shows all
    of it.
    """

    accessible_role = QAccessible.Role.Graphic

    def __init__(self, placeholder: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._placeholder = placeholder
        self._dirty: list[QImage] = []
        self._clean: list[QImage] = []
        self._divider = 0.5
        self._scale: float | None = None  # None: all of the page
        self._centre = QPointF()  # of what is shown, pixels of the page
        self._grabbed: QPointF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 160)

    def show_page(self, page: Pyramid | None) -> None:
        """Show another page, whole, that is not cleaned yet."""
        self._dirty, self._clean = _images(page), []
        self._divider = 0.5
        self.show_all()

    def show_cleaned(self, page: Pyramid | None) -> None:
        """Show the cleaned page at the right, or that there is none yet."""
        self._clean = _images(page)
        self.update()

    def show_all(self) -> None:
        """Show all of the page, as large as it fits."""
        self._scale = None
        self.update()

    def divider(self) -> float:
        """Give where the divider is, as a share of what is seen of the page, from the left."""
        return self._divider

    def divider_x(self) -> float:
        """Give where the divider lies in the widget."""
        seen = self._seen()
        return seen.left() + self._divider * seen.width()

    def scale(self) -> float:
        """Give how many points of the screen a pixel of the page takes."""
        if self._scale is not None or not self._dirty:
            return self._scale or 1.0
        return min(self.width() / self._dirty[0].width(), self.height() / self._dirty[0].height())

    def page_rect(self) -> QRectF:
        """Give where the page lies in the widget, parts out of sight included."""
        if not self._dirty:
            return QRectF()
        scale = self.scale()
        size = QPointF(self._dirty[0].width(), self._dirty[0].height())
        centre = size / 2 if self._scale is None else self._centre
        left_top = QPointF(self.width(), self.height()) / 2 - centre * scale
        return QRectF(left_top, left_top + size * scale)

    def sizeHint(self) -> QSize:
        """Prefer the room for a page."""
        return QSize(900, 620)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the divider, or of the page."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._put_divider(event.position().x())
        elif event.button() == Qt.MouseButton.RightButton:
            self._grabbed = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what is held."""
        place = event.position()
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._put_divider(place.x())
        elif self._grabbed is not None:
            moved, self._grabbed = place - self._grabbed, place
            self._look(self.scale(), self._middle() - moved / self.scale())
        else:
            is_near = bool(self._clean) and abs(place.x() - self.divider_x()) < _NEAR
            self.setCursor(Qt.CursorShape.SplitHCursor if is_near else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._grabbed = None
        self.unsetCursor()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the mouse."""
        self._zoom(1.2 ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the divider with the arrow keys, Home and End; zoom with plus, minus and 0."""
        step = _LARGE_STEP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _STEP
        places = {
            Qt.Key.Key_Left: self._divider - step,
            Qt.Key.Key_Right: self._divider + step,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: 1.0,
        }
        zooms = {Qt.Key.Key_Plus: 1.2, Qt.Key.Key_Equal: 1.2, Qt.Key.Key_Minus: 1 / 1.2}
        if event.key() in places:
            self._divider = min(1.0, max(0.0, places[event.key()]))
            self.update()
        elif event.key() in zooms:
            self._zoom(zooms[event.key()], QPointF(self.rect().center()))
        elif event.key() == Qt.Key.Key_0:
            self.show_all()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the page in sight."""
        super().resizeEvent(event)
        if self._scale is not None:
            self._look(self._scale, self._centre)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw both pages, the divider and their names, or what to do first."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._dirty:
            paint_place(painter, self.rect().adjusted(7, 7, -7, -7), 2)
            painter.setPen(QColor(theme.current().muted))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(QRectF(self.rect()).adjusted(24, 24, -24, -24), flags, self._placeholder)
        else:
            seen, x = self._seen(), self.divider_x()
            before = QRectF(seen.left(), seen.top(), (x if self._clean else seen.right()) - seen.left(), seen.height())
            after = QRectF(x, seen.top(), seen.right() - x, seen.height())
            self._draw_page(painter, self._dirty, before)
            if self._clean:
                self._draw_page(painter, self._clean, after)
                self._draw_divider(painter, x, seen)
                self._draw_name(painter, self.tr("dirty"), before, Qt.AlignmentFlag.AlignLeft)
                self._draw_name(painter, self.tr("cleaned"), after, Qt.AlignmentFlag.AlignRight)
        painter.end()

    def _draw_page(self, painter: QPainter, levels: list[QImage], part: QRectF) -> None:
        """Draw the part of a page that lies in a part of the widget, from the level nearest above in size."""
        if part.isEmpty():
            return
        scale, level = self.scale(), 0
        ratio = painter.deviceTransform().m11()  # pixels of the display to a point
        while level + 1 < len(levels) and scale * ratio * 2 ** (level + 1) <= 1:
            level += 1
        factor = scale * 2**level
        corner = (part.topLeft() - self.page_rect().topLeft()) / factor
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, factor * ratio < 2)
        painter.drawImage(part, levels[level], QRectF(corner, part.size() / factor))

    def _draw_divider(self, painter: QPainter, x: float, seen: QRectF) -> None:
        colours = theme.current()
        accent, middle = QColor(colours.accent), QPointF(x, seen.center().y())
        painter.setPen(QPen(accent, 3 if self.hasFocus() else 2))
        painter.drawLine(QPointF(x, seen.top()), QPointF(x, seen.bottom()))
        painter.setBrush(QColor(colours.background))
        painter.drawEllipse(middle, _HANDLE, _HANDLE)
        painter.setPen(QPen(accent, 2))
        for side in (-1, 1):
            tip = middle + QPointF(side * 7, 0)
            for end in (-4, 4):
                painter.drawLine(tip, tip + QPointF(-side * 4, end))

    def _draw_name(self, painter: QPainter, name: str, part: QRectF, side: Qt.AlignmentFlag) -> None:
        metrics = self.fontMetrics()
        width, height = metrics.horizontalAdvance(name) + 14, metrics.height() + 6
        if part.width() < width + 16:
            return
        left = part.left() + 8 if side == Qt.AlignmentFlag.AlignLeft else part.right() - 8 - width
        tag = QRectF(left, part.top() + 8, width, height)
        colours = theme.current()
        ground = QColor(colours.surface)
        ground.setAlphaF(0.9)
        painter.setPen(QPen(QColor(colours.grid), 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(tag, 4, 4)
        painter.setPen(QColor(colours.foreground))
        painter.drawText(tag, int(Qt.AlignmentFlag.AlignCenter), name)

    def _seen(self) -> QRectF:
        """Give the part of the widget in which the page is seen."""
        return self.page_rect().intersected(QRectF(self.rect()))

    def _middle(self) -> QPointF:
        """Give the place of the page in the middle of the widget, pixels of the page."""
        return (QPointF(self.width(), self.height()) / 2 - self.page_rect().topLeft()) / self.scale()

    def _put_divider(self, x: float) -> None:
        seen = self._seen()
        if seen.width() > 0:
            self._divider = min(1.0, max(0.0, (x - seen.left()) / seen.width()))
            self.update()

    def _zoom(self, factor: float, around: QPointF) -> None:
        before, middle = self.scale(), self._middle()
        after = min(_LARGEST, before * factor)
        offset = around - QPointF(self.width(), self.height()) / 2
        self._look(after, middle + offset / before - offset / after)

    def _look(self, scale: float, centre: QPointF) -> None:
        """Show the page at a scale around a place, without leaving it; all of it where it would be smaller."""
        if not self._dirty:
            return
        width, height = self._dirty[0].width(), self._dirty[0].height()
        if scale <= min(self.width() / width, self.height() / height):
            self.show_all()
            return
        half_wide, half_high = self.width() / scale / 2, self.height() / scale / 2
        x = width / 2 if half_wide * 2 >= width else min(width - half_wide, max(half_wide, centre.x()))
        y = height / 2 if half_high * 2 >= height else min(height - half_high, max(half_high, centre.y()))
        self._scale, self._centre = scale, QPointF(x, y)
        self.update()


def _images(page: Pyramid | None) -> list[QImage]:
    return [] if page is None else [to_image(level) for level in page.levels]
