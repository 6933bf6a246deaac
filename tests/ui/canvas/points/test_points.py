"""What the map shows: points, transitions, legend, markers, views, themes."""

from __future__ import annotations

import string

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, Qt, QVariantAnimation
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QLabel

from latentlab.ui.canvas.points.transition import TransitionAnimation
from latentlab.ui.plots.map_view import extent_of
from latentlab.ui.style import theme

# A virtual screen may have but 16 bits a pixel.
SCREEN = 9
CORNERS = [(-3, -3), (3, -3), (-3, 3), (3, 3), (0, 0)]


def colours(count=3):
    return theme.class_colours(count, dark=theme.current().dark).astype(int)


def extent(canvas):
    (left, right), (bottom, top) = canvas.box.viewRange()
    return left, right, bottom, top


def plot_holds(canvas, pixel):
    return canvas.box.sceneBoundingRect().contains(QPointF(pixel))


def transition_of(canvas):
    return canvas.findChild(TransitionAnimation)


def test_an_empty_map_answers_and_says_what_to_do(canvas):
    canvas.set_message("Press Train and a map forms here.")
    message = canvas.findChild(QLabel, "mapMessage")
    assert message.isVisible()
    assert message.text() == "Press Train and a map forms here."
    assert canvas.points().shape == (0, 2)
    assert canvas.points().dtype == np.float32
    assert canvas.labels().shape == (0,)
    assert canvas.labels().dtype == np.int64
    assert canvas.picked() is None
    assert canvas.sketch_point() is None
    assert canvas.visible_classes() == set()


def test_points_and_labels_are_given_back(canvas, map_points):
    canvas.set_message("nothing here")
    canvas.set_points(map_points(CORNERS, [0, 1, 2, -1, 0]))
    np.testing.assert_array_equal(canvas.points(), np.float32(CORNERS))
    assert canvas.points().dtype == np.float32
    np.testing.assert_array_equal(canvas.labels(), [0, 1, 2, -1, 0])
    assert canvas.labels().dtype == np.int64
    assert not canvas.findChild(QLabel, "mapMessage").isVisible()
    canvas.clear_points()
    assert len(canvas.points()) == len(canvas.labels()) == 0
    assert canvas.findChild(QLabel, "mapMessage").isVisible()
    assert canvas.legend.isHidden()


@pytest.mark.parametrize("zooms", [0, 3, -3])
def test_every_point_is_drawn_where_it_belongs(canvas, map_points, shown, zooms):
    rng = np.random.default_rng(3)
    points = rng.uniform(-3, 3, (100, 2))
    labels = rng.integers(0, 3, 100)
    canvas.set_points(map_points(points, labels))
    canvas.setFocus()
    for _ in range(abs(zooms)):
        canvas.view.zoom(0.6 if zooms > 0 else 1 / 0.6)
    pixels = shown(canvas)
    seen = 0
    for (x, y), label in zip(points, labels, strict=True):
        pixel = canvas.pixel_of(x, y)
        if not plot_holds(canvas, pixel) or canvas.legend.geometry().contains(pixel):
            continue
        others = np.hypot(*(points - (x, y)).T) * canvas.width() / (extent(canvas)[1] - extent(canvas)[0])
        if np.sort(others)[1] > 14:
            np.testing.assert_allclose(pixels[pixel.y(), pixel.x()], colours()[label], atol=SCREEN)
            seen += 1
    assert seen > 3


def test_nothing_is_lost_at_the_edges(canvas, map_points, shown):
    canvas.set_points(map_points(CORNERS))
    left, right, bottom, top = extent(canvas)
    middle = ((left + right) / 2, (bottom + top) / 2)
    edges = [(left, middle[1]), (right, middle[1]), (middle[0], bottom), (middle[0], top)]
    canvas.view.mode = "free"
    canvas.set_points(map_points(edges, names=("a",)))
    assert extent(canvas) == (left, right, bottom, top)
    pixels = shown(canvas)
    rect = canvas.box.sceneBoundingRect().toRect().adjusted(2, 2, -2, -2)
    for x, y in edges:
        pixel = canvas.pixel_of(x, y)
        inside_x = min(max(pixel.x(), rect.left()), rect.right())
        inside_y = min(max(pixel.y(), rect.top()), rect.bottom())
        np.testing.assert_allclose(pixels[inside_y, inside_x], colours(1)[0], atol=SCREEN)


def test_show_all_keeps_every_point_clear_of_the_frame_and_of_the_legend(canvas, map_points):
    canvas.set_points(map_points([(-50, 10), (80, 11), (3, 60)]))
    for x, y in canvas.points():
        pixel = canvas.pixel_of(x, y)
        assert plot_holds(canvas, pixel)
        assert not canvas.legend.geometry().contains(pixel)


