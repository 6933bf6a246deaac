"""What lies over corners of the map: fitted points stay clear of it, whichever way leaves them the most room."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QWidget

from latentlab.ui.canvas.panel import CanvasPanel

CORNERS = ("top left", "top right", "bottom left", "bottom right")
SIDES = st.floats(10, 240)
CARDS = st.dictionaries(st.sampled_from(CORNERS), st.tuples(SIDES, SIDES), max_size=3)


def under(canvas, cards):
    """Give how many points' middles lie under cards, or outside of the view."""
    box = canvas.view.box.rect()
    x, y = canvas.view.to_pixels(canvas.points()).T
    hidden = (x < 0) | (y < 0) | (x > box.width()) | (y > box.height())
    for corner, (wide, high) in cards.items():
        across = x < wide if "left" in corner else x > box.width() - wide
        down = y < high if "top" in corner else y > box.height() - high
        hidden |= across & down
    return int(hidden.sum())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(cards=CARDS, stretch=st.floats(0.05, 20), seed=st.integers(0, 99))
def test_no_point_lies_below_a_card_when_all_are_shown(canvas, map_points, cards, stretch, seed):
    canvas.set_legend_shown(False)
    canvas.set_points(map_points(np.random.default_rng(seed).uniform(-1, 1, (200, 2)) * (stretch, 1)))
    for corner in CORNERS:
        canvas.view.set_covered(corner, corner, *cards.get(corner, (0, 0)))
    canvas.show_all()
    assert under(canvas, cards) == 0


def test_a_card_that_is_high_is_avoided_beside_it_and_one_that_is_wide_below_it(canvas, map_points):
    canvas.set_legend_shown(False)
    canvas.set_points(map_points(np.random.default_rng(0).uniform(-1, 1, (200, 2))))

    def unit():
        return canvas.pixel_of(1, 0).x() - canvas.pixel_of(0, 0).x()

    whole = unit()
    canvas.view.set_covered("a", "top right", 60, 400)
    assert unit() > 0.9 * whole
    canvas.view.set_covered("a", "top right", 400, 40)
    assert unit() > 0.9 * whole
    canvas.view.set_covered("a", "top right", 0, 0)
    assert unit() == whole


def test_points_that_come_to_lie_below_a_card_make_the_view_follow(canvas, map_points):
    canvas.set_legend_shown(False)
    canvas.view.set_covered("a", "top right", 150, 300)
    canvas.set_points(map_points([(-1, -1), (-0.5, 1), (0.9, -0.9), (1, 0.9)]))
    before = canvas.view.extent()
    assert canvas.view.set_points((-1, 1, -1, 1), animates=True) is None
    right = before[1] - 20 * (before[1] - before[0]) / canvas.view.box.rect().width()
    assert canvas.view.set_points((-1, right, -1, 1), animates=True) is not None


def test_standard_stays_where_it_is_whatever_comes_and_goes_below(canvas):
    canvas.show_standard()
    before = canvas.view.extent()
    canvas.view.set_covered("field", "bottom left", 200, 90)
    assert canvas.view.extent() == before


@pytest.mark.parametrize("size", [(500, 380), (760, 560), (1400, 800)])
def test_buttons_legend_and_pill_lie_beside_each_other_and_over_no_point(qtbot, map_points, size):
    panel = qtbot.show(CanvasPanel(), *size)
    canvas = panel.canvas
    labels = np.arange(300) % 10
    canvas.set_points(map_points(np.random.default_rng(0).normal(size=(300, 2)), labels, tuple("0123456789")))
    panel.pill.set_selected(12_345)
    panel.hint.say("Click a point, or any place, to decode it.")
    cards = canvas.cards()
    assert {panel.pill, panel.hint, canvas.legend, panel.layers.button.parentWidget()} == set(cards)
    for card in cards:
        assert canvas.rect().contains(card.geometry()), card.objectName()
        assert not any(card.geometry().intersects(other.geometry()) for other in cards if other is not card)
    fixed = [canvas.legend, panel.layers.button.parentWidget()]
    for x, y in canvas.points().tolist():
        assert not any(card.geometry().contains(canvas.pixel_of(x, y)) for card in fixed)


def test_all_that_takes_the_keyboard_over_the_map_has_a_name(qtbot):
    panel = qtbot.show(CanvasPanel(), 760, 560)
    panel.pill.set_selected(3)
    for widget in panel.canvas.findChildren(QWidget):
        if widget.focusPolicy() and widget.isVisible() and widget is not panel.canvas.viewport():
            assert widget.accessibleName() or getattr(widget, "text", str)(), widget
