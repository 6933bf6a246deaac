"""Rectangle and lasso on the map, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from latentlab.ui.canvas.layers.area_layer import AreaLayer
from latentlab.ui.canvas.tools.area_tools import LassoTool, RectangleTool

LEFT = Qt.MouseButton.LeftButton
SHIFT, CTRL, ALT, NONE = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.NoModifier,
)
POINTS = [(x, y) for y in range(-3, 4) for x in range(-3, 4)]


class Hand:
    """A canvas with a tool in hand, and what the tool has said."""

    def __init__(self, qtbot, canvas, kind):
        self.qtbot, self.canvas = qtbot, canvas
        self.layer = AreaLayer(canvas.view)
        self.tool = kind(canvas.view, canvas.points_layer, self.layer, canvas)
        self.said = []
        self.tool.drawn.connect(lambda mode, rows: self.said.append((mode, rows.tolist())))
        self.tool.point_toggled.connect(lambda row: self.said.append(("toggle", row)))
        canvas.mouse.set_tool(self.tool)

    def press(self, x, y, modifiers=NONE):
        self.qtbot.mousePress(self.canvas.viewport(), LEFT, modifiers, self.canvas.pixel_of(x, y))

    def move(self, x, y):
        self.move_to(self.canvas.pixel_of(x, y))

    def move_to(self, pixel):
        self.qtbot.mouseMove(self.canvas.viewport(), pixel)

    def release(self, x, y):
        self.qtbot.mouseRelease(self.canvas.viewport(), LEFT, pos=self.canvas.pixel_of(x, y))

    def drag(self, *corners, modifiers=NONE):
        self.press(*corners[0], modifiers)
        for corner in corners[1:]:
            self.move(*corner)
        self.release(*corners[-1])

    def click(self, x, y, modifiers=NONE):
        self.press(x, y, modifiers)
        self.release(x, y)


@pytest.fixture
def hand(qtbot, canvas, map_points):
    canvas.set_points(map_points(POINTS, [index % 3 for index in range(len(POINTS))]))
    canvas.show_standard()
    return lambda kind: Hand(qtbot, canvas, kind)


def inside(test):
    return [row for row, (x, y) in enumerate(POINTS) if test(x, y)]


@pytest.mark.parametrize(
    ("modifiers", "mode"),
    [(NONE, "select"), (SHIFT, "add"), (CTRL, "add"), (ALT, "remove"), (CTRL | SHIFT, "remove")],
)
def test_a_rectangle_holds_what_is_within(hand, modifiers, mode):
    hand = hand(RectangleTool)
    hand.drag((1.5, 2.5), (0, 0), (-0.5, -1.5), modifiers=modifiers)
    assert hand.said == [(mode, inside(lambda x, y: -0.5 < x < 1.5 and -1.5 < y < 2.5))]


def test_a_lasso_holds_what_its_line_encloses(hand):
    hand = hand(LassoTool)
    hand.drag((-3.4, -3.4), (3.4, -3.4), (3.4, 3.4))  # closes by itself, to half of a square
    ((mode, rows),) = hand.said
    assert mode == "select"
    assert set(inside(lambda x, y: x > y)) <= set(rows) <= set(inside(lambda x, y: x >= y))


def test_a_loop_within_a_lasso_is_no_hole(hand):
    hand = hand(LassoTool)
    around = [(-1.5, -1.5), (1.5, -1.5), (1.5, 1.5), (-1.5, 1.5)]
    hand.drag(*around, *around, (-1.5, -1.5))
    assert hand.said == [("select", inside(lambda x, y: max(abs(x), abs(y)) <= 1))]


@pytest.mark.parametrize("kind", [RectangleTool, LassoTool])
def test_a_click_takes_the_point_and_beside_all_none(hand, kind):
    hand = hand(kind)
    row = POINTS.index((1, 2))
    for modifiers in (NONE, SHIFT, CTRL, ALT, CTRL | SHIFT):
        hand.click(1, 2, modifiers)
        hand.click(1.5, 2.5, modifiers)
    one = [row]
    assert hand.said == [
        ("select", one), ("select", []), ("add", one), ("toggle", row), ("remove", one), ("remove", one),
    ]  # fmt: skip


def test_an_empty_rectangle_selects_none(hand):
    hand = hand(RectangleTool)
    hand.drag((0.2, 0.2), (0.8, 0.8))
    assert hand.said == [("select", [])]


def test_a_hidden_class_is_not_within(hand):
    hand = hand(RectangleTool)
    hand.canvas.set_class_visible(1, False)
    hand.drag((-1.5, -1.5), (1.5, 1.5))
    ((_, rows),) = hand.said
    assert rows == [row for row in inside(lambda x, y: max(abs(x), abs(y)) <= 1) if row % 3 != 1]
    hand.said.clear()
    hand.click(*POINTS[1])
    assert hand.said == [("select", [])]


def test_it_holds_in_a_zoomed_view_and_ends_at_its_edge(hand):
    hand = hand(RectangleTool)
    hand.canvas.view.go_to((-1.2, 1.2, -1.2, 1.2))
    left, right, _, top = hand.canvas.view.extent()
    assert (left > -2, right < 2, top < 2) == (True, True, True)
    hand.press(-0.5, -0.5)
    for far in (QPoint(5, 5), QPoint(-4000, -4000)):  # beyond the upper left corner
        hand.move_to(far)
    hand.qtbot.mouseRelease(hand.canvas.viewport(), LEFT, pos=QPoint(-4000, -4000))
    assert hand.said == [("select", inside(lambda x, y: x == -1 and y in (0, 1)))]  # none that is out of sight
    hand.drag((-0.5, -0.5), (1.15, 1.15))
    assert hand.said[1] == ("select", inside(lambda x, y: x in (0, 1) and y in (0, 1)))


def test_escape_gives_up_and_the_tool_goes_on(hand):
    hand = hand(LassoTool)
    hand.press(-1, -1)
    hand.move(1.5, -1)
    assert hand.layer.isVisible()
    hand.qtbot.keyClick(hand.canvas, Qt.Key.Key_Escape)
    assert not hand.layer.isVisible()
    hand.move(1.5, 2)
    assert not hand.layer.isVisible()
    hand.release(1.5, 2)
    assert hand.said == []
    hand.drag((0.5, -0.5), (1.5, -0.5), (1.5, 0.5), (0.5, 0.5))
    assert hand.said == [("select", [POINTS.index((1, 0))])]


def test_another_tool_ends_what_was_begun(hand):
    hand = hand(RectangleTool)
    hand.press(-1, -1)
    hand.move(1, 1)
    hand.canvas.mouse.set_tool(None)
    assert not hand.layer.isVisible()
    hand.release(1, 1)
    assert hand.said == []


def test_points_count_where_they_are_when_the_button_goes_up(hand, map_points):
    hand = hand(LassoTool)
    hand.press(-1.5, -1.5)
    hand.move(-0.5, -1.5)
    hand.canvas.set_points(map_points(np.add(POINTS, (1, 0))))
    hand.move(-0.5, -0.5)
    hand.move(-1.5, -0.5)
    hand.release(-1.5, -0.5)
    assert hand.said == [("select", [POINTS.index((-2, -1))])]


def test_a_map_that_goes_away_meanwhile_holds_nothing(hand):
    hand = hand(RectangleTool)
    hand.press(-1.5, -1.5)
    hand.move(1.5, 1.5)
    hand.canvas.clear_points()
    hand.release(1.5, 1.5)
    assert hand.said == [("select", [])]


def test_the_badge_counts_while_the_hand_draws(hand, qtbot):
    hand = hand(RectangleTool)
    hand.press(-1.5, -1.5, SHIFT)
    hand.move(1.5, 1.5)
    qtbot.waitUntil(lambda: hand.layer.badge() == "+9")
    hand.move(2.5, 1.5)
    qtbot.waitUntil(lambda: hand.layer.badge() == "+12")
    hand.release(2.5, 1.5)
    assert hand.layer.badge() == ""


def test_what_is_drawn_can_be_seen(hand, shown):
    hand = hand(RectangleTool)
    before = shown(hand.canvas)
    hand.press(-2.5, -2.5)
    hand.move(2.5, 2.5)
    during = shown(hand.canvas)
    corners = [hand.canvas.pixel_of(x, y) for x, y in ((-2.5, 2.5), (2.5, -2.5))]
    changed = np.abs(during - before).sum(2) > 0
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    assert abs(columns[0] - corners[0].x()) <= 3
    assert abs(rows[0] - corners[0].y()) <= 3
    inner = hand.canvas.pixel_of(0.5, 0.5)
    assert changed[inner.y(), inner.x()]
    hand.release(2.5, 2.5)
    assert (shown(hand.canvas) == before).all()
