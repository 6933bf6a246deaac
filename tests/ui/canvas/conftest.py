from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtGui import QImage

from latentlab.core.map.image_ids import ImageIds
from latentlab.core.map.results import MapPoints
from latentlab.ui.canvas.latent_canvas import LatentCanvas


@pytest.fixture
def canvas(qtbot):
    return qtbot.show(LatentCanvas(), 700, 560)


@pytest.fixture
def map_points():
    sets = itertools.count()
    latest = next(sets)

    def make(points, labels=None, names=("a", "b", "c"), *, run_id="r", animate=False):
        """Make points of other images than before; where they are to move there, of the same ones."""
        nonlocal latest
        latest = latest if animate else next(sets)
        points = np.asarray(points, np.float32).reshape(-1, 2)
        labels = np.zeros(len(points), np.int64) if labels is None else np.asarray(labels, np.int64)
        return MapPoints(run_id, points, labels, names, ("z₁", "z₂"), ImageIds.of(str(latest), np.arange(len(points))))

    return make


@pytest.fixture
def shown():
    """Give what the viewport shows now, as uint8 (H, W, 3)."""

    def look(canvas):
        canvas.viewport().grab()  # what rests is painted from a picture the second time, rounded by some shades
        image = canvas.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)

    return look
