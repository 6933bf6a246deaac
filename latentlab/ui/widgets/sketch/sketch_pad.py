"""The pad that one draws on: ink or colours on paper, by mouse or by a tablet's pen, pasted, dropped or opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QMimeData, QPointF, QRectF, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QCursor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QImageReader,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPointingDevice,
    QResizeEvent,
    QTabletEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.core.files import is_file
from latentlab.core.sketch.painting import Paper
from latentlab.ui.style import theme
from latentlab.ui.style.pixels import fitted
from latentlab.ui.widgets.fitted_text import draw_fitted
from latentlab.ui.widgets.sketch.ink import SIDE, Ink

_DARK_PAPER = 140  # lightness, of 255, below which words on it are white


class SketchPad(QWidget):
    """A sheet of paper, as large as the widget allows: a square one for ink, or one for a painting in colours."""

    accessible_role = QAccessible.Role.Canvas

    drawn = Signal()  # the ink has changed, and there is some
    emptied = Signal()  # the last ink is gone
    lifted = Signal()  # a stroke is done
    stepped = Signal()  # what can be undone or redone may have changed
    problem = Signal(str)  # a sentence on what was pasted or dropped

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sketchPad")
        self.setAccessibleName(self.tr("Sketch pad"))
        self.setToolTip(self.tr("Draw with the mouse or a pen; paste or drop a picture. The Delete key clears."))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 120)
        self.setAcceptDrops(True)
        self._hint = self.tr("Draw here")
        self._ink = Ink()
        self._was_empty = True
        self._erasing = False
        self._is_target = False  # something is dragged over it that it takes

    # What it holds

    def drawing(self) -> npt.NDArray[np.float32]:
        """Give the drawing: float32 (h, w) in [0, 1], ink is 1; or all of a painting, float32 (3, h, w) in [0, 1]."""
        return self._ink.drawing()

    def is_empty(self) -> bool:
        """Tell whether the paper is blank."""
        return self._ink.is_empty()

    def can_undo(self) -> bool:
        """Tell whether there is a step to take back."""
        return self._ink.can_undo()

    def can_redo(self) -> bool:
        """Tell whether there is a step to do again."""
        return self._ink.can_redo()

    def hint(self) -> str:
        """Give what blank paper says."""
        return self._hint

    # Settings

    def set_hint(self, text: str) -> None:
        """Say on blank paper what to do."""
        if text != self._hint:
            self._hint = text
            self.update()

    def set_paper(self, paper: Paper | None) -> None:
        """Take a fresh sheet of another paper, to be painted on in colours; None for white paper and black ink."""
        if paper == self._ink.paper:
            return
        before, self._ink = self._ink, Ink(paper)
        self._ink.brush, self._ink.colour = before.brush, before.colour
        self._show_brush()
        self._changed()

    def set_colour(self, colour: QColor) -> None:
        """Draw in a colour, where the paper is one for a painting."""
        self._ink.colour = colour

    def set_brush(self, width: float) -> None:
        """Draw so wide, in 512ths of the paper's longer side."""
        self._ink.brush = float(width)
        self._show_brush()

    def set_erasing(self, erasing: bool) -> None:
        """Take ink away instead of putting it on."""
        self._erasing = erasing
        self._show_brush()

    # Steps

    def undo(self) -> None:
        """Take back the last stroke, clearing or picture."""
        if self._ink.undo():
            self._changed()

    def redo(self) -> None:
        """Do again what was taken back."""
        if self._ink.redo():
            self._changed()

    def clear(self) -> None:
        """Take new paper; can be undone."""
        if not self.is_empty():
            self._ink.clear()
            self._changed()

    def paste(self) -> None:
        """Put the clipboard's picture on the paper."""
        held = QGuiApplication.clipboard().mimeData() or QMimeData()  # where nothing was ever copied there is none
        self._take(held, self.tr("There is no picture to paste: copy one first, then paste."))

    def open(self, path: Path) -> None:
        """Put a picture file on the paper."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        self._take(data, "")

    # Events

    def sizeHint(self) -> QSize:
        """Prefer a square that a mouse draws well on."""
        return QSize(240, 240)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._changed(self._ink.begin(self._on_paper(event.position()), 1.0, self._erasing))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the stroke."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go_on(event.position(), 1.0)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the stroke."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._go_on(event.position(), 1.0)
            self._end()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Draw with a pen: harder is wider, and its other end erases."""
        kind = event.type()
        if kind == QEvent.Type.TabletPress and event.button() == Qt.MouseButton.LeftButton:
            erases = self._erasing or event.pointerType() == QPointingDevice.PointerType.Eraser
            self._changed(self._ink.begin(self._on_paper(event.position()), event.pressure(), erases))
        elif kind == QEvent.Type.TabletMove:
            self._go_on(event.position(), event.pressure())
        elif kind == QEvent.Type.TabletRelease:
            self._end()
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Keep the pad's keys from the window's menus while the pad has the focus."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._action(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Undo, redo, paste, clear."""
        action = self._action(event)
        if action:
            action()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a picture, or a file of one; other files, and many, are the window's."""
        if event.mimeData().hasImage() or _is_picture(event.mimeData()):
            event.acceptProposedAction()
            self._show_target(is_target=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Be paper to draw on again."""
        self._show_target(is_target=False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Put the picture on the paper."""
        self._show_target(is_target=False)
        self._take(event.mimeData(), self.tr("What was dropped is no picture: drop a PNG or JPEG file."))
        event.acceptProposedAction()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the brush as wide as it draws."""
        super().resizeEvent(event)
        self._show_brush()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the part of the paper that has changed."""
        colours = theme.current()
        paper = self._paper()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.setClipRect(event.rect())
        painter.drawImage(paper, self._ink.settled_image())
        tail = self._ink.tail()
        if tail is not None:
            painter.save()
            painter.setClipRect(paper, Qt.ClipOperation.IntersectClip)
            painter.translate(paper.topLeft())
            painter.scale(self._scale(), self._scale())
            painter.setPen(self._ink.pen())
            painter.drawPath(tail)
            painter.restore()
        if colours.dark and self._ink.paper is None:
            # White paper would outshine a dark window; colours are shown as the model gets them.
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
            painter.fillRect(paper, QColor("#dfe3e8"))
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        if self._was_empty:
            font = self.font()
            font.setPointSizeF(font.pointSizeF() * 1.2)
            painter.setFont(font)
            ground = (255, 255, 255) if self._ink.paper is None else self._ink.paper.ground
            # On paper, which is of one colour in both themes.
            painter.setPen(QColor("#4b5563" if QColor(*ground).lightness() > _DARK_PAPER else "#ffffff"))
            hint = self.tr("Drop to draw this picture here") if self._is_target else self._hint
            draw_fitted(painter, paper.adjusted(12, 12, -12, -12), hint)
        is_marked = self.hasFocus() or self._is_target
        width = 4 if self._is_target else 2 if is_marked else 1
        painter.setPen(QPen(QColor(colours.accent if is_marked else colours.edge), width))
        painter.drawRect(paper.adjusted(width / 2, width / 2, -width / 2, -width / 2))
        painter.end()

    # Inside

    def _go_on(self, position: QPointF, pressure: float) -> None:
        touched = self._ink.go_on(self._on_paper(position), pressure)
        if touched is not None:
            self._changed(touched)

    def _end(self) -> None:
        touched = self._ink.end()
        if touched is not None:
            self._changed(touched)
            self.lifted.emit()

    def _changed(self, touched: QRectF | None = None) -> None:
        was_empty, self._was_empty = self._was_empty, self.is_empty()
        if touched is None or was_empty != self._was_empty:
            self.update()
        else:
            paper, scale = self._paper(), self._scale()
            rect = QRectF(paper.topLeft() + touched.topLeft() * scale, touched.size() * scale)
            self.update(rect.toAlignedRect())
        self.stepped.emit()
        if not self._was_empty:
            self.drawn.emit()
        elif not was_empty:
            self.emptied.emit()

    def _take(self, data: QMimeData, nothing: str) -> None:
        picture = QImage()
        if data.hasImage():
            picture = QImage(data.imageData())
        elif data.hasUrls():
            url = data.urls()[0]
            picture = _read(url.toLocalFile())
            nothing = self.tr("{name} is no picture that can be read: take a PNG or JPEG file on this machine.").format(
                name=url.fileName() or url.toString()
            )
        if picture.isNull():
            self.problem.emit(nothing)
        else:
            self._ink.put(picture)
            self._changed()

    def _action(self, event: QKeyEvent) -> Callable[[], None] | None:
        keys = QKeySequence.StandardKey
        for key, action in ((keys.Undo, self.undo), (keys.Redo, self.redo), (keys.Paste, self.paste)):
            if event.matches(key):
                return action
        return self.clear if event.key() == Qt.Key.Key_Delete else None

    def _paper(self) -> QRectF:
        return fitted(self._ink.size(), QRectF(0, 0, max(1, self.width()), max(1, self.height())))

    def _scale(self) -> float:
        """Give how long a pixel of the paper is shown."""
        return self._paper().width() / self._ink.size().width()

    def _on_paper(self, position: QPointF) -> QPointF:
        return (position - self._paper().topLeft()) / self._scale()

    def _show_target(self, *, is_target: bool) -> None:
        self._is_target = is_target
        self.update()

    def _show_brush(self) -> None:
        """Make the cursor a ring as wide as what is drawn or erased."""
        width = self._ink.brush * (2 if self._erasing else 1) * self._scale()
        side = max(6, round(width)) + 4
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(side * ratio), round(side * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # Dark on light: seen on paper and on ink.
        for colour, line in (("white", 3), ("#1b1f24", 1)):
            painter.setPen(QPen(QColor(colour), line))
            painter.drawEllipse(QRectF(2, 2, side - 4, side - 4))
        painter.end()
        self.setCursor(QCursor(pixmap))


def _is_picture(data: QMimeData) -> bool:
    """Whether one file is dragged, with a name that pictures have."""
    names = [url.fileName() for url in data.urls()]
    known = {bytes(kind.data()).decode() for kind in QImageReader.supportedImageFormats()}
    return len(names) == 1 and names[0].rpartition(".")[2].lower() in known


def _read(path: str) -> QImage:
    """Read a picture file, turned upright and no larger than a drawing needs; null where it is none."""
    if not is_file(Path(path)):  # whoever opens a pipe waits
        return QImage()
    reader = QImageReader(path)
    reader.setAutoTransform(True)
    size = reader.size()
    if max(size.width(), size.height()) > 2 * SIDE:
        reader.setScaledSize(size.scaled(2 * SIDE, 2 * SIDE, Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()
