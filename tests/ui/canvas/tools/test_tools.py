"""What mouse and keyboard do on the map."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QEnterEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from latentlab.ui.canvas.tools.tools import Tool

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
CORNERS = [(-3, -3), (3, -3), (-3, 3), (3, 3), (0, 0)]


@pytest.fixture
def said(canvas):
    """Note every intent of the canvas, in order."""
    notes = []
    canvas.intents.picked_at.connect(lambda x, y: notes.append(("picked_at", x, y)))
    canvas.intents.point_picked.connect(lambda index: notes.append(("point_picked", index)))
    canvas.intents.hovered.connect(lambda x, y: notes.append(("hovered", x, y)))
    canvas.intents.hover_ended.connect(lambda: notes.append(("hover_ended",)))
    return notes


def extent(canvas):
    (left, right), (bottom, top) = canvas.box.viewRange()
    return np.array([left, right, bottom, top])


def move(canvas, pixel, buttons=Qt.MouseButton.NoButton, modifiers=Qt.KeyboardModifier.NoModifier):
    place = QPointF(pixel)
    across = canvas.viewport().mapToGlobal(place)
    event = QMouseEvent(QEvent.Type.MouseMove, place, across, Qt.MouseButton.NoButton, buttons, modifiers)
    QApplication.sendEvent(canvas.viewport(), event)


def wheel(canvas, pixel, angle):
    place = QPointF(pixel)
    event = QWheelEvent(
        place, canvas.viewport().mapToGlobal(place), QPoint(), QPoint(0, angle), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas.viewport(), event)


@pytest.mark.parametrize("position", [(1.0, 2.0), (-2.5, 0.7), (0.0, -3.2)])
def test_a_click_asks_for_the_position_under_it(canvas, map_points, qtbot, said, position):
    canvas.set_points(map_points(CORNERS))
    pixel = canvas.pixel_of(*position)
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=pixel)
    ((name, x, y),) = said
    assert name == "picked_at"
    assert canvas.pixel_of(x, y) == pixel
    assert (x, y) == pytest.approx(position, abs=0.02)
    # Shown only when told: the session may have moved it.
    assert canvas.picked() is None


def test_a_click_works_without_points(canvas, qtbot, said):
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=canvas.pixel_of(1, 1))
    assert said[0][1:] == pytest.approx((1, 1), abs=0.03)


def test_a_click_on_a_point_picks_the_point_itself(canvas, map_points, qtbot, said):
    canvas.set_points(map_points([*CORNERS, (1.2345, 0.9876)]))
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=canvas.pixel_of(1.2345, 0.9876) + QPoint(2, -1))
    assert [note[0] for note in said] == ["picked_at", "point_picked"]
    assert said[0][1:] == pytest.approx((1.2345, 0.9876))
    assert said[1] == ("point_picked", 5)


def test_a_hidden_point_is_not_picked(canvas, map_points, qtbot, said):
    canvas.set_points(map_points(CORNERS, [0, 0, 0, 0, 1]))
    canvas.set_class_visible(1, False)
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=canvas.pixel_of(0, 0))
    assert [note[0] for note in said] == ["picked_at"]


def test_a_drag_asks_for_every_position_on_its_way(canvas, map_points, qtbot, said):
    canvas.set_points(map_points(CORNERS))
    start = canvas.pixel_of(0, 0)
    qtbot.mousePress(canvas.viewport(), LEFT, pos=start)
    path = [start + QPoint(6 * i, 3 * i) for i in range(1, 20)]
    for pixel in path:
        move(canvas, pixel, LEFT)
    qtbot.mouseRelease(canvas.viewport(), LEFT, pos=path[-1])
    # It began on a point, but it was no click.
    assert {note[0] for note in said} == {"picked_at"}
    assert [canvas.pixel_of(x, y) for _, x, y in said] == [start, *path]


def test_a_drag_out_of_the_map_stays_at_its_edge(canvas, qtbot, said):
    before = extent(canvas)
    qtbot.mousePress(canvas.viewport(), LEFT, pos=canvas.pixel_of(0, 0))
    move(canvas, QPoint(-500, 5000), LEFT)
    qtbot.mouseRelease(canvas.viewport(), LEFT)
    assert said[-1][1:] == pytest.approx((before[0], before[2]))
    np.testing.assert_array_equal(extent(canvas), before)


def test_a_press_beside_the_map_means_nothing(canvas, qtbot, said):
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=QPoint(5, 100))
    assert said == []


@pytest.mark.parametrize("angle", [120, -120, 15, 1200])
def test_the_wheel_zooms_at_the_cursor(canvas, map_points, said, angle):
    canvas.set_points(map_points(CORNERS))
    before = extent(canvas)
    pixel = canvas.pixel_of(2, -1)
    wheel(canvas, pixel, angle)
    after = extent(canvas)
    assert (after[1] - after[0] < before[1] - before[0]) == (angle > 0)
    moved = canvas.pixel_of(2, -1) - pixel
    assert moved.manhattanLength() <= (1 if angle < 1000 else 6)
    wheel(canvas, pixel, -angle)
    np.testing.assert_allclose(extent(canvas), before, atol=1e-9)
    assert said == []


def test_zoom_has_an_end_on_either_side(canvas, map_points):
    canvas.set_points(map_points(CORNERS))
    for angle in (12000, -24000):
        for _ in range(20):
            wheel(canvas, canvas.viewport().rect().center(), angle)
        left, right, *_ = extent(canvas)
        assert np.isfinite((left, right)).all()
        assert right > left
        canvas.viewport().grab()


@pytest.mark.parametrize("button", [RIGHT, MIDDLE])
def test_right_and_middle_drag_pan(canvas, map_points, qtbot, said, button):
    canvas.set_points(map_points(CORNERS))
    start, end = canvas.pixel_of(1, 1), canvas.pixel_of(1, 1) + QPoint(60, -40)
    qtbot.mousePress(canvas.viewport(), button, pos=start)
    move(canvas, start + QPoint(20, 10), button)
    move(canvas, end, button)
    qtbot.mouseRelease(canvas.viewport(), button, pos=end)
    assert (canvas.pixel_of(1, 1) - end).manhattanLength() <= 1
    assert said == []


def test_a_view_that_was_moved_by_hand_stays(canvas, map_points):
    canvas.set_points(map_points(CORNERS))
    wheel(canvas, canvas.pixel_of(0, 0), 240)
    mine = extent(canvas)
    canvas.set_points(map_points(np.float32(CORNERS) * 5))
    np.testing.assert_array_equal(extent(canvas), mine)
    canvas.show_all()
    canvas.set_points(map_points(np.float32(CORNERS) * 9))
    assert extent(canvas)[1] > 27


def test_neither_menu_nor_zoom_by_double_click(canvas, map_points, qtbot, said):
    canvas.set_points(map_points(CORNERS))
    before = extent(canvas)
    pixel = canvas.pixel_of(1, 2)
    qtbot.mouseDClick(canvas.viewport(), LEFT, pos=pixel)
    qtbot.mouseClick(canvas.viewport(), RIGHT, pos=pixel)
    menu = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, pixel, canvas.viewport().mapToGlobal(pixel))
    QApplication.sendEvent(canvas.viewport(), menu)
    np.testing.assert_array_equal(extent(canvas), before)
    assert not any(isinstance(widget, QMenu) and widget.isVisible() for widget in QApplication.topLevelWidgets())


def test_arrows_walk_the_pick(canvas, map_points, qtbot, said):
    canvas.set_points(map_points(CORNERS))
    canvas.set_pick((0.5, 0.5))
    directions = {
        Qt.Key.Key_Right: (1, 0),
        Qt.Key.Key_Left: (-1, 0),
        Qt.Key.Key_Up: (0, 1),
        Qt.Key.Key_Down: (0, -1),
    }
    for key, (across, up) in directions.items():
        qtbot.keyClick(canvas.viewport(), key)
        _, x, y = said[-1]
        assert (np.sign(np.round(x - 0.5, 9)), np.sign(np.round(y - 0.5, 9))) == (across, up)
        short = abs(x - 0.5) + abs(y - 0.5)
        pixels = canvas.pixel_of(x, y) - canvas.pixel_of(0.5, 0.5)
        assert 2 <= pixels.manhattanLength() <= 10
        qtbot.keyClick(canvas.viewport(), key, Qt.KeyboardModifier.ControlModifier)
        _, x, y = said[-1]
        assert abs(x - 0.5) + abs(y - 0.5) == pytest.approx(10 * short)


def test_a_walk_takes_the_view_along(canvas, map_points, qtbot):
    canvas.set_points(map_points(CORNERS))
    canvas.intents.picked_at.connect(lambda x, y: canvas.set_pick((x, y)))
    canvas.set_pick((0.0, 0.0))
    for _ in range(30):
        qtbot.keyClick(canvas, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    _, y = canvas.picked()
    assert y > 6
    assert extent(canvas)[3] == pytest.approx(y)


def test_keys_zoom_and_show(canvas, map_points, qtbot):
    canvas.set_points(map_points(np.float32(CORNERS) * 10))
    whole = extent(canvas)
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert extent(canvas)[1] < whole[1]
    qtbot.keyClick(canvas, Qt.Key.Key_Minus)
    np.testing.assert_allclose(extent(canvas), whole, atol=1e-6)
    qtbot.keyClick(canvas, Qt.Key.Key_4)
    assert extent(canvas)[3] < 5
    qtbot.keyClick(canvas, Qt.Key.Key_Home)
    np.testing.assert_allclose(extent(canvas), whole)
    qtbot.keyClick(canvas, Qt.Key.Key_4)
    qtbot.keyClick(canvas, Qt.Key.Key_0)
    np.testing.assert_allclose(extent(canvas), whole)


def test_the_preview_key_previews_and_its_release_ends_it(canvas, map_points, qtbot, said):
    canvas.set_points(map_points(CORNERS))
    move(canvas, canvas.pixel_of(1, 1))
    assert said == []
    qtbot.keyPress(canvas, Qt.Key.Key_Shift)
    assert said[-1][0] == "hovered"
    move(canvas, canvas.pixel_of(2, 1))
    assert said[-1][1:] == pytest.approx((2, 1), abs=0.03)
    qtbot.keyRelease(canvas, Qt.Key.Key_Shift)
    assert said[-1] == ("hover_ended",)
    move(canvas, canvas.pixel_of(2, 2))
    assert said[-1] == ("hover_ended",)


def test_the_preview_works_without_the_keyboards_focus(canvas, map_points, said):
    canvas.set_points(map_points(CORNERS))
    move(canvas, canvas.pixel_of(1, 1), modifiers=Qt.KeyboardModifier.ShiftModifier)
    assert said[-1][0] == "hovered"
    QApplication.sendEvent(canvas.viewport(), QEvent(QEvent.Type.Leave))
    assert [note[0] for note in said] == ["hovered", "hover_ended"]


def test_a_click_ends_the_preview(canvas, map_points, qtbot, said):
    canvas.set_points(map_points(CORNERS))
    move(canvas, canvas.pixel_of(1, 1), modifiers=Qt.KeyboardModifier.ShiftModifier)
    qtbot.mousePress(canvas.viewport(), LEFT, Qt.KeyboardModifier.ShiftModifier, pos=canvas.pixel_of(1, 2))
    assert [note[0] for note in said] == ["hovered", "hover_ended", "picked_at"]


def test_setters_say_nothing(canvas, map_points, said):
    canvas.set_points(map_points(CORNERS))
    canvas.set_pick((1.0, 1.0))
    canvas.set_sketch((1.0, 1.0), np.eye(2))
    canvas.set_highlights([1, 2])
    canvas.set_class_visible(0, False)
    canvas.show_standard()
    canvas.show_all()
    canvas.clear_points()
    assert said == []


def test_the_cursor_brings_the_keyboard_unless_somebody_types(canvas, qtbot, monkeypatch):
    enter = QEnterEvent(QPointF(50, 50), QPointF(50, 50), QPointF(50, 50))
    monkeypatch.setattr(canvas, "isActiveWindow", lambda: True)
    asked = []
    monkeypatch.setattr(canvas, "setFocus", asked.append)
    field = QLineEdit(canvas)
    monkeypatch.setattr(canvas.window(), "focusWidget", lambda: field)
    QApplication.sendEvent(canvas, enter)
    assert asked == []
    monkeypatch.setattr(canvas.window(), "focusWidget", lambda: None)
    QApplication.sendEvent(canvas, enter)
    assert len(asked) == 1


@pytest.mark.parametrize("button", [LEFT, RIGHT])
def test_a_button_that_went_up_unheard_is_not_held_any_more(canvas, map_points, qtbot, said, button):
    canvas.set_points(map_points(CORNERS))
    qtbot.mousePress(canvas.viewport(), button, pos=canvas.pixel_of(1, 1))
    said.clear()
    before = extent(canvas)
    # A dialog has heard it go up; the mouse comes back with no button down.
    for step in range(1, 20):
        move(canvas, canvas.pixel_of(1, 1) + QPoint(4 * step, 0))
    assert not said
    assert extent(canvas) == pytest.approx(before)
    assert canvas.viewport().cursor().shape() == canvas.mouse.tool.cursor
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=canvas.pixel_of(2, 1))
    assert [note[0] for note in said] == ["picked_at"]


def test_a_tool_that_comes_into_the_hand_during_a_drag_waits_for_the_next_press(canvas, map_points, qtbot, said):
    canvas.set_points(map_points([*CORNERS, (1, 1)]))
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=canvas.pixel_of(1, 1))
    canvas.mouse.set_tool(Tool(canvas))
    qtbot.mousePress(canvas.viewport(), LEFT, pos=canvas.pixel_of(2, 0))
    said.clear()
    canvas.mouse.set_tool(None)
    move(canvas, canvas.pixel_of(-1, 2), LEFT)
    qtbot.mouseRelease(canvas.viewport(), LEFT, pos=canvas.pixel_of(-1, 2))
    assert not said
