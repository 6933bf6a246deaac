"""Thousands of dots of one colour look as pyqtgraph's own scatter has them, wherever one looks."""

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtGui import QColor

from latentlab.ui.plots.crowd import Crowd
from latentlab.ui.plots.plain_plot import PlainPlot

COLOUR, EDGE = QColor("#2060c0"), QColor("#ffffff")


def picture_of(qtbot, item, looks):
    """Give what a plot shows of an item at each of some ranges."""
    plot = PlainPlot("x", "y")
    qtbot.addWidget(plot)
    plot.resize(420, 300)
    plot.box.addItem(item, ignoreBounds=True)
    with qtbot.waitExposed(plot):
        plot.show()
    pictures = []
    for across, up in looks:
        plot.box.setRange(xRange=across, yRange=up, padding=0, disableAutoRange=True)
        pictures.append(plot.grab().toImage())
    return pictures


@pytest.mark.parametrize("count", [1, 300])
def test_it_looks_as_a_scatter_does_at_every_range(qtbot, count):
    places, edge = np.random.default_rng(0).uniform(0, 10, (count, 2)), pg.mkPen(EDGE, width=1)
    crowd, scatter = Crowd(), pg.ScatterPlotItem()
    crowd.set_dots(places, 11, edge, COLOUR)
    scatter.setData(places[:, 0], places[:, 1], size=11, pen=edge, brush=COLOUR)
    looks = [((0, 10), (0, 10)), ((-30, 40), (2, 9)), ((places[0, 0] - 1, places[0, 0] + 1), (0, 10))]
    found, expected, nothing = (picture_of(qtbot, item, looks) for item in (crowd, scatter, Crowd()))
    assert found == expected
    assert found[0] != nothing[0]
