"""The layer of the landscape: where tiles are drawn and how strongly, what it asks for, and what it says."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from latentlab.core.fields.tiles import Tile, TileAddress
from latentlab.ui.canvas.layers.landscape_layer import LandscapeLayer
from latentlab.ui.style import theme

BOX = (-2.0, 2.0, -2.0, 2.0)
FIRST = TileAddress(0, 0, 0)


@pytest.fixture
def layer(canvas):
    canvas.show_standard()
    return LandscapeLayer(canvas.view)


@pytest.fixture
def asked(layer, canvas, qtbot):
    """Show the canvas, and note what the layer asks for from then on."""
    found = []
    layer.wanted.connect(found.append)
    canvas.hide()
    canvas.show()
    qtbot.waitExposed(canvas)
    found.clear()
    return found


def tile(extent=BOX, value=255, address=FIRST):
    return Tile(address, extent, np.full((1, 112, 112), value, np.uint8))


def at(canvas, look, x, y):
    place = canvas.pixel_of(x, y)
    return look(canvas)[place.y(), place.x()]


def test_a_patch_lies_at_its_place_at_every_zoom(canvas, layer, shown):
    layer.set_on(True)
    values = np.zeros((1, 112, 112), np.uint8)
    values[:, :56] = 255  # the upper half
    layer.set_tiles((Tile(TileAddress(0, 0, 0), BOX, values),))
    inked, blank = at(canvas, shown, 1.03, 1.03), at(canvas, shown, 1.03, -1.03)
    assert np.abs(inked - blank).max() > 50
    assert np.abs(at(canvas, shown, 1.03, 0.06) - inked).max() <= 3
    assert np.abs(at(canvas, shown, 1.03, -0.06) - blank).max() <= 3
    for factor in (0.2, 10, 1.3):
        canvas.view.zoom(factor)
        assert np.abs(at(canvas, shown, 0.33, 0.4) - inked).max() <= 3
        assert np.abs(at(canvas, shown, 0.33, -0.4) - blank).max() <= 3


def test_neighbours_meet_without_a_seam_and_later_ones_lie_above(canvas, layer, shown):
    layer.set_on(True)
    side = 0.37  # of no whole number of pixels
    tiles = [
        tile((column * side, (column + 1) * side, row * side, (row + 1) * side), 200, TileAddress(0, column, row))
        for column in range(-20, 20)
        for row in range(-20, 20)
    ]
    layer.set_tiles((tile(value=0), *tiles))
    for _ in range(3):
        canvas.view.zoom(0.87)
        picture = shown(canvas)
        corner, far = canvas.pixel_of(-2, 2), canvas.pixel_of(2, -2)
        inside = picture[corner.y() : far.y(), corner.x() : far.x()]
        assert np.ptp(inside, axis=(0, 1)).max() == 0


@pytest.mark.parametrize("name", ["light", "dark"])
def test_ink_is_quiet_in_both_themes_and_follows_the_switch(canvas, layer, shown, qtbot, name):
    before = QApplication.palette()
    try:
        layer.set_on(True)
        layer.set_tiles((tile(),))
        shown(canvas)
        colours = theme.DARK if name == "dark" else theme.LIGHT
        QApplication.setPalette(theme.palette(colours))
        ink = at(canvas, shown, 1.03, 1.03)
        ground = np.array([int(colours.background[place : place + 2], 16) for place in (1, 3, 5)])
        assert 1.5 < contrast(ink, ground) < 3  # images can be told, and points stand out more
        ratios = [contrast(ink, colour) for colour in theme.class_colours(10, dark=name == "dark")]
        assert np.median(ratios) > 1.5
        layer.set_on(False)
        qtbot.waitUntil(lambda: np.abs(at(canvas, shown, 1.03, 1.03) - ground).max() <= 3)
    finally:
        QApplication.setPalette(before)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_a_grey_photograph_is_no_negative(canvas, layer, shown, name):
    before = QApplication.palette()
    try:
        colours = theme.DARK if name == "dark" else theme.LIGHT
        QApplication.setPalette(theme.palette(colours))
        layer.set_on(True)
        levels = np.full((1, 112, 112), 30, np.uint8)
        levels[:, :56] = 220  # the upper half is lighter
        layer.set_tiles((Tile(FIRST, BOX, levels),))
        layer.set_drawings(False)
        light, dark = at(canvas, shown, 1.03, 1.03), at(canvas, shown, 1.03, -1.03)
        assert luminance(light) > luminance(dark) + 0.1
        layer.set_drawings(True)
        light, dark = at(canvas, shown, 1.03, 1.03), at(canvas, shown, 1.03, -1.03)
        assert (luminance(light) > luminance(dark)) == (name == "dark")
    finally:
        QApplication.setPalette(before)


def contrast(one, other):
    """Give the contrast of two colours (Web Content Accessibility Guidelines 2.1)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = np.asarray(colour) / 255
    linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def test_points_are_drawn_above_it(canvas, layer, shown, map_points):
    layer.set_on(True)
    layer.set_tiles((tile(),))
    canvas.set_points(map_points([(1, 1)] * 50))
    canvas.show_standard()
    assert at(canvas, shown, 1, 1) == pytest.approx(theme.class_colours(3, dark=False)[0], abs=8)


