"""What is on a sheet of paper: strokes and pictures, ink or colours, in a raster; and the steps back and forth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from latentlab.core.arrays import to_floats
from latentlab.core.sketch import preparation
from latentlab.core.sketch.painting import Paper
from latentlab.ui.style.pixels import to_image

# Side of the raster, whatever the size it is shown at: a drawing does not change when the window does.
SIDE = 512
_STEPS_TO_UNDO = 50
_PICTURE_SHARE = 0.9  # of the paper's side
_PAPER = 255


class Ink:
    """Black ink on a raster of `SIDE` by `SIDE` pixels; or colours on paper for a painting.

    Points are given in the coordinates of the raster.

    Parameters
    ----------
    paper : Paper, optional
        What is painted on in colours; without it, white paper for black ink.

    Attributes
    ----------
    brush : float
        Width of the strokes, pixels.
    colour : QColor
        Of the strokes, on paper for a painting.
    """

    def __init__(self, paper: Paper | None = None) -> None:
        self.brush = 24.0
        self.colour = QColor(Qt.GlobalColor.black)
        self.paper = paper
        self._settled = self._blank()
        self._undo: list[QImage] = []
        self._redo: list[QImage] = []
        # The stroke under way: its last two points, between which, from `_start`, it is not settled yet.
        self._points: list[QPointF] = []
        self._start = QPointF()
        self._pressure = 1.0
        self._erases = False

    def size(self) -> QSize:
        """Give the size of the raster."""
        return self._settled.size()

    def image(self) -> QImage:
        """Give the paper with all that is on it."""
        if len(self._points) < 2:
            return self._settled
        image = self._settled.copy()
        self._draw(image, self.tail())
        return image

    def settled_image(self) -> QImage:
        """Give the paper without the tail of the stroke under way."""
        return self._settled

    def drawing(self) -> npt.NDArray[np.float32]:
        """Give the ink, float32 (SIDE, SIDE) in [0, 1]; or the painting with its paper, float32 (3, h, w) in [0, 1]."""
        if self.paper is not None:
            return to_floats(np.moveaxis(_colours(self.image()), -1, 0))
        # Of one array of this size only: a new one of a megabyte takes longer than filling it.
        return np.divide(_PAPER - _pixels(self.image()), np.float32(_PAPER), dtype=np.float32)

    def is_empty(self) -> bool:
        """Tell whether the paper is blank."""
        if self.paper is not None:
            pixels = np.frombuffer(self._settled.constBits(), np.uint32)  # at once: asked at each move of the pen
            return bool((pixels == self._ground().rgb()).all())
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
        colour = self._ground() if self._erases else self._inked()
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
        self._settled = self._blank()

    def put(self, picture: QImage) -> None:
        """Replace the drawing by the ink of a picture, as large as fits; or the painting by the picture."""
        self.end()
        # What is transparent counts as ground.
        flat = QImage(picture.size(), QImage.Format.Format_RGB32)
        flat.fill(self._ground())
        painter = QPainter(flat)
        painter.drawImage(QRectF(flat.rect()), picture)
        painter.end()
        placed = self._inked_from(flat) if self.paper is None else self._covered_by(flat)
        self._remember()
        self._settled = placed

    def _inked_from(self, flat: QImage) -> QImage:
        longest = round(SIDE * _PICTURE_SHARE)
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        flat = flat.scaled(longest, longest, keep, smooth).convertToFormat(QImage.Format.Format_Grayscale8)
        grey = _pixels(flat)
        height, width = grey.shape
        top, left = (SIDE - height) // 2, (SIDE - width) // 2
        paper = np.full((SIDE, SIDE), _PAPER, np.uint8)
        paper[top : top + height, left : left + width] = np.rint(_PAPER * (1 - preparation.ink_of(grey)))
        return to_image(paper)

    def _covered_by(self, flat: QImage) -> QImage:
        """Cover all of the paper and cut off what hangs over, as is done to the pictures of a folder."""
        size = self.size()
        covering = flat.size().scaled(size, Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        # Enlarged, the pixels stay squares: a picture of the model's own size is seen by it as it is.
        grows = covering.width() > flat.width()
        how = Qt.TransformationMode.FastTransformation if grows else Qt.TransformationMode.SmoothTransformation
        scaled = flat.scaled(covering, Qt.AspectRatioMode.IgnoreAspectRatio, how)
        left, top = (scaled.width() - size.width()) // 2, (scaled.height() - size.height()) // 2
        return scaled.copy(left, top, size.width(), size.height()).convertToFormat(QImage.Format.Format_RGB32)

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

    def _ground(self) -> QColor:
        return QColor(Qt.GlobalColor.white) if self.paper is None else QColor(*self.paper.ground)

    def _inked(self) -> QColor:
        return QColor(Qt.GlobalColor.black) if self.paper is None else self.colour

    def _blank(self) -> QImage:
        paper = self.paper
        if paper is None:
            image = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
            image.fill(_PAPER)
            return image
        image = QImage(paper.width * paper.scale, paper.height * paper.scale, QImage.Format.Format_RGB32)
        image.fill(self._ground())
        return image

    def _around(self, points: list[QPointF]) -> QRectF:
        xs, ys = [point.x() for point in points], [point.y() for point in points]
        margin = self.brush + 2
        return QRectF(QPointF(min(xs), min(ys)), QPointF(max(xs), max(ys))).adjusted(-margin, -margin, margin, margin)


def _pixels(image: QImage) -> npt.NDArray[np.uint8]:
    """Copy a grey image's pixels, uint8 (H, W): a view would outlive an image that is only passed through."""
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].copy()


def _colours(image: QImage) -> npt.NDArray[np.uint8]:
    """Copy a coloured image's pixels: uint8 (H, W, 3), red, green and blue."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
