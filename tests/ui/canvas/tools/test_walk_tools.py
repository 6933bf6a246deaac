"""Paths and arrows drawn on the map with mouse and keys, and how they look there."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from latentlab.core.map.image_ids import ImageIds
from latentlab.core.map.results import MapPoints
from latentlab.core.views.walk import CodeStop, Walk, WalkPlan, Way
from latentlab.ui.canvas.layers.walk_layer import WalkLayer
from latentlab.ui.canvas.tools.walk_tools import ArrowTool, PathTool
from latentlab.ui.style import theme as looks

LEFT = Qt.MouseButton.LeftButton
POINTS = [(-3, -3), (3, -3), (-3, 3), (3, 3), (0, 0)]


class Walker:
    """A canvas with a tool in hand, and who owns the walk."""

    def __init__(self, kind, canvas, qtbot):
        self.canvas, self.qtbot = canvas, qtbot
        canvas.set_points(
            MapPoints("r", np.array(POINTS, np.float32), np.zeros(5, np.int64), ("a",), ("x", "y"), ImageIds.unknown())
        )
        canvas.show_standard()
        self.layer = WalkLayer(canvas.view, canvas.points_layer)
        self.tool = kind(canvas.view, canvas.points_layer, self.layer, canvas)
        self.tool.wanted.connect(self.take)
        self.plan, self.wanted, self.let_go = None, [], 0
        self.tool.let_go.connect(self._count)
        canvas.mouse.set_tool(self.tool)
        canvas.setFocus()

    def take(self, plan):
        self.plan = plan
        self.wanted.append(plan)
        places = [POINTS[s] if isinstance(s, int) else s for s in (plan.stops if plan else ())]
        self.layer.set_plan(plan, np.array(places, np.float32).reshape(-1, 2))
        self.tool.set_plan(plan)

    def _count(self):
        self.let_go += 1

    def pixel(self, x, y):
        return self.canvas.pixel_of(x, y)

    def click(self, x, y, modifier=Qt.KeyboardModifier.NoModifier):
        self.qtbot.mouseClick(self.canvas.viewport(), LEFT, modifier, pos=self.pixel(x, y))

    def double_click(self, x, y):
        self.click(x, y)
        self.qtbot.mouseDClick(self.canvas.viewport(), LEFT, pos=self.pixel(x, y))
        self.release(x, y)

    def move(self, pixel):
        self.qtbot.mouseMove(self.canvas.viewport(), pixel)

    def press(self, x, y, modifier=Qt.KeyboardModifier.NoModifier):
        self.qtbot.mousePress(self.canvas.viewport(), LEFT, modifier, pos=self.pixel(x, y))

    def drag(self, *places):
        self.press(*places[0])
        self.drag_on(*places[1:])
        self.release(*places[-1])

    def drag_on(self, *places):
        for place in places:
            self.move(self.pixel(*place))

    def release(self, x, y):
        self.qtbot.mouseRelease(self.canvas.viewport(), LEFT, pos=self.pixel(x, y))

    def key(self, key):
        self.qtbot.keyClick(self.canvas, key)

    def stops(self):
        """Places of the walk to a pixel's width; images by their rows."""
        return [
            stop if isinstance(stop, int) else pytest.approx(stop, abs=0.03)
            for stop in (self.plan.stops if self.plan else ())
        ]


@pytest.fixture
def path(canvas, qtbot):
    return Walker(PathTool, canvas, qtbot)


@pytest.fixture
def arrow(canvas, qtbot):
    return Walker(ArrowTool, canvas, qtbot)


def test_dragging_draws_a_line_that_grows_with_the_mouse(path):
    path.press(1, 1)
    path.drag_on((1.5, 1), (2, 1))
    assert path.plan.kind == "drawn"
    assert path.stops() == [(1, 1), (1.5, 1), (2, 1)]
    assert path.let_go == 0
    path.drag_on((2, 2))
    path.release(2, 2)
    assert path.stops() == [(1, 1), (1.5, 1), (2, 1), (2, 2)]
    assert path.let_go == 1
    path.drag((-1, -1), (-2, -1))  # another one takes its place
    assert path.stops() == [(-1, -1), (-2, -1)]


