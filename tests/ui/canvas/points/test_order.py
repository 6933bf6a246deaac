"""What lies above what, what is dimmed, colours by values, and displays of high density."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from latentlab.ui.style import theme

CORNERS = [(-3, -3), (3, -3), (-3, 3), (3, 3), (0, 0)]
SCREEN = 9


def colours():
    return theme.class_colours(3, dark=theme.current().dark).astype(int)


def class_of(pixel):
    """Tell a class by its colour, which may be translucent: it has the same direction, as seen from the ground."""
    ground = np.array(QColor(theme.current().background).getRgb()[:3])
    inks = (colours() - ground) / np.linalg.norm(colours() - ground, axis=1, keepdims=True)
    return (inks @ (pixel - ground)).argmax()


def layer_image(canvas, ratio=1.0):
    """Draw the layer of points alone, on a ground of its own: uint8 (H, W, 3), at a display's ratio."""
    box = canvas.view.box.rect()
    image = QImage(int(box.width() * ratio), int(box.height() * ratio), QImage.Format.Format_RGB888)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(theme.current().background))
    painter = QPainter(image)
    canvas.points_layer.paint(painter, None)
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def seen(canvas, position, ratio=1.0):
    x, y = (np.floor(canvas.view.to_pixels([position])[0] * ratio + 0.5)).astype(int)
    return layer_image(canvas, ratio)[y, x]


@pytest.fixture
def dark():
    theme.set_theme("dark")
    yield
    theme.set_theme("system")


@pytest.mark.parametrize("labels", [[-1, 1], [1, -1]])
def test_what_has_no_class_lies_below(canvas, map_points, labels):
    canvas.set_points(map_points([*CORNERS, (1, 1), (1, 1)], [0] * 5 + labels))
    np.testing.assert_allclose(seen(canvas, (1, 1)), colours()[1], atol=SCREEN)
    canvas.points_layer.set_selected(np.array([5 + labels.index(-1)]))
    np.testing.assert_allclose(seen(canvas, (1, 1)), QColor(theme.current().muted).getRgb()[:3], atol=SCREEN)


