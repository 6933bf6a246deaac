"""Arrays of grey pixels as pictures of Qt."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage


def to_image(pixels: npt.NDArray[np.float32]) -> QImage:
    """Turn float32 (H, W) in [0, 1] into a picture of its own memory."""
    return grey_image(np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8))


def grey_image(pixels: npt.NDArray[np.uint8]) -> QImage:
    """Turn uint8 (H, W) into a picture of its own memory."""
    grey = np.ascontiguousarray(pixels)
    height, width = grey.shape
    # copy(): QImage does not own the memory of a numpy array.
    return QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