def test_it_asks_for_what_is_seen_while_it_is_on_and_looked_at(canvas, layer, asked, qtbot):
    layer.set_on(True)
    assert asked[-1].extent == canvas.view.extent()
    assert asked[-1].focus == pytest.approx((0, 0), abs=0.05)
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert asked[-1].extent == canvas.view.extent()
    canvas.hide()
    assert asked[-1] is None
    count = len(asked)
    canvas.view.zoom(0.5)
    assert len(asked) == count
    canvas.show()
    assert asked[-1].extent == canvas.view.extent()
    layer.set_on(False)
    assert asked[-1] is None
    count = len(asked)
    canvas.view.zoom(0.5)
    assert len(asked) == count


def test_it_looks_where_the_mouse_is(canvas, layer, asked, qtbot):
    canvas.mouse.cursor_moved.connect(layer.set_cursor)
    layer.set_on(True)
    place = QPointF(canvas.pixel_of(1.5, -0.5))
    none = Qt.MouseButton.NoButton
    move = QMouseEvent(
        QEvent.Type.MouseMove, place, canvas.viewport().mapToGlobal(place), none, none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(canvas.viewport(), move)
    assert layer._cursor is not None
    canvas.view.zoom(0.9, QPointF(canvas.viewport().rect().center()))
    x, y = canvas.view.to_position(layer._cursor)
    assert asked[-1].focus == pytest.approx((x, y))
    layer.set_cursor(None)
    canvas.view.zoom(0.9)
    left, right, bottom, top = canvas.view.extent()
    assert asked[-1].focus == pytest.approx(((left + right) / 2, (bottom + top) / 2), abs=0.01)


def test_progress_is_told_only_when_it_takes_longer_than_a_moment(canvas, layer, qtbot):
    layer.set_on(True)
    layer.set_progress(0.2)
    layer.set_progress(1.0)
    qtbot.wait(400)
    assert layer.note.text() == ""
    layer.set_progress(0.2)
    qtbot.waitUntil(lambda: "20%" in layer.note.text())
    layer.set_tiles((tile(),))
    layer.set_progress(0.62)
    assert "62%" in layer.note.text()
    assert np.ptp(corner(canvas), axis=(0, 1)).max() > 20
    layer.set_progress(1.0)
    assert layer.note.text() == ""


def test_a_refusal_stands_in_the_corner_until_there_is_something_to_show(canvas, layer):
    layer.set_on(True)
    layer.show_problem("The code of this model is a stack of planes.")
    layer.set_progress(1.0)
    assert layer.note.text() == "The code of this model is a stack of planes."
    assert np.ptp(corner(canvas), axis=(0, 1)).max() > 20
    layer.set_tiles((tile(),))
    assert layer.note.text() == ""
    layer.show_problem("Again.")
    layer.set_on(False)
    assert layer.note.text() == ""


def corner(canvas):
    """Give the pixels of the upper left corner of the map, uint8 (60, 100, 3)."""
    image = canvas.grab().toImage()
    start = canvas.view.box.mapToScene(QPointF(8, 8)).toPoint() + QPoint(4, 4)
    return np.array(
        [[image.pixelColor(start.x() + x, start.y() + y).getRgb()[:3] for x in range(60)] for y in range(14)]
    )
