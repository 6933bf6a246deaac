"""What the map costs beside pyqtgraph's own scatter plot: new positions for every point, and a picture of them."""

import numpy as np
import pyqtgraph as pg
import pytest

from latentlab.core.results import MapPoints
from latentlab.ui import theme
from latentlab.ui.canvas.latent_canvas import LatentCanvas


@pytest.fixture(params=[10_000, 70_000], ids="{:,} points".format)
def points(request, benchmark):
    benchmark.group = f"{request.param:,} points moved and painted"
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, request.param)
    centres = rng.normal(size=(10, 2)) * 1.5
    positions = (centres[labels] + rng.normal(size=(request.param, 2)) * 0.4).astype(np.float32)
    return positions, labels


def test_latent_canvas(benchmark, qtbot, points):
    positions, labels = points
    canvas = LatentCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(1200, 800)

    def move():
        canvas.set_points(MapPoints("run", positions, labels, tuple("0123456789"), ("z₁", "z₂"), False))
        assert not canvas.grab().isNull()

    benchmark(move)


def test_scatter_plot_item_per_class(benchmark, qtbot, points):
    positions, labels = points
    plot = pg.PlotWidget()
    qtbot.addWidget(plot)
    plot.resize(1200, 800)
    colours = theme.class_colours(10, dark=False)
    items = [pg.ScatterPlotItem(size=4, pen=None, brush=pg.mkBrush(*colour)) for colour in colours]
    for item in items:
        plot.addItem(item)

    def move():
        for label, item in enumerate(items):
            item.setData(pos=positions[labels == label])
        assert not plot.grab().isNull()

    benchmark(move)