@pytest.mark.parametrize("count", [400, 40_000])
def test_no_class_hides_another(canvas, map_points, count):
    """Sorted by class, as image sets often are, and many at each of a few places."""
    places = np.array([(x, y) for x in range(-5, 5) for y in range(-5, 5)], np.float32)
    points = np.tile(places, (count // 100, 1))
    labels = np.sort(np.arange(len(points)) % 3)
    points = points[np.argsort(np.random.default_rng(4).permutation(len(points)))]
    canvas.set_points(map_points(points, labels))
    image = layer_image(canvas)
    pixels = np.floor(canvas.view.to_pixels(places) + 0.5).astype(int)
    found = image[pixels[:, 1], pixels[:, 0]]
    winners = np.abs(found[:, None] - colours()).sum(axis=2).argmin(axis=1)
    assert np.bincount(winners, minlength=3).min() > 15
    # The same points are drawn in the same order every time.
    np.testing.assert_array_equal(layer_image(canvas), image)


@pytest.mark.parametrize("count", [300, 30_000])
def test_the_selected_lie_above_and_the_others_are_dimmed_but_seen(canvas, map_points, count):
    random = np.random.default_rng(0)
    points = random.normal(size=(count, 2)).astype(np.float32)
    points[:2] = (5, 5), (5, -5)
    labels = random.integers(0, 3, count)
    labels[:2] = 0, 1
    canvas.set_points(map_points(points, labels))
    before = layer_image(canvas)
    selected = np.flatnonzero(points[:, 0] > 0.3)[::3]
    selected = np.append(selected[selected > 1], 0)
    canvas.set_selected(selected)
    after = layer_image(canvas)
    drawn = np.floor(canvas.view.to_pixels(points) + 0.5).astype(int)
    ground = np.array(QColor(theme.current().background).getRgb()[:3])
    strengths = [np.linalg.norm(image[drawn[0, 1], drawn[0, 0]] - ground) for image in (before, after)]
    assert strengths[1] >= strengths[0] - SCREEN
    # One alone that is not selected: its own colour, in part.
    full, faint = (image[drawn[1, 1], drawn[1, 0]] - ground for image in (before, after))
    assert 0.15 < np.linalg.norm(faint) / np.linalg.norm(full) < 0.6
    assert np.linalg.norm(np.cross(faint / np.linalg.norm(faint), full / np.linalg.norm(full))) < 0.1
    # Where a selected point is drawn, none of the others is seen or found.
    for row in selected[::7]:
        x, y = drawn[row]
        assert canvas.points_layer.nearest(QPointF(x, y)) in selected
        near = np.hypot(*(drawn[selected] - (x, y)).T) <= canvas.points_layer.radius() + 1
        assert class_of(after[y, x]) in labels[selected[near]]
    canvas.set_selected([])
    np.testing.assert_array_equal(layer_image(canvas), before)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_dimmed_classes_can_be_told_in_either_theme(canvas, map_points, name):
    theme.set_theme(name)
    try:
        canvas.set_points(map_points(CORNERS, [0, 1, 2, 0, 1]))
        canvas.set_selected([4])
        ground = np.array(QColor(theme.current().background).getRgb()[:3])
        faint = [seen(canvas, position) for position in CORNERS[:3]]
        for colour in faint:
            assert np.abs(colour - ground).max() > 25
        for first in range(3):
            for second in range(first):
                assert np.abs(faint[first] - faint[second]).max() > 12
    finally:
        theme.set_theme("system")


def test_letters_are_for_twelve_and_rows_that_are_not_there_are_left_out(canvas, map_points):
    points = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    canvas.set_points(map_points(points))
    canvas.set_selected(np.arange(12))
    np.testing.assert_array_equal(canvas.selected(), points[:12])
    canvas.set_points(map_points(points[:5] + 1))
    np.testing.assert_array_equal(canvas.selected(), points[:5] + 1)
    layer_image(canvas)
    canvas.set_selected([99, -1])
    assert len(canvas.selected()) == 0
    np.testing.assert_allclose(seen(canvas, points[2] + 1), colours()[0], atol=SCREEN)
    canvas.clear_points()
    layer_image(canvas)
    canvas.set_points(map_points(points[:1]))
    np.testing.assert_allclose(seen(canvas, points[0]), colours()[0], atol=SCREEN)


@pytest.mark.parametrize("count", [200, 30_000])
def test_values_give_the_colours_in_place_of_classes(canvas, map_points, count):
    random = np.random.default_rng(0)
    points = random.normal(size=(count, 2)).astype(np.float32)
    points[:2] = (5, 5), (5, -5)
    table = np.column_stack([np.arange(256), np.full(256, 80), 255 - np.arange(256)]).astype(np.uint8)
    levels = random.integers(0, 256, count).astype(np.uint8)
    levels[:2] = 0, 255
    canvas.set_points(map_points(points, random.integers(0, 3, count)))
    layer = canvas.points_layer
    by_class = layer_image(canvas)
    layer.set_values(levels, table)
    ground = 255
    for row, wanted in ((0, table[0]), (1, table[255])):
        found = seen(canvas, points[row])
        opacity = (ground - found[1]) / (ground - 80)
        assert opacity > 0.5
        # A crowd shares one colour among a few neighbouring values.
        np.testing.assert_allclose((found - ground * (1 - opacity)) / opacity, wanted, atol=2 if count < 1000 else 18)
    # Of another number of points: until they come, classes.
    layer.set_values(levels[:-1], table)
    np.testing.assert_array_equal(layer_image(canvas), by_class)
    layer.set_values(None, table)
    np.testing.assert_array_equal(layer_image(canvas), by_class)


@pytest.mark.parametrize("count", [150, 30_000])
@pytest.mark.parametrize("ratio", [1.5, 2.0])
def test_nothing_is_lost_or_shifted_on_a_display_of_high_density(canvas, map_points, monkeypatch, count, ratio):
    random = np.random.default_rng(0)
    points = random.uniform(-3, 3, (count, 2)).astype(np.float32)
    labels = random.integers(0, 3, count)
    alone = np.array([(x, 4 + 0.4 * y) for x in range(-3, 4) for y in range(3)], np.float32)
    points[: len(alone)] = alone
    canvas.set_points(map_points(points, labels))
    plain = layer_image(canvas)
    monkeypatch.setattr(canvas.view, "pixel_ratio", lambda: ratio)
    image = layer_image(canvas, ratio)
    drawn = np.floor(canvas.view.to_pixels(alone) * ratio + 0.5).astype(int)
    for (x, y), label in zip(drawn, labels, strict=False):
        assert (255 - image[y, x]).max() > 0.45 * (255 - colours()[label]).max()
        assert class_of(image[y, x]) == label
    # As large as on a plain display: as much ink, and its centre where it was.
    for here in alone[::5]:
        inks, centres = [], []
        for picture, scale in ((plain, 1.0), (image, ratio)):
            x, y = canvas.view.to_pixels([here])[0] * scale
            reach = int(9 * scale)
            top, left = int(y) - reach, int(x) - reach
            ink = (255 - picture[top : top + 2 * reach + 1, left : left + 2 * reach + 1]).sum(axis=2).astype(float)
            rows, columns = np.indices(ink.shape)
            inks.append(ink.sum() / scale**2)
            centres.append(((columns * ink).sum() / ink.sum() + left - x, (rows * ink).sum() / ink.sum() + top - y))
        assert 0.4 < inks[1] / inks[0] < 2.5
        assert np.abs(centres).max() < 0.75
    # The point that is seen is found as well.
    for row, (x, y) in enumerate(canvas.view.to_pixels(alone)):
        assert canvas.points_layer.nearest(QPointF(x, y)) == row


def test_another_display_is_drawn_for_at_once(canvas, map_points, monkeypatch):
    canvas.set_points(map_points(CORNERS))
    layer_image(canvas)
    monkeypatch.setattr(canvas.view, "pixel_ratio", lambda: 2.0)
    drawn = layer_image(canvas, 2.0)
    assert drawn.min() < 255
    canvas.set_points(map_points(CORNERS))
    np.testing.assert_array_equal(drawn, layer_image(canvas, 2.0))


def test_size_adapts_to_density(canvas, map_points):
    radii = []
    for count in (10, 1_000, 10_000, 70_000, 300_000):
        points = np.random.default_rng(0).uniform(-1, 1, (count, 2)).astype(np.float32)
        canvas.set_points(map_points(points))
        radii.append(canvas.points_layer.radius())
    assert radii == sorted(radii, reverse=True)
    assert radii[0] == 6
    assert radii[-1] < 1
    canvas.view.zoom(0.05)
    near = canvas.points_layer.radius()
    assert near > 2
    canvas.show_all()
    canvas.view.zoom(10)
    assert canvas.points_layer.radius() <= radii[-1]