def test_a_drawn_line_stays_within_the_map_and_takes_no_step_of_less_than_three_pixels(path):
    path.press(1, 1)
    for step in range(5, 60):
        path.move(path.pixel(1, 1) + QPoint(step, 0))
    assert 15 <= len(path.plan.stops) <= 25
    path.move(QPoint(-4000, 40))
    left = path.canvas.view.extent()[0]
    assert path.plan.stops[-1][0] == pytest.approx(left)


def test_clicks_set_way_points_until_a_double_click(path):
    path.click(1, 1)
    path.click(2, 1)
    assert path.plan.kind == "line"
    assert path.stops() == [(1, 1), (2, 1)]
    path.double_click(2, 2)
    assert path.stops() == [(1, 1), (2, 1), (2, 2)]
    path.click(-1, -1)
    assert path.stops() == [(-1, -1)]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_ends_too(path, key):
    path.click(1, 1)
    path.click(2, 1)
    path.key(key)
    path.click(-1, -1)
    assert path.stops() == [(-1, -1)]


def test_a_click_on_a_point_means_its_image_with_ctrl_the_place_beneath(path):
    path.click(0, 0)
    path.click(3, 3, Qt.KeyboardModifier.ControlModifier)
    path.click(-3, 3)
    assert path.stops() == [4, (3, 3), 2]


def test_backspace_takes_the_last_way_point_back(path):
    path.click(1, 1)
    path.click(2, 1)
    path.key(Qt.Key.Key_Backspace)
    assert path.stops() == [(1, 1)]
    path.click(2, 2)
    assert path.stops() == [(1, 1), (2, 2)]
    path.key(Qt.Key.Key_Backspace)
    path.key(Qt.Key.Key_Backspace)
    assert path.plan is None
    path.click(-1, -1)
    assert path.stops() == [(-1, -1)]


def test_escape_gives_up_what_is_being_set_or_drawn_and_forgets_what_is_done(path):
    path.drag((1, 1), (2, 1), (2, 2))
    done = path.plan
    path.click(-1, -1)
    path.click(-2, -1)
    path.key(Qt.Key.Key_Escape)
    assert path.plan == done
    path.press(-1, -1)
    path.drag_on((-1, 2))
    path.key(Qt.Key.Key_Escape)
    assert path.plan == done
    path.drag_on((-2, 2))
    path.release(-2, 2)
    assert path.plan == done
    path.key(Qt.Key.Key_Escape)
    assert path.plan is None
    said = len(path.wanted)
    path.key(Qt.Key.Key_Escape)
    assert len(path.wanted) == said


def test_a_way_point_is_dragged_elsewhere_while_others_are_set_and_afterwards(path):
    for place in ((1, 1), (2, 1), (2, 2)):
        path.click(*place)
    path.drag((2, 1), (1.5, -1), (1, -2))
    assert path.stops() == [(1, 1), (1, -2), (2, 2)]
    path.click(-1, 2)
    path.key(Qt.Key.Key_Return)
    path.drag((1, 1), (0.2, 0.2), (0, 0))  # onto a point: its image
    assert path.stops() == [4, (1, -2), (2, 2), (-1, 2)]
    path.press(1, -2)
    path.drag_on((-2, -2))
    path.key(Qt.Key.Key_Escape)
    assert path.stops() == [4, (1, -2), (2, 2), (-1, 2)]


def test_an_end_of_a_drawn_line_takes_the_line_along(path):
    path.drag((-2, 1), (-1, 1), (0, 1), (1, 1), (2, 1))
    path.drag((2, 1), (2, 2), (2, 2.6))
    assert path.plan.kind == "drawn"
    assert path.stops()[0] == (-2, 1)
    assert path.stops()[-1] == (2, 2.6)
    assert path.stops()[2] == (0, 1.8)
    path.drag((0, 1.8), (0, -2))  # no way-point: another line
    assert path.stops() == [(0, 1.8), (0, -2)]


def test_another_tool_leaves_the_walk_and_ends_its_way_points(path):
    path.click(1, 1)
    path.click(2, 1)
    path.canvas.mouse.set_tool(None)
    assert path.stops() == [(1, 1), (2, 1)]
    path.canvas.mouse.set_tool(path.tool)
    path.click(-1, -1)
    assert path.stops() == [(-1, -1)]


def test_no_way_points_are_added_to_a_walk_from_elsewhere(path):
    path.click(1, 1)
    path.take(WalkPlan("line", (0, 1)))
    path.click(2, 1)
    assert path.stops() == [(2, 1)]


