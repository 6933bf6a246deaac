"""Which point is seen at a pixel, which lie within a path, and what the mouse rests on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainterPath, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QApplication

from latentlab.ui.canvas.points.inside_path import are_inside
from latentlab.ui.style import theme

CORNERS = [(-3, -3), (3, -3), (-3, 3), (3, 3), (0, 0)]
NOTHING = Qt.MouseButton.NoButton
_ROUNDED = 0.5  # pixels


def cloud(count, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(count, 2)).astype(np.float32), random.integers(0, 3, count)


def local(canvas, x, y):
    ((across, down),) = canvas.view.to_pixels([(x, y)])
    return QPointF(across, down)


def move(canvas, place):
    at = QPointF(place)
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, canvas.viewport().mapToGlobal(at), NOTHING, NOTHING, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(canvas.viewport(), event)


def drawn_layer(canvas):
    """Show what the layer of points draws, alone: uint8 (H, W, 4), and where its pixel 0, 0 is in the view box."""
    from PySide6.QtGui import QImage, QPainter

    box = canvas.view.box.rect()
    image = QImage(int(box.width()), int(box.height()), QImage.Format.Format_RGBA8888)
    image.fill(0)
    painter = QPainter(image)
    canvas.points_layer.paint(painter, None)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).astype(int)


@pytest.mark.parametrize("count", [60, 3_000, 60_000])
def test_the_point_found_is_the_one_seen(canvas, map_points, count):
    points, labels = cloud(count)
    canvas.set_points(map_points(points, labels))
    picture = drawn_layer(canvas)
    colours = theme.class_colours(3, dark=False).astype(int)
    opaque = np.argwhere(picture[..., 3] > 200)
    places = canvas.view.to_pixels(points)
    for row, column in opaque[np.random.default_rng(1).integers(0, len(opaque), 200)]:
        found = canvas.points_layer.nearest(QPointF(column, row))
        assert found is not None
        far = np.hypot(*(places - (column, row)).T)
        # Where two centres are as near as each other, to less than a pixel, rounding decides.
        as_near = labels[far < far[found] + _ROUNDED]
        assert np.abs(colours - picture[row, column, :3]).sum(axis=1).argmin() in as_near
    empty = np.argwhere(picture[..., 3] == 0)
    for row, column in empty[np.random.default_rng(2).integers(0, len(empty), 50)]:
        found = canvas.points_layer.nearest(QPointF(column, row))
        if found is not None:
            x, y = canvas.view.to_pixels(points[[found]])[0]
            assert np.hypot(x - column, y - row) <= canvas.points_layer.radius() + 2.001


@pytest.mark.parametrize("count", [40, 60_000])
def test_a_point_alone_is_found_where_it_is_after_any_change(canvas, map_points, count):
    points, labels = cloud(count)
    points[7] = 6, 6
    canvas.set_points(map_points(points, labels))
    layer = canvas.points_layer
    assert layer.nearest(local(canvas, 6, 6)) == 7
    canvas.view.zoom(0.7, local(canvas, 6, 6))
    assert layer.nearest(local(canvas, 6, 6)) == 7
    canvas.view.pan(canvas.view.extent(), QPointF(-31, 17))
    assert layer.nearest(local(canvas, 6, 6) + QPointF(1, -1)) == 7
    canvas.resize(640, 600)
    assert layer.nearest(local(canvas, 6, 6)) == 7
    moved = points.copy()
    moved[7] = 6, 3
    canvas.set_points(map_points(moved, labels))
    assert layer.nearest(local(canvas, 6, 6)) is None
    assert layer.nearest(local(canvas, 6, 3)) == 7
    canvas.set_class_visible(int(labels[7]), False)
    assert layer.nearest(local(canvas, 6, 3)) is None
    canvas.clear_points()
    assert layer.nearest(local(canvas, 6, 3)) is None


def test_a_mouse_move_looks_at_few_points_however_many_there_are(canvas, map_points, monkeypatch):
    asked = []
    to_pixels = canvas.view.to_pixels
    monkeypatch.setattr(canvas.view, "to_pixels", lambda rows: asked.append(len(rows)) or to_pixels(rows))
    for count in (100, 200_000):
        points, labels = cloud(count)
        canvas.set_points(map_points(points, labels))
        canvas.viewport().grab()
        asked.clear()
        for offset in range(20):
            move(canvas, canvas.pixel_of(0.1 * offset - 1, 0.3) + canvas.viewport().pos())
        assert max(asked) < 200


def test_beyond_its_reach_the_nearest_of_all_is_found(canvas, map_points):
    points, labels = cloud(5_000)
    points[11] = np.nan
    canvas.set_points(map_points(points, labels))
    canvas.view.zoom(0.1, local(canvas, 3, 3))
    for place in ((10, 20), (-500, 30), (300, 900)):
        x, y = canvas.view.to_position(QPointF(*place))
        found = canvas.points_layer.nearest(QPointF(*place), 1e6)
        assert found == np.nanargmin(np.hypot(*(points - (x, y)).T))
    assert canvas.points_layer.nearest(QPointF(10, 20), 3.0) is None


def test_of_large_discs_the_upper_is_found_and_the_selected_lie_above(canvas, map_points):
    canvas.set_points(map_points([*CORNERS, (0.02, 0)], [0] * 5 + [-1]))
    layer = canvas.points_layer
    beside = local(canvas, 0.02, 0) + QPointF(2, 0)
    assert layer.radius() > 5
    # Point 5 has no class and lies below, though its centre is nearer.
    assert layer.nearest(beside) == 4
    layer.set_selected(np.array([5]))
    assert layer.nearest(beside) == 5
    layer.set_selected(np.array([4, 99, -3]))
    assert layer.nearest(beside) == 4


def test_the_nearest_of_an_empty_map_is_none(canvas):
    assert canvas.points_layer.nearest(QPointF(100, 100)) is None
    assert canvas.points_layer.nearest(QPointF(100, 100), 1e6) is None
    assert len(canvas.points_layer.rows_in(QPainterPath())) == 0


places = st.tuples(st.floats(-20, 120), st.floats(-20, 120))


@given(st.lists(places, min_size=3, max_size=8), st.booleans(), st.booleans(), st.integers(0, 99))
@settings(max_examples=80)
def test_points_inside_of_a_path_are_told_exactly(corners, is_closed, has_hole, seed):
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
    if is_closed:
        path.closeSubpath()
    if has_hole:
        path.addEllipse(QPointF(40, 50), 30, 20)
    random = np.random.default_rng(seed)
    points = random.uniform(-10, 110, (300, 2))
    # On and close to the corners and the sides too.
    sides = np.array(corners)
    share = random.uniform(size=(100, 1))
    ends = random.integers(0, len(sides), (2, 100))
    points = np.concatenate([points, sides[ends[0]] * share + sides[ends[1]] * (1 - share) + 1e-3, [(np.nan, 5)]])
    bounds = QRectF(0, 0, 100, 100)
    found = are_inside(path, points, bounds)
    wanted = [
        not np.isnan(x) and bounds.contains(QPointF(x, y)) and path.contains(QPointF(x, y)) for x, y in points.tolist()
    ]
    np.testing.assert_array_equal(found, wanted)


def test_rows_in_a_path_are_those_that_are_seen_in_it(canvas, map_points):
    points, labels = cloud(2_000)
    labels[:100] = -1
    points[5] = np.inf
    canvas.set_points(map_points(points, labels))
    canvas.set_class_visible(1, False)
    path = QPainterPath()
    path.addEllipse(local(canvas, 0.5, 0), 80, 50)
    rows = canvas.points_layer.rows_in(path)
    assert rows.dtype == np.int64
    drawn = canvas.view.to_pixels(points)
    wanted = [
        row
        for row, (x, y) in enumerate(drawn.tolist())
        if labels[row] != 1 and np.isfinite(x + y) and path.contains(QPointF(x, y))
    ]
    assert len(wanted) > 100
    np.testing.assert_array_equal(rows, wanted)


def test_resting_on_a_point_is_told_and_ringed(canvas, map_points, shown, qtbot):
    canvas.set_points(map_points(CORNERS))
    told = []
    canvas.point_hovered.connect(lambda row, place: told.append((row, place)))
    plain = shown(canvas)
    pixel = canvas.pixel_of(3, 3)
    move(canvas, pixel)
    assert [row for row, _ in told] == [3]
    assert (told[0][1] - local(canvas, 3, 3)).manhattanLength() < 2
    rows, columns = np.nonzero((shown(canvas) != plain).any(axis=2))
    distances = np.hypot(rows - pixel.y(), columns - pixel.x())
    radius = canvas.points_layer.radius()
    assert radius - 1 < distances.min() < distances.max() < radius + 7
    # Its own colour stays in the middle.
    np.testing.assert_array_equal(shown(canvas)[pixel.y(), pixel.x()], plain[pixel.y(), pixel.x()])
    move(canvas, canvas.pixel_of(1.5, 1.5))
    assert told[-1][0] == -1
    np.testing.assert_array_equal(shown(canvas), plain)
    move(canvas, pixel)
    QApplication.sendEvent(canvas.viewport(), QEvent(QEvent.Type.Leave))
    assert [row for row, _ in told] == [3, -1, 3, -1]


def test_a_mouse_at_rest_follows_what_comes_below_it(canvas, map_points, qtbot):
    canvas.set_points(map_points(CORNERS))
    told = []
    canvas.point_hovered.connect(lambda row, _: told.append(row))
    place = canvas.pixel_of(1.5, 1.5)
    move(canvas, place)
    assert told == []
    # A wheel beside it brings the point 3, 3 here.
    start = canvas.view.extent()
    canvas.view.pan(start, local(canvas, 1.5, 1.5) - local(canvas, 3, 3))
    qtbot.waitUntil(lambda: told == [3])
    canvas.set_points(map_points(CORNERS[:3]))
    assert told == [3, -1]
    canvas.set_class_visible(0, False)
    canvas.set_points(map_points([(1, 1), canvas.view.to_position(local(canvas, 3, 3))]))
    canvas.set_class_visible(0, True)
    qtbot.waitUntil(lambda: told == [3, -1, 1])


def test_the_ring_moves_along(canvas, map_points):
    canvas.set_points(map_points(CORNERS))
    move(canvas, canvas.pixel_of(3, 3))
    canvas.set_points(map_points(np.float32(CORNERS) * 0.9, animate=True))
    canvas.hide()
    np.testing.assert_allclose(canvas.markers.hovered, [(2.7, 2.7)], rtol=1e-5)


def test_the_wheel_keeps_what_the_mouse_rests_on(canvas, map_points):
    canvas.set_points(map_points(CORNERS))
    pixel = canvas.pixel_of(3, 3)
    move(canvas, pixel)
    at = QPointF(pixel)
    event = QWheelEvent(
        at, canvas.viewport().mapToGlobal(at), at.toPoint() * 0, at.toPoint() * 0 + at.toPoint(), NOTHING,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas.viewport(), event)
    assert canvas.points_layer.nearest(local(canvas, 3, 3)) == 3
    assert len(canvas.markers.hovered) == 1
