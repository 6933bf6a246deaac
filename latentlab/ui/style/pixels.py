"""Arrays of pixels as pictures of Qt, and how these are painted: the one place for colour and for dense displays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QImage, QPainter

from latentlab.core.arrays import channels_last, to_levels


def to_image(pixels: npt.NDArray[np.float32] | npt.NDArray[np.uint8]) -> QImage:
    """Turn pixels into a picture of its own memory.

    Parameters
    ----------
    pixels : float32 in [0, 1] or uint8, (C, H, W) or (H, W)
        An image of one channel, grey, or of red, green and blue; or a plane of grey.

    Returns
    -------
    QImage
        A byte a pixel for grey; four, which Qt paints fastest, for colour.
    """
    levels = np.ascontiguousarray(to_levels(pixels if pixels.ndim == 2 else channels_last(pixels)))
    height, width, *bands = levels.shape
    # Both ways a copy: QImage does not own the memory of a numpy array.
    if not bands:
        return QImage(levels.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
    coloured = QImage(levels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return coloured.convertToFormat(QImage.Format.Format_RGB32)


def in_colours(levels: QImage, table: Sequence[int]) -> QImage:
    """Turn a grey picture, which is used up, into one with a colour, as ``0xAARRGGBB``, for each of its 256 levels."""
    levels.reinterpretAsFormat(QImage.Format.Format_Indexed8)
    levels.setColorTable(table)
    return levels.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def paint_image(painter: QPainter, place: QRectF | QRect, image: QImage) -> None:
    """Paint a picture so that one sees its pixels: as squares where they are enlarged, as means where many meet."""
    # What counts are the display's own pixels, of which there may be several to a point.
    shrinks = place.width() * painter.deviceTransform().m11() < image.width()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks)
    painter.drawImage(place, image)


def fitted(size: QSize, room: QRectF) -> QRectF:
    """Give the place of a picture in the middle of a room, as large as fits."""
    scale = min(room.width() / size.width(), room.height() / size.height())
    place = QRectF(0, 0, size.width() * scale, size.height() * scale)
    place.moveCenter(room.center())
    return place
