"""The shade behind the points: what it asks for and when, and that one sees it and every class above it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from latentlab.core.fields.aggregate_posterior import Density, DensityRatio
from latentlab.core.fields.class_regions import Regions
from latentlab.core.fields.gaps import GAP, Gaps
from latentlab.core.fields.magnification import Magnification
from latentlab.ui.canvas.layers.grid import GridLayer
from latentlab.ui.style import theme
from tests.ui.style.contrast import contrast

BOX = (-4.0, 4.0, -4.0, 4.0)


def half(extent=BOX, share=0.25, columns=8):
    """Give gaps of a part whose right half is one."""
    values = np.zeros((8, columns), np.float32)
    values[:, columns // 2 :] = 2 * GAP
    return Gaps("r", values, extent, share)


def right(value, other=0.0):
    """Give 8 × 8 values whose right half is another than the left one."""
    values = np.full((8, 8), other, np.float32)
    values[:, 4:] = value
    return values


def density(top=0.3, *, images=100, total=100, is_of_codes=False):
    return Density("r", right(top), BOX, top, images, total, is_of_codes)


def magnified(high=900.0, *, low=9.0, is_line=False):
    return Magnification("r", right(high, low), BOX, low, high, is_line)


def ratio(value, trust=1.0):
    return DensityRatio("r", right(value), np.full((8, 8), trust, np.float32), BOX, 100, 100)


def regions(label=1, certainty=1.0):
    labels = np.full((8, 8), label)
    certain, near = np.full((8, 8), certainty, np.float32), right(1.0)
    return Regions("r", labels, certain, near, BOX, 10, 15)


FIELDS = {
    "gaps": half(),
    "magnification": magnified(),
    "density": density(),
    "hole": ratio(-9.0),
    "pile-up": ratio(9.0),
    "region": regions(),
}


def at(canvas, look, x, y):
    place = canvas.pixel_of(x, y)
    return look(canvas)[place.y(), place.x()]


@pytest.fixture
def asked(canvas):
    found = []
    canvas.field.wanted.connect(found.append)
    return found


@pytest.fixture(params=["light", "dark"])
def colours(request, canvas, qtbot):
    """Dress the canvas in a theme."""
    before, colours = QApplication.palette(), theme.DARK if request.param == "dark" else theme.LIGHT
    QApplication.setPalette(theme.palette(colours))
    qtbot.waitUntil(lambda: canvas.backgroundBrush().color() == QColor(colours.background))
    yield colours
    QApplication.setPalette(before)


def test_it_asks_for_what_is_seen_as_long_as_it_is_on(canvas, asked, qtbot):
    canvas.field.set_on(True)
    (left, right), (bottom, top) = canvas.box.viewRange()
    assert asked == [(left, right, bottom, top)]
    canvas.field.set_on(False)
    assert asked[1:] == [None]
    with qtbot.assertNotEmitted(canvas.field.wanted, wait=200):  # nothing comes
        canvas.show_standard()
    assert len(asked) == 2


def test_zoom_and_pan_are_followed_when_they_settle(canvas, asked, qtbot):
    canvas.show_standard()
    canvas.field.set_on(True)
    asked.clear()
    middle = canvas.viewport().rect().center()
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    qtbot.mousePress(canvas.viewport(), Qt.MouseButton.RightButton, pos=middle)
    qtbot.mouseMove(canvas.viewport(), middle + QPoint(40, 0))
    qtbot.mouseRelease(canvas.viewport(), Qt.MouseButton.RightButton, pos=middle + QPoint(40, 0))
    assert not asked
    qtbot.waitUntil(lambda: bool(asked))
    (left, right), (bottom, top) = canvas.box.viewRange()
    assert asked == [(left, right, bottom, top)]


def test_a_hidden_map_asks_for_nothing(canvas, asked):
    canvas.field.set_on(True)
    canvas.hide()
    assert asked[-1] is None
    canvas.show()
    assert asked[-1] is not None


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_seen_where_it_is_and_every_class_above_it(canvas, map_points, shown, colours, name):
    canvas.show_standard()
    canvas.field.set_on(True)
    without = at(canvas, shown, 2.03, 2.03)
    canvas.field.set_field(FIELDS[name])
    assert np.abs(at(canvas, shown, -2.03, 2.03) - without).max() <= 3
    shaded = at(canvas, shown, 2.03, 2.03)
    assert np.abs(shaded - without).max() >= 35
    canvas.set_points(map_points([(2, 2)] * 50))
    canvas.show_standard()
    assert at(canvas, shown, 2, 2) == pytest.approx(theme.class_colours(3, dark=colours.dark)[0], abs=8)
    canvas.field.set_on(False)
    assert np.abs(at(canvas, shown, 3.03, 2.03) - without).max() <= 3


def test_every_class_stands_out_against_a_gap(canvas, shown, colours):
    canvas.show_standard()
    canvas.field.set_on(True)
    canvas.field.set_field(half())
    shaded = at(canvas, shown, 2.03, 2.03)
    for colour in theme.class_colours(10, dark=colours.dark):
        assert contrast(colour, shaded) >= 1.7, QColor(*colour.tolist()).name()


def test_holes_and_pile_ups_have_opposite_colours_and_what_is_not_trusted_has_none(canvas, shown, colours):
    canvas.show_standard()
    canvas.field.set_on(True)
    canvas.field.set_field(ratio(0.0))
    plain = at(canvas, shown, 2.03, 2.03)
    canvas.field.set_field(ratio(-9.0, trust=0.0))
    assert np.abs(at(canvas, shown, 2.03, 2.03) - plain).max() <= 3
    found = {}
    for value in (-9.0, -1.0, 1.0, 9.0):
        canvas.field.set_field(ratio(value))
        found[value] = at(canvas, shown, 2.03, 2.03)
    tint = {value: colour[0] - colour[2] for value, colour in found.items()}  # red less blue
    assert tint[-9.0] < tint[-1.0] < tint[1.0] < tint[9.0]
    assert np.abs(found[-9.0] - plain).max() > np.abs(found[-1.0] - plain).max() > 5


def test_regions_have_the_colour_of_their_class_and_are_paler_where_classes_meet(canvas, shown, colours):
    canvas.show_standard()
    canvas.field.set_on(True)
    ground = at(canvas, shown, 2.03, 2.03)
    distances = []
    for certainty in (1.0, 0.5, 0.0):
        canvas.field.set_field(regions(7, certainty))
        distances.append(np.linalg.norm(at(canvas, shown, 2.03, 2.03) - ground))
    assert distances[0] > distances[1] > distances[2] > 3
    canvas.field.set_field(regions(7))
    towards = at(canvas, shown, 2.03, 2.03) - ground
    colour = theme.class_colours(10, dark=colours.dark)[7] - ground
    assert towards @ colour / np.linalg.norm(towards) / np.linalg.norm(colour) > 0.98


@pytest.mark.parametrize("name", ["density", "hole", "region"])
def test_coarse_cells_are_drawn_without_blocks(canvas, shown, name):
    canvas.show_standard()
    (grid,) = (item for item in canvas.view.box.childItems() if isinstance(item, GridLayer))
    grid.hide()
    canvas.field.set_on(True)
    canvas.field.set_field(FIELDS[name])
    begin, end = canvas.pixel_of(-0.9, 2.03), canvas.pixel_of(0.9, 2.03)
    row = shown(canvas)[begin.y(), begin.x() : end.x()]
    assert np.abs(row[-1] - row[0]).max() > 30
    assert np.abs(np.diff(row, axis=0)).max() <= 6  # a block would be one large step


def test_the_shade_stays_at_its_place_while_the_view_moves(canvas, shown):
    canvas.show_standard()
    canvas.field.set_on(True)
    canvas.field.set_field(half((0.0, 2.0, -1.0, 1.0)))
    plain, shade = at(canvas, shown, 0.53, 0.53), at(canvas, shown, 1.53, 0.53)
    for factor in (0.5, 1.5):
        canvas.view.zoom(factor)
        assert np.abs(at(canvas, shown, 0.53, 0.53) - plain).max() <= 3
        assert np.abs(at(canvas, shown, 1.53, 0.53) - shade).max() <= 3
    canvas.view.zoom(1e-7)  # far larger than any screen
    canvas.viewport().grab()


def test_the_card_says_what_is_seen(canvas):
    legend = canvas.field.legend
    assert legend.text() == ""
    canvas.field.set_on(True)
    canvas.field.set_field(half(share=0.025))
    assert "2.5%" in legend.text()
    canvas.field.set_field(half(share=0.41))
    assert "41%" in legend.text()
    canvas.field.set_field(density())
    assert legend.text() == "density q(z)"
    canvas.field.set_field(density(images=2000, total=10_000))
    assert legend.text() == "density q(z), from 2,000 images"
    canvas.field.set_field(density(is_of_codes=True))
    assert legend.text() == "density of the codes"
    canvas.field.set_field(magnified())
    assert legend.text() == "magnification √det(JᵀJ), pixels² per unit²"
    canvas.field.set_field(magnified(is_line=True))
    assert legend.text() == "magnification, pixels per unit"
    canvas.field.set_field(ratio(1.0))
    assert legend.text() == "density against the prior, nats"
    canvas.field.set_field(regions())
    assert "15 nearest" in legend.text()
    canvas.field.show_problem("The code of this model is a stack of planes.")
    assert legend.text() == "The code of this model is a stack of planes."
    assert canvas.field.field() is None
    canvas.viewport().grab()
    canvas.field.set_on(False)
    assert legend.text() == ""


def test_numbers_that_are_none_are_left_blank(canvas, shown):
    canvas.show_standard()
    canvas.field.set_on(True)
    before = at(canvas, shown, 2.03, 2.03)
    canvas.field.set_field(Gaps("r", np.full((4, 4), np.nan, np.float32), BOX, 0.0))
    assert np.array_equal(at(canvas, shown, 2.03, 2.03), before)


@pytest.mark.parametrize("top", [0.0, 1e-300])
def test_a_density_that_is_nowhere_is_no_shade(canvas, shown, asked, top):
    plain = shown(canvas)
    canvas.field.set_on(True)
    canvas.field.set_field(Density("r", np.zeros((8, 8), np.float32), BOX, top, 100, 100, False))
    place = canvas.pixel_of(-1, 1)
    assert (shown(canvas)[place.y(), place.x()] == plain[place.y(), place.x()]).all()
