"""The crosshair: where it is drawn, and that the rest of the map is left alone while it moves."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QImage, QPalette, QRegion
from PySide6.QtWidgets import QApplication

from latentlab.ui.canvas.layers.where_layer import WhereLayer
from latentlab.ui.style import theme


class Painted(QObject):
    """What of a widget has been painted anew."""

    def __init__(self, widget):
        super().__init__(widget)
        self.region = QRegion()
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            self.region |= event.region()
        return False

    def share(self):
        whole = self.parent().rect()
        return sum(part.width() * part.height() for part in self.region) / (whole.width() * whole.height())


def at_rest(canvas):
    """Give what is painted anew from here on, all that was due being done."""
    QApplication.processEvents()
    canvas.viewport().repaint()
    return Painted(canvas.viewport())


@pytest.fixture
def picture(qtbot):
    """Give what stands on the screen, put together of all that was painted: uint8 (H, W, 3)."""

    def look(canvas):
        corner, size = canvas.mapToGlobal(canvas.rect().topLeft()), canvas.size()
        grabbed = canvas.screen().grabWindow(0, corner.x(), corner.y(), size.width(), size.height())
        image = grabbed.toImage().convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)

    return look


def test_a_pick_that_moves_leaves_the_rest_of_the_map_as_it_is(canvas, map_points, picture, qtbot):
    canvas.set_points(map_points(np.random.default_rng(0).normal(size=(2000, 2))))
    canvas.set_pick((-0.5, 0.3))
    painted = at_rest(canvas)
    for place in ((0.0, 0.0), (0.7, -0.9), (0.72, -0.9)):
        painted.region = QRegion()
        canvas.set_pick(place)
        qtbot.waitUntil(lambda: painted.region.contains(canvas.pixel_of(*place)))  # noqa: B023
        assert painted.share() < 0.1
    before = picture(canvas)
    canvas.viewport().repaint()
    np.testing.assert_allclose(picture(canvas), before, atol=4)
    at = canvas.pixel_of(0.71, -0.9)
    row = before[at.y()]
    assert (abs(row[:, 0] - row[at.x() - 60, 0]) <= 40).mean() > 0.5  # a line across the map


def test_a_mouse_that_moves_leaves_all_but_the_lower_edge_as_it_is(canvas, map_points, qtbot):
    canvas.set_points(map_points([(-2, -2), (2, -2), (2, 2), (-2, 2)]))
    where = WhereLayer(canvas.view)
    canvas.mouse.cursor_moved.connect(where.set_cursor)
    painted, viewport = at_rest(canvas), canvas.viewport()
    for x in (300, 305, 330):
        qtbot.mouseMove(viewport, QPoint(x, 200))
        qtbot.waitUntil(lambda: not painted.region.isEmpty())
    assert painted.share() < 0.25
    assert painted.region.boundingRect().top() > viewport.height() / 2


def test_the_crosshair_follows_view_and_theme_and_goes_with_the_pick(canvas, map_points, shown, qapp):
    canvas.set_points(map_points([(-2, -2), (2, -2), (2, 2), (-2, 2)]))
    without = shown(canvas)
    canvas.set_pick((1.0, 1.0))
    at = canvas.pixel_of(1.0, 1.0)
    marked = shown(canvas)
    assert (marked != without)[at.y(), 100:500].any(1).mean() > 0.9
    canvas.view.zoom(0.8)
    moved = canvas.pixel_of(1.0, 1.0)
    assert moved != at
    zoomed = shown(canvas)
    ring = zoomed[moved.y() - 12 : moved.y() + 13, moved.x() - 12 : moved.x() + 13]
    assert ring.min() < 80
    light = qapp.palette()
    qapp.setPalette(theme.palette(theme.DARK))
    try:
        QApplication.processEvents()
        dark = shown(canvas)
        foreground = dark[moved.y(), 100:500].max(1)
        assert np.median(foreground) > np.median(dark[moved.y() + 30, 100:500].max(1))
    finally:
        qapp.setPalette(QPalette(light))
        QApplication.processEvents()
    canvas.set_pick(None)
    canvas.view.go_to((0, 0, 0, 0), "all")
    np.testing.assert_allclose(shown(canvas), without, atol=4)
