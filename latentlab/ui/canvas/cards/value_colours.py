"""The colours of values: a scale that is even to the eye, and the groups of a column."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtGui import QColor

from latentlab.core.map.point_values import LEVELS, PointValues
from latentlab.ui.style import theme

# Viridis (Smith and van der Walt, 2015) is even in lightness, and so for all kinds of sight. It is cut where it would
# come near the background, and runs away from it: what is high stands out, in light and dark.
_LIGHT, _DARK = (0.82, 0.0), (0.22, 1.0)
_PALE = 0.55  # how much of the muted colour is left in what has no value

Table = npt.NDArray[np.uint8]


def table(values: PointValues | None) -> Table:
    """Give the colour of each level of some values, uint8 (256, 3); that of 0 is for points without one."""
    if values is None:
        return groups(0)  # the scale is read from a file, for which a window need not wait
    return groups(len(values.categories)) if values.categories else scale_colours()


def scale_colours() -> Table:
    """Give the colours of a scale."""
    ends = _DARK if theme.current().dark else _LIGHT
    colours = pg.colormap.get("viridis").map(np.linspace(*ends, LEVELS), mode="byte")[:, :3]
    return np.concatenate([_without(), colours]).astype(np.uint8)


def groups(count: int) -> Table:
    """Give the colours of so many groups, from level 1 on."""
    made = np.repeat(_without(), LEVELS + 1, 0)
    made[1 : count + 1] = theme.class_colours(count, dark=theme.current().dark)
    return made


def _without() -> Table:
    colours = theme.current()
    muted, ground = (np.array(QColor(name).getRgb()[:3], float) for name in (colours.muted, colours.background))
    return np.rint(_PALE * muted + (1 - _PALE) * ground).astype(np.uint8)[None]