def test_an_arrow_is_dragged_from_a_to_b(arrow):
    arrow.press(1, 1)
    arrow.drag_on((1.5, 1.5))
    assert (arrow.plan.kind, arrow.stops()) == ("arrow", [(1, 1), (1.5, 1.5)])
    arrow.drag_on((2, 1))
    arrow.release(2, 1)
    assert arrow.stops() == [(1, 1), (2, 1)]
    assert arrow.let_go == 1


def test_a_click_alone_is_no_arrow(arrow):
    arrow.click(1, 1)
    assert arrow.plan is None


def test_its_tail_is_put_where_one_presses_and_follows_the_drag(arrow):
    arrow.drag((1, 1), (2, 1.5))
    arrow.press(-2, -2)
    assert arrow.stops() == [(1, 1), (2, 1.5), (-2, -2)]
    arrow.drag_on((-1, -2))
    arrow.release(-1, -2)
    assert arrow.stops()[2] == (-1, -2)
    arrow.click(1, -2)
    assert arrow.stops() == [(1, 1), (2, 1.5), (1, -2)]


def test_the_arrow_itself_is_dragged_from_where_it_is_held(arrow):
    arrow.drag((1, 1), (2, 1))
    arrow.press(1.5, 1)
    assert arrow.stops() == [(1, 1), (2, 1)]
    arrow.drag_on((1.5, 2), (1.5, 2.5))
    arrow.release(1.5, 2.5)
    assert arrow.stops() == [(1, 1), (2, 1), (1, 2.5)]
    arrow.drag((1.9, 2.5), (0, -1.5), (-0.1, -2.5))  # now the placed one is held
    assert arrow.stops() == [(1, 1), (2, 1), (-1, -2.5)]


def test_ends_snap_to_points_and_with_ctrl_they_do_not(arrow):
    arrow.drag((0, 0), (1, 1), (3, 3))
    assert arrow.stops() == [4, 3]
    arrow.click(-3, 3)
    assert arrow.stops() == [4, 3, 2]
    arrow.click(-3, -3, Qt.KeyboardModifier.ControlModifier)
    assert arrow.stops() == [4, 3, (-3, -3)]


def test_escape_forgets_the_arrow_and_backspace_where_it_was_put(arrow):
    arrow.drag((1, 1), (2, 1))
    arrow.press(-2, -2)
    arrow.key(Qt.Key.Key_Escape)
    assert arrow.stops() == [(1, 1), (2, 1)]
    arrow.release(-2, -2)
    arrow.click(-2, -2)
    arrow.key(Qt.Key.Key_Backspace)
    assert arrow.stops() == [(1, 1), (2, 1)]
    arrow.key(Qt.Key.Key_Escape)
    assert arrow.plan is None
    arrow.drag((1, 1), (2, 1))
    arrow.key(Qt.Key.Key_Backspace)
    assert arrow.plan is None


def test_each_tool_leaves_the_walk_of_the_other_until_it_draws(arrow):
    line = WalkPlan("line", ((1.0, 1.0), (2.0, 1.0)))
    arrow.take(line)
    arrow.key(Qt.Key.Key_Escape)
    arrow.key(Qt.Key.Key_Backspace)
    arrow.click(-1, -1)
    assert arrow.plan == line
    arrow.drag((-1, -1), (-1, 1))
    assert arrow.plan.kind == "arrow"


def colour_at(canvas, shown, x, y):
    place = canvas.pixel_of(x, y)
    return shown(canvas)[place.y(), place.x()]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_line_frames_and_arrows_are_seen_where_they_belong(path, shown, theme):
    canvas = path.canvas
    looks.set_theme(theme)
    try:
        canvas.show_standard()
        before = {place: colour_at(canvas, shown, *place) for place in ((1.5, 1), (2, 2), (-2, -0.5))}
        path.take(WalkPlan("drawn", ((1.0, 1.0), (2.0, 1.0))))
        assert (colour_at(canvas, shown, 1.5, 1) != before[1.5, 1]).any()
        codes = np.array([(1, 1), (2, 2)], np.float32)
        film = Walk("r", path.plan, codes, codes, np.zeros((1, 2, 4, 4), np.float32), (0,), (), None)
        path.layer.set_film(film)
        path.layer.set_frame(1)
        assert path.layer.frame_place() == (2, 2)
        assert (colour_at(canvas, shown, 2, 2) != before[2, 2]).any()
        path.take(WalkPlan("arrow", ((1.0, 1.0), (2.0, 1.0), (-2.5, -0.5))))
        path.layer.set_film(film)  # of a walk that was before
        assert path.layer.frame_place() is None
        assert (colour_at(canvas, shown, -2, -0.5) != before[-2, -0.5]).any()
        path.take(None)
        for place, colour in before.items():
            assert (colour_at(canvas, shown, *place) == colour).all()
    finally:
        looks.set_theme("light")


