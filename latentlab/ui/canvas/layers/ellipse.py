"""Where the ellipse of a Gaussian lies in the pixels of the map."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF
from PySide6.QtGui import QTransform

from latentlab.ui.plots.map_view import MapView

_FARTHEST = 1e5  # pixels: beyond, Qt's painter would overflow


def unit_circle(view: MapView, centre: QPointF, covariance: npt.NDArray[np.floating]) -> QTransform | None:
    """Give what maps the unit circle to the ellipse of 1 σ, in pixels of the view box; None for one too large to draw.

    Parameters
    ----------
    view : MapView
    centre : QPointF
        In pixels of the view box.
    covariance : (2, 2)
        On the plane of the map.
    """
    (origin, across, up) = view.to_pixels([(0, 0), (1, 0), (0, 1)])
    scale = np.column_stack([across - origin, up - origin])
    # L Lᵀ = Σ maps the unit circle to the ellipse of 1 σ; rounding may leave a flat Σ a little below zero.
    (a, b), (_, c) = scale @ covariance @ scale.T
    if not np.isfinite((a, b, c)).all() or a < 0 or c < 0:
        return None
    first = max(a, 1e-12) ** 0.5
    slant = b / first
    second = max(c - slant**2, 0.0) ** 0.5
    if max(first, second, abs(slant)) > _FARTHEST:
        return None
    return QTransform(first, slant, 0, second, centre.x(), centre.y())