def test_both_axes_have_one_scale_and_y_points_up(canvas, map_points):
    canvas.set_points(map_points(CORNERS))
    for size in ((700, 560), (900, 400), (400, 700)):
        canvas.resize(*size)
        origin, along, up = canvas.pixel_of(0, 0), canvas.pixel_of(2, 0), canvas.pixel_of(0, 2)
        assert along.x() - origin.x() == pytest.approx(origin.y() - up.y(), abs=2)
        assert along.x() > origin.x()
        assert up.y() < origin.y()


def test_show_standard_shows_four_on_each_side(canvas, map_points):
    canvas.set_points(map_points([(-40, -40), (40, 40)]))
    canvas.show_standard()
    left, right, bottom, top = extent(canvas)
    assert max(left, bottom) <= -4
    assert min(right, top) >= 4
    assert min(right - left, top - bottom) < 9
    canvas.set_points(map_points([(-90, -90), (90, 90)]))
    assert extent(canvas) == (left, right, bottom, top)
    canvas.show_all()
    assert extent(canvas)[0] < -90


@given(
    st.lists(st.tuples(*[st.floats(width=32, allow_nan=True, allow_infinity=True)] * 2), max_size=8),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_points_can_be_shown(canvas, map_points, points):
    canvas.set_points(map_points(points))
    canvas.viewport().grab()
    assert np.isfinite(extent(canvas)).all()
    np.testing.assert_array_equal(canvas.points(), np.float32(points).reshape(-1, 2))


@pytest.mark.parametrize("at", [(0, 0), (1.5, -2), (1e6, 1e6), (-3e20, 2e20), (1e-8, 1e-8)])
@pytest.mark.parametrize("count", [1, 5])
def test_points_in_one_place_are_shown_in_the_middle(canvas, map_points, shown, at, count):
    canvas.set_points(map_points([at] * count, names=("a",)))
    x, y = canvas.points()[0].tolist()
    pixel = canvas.pixel_of(x, y)
    assert plot_holds(canvas, pixel)
    np.testing.assert_allclose(shown(canvas)[pixel.y(), pixel.x()], colours(1)[0], atol=SCREEN)


def test_points_without_a_class_are_muted_and_have_no_legend(canvas, map_points, shown):
    canvas.set_points(map_points(CORNERS, [-1] * 5, names=()))
    assert canvas.legend.isHidden()
    pixel = canvas.pixel_of(3, 3)
    muted = QColor(theme.current().muted).getRgb()[:3]
    np.testing.assert_allclose(shown(canvas)[pixel.y(), pixel.x()], muted, atol=SCREEN)


def test_a_click_in_the_legend_hides_and_shows_a_class(canvas, map_points, shown, qtbot):
    canvas.set_points(map_points(CORNERS, [0, 1, 2, 0, 1]))
    pixel = canvas.pixel_of(3, -3)
    button = canvas.legend.button(1)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert canvas.visible_classes() == {0, 2}
    assert not button.isChecked()
    hidden = shown(canvas)[pixel.y(), pixel.x()]
    assert abs(hidden - colours()[1]).max() > 30
    other = canvas.pixel_of(-3, -3)
    np.testing.assert_allclose(shown(canvas)[other.y(), other.x()], colours()[0], atol=SCREEN)
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert canvas.visible_classes() == {0, 1, 2}
    np.testing.assert_allclose(shown(canvas)[pixel.y(), pixel.x()], colours()[1], atol=SCREEN)


def test_a_double_click_shows_one_class_alone_and_another_all_again(canvas, map_points, qtbot):
    canvas.set_points(map_points(CORNERS, [0, 1, 2, 0, 1]))
    button = canvas.legend.button(2)
    for expected in ({2}, {0, 1, 2}):
        qtbot.mouseDClick(button, Qt.MouseButton.LeftButton)
        assert canvas.visible_classes() == expected
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Return)
    assert canvas.visible_classes() == {2}


def test_hidden_classes_stay_hidden_while_points_move(canvas, map_points):
    canvas.set_points(map_points(CORNERS, [0, 1, 2, 0, 1]))
    canvas.set_class_visible(0, False)
    canvas.set_points(map_points(np.array(CORNERS) * 0.9, [0, 1, 2, 0, 1], animate=True))
    assert canvas.visible_classes() == {1, 2}
    assert not canvas.legend.button(0).isChecked()
    canvas.set_points(map_points(CORNERS, [0, 1, 0, 1, 0], names=("x", "y")))
    assert canvas.visible_classes() == {0, 1}