def test_a_geodesic_is_drawn_where_it_leads_and_the_straight_line_thin_beside_it(path, shown):
    canvas = path.canvas
    canvas.show_standard()
    places = ((-0.5, 1.0), (-0.5, 2.0))
    before = {place: colour_at(canvas, shown, *place) for place in places}
    path.take(WalkPlan("line", ((-2.0, 1.0), (1.0, 1.0))))
    codes = np.array([(-2, 1), (1, 1)], np.float32)
    images = np.zeros((1, 2, 4, 4), np.float32)
    way = Way(np.array([(-2, 1), (-2, 2), (1, 2), (1, 1)], np.float32), 4.0, 5.0)
    path.layer.set_film(Walk("r", path.plan, codes, codes, images, (0,), (), None, way))
    assert np.array_equal(path.layer.way(), way.places)
    assert (colour_at(canvas, shown, -0.5, 2.0) != before[-0.5, 2.0]).any()
    row, column = canvas.pixel_of(-0.5, 1.0).y(), canvas.pixel_of(-0.5, 1.0).x()
    beside = shown(canvas)[row, column - 20 : column + 20]
    assert np.ptp(beside, axis=0).max() > 100  # dashes
    path.take(WalkPlan("line", ((-2.0, 1.0), (1.0, 1.5))))  # a way-point has moved: it leads elsewhere now
    assert not len(path.layer.way())
    assert (colour_at(canvas, shown, -0.5, 2.0) == before[-0.5, 2.0]).all()


def test_the_line_goes_with_points_that_move_and_codes_lie_where_they_are_said_to(path):
    path.take(WalkPlan("line", (4, (1.0, 1.0))))
    path.layer.set_plan(WalkPlan("line", (4, CodeStop((1.0, 2.0, 3.0)))), np.array([(0, 0), (2, 2)], np.float32))
    moved = np.array(POINTS, np.float32)
    moved[4] = (-1, 0)
    path.canvas.points_layer.move(moved)
    at = path.canvas.view.to_pixels([(-1, 0), (2, 2)])
    assert path.layer.stops() == pytest.approx(at)


def test_a_walk_far_beyond_what_can_be_drawn_does_no_harm(path):
    for plan in (
        WalkPlan("line", ((1e12, 0.0), (0.0, 1e-12))),
        WalkPlan("arrow", ((1e12, 0.0), (0.0, 1e-12))),
        WalkPlan("arrow", ((1.0, 1.0), (1.0, 1.0), (2.0, 2.0))),
        WalkPlan("line", ((1.0, 1.0), (1.0, 1.0))),
        WalkPlan("line", ()),
    ):
        path.take(plan)
        path.canvas.viewport().grab()
    path.layer.set_plan(WalkPlan("line", (4, 99)), np.zeros((2, 2), np.float32))  # the map has no such image by now
    path.canvas.viewport().grab()


def test_the_mouse_shows_what_it_would_take_hold_of_and_where_the_next_way_point_would_be(path, shown):
    path.click(1, 1)
    empty = colour_at(path.canvas, shown, 1.5, 1.5)
    path.move(path.pixel(2, 2))
    assert (colour_at(path.canvas, shown, 1.5, 1.5) != empty).any()
    path.move(path.pixel(1, 1))
    assert (colour_at(path.canvas, shown, 1.5, 1.5) == empty).all()
    path.key(Qt.Key.Key_Return)
    path.move(path.pixel(2, 2))
    assert (colour_at(path.canvas, shown, 1.5, 1.5) == empty).all()


def test_an_arrow_that_is_gone_while_it_is_dragged_is_held_no_more(arrow):
    arrow.drag((-2, 1), (1, 1))
    arrow.press(-0.5, 1)
    arrow.take(None)  # another model is shown
    arrow.drag_on((0.5, -1), (1, -1.5))
    arrow.release(1, -1.5)
    assert arrow.plan is None
