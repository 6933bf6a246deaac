"""Trails: in the colours of their points, and fainter the longer ago."""

import numpy as np
import pytest

from latentlab.ui.canvas.layers.trails_layer import TrailsLayer
from latentlab.ui.style import theme


@pytest.fixture
def trails(canvas, map_points):
    canvas.set_points(map_points([(2, 1), (2, -1)], [0, 2]))
    canvas.show_standard()
    return TrailsLayer(canvas.view, canvas.points_layer)


def strength(canvas, shown, before, x, y):
    """Give how far the pixels near a place of the plane are from what they were, and the colour of the farthest."""
    at = canvas.pixel_of(x, y)
    part = np.s_[int(at.y()) - 3 : int(at.y()) + 4, int(at.x()) - 3 : int(at.x()) + 4]
    away = (shown(canvas)[part] - before[part]).reshape(-1, 3)
    return away[np.abs(away).sum(1).argmax()].astype(float)


def test_each_has_the_colour_of_its_point_and_fades_towards_the_past(canvas, trails, shown):
    before = shown(canvas)
    x = np.linspace(-3.3, 1.3, 9, dtype=np.float32)
    rows = np.array([1, 0])
    places = np.stack([np.stack([x, np.full(9, y, np.float32)], 1) for y in (-1, 1)])
    trails.set_trails(rows, places)
    own = theme.class_colours(3, dark=theme.current().dark).astype(float)
    ground = before[int(canvas.pixel_of(-1.55, 1.5).y()), int(canvas.pixel_of(-1.55, 1.5).x())]
    for y, colour in ((1, own[0]), (-1, own[2])):
        away = [strength(canvas, shown, before, x, y) for x in (-3.2, -1.55, 1.15, 1.5)]
        lengths = np.linalg.norm(away, axis=1)
        assert (np.diff(lengths) > 0).all()
        towards = colour - ground
        assert away[-1] @ towards / np.linalg.norm(away[-1]) / np.linalg.norm(towards) > 0.98
