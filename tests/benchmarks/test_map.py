"""What the map costs: new positions painted beside pyqtgraph's own scatter plot, panning, picking, hovering."""

import itertools

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from latentlab.core.map.image_ids import ImageIds
from latentlab.core.map.results import MapPoints
from latentlab.ui.canvas.latent_canvas import LatentCanvas
from latentlab.ui.style import theme

COUNTS = [10_000, 70_000, 1_000_000]
SIZE = (1200, 800)


def cloud(count):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, count)
    centres = rng.normal(size=(10, 2)) * 1.5
    return (centres[labels] + rng.normal(size=(count, 2)) * 0.4).astype(np.float32), labels


class Mine:
    """The map, and what is measured of it."""

    def __init__(self, qtbot, count):
        positions, self.labels = cloud(count)
        self.ids = ImageIds.of("set", np.arange(count))
        self.places = itertools.cycle((positions, positions + np.float32(0.01)))
        self.canvas = LatentCanvas()
        qtbot.addWidget(self.canvas)
        self.canvas.resize(*SIZE)
        self.update()

    def update(self):
        """New positions for every point, and a picture of them."""
        points = MapPoints("run", next(self.places), self.labels, tuple("0123456789"), ("z₁", "z₂"), self.ids)
        self.canvas.set_points(points)
        assert not self.canvas.grab().isNull()

    def pan(self):
        self.canvas.view.pan(self.canvas.view.extent(), QPointF(3, -2))
        assert not self.canvas.grab().isNull()

    def pick(self):
        return self.canvas.points_layer.nearest(QPointF(500, 300))

    def move_mouse(self):
        self.at = QPointF(300 + (self.at.x() * 7 + 13) % 500, 400) if hasattr(self, "at") else QPointF(300, 400)
        none = Qt.MouseButton.NoButton
        place = self.canvas.viewport().mapToGlobal(self.at)
        event = QMouseEvent(QEvent.Type.MouseMove, self.at, place, none, none, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.canvas.viewport(), event)


class Theirs:
    """A scatter plot with an item for each class."""

    def __init__(self, qtbot, count):
        self.positions, self.labels = cloud(count)
        self.plot = pg.PlotWidget()
        qtbot.addWidget(self.plot)
        self.plot.resize(*SIZE)
        self.items = [
            pg.ScatterPlotItem(size=4, pen=None, brush=pg.mkBrush(*colour))
            for colour in theme.class_colours(10, dark=False)
        ]
        for item in self.items:
            self.plot.addItem(item)

    def update(self):
        for label, item in enumerate(self.items):
            item.setData(pos=self.positions[self.labels == label])
        assert not self.plot.grab().isNull()


@pytest.fixture(params=COUNTS, ids="{:,} points".format)
def count(request):
    return request.param


@pytest.fixture
def mine(qtbot, count, benchmark):
    return Mine(qtbot, count)


def test_update_and_paint(benchmark, mine, count):
    benchmark.group = f"{count:,} points moved and painted"
    benchmark(mine.update)


def test_update_and_paint_beside_scatter_plot_items(race, row, qtbot):
    count = 70_000
    mine, theirs = Mine(qtbot, count), Theirs(qtbot, count)
    found = race({"map": mine.update, "items": theirs.update}, 15, warm_up=1)
    assert len(mine.canvas.points()) == sum(len(item.data) for item in theirs.items) == count
    times, milliseconds = found.speed("map", "items"), 1000 / found.per_second("map", 1)
    row(
        f"{count:,} points: new positions + paint",
        "ScatterPlotItem per class",
        "15 times, below 8 ms",
        f"{times:.1f} times, {milliseconds:.1f} ms",
        times >= 15 and milliseconds < 8,
    )


def test_pan(benchmark, mine):
    benchmark.group = "panned and painted"
    benchmark(mine.pan)


def test_pan_over_a_million(race, row, qtbot):
    mine = Mine(qtbot, 1_000_000)
    milliseconds = 1000 / race({"pan": mine.pan}, 15, warm_up=1).per_second("pan", 1)
    row("1,000,000 points: pan", "", "below 50 ms a frame", f"{milliseconds:.0f} ms", milliseconds < 50)


def test_pick(benchmark, mine):
    benchmark.group = "the point at a pixel"
    benchmark(mine.pick)


def test_mouse_move_with_hover(benchmark, mine):
    benchmark.group = "a move of the mouse"
    benchmark(mine.move_mouse)


def test_first_pick_after_a_change_of_the_view(benchmark, mine):
    benchmark.group = "the point at a pixel, after the view has changed"

    def change():
        mine.canvas.view.pan(mine.canvas.view.extent(), QPointF(3, -2))
        mine.canvas.grab()

    benchmark.pedantic(mine.pick, setup=change, rounds=20)
