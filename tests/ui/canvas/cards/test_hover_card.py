"""The card beside the point that the mouse rests on: where it may lie, and what it shows."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF

from latentlab.core.map.browsing import Hovered
from latentlab.ui.canvas.cards.hover_card import HoverCard

IMAGE = np.full((1, 28, 28), 128, np.uint8)


def hovered(row=0, image=IMAGE, reconstruction=None, label=0):
    return Hovered(row, label, ("zero", "one"), image, reconstruction)


@pytest.fixture
def card(canvas, map_points):
    canvas.set_points(map_points([(0, 0), (1, 1), (3, -2)]))
    return HoverCard(canvas.view, canvas.points_layer, lambda: [])


def where(canvas, row):
    ((x, y),) = canvas.view.to_pixels(canvas.points()[[row]])
    return QPointF(x, y)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    x=st.floats(0, 1), y=st.floats(0, 1), width=st.integers(240, 900), height=st.integers(200, 700), two=st.booleans()
)
def test_it_lies_within_the_map_and_never_on_the_point(canvas, map_points, x, y, width, height, two):
    canvas.resize(width, height)
    canvas.set_points(map_points([(0, 0), (1, 1)]))
    legend = canvas.legend.geometry()
    card = HoverCard(canvas.view, canvas.points_layer, lambda: [QRectF(legend)])
    canvas.view.go_to((-x, 1 - x, -y, 1 - y))  # the point is anywhere in sight, or just outside
    card.show_point(hovered(reconstruction=np.zeros((1, 28, 28), np.float32) if two else None))
    place, found = where(canvas, 0), card.card()
    if found is not None:
        assert canvas.view.box.rect().contains(found)
        assert not found.adjusted(-8, -8, 8, 8).contains(place)
        assert not found.intersects(QRectF(legend))
    elif width > 800 and height > 600:
        assert not canvas.view.box.rect().contains(place)
    card.scene().removeItem(card)


def test_it_shows_the_image_and_what_is_rebuilt_of_it(canvas, card, shown):
    before = shown(canvas)
    card.show_point(hovered(reconstruction=np.ones((1, 28, 28), np.float32)))
    after = shown(canvas)
    place = card.card()
    corner = canvas.mapFromScene(canvas.view.box.mapToScene(place.topLeft()))
    left, right = (after[corner.y() + 48, corner.x() + 48 + step] for step in (0, 88))
    assert left.tolist() == [128, 128, 128]
    assert right.tolist() == [255, 255, 255]
    changed = np.argwhere((before != after).any(2))
    low, high = changed.min(0), changed.max(0)
    assert low[0] >= corner.y() - 1
    assert low[1] >= corner.x() - 1
    assert high[0] <= corner.y() + place.height() + 1
    assert high[1] <= corner.x() + place.width() + 1
    card.hide_point()
    np.testing.assert_array_equal(shown(canvas), before)


def test_it_goes_with_its_point_and_leaves_one_that_has_moved_on(canvas, card):
    card.show_point(hovered(1))
    first = card.card()
    left, right, bottom, top = canvas.view.extent()
    small, large = 10 * (right - left) / 700, 100 * (right - left) / 700
    canvas.view.go_to((left - small, right - small, bottom, top))
    assert card.row() == 1
    assert 5 < card.card().left() - first.left() < 15
    canvas.view.go_to((left - large, right - large, bottom, top))
    assert card.row() == -1


def test_it_is_not_there_for_a_point_that_is_gone_or_nowhere(canvas, card, map_points):
    card.show_point(hovered(2))
    canvas.set_points(map_points([(0, 0)]))
    assert card.card() is None
    canvas.set_points(map_points([(0, 0), (np.nan, 0)]))
    card.show_point(hovered(1))
    assert not card.isVisible()