@pytest.mark.parametrize("size", [(640, 500), (420, 320)])
def test_the_legend_of_many_classes_fits(canvas, map_points, size):
    canvas.resize(*size)
    names = tuple(string.ascii_uppercase)
    canvas.set_points(map_points(CORNERS, [0, 5, 20, 25, 13], names=names))
    assert canvas.rect().contains(canvas.legend.geometry())
    assert canvas.legend.width() <= canvas.width() / 2
    assert len({(canvas.legend.button(i).x(), canvas.legend.button(i).y()) for i in range(26)}) == 26


def test_a_transition_ends_at_its_target_and_stops(canvas, map_points, qtbot):
    canvas.set_points(map_points(CORNERS))
    target = np.float32(CORNERS) * 0.8
    canvas.set_points(map_points(target, animate=True))
    np.testing.assert_array_equal(canvas.points(), target)
    transition = transition_of(canvas)
    assert transition.state() == QVariantAnimation.State.Running
    drawn = canvas.points_layer
    assert not np.array_equal(drawn.positions(), target)
    qtbot.waitUntil(lambda: transition.state() == QVariantAnimation.State.Stopped)
    np.testing.assert_array_equal(drawn.positions(), target)


def test_a_transition_that_is_overtaken_goes_on_from_where_it_is(canvas, map_points, qtbot):
    canvas.set_points(map_points(CORNERS))
    drawn = canvas.points_layer
    start = drawn.positions().copy()
    canvas.set_points(map_points(np.float32(CORNERS) * 0.8, animate=True))
    qtbot.waitUntil(lambda: not np.array_equal(drawn.positions(), start))
    midway = drawn.positions().copy()
    canvas.set_points(map_points(np.float32(CORNERS) * 0.7, animate=True))
    np.testing.assert_allclose(drawn.positions(), midway, atol=1e-5)
    qtbot.waitUntil(lambda: np.array_equal(drawn.positions(), np.float32(CORNERS) * np.float32(0.7)))


def test_no_transition_to_other_images_or_while_hidden(canvas, map_points):
    canvas.set_points(map_points(CORNERS))
    canvas.set_points(map_points(CORNERS[:3], animate=True))
    assert len(canvas.points_layer.positions()) == 3
    canvas.hide()
    moved = np.float32(CORNERS[:3]) * 0.5
    canvas.set_points(map_points(moved, animate=True))
    assert transition_of(canvas).state() == QVariantAnimation.State.Stopped
    np.testing.assert_array_equal(canvas.points_layer.positions(), moved)


def test_hiding_or_closing_ends_a_transition_in_its_place(canvas, map_points):
    canvas.set_points(map_points(CORNERS))
    moved = np.float32(CORNERS) * 0.5
    canvas.set_points(map_points(moved, animate=True))
    canvas.close()
    assert transition_of(canvas).state() == QVariantAnimation.State.Stopped
    np.testing.assert_array_equal(canvas.points_layer.positions(), moved)


def test_the_view_follows_points_that_leave_it_but_does_not_tremble(canvas, map_points, qtbot):
    canvas.set_points(map_points(CORNERS))
    before = extent(canvas)
    canvas.set_points(map_points(np.float32(CORNERS) * 0.95, animate=True))
    transition = transition_of(canvas)
    qtbot.waitUntil(lambda: transition.state() == QVariantAnimation.State.Stopped)
    assert extent(canvas) == before
    canvas.set_points(map_points(np.float32(CORNERS) * 2, animate=True))
    qtbot.waitUntil(lambda: transition.state() == QVariantAnimation.State.Stopped)
    assert all(plot_holds(canvas, canvas.pixel_of(x, y)) for x, y in canvas.points())
    canvas.set_points(map_points(np.float32(CORNERS) * 0.1, animate=True))
    qtbot.waitUntil(lambda: transition.state() == QVariantAnimation.State.Stopped)
    assert extent(canvas)[1] < 1


def test_another_run_out_of_sight_is_shown_whole(canvas, map_points):
    canvas.set_points(map_points(CORNERS))
    canvas.view.zoom(0.2)
    canvas.set_points(map_points(np.float32(CORNERS) + 500, run_id="other"))
    assert all(plot_holds(canvas, canvas.pixel_of(x, y)) for x, y in canvas.points())


