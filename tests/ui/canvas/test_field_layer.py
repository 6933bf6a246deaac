"""The shade behind the points: what it asks for and when, and that one sees it and every class above it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from latentlab.core.plane_results import GAP, Gaps
from latentlab.ui import theme

BOX = (-4.0, 4.0, -4.0, 4.0)


def half(extent=BOX, share=0.25, columns=8):
    """Give gaps of a part whose right half is one."""
    values = np.zeros((8, columns), np.float32)
    values[:, columns // 2 :] = 2 * GAP
    return Gaps("r", values, extent, share)


def at(canvas, look, x, y):
    place = canvas.pixel_of(x, y)
    return look(canvas)[place.y(), place.x()]


@pytest.fixture
def asked(canvas):
    found = []
    canvas.field.wanted.connect(found.append)
    return found


def test_it_asks_for_what_is_seen_as_long_as_it_is_on(canvas, asked, qtbot):
    canvas.field.set_on(True)
    (left, right), (bottom, top) = canvas.getViewBox().viewRange()
    assert asked == [(left, right, bottom, top)]
    canvas.field.set_on(False)
    assert asked[1:] == [None]
    canvas.show_standard()
    qtbot.wait(200)
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
    (left, right), (bottom, top) = canvas.getViewBox().viewRange()
    assert asked == [(left, right, bottom, top)]


def test_a_hidden_map_asks_for_nothing(canvas, asked):
    canvas.field.set_on(True)
    canvas.hide()
    assert asked[-1] is None
    canvas.show()
    assert asked[-1] is not None


@pytest.mark.parametrize("name", ["light", "dark"])
def test_gaps_are_seen_where_they_are_and_every_class_above_them(canvas, map_points, shown, qtbot, name):
    before, colours = QApplication.palette(), theme.DARK if name == "dark" else theme.LIGHT
    QApplication.setPalette(theme.palette(colours))
    try:
        qtbot.waitUntil(lambda: canvas.backgroundBrush().color() == QColor(colours.background))
        canvas.show_standard()
        canvas.field.set_on(True)
        without = at(canvas, shown, 2.03, 2.03)
        canvas.field.set_field(half())
        assert np.abs(at(canvas, shown, -2.03, 2.03) - without).max() <= 3
        shaded = at(canvas, shown, 2.03, 2.03)
        assert np.abs(shaded - without).max() >= 35
        for colour in theme.class_colours(10, dark=name == "dark"):
            assert contrast(colour, shaded) >= 1.7, QColor(*colour.tolist()).name()
        canvas.set_points(map_points([(2, 2)] * 50))
        canvas.show_standard()
        assert at(canvas, shown, 2, 2) == pytest.approx(theme.class_colours(3, dark=name == "dark")[0], abs=8)
        canvas.field.set_on(False)
        assert np.abs(at(canvas, shown, 3.03, 2.03) - without).max() <= 3
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


def test_the_legend_says_how_much_of_the_map_gaps_are(canvas):
    assert canvas.field.legend.text() == ""
    canvas.field.set_on(True)
    canvas.field.set_field(half(share=0.025))
    assert "2.5%" in canvas.field.legend.text()
    canvas.field.set_field(half(share=0.41))
    assert "41%" in canvas.field.legend.text()
    canvas.field.show_problem("The code of this model is a stack of planes.")
    assert canvas.field.legend.text() == "The code of this model is a stack of planes."
    assert canvas.field.field() is None
    canvas.viewport().grab()
    canvas.field.set_on(False)
    assert canvas.field.legend.text() == ""


def test_numbers_that_are_none_are_left_blank(canvas, shown):
    canvas.show_standard()
    canvas.field.set_on(True)
    before = at(canvas, shown, 2.03, 2.03)
    canvas.field.set_field(Gaps("r", np.full((4, 4), np.nan, np.float32), BOX, 0.0))
    assert np.array_equal(at(canvas, shown, 2.03, 2.03), before)
