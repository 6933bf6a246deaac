"""The ink on a sheet of paper: strokes drawn into a raster, and the steps back and forth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen

from latentlab.core.sketch import preparation
from latentlab.ui.style.pixels import to_image

# Side of the raster, whatever the size it is shown at: a drawing does not change when the window does.
SIDE = 512
_STEPS_TO_UNDO = 50
_PICTURE_SHARE = 0.9  # of the paper's side
_PAPER = 255


class Ink:
    """Black ink on a raster of `SIDE` by `SIDE` pixels, in whose coordinates points are given."""

    def __init__(self) -> None:
        self.brush = 24.0
        self._settled = _blank()
        self._undo: list[QImage] = []
        self._redo: list[QImage] = []
        # The stroke under way: its last two points, between which, from `_start`, it is not settled yet.
        self._points: list[QPointF] = []
        self._start = QPointF()
        self._pressure = 1.0
        self._erases = False

    def image(self) -> QImage:
        """Give the paper: grey, black on white."""
        if len(self._points) < 2:
            return self._settled
        image = self._settled.copy()
        self._draw(image, self.tail())
        return image

    def settled_image(self) -> QImage:
        """Give the paper without the tail of the stroke under way."""
        return self._settled

    def drawing(self) -> npt.NDArray[np.float32]:
        """Give the ink: float32 (SIDE, SIDE) in [0, 1]."""
        # Of one array of this size only: a new one of a megabyte takes longer than filling it.
        return np.divide(_PAPER - _pixels(self.image()), np.float32(_PAPER), dtype=np.float32)

    def is_empty(self) -> bool:
        """Tell whether the paper is blank."""
        return bool(_pixels(self._settled).min() == _PAPER)

    def can_undo(self) -> bool:
        """Tell whether there is a step to take back."""
        return bool(self._undo)

    def can_redo(self) -> bool:
        """Tell whether there is a step to do again."""
        return bool(self._redo)

    # Strokes

    def begin(self, point: QPointF, pressure: float, erases: bool) -> QRectF:
        """Begin a stroke; like the others, gives what of the raster is touched."""
        self.end()
        self._remember()
        self._erases, self._pressure = erases, pressure
        self._points, self._start = [point], point
        dot = QPainterPath(point)
        self._draw(self._settled, dot)
        return self._around([point])

    def go_on(self, point: QPointF, pressure: float) -> QRectF | None:
        """Go on with the stroke; None where nothing is drawn."""
        if not self._points or point == self._points[-1]:
            return None
        touched = [self._start, *self._points, point]
        if len(self._points) == 2:
            # A parabola from middle to middle: smooth, however far apart the points are, and without gaps.
            corner = self._points[1]
            path = QPainterPath(self._start)
            middle = (corner + point) / 2
            path.quadTo(corner, middle)
            self._draw(self._settled, path)
            self._start = middle
        self._points = [self._points[-1], point]
        self._pressure = pressure
        return self._around(touched)

    def end(self) -> QRectF | None:
        """Settle the stroke under way; None where there is none."""
        touched = self._around([self._start, *self._points]) if self._points else None
        if len(self._points) == 2:
            self._draw(self._settled, self.tail())
        self._points = []
        return touched

    def tail(self) -> QPainterPath | None:
        """Give what is not settled yet of the stroke under way: straight to its last point."""
        if len(self._points) < 2:
            return None
        path = QPainterPath(self._start)
        path.lineTo(self._points[-1])
        return path

    def pen(self) -> QPen:
        """Give the pen of the stroke under way."""
        colour = Qt.GlobalColor.white if self._erases else Qt.GlobalColor.black
        # A light touch leaves a line that can be seen; an eraser as thin as the pen would be no help.
        width = self.brush * (0.35 + 0.65 * self._pressure) * (2 if self._erases else 1)
        return QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)

    # Steps

    def undo(self) -> bool:
        """Take back the last stroke, clearing or picture; False where there is none."""
        return self._step(self._undo, self._redo)

    def redo(self) -> bool:
        """Do again what was taken back; False where there is nothing."""
        return self._step(self._redo, self._undo)

    def clear(self) -> None:
        """Take new paper."""
        self.end()
        self._remember()
        self._settled = _blank()

    def put(self, picture: QImage) -> None:
        """Replace the drawing by the ink of a picture, as large as fits."""
        self.end()
        # On white, so that what is transparent counts as ground.
        flat = QImage(picture.size(), QImage.Format.Format_RGB32)
        flat.fill(Qt.GlobalColor.white)
        painter = QPainter(flat)
        painter.drawImage(0, 0, picture)
        painter.end()
        longest = round(SIDE * _PICTURE_SHARE)
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        flat = flat.scaled(longest, longest, keep, smooth).convertToFormat(QImage.Format.Format_Grayscale8)
        grey = _pixels(flat)
        height, width = grey.shape
        top, left = (SIDE - height) // 2, (SIDE - width) // 2
        paper = np.full((SIDE, SIDE), _PAPER, np.uint8)
        paper[top : top + height, left : left + width] = np.rint(_PAPER * (1 - preparation.ink_of(grey)))
        self._remember()
        self._settled = to_image(paper)

    def _step(self, source: list[QImage], target: list[QImage]) -> bool:
        self.end()
        if not source:
            return False
        target.append(self._settled)
        self._settled = source.pop()
        return True

    def _remember(self) -> None:
        # Copies share their pixels until one is drawn on.
        self._undo = [*self._undo, QImage(self._settled)][-_STEPS_TO_UNDO:]
        self._redo = []

    def _draw(self, image: QImage, path: QPainterPath | None) -> None:
        if path is None:
            return
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.pen())
        if path.elementCount() > 1:
            painter.drawPath(path)
        else:
            painter.drawPoint(self._start)
        painter.end()

    def _around(self, points: list[QPointF]) -> QRectF:
        xs, ys = [point.x() for point in points], [point.y() for point in points]
        margin = self.brush + 2
        return QRectF(QPointF(min(xs), min(ys)), QPointF(max(xs), max(ys))).adjusted(-margin, -margin, margin, margin)


def _blank() -> QImage:
    image = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
    image.fill(_PAPER)
    return image


def _pixels(image: QImage) -> npt.NDArray[np.uint8]:
    """Copy a grey image's pixels, uint8 (H, W): a view would outlive an image that is only passed through."""
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].copy()