def test_pick_and_sketch_appear_only_when_told(canvas, map_points, shown):
    canvas.set_points(map_points(CORNERS))
    plain = shown(canvas)
    canvas.set_pick((1.0, 2.0))
    canvas.set_sketch((-1.0, 1.0), np.array([[0.3, 0.1], [0.1, 0.2]], np.float32))
    assert canvas.picked() == (1.0, 2.0)
    assert canvas.sketch_point() == (-1.0, 1.0)
    marked = shown(canvas)
    pick = canvas.pixel_of(1, 2)
    assert (marked[pick.y(), pick.x() + 8] != plain[pick.y(), pick.x() + 8]).any()
    canvas.set_pick(None)
    canvas.set_sketch(None)
    assert canvas.picked() is None
    assert canvas.sketch_point() is None
    np.testing.assert_array_equal(shown(canvas), plain)


def test_the_ellipses_are_to_scale(canvas, map_points, shown):
    canvas.set_points(map_points([(-3, -3), (3, 3)], [-1, -1], names=()))
    plain = shown(canvas)
    canvas.set_sketch((0.0, 0.0), [[0.64, 0.0], [0.0, 0.16]])
    changed = (shown(canvas) != plain).any(axis=2)
    columns = np.flatnonzero(changed.any(axis=0))
    rows = np.flatnonzero(changed.any(axis=1))
    # 2 σ: 1.6 across and 0.8 up, and half a line on either side.
    assert columns.min() == pytest.approx(canvas.pixel_of(-1.6, 0).x(), abs=4)
    assert columns.max() == pytest.approx(canvas.pixel_of(1.6, 0).x(), abs=4)
    assert rows.max() == pytest.approx(canvas.pixel_of(0, -0.8).y(), abs=4)


@pytest.mark.parametrize(
    "covariance",
    [np.zeros((2, 2)), np.full((2, 2), np.nan), [[1, 1], [1, 1]], [[1e30, 0], [0, 1e30]], [[-1, 0], [0, 1]]],
)
def test_an_odd_covariance_does_no_harm(canvas, covariance):
    canvas.set_sketch((0.0, 0.0), covariance)
    canvas.viewport().grab()
    assert canvas.sketch_point() == (0.0, 0.0)


def test_highlights_ring_points_and_ignore_what_is_not_there(canvas, map_points, shown):
    canvas.set_points(map_points(CORNERS))
    plain = shown(canvas)
    canvas.set_highlights([4, 99, -1])
    pixel = canvas.pixel_of(0, 0)
    changed = (shown(canvas) != plain).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert len(rows) > 10
    assert np.hypot(rows - pixel.y(), columns - pixel.x()).max() < 16
    canvas.set_highlights([])
    np.testing.assert_array_equal(shown(canvas), plain)


def test_it_follows_the_theme(canvas, map_points, shown, qtbot):
    canvas.set_points(map_points(CORNERS, [0, 1, 2, 0, 1]))
    before = QApplication.palette()
    dark = QPalette(before)
    dark.setColor(QPalette.ColorRole.Window, QColor(theme.DARK.surface))
    light = QPalette(before)
    light.setColor(QPalette.ColorRole.Window, QColor(theme.LIGHT.surface))
    pixel, ground = canvas.pixel_of(3, -3), canvas.pixel_of(1.37, 1.37)
    try:
        for palette, colours_of in ((dark, theme.DARK), (light, theme.LIGHT)):
            QApplication.setPalette(palette)
            qtbot.waitUntil(lambda: canvas.backgroundBrush().color() == QColor(colours_of.background))  # noqa: B023
            pixels = shown(canvas)
            expected = theme.class_colours(3, dark=colours_of.dark)[1]
            np.testing.assert_allclose(pixels[pixel.y(), pixel.x()], expected, atol=SCREEN)
            background = QColor(colours_of.background).getRgb()[:3]
            np.testing.assert_allclose(pixels[ground.y(), ground.x()], background, atol=SCREEN)
    finally:
        QApplication.setPalette(before)


def test_axes_are_named(canvas, map_points):
    canvas.set_points(map_points(CORNERS))
    assert "z₁" in canvas.axes["bottom"].labelString()
    assert "z₂" in canvas.axes["left"].labelString()


def test_many_points_are_one_item(canvas, map_points):
    before = len(canvas.scene().items())
    canvas.set_points(map_points(np.random.default_rng(0).normal(size=(20_000, 2))))
    canvas.viewport().grab()
    assert len(canvas.scene().items()) == before


def test_the_extent_leaves_out_what_is_no_number():
    points = np.array([[1, 2], [np.nan, np.nan], [3, -4]], np.float32)
    assert extent_of(points) == (1, 3, -4, 2)
    assert extent_of(points[1:2]) is None
    half = np.array([(0, np.nan)], np.float32)
    assert extent_of(half) is None
    assert extent_of(np.concatenate([points, half * 100 - 50])) == (1, 3, -4, 2)
