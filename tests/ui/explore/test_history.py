"""Ways around the map: back and forward, undo and redo, bookmarks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QInputDialog, QLineEdit, QMenu

from latentlab.core.map.axes import Dimension, PlaneAxes
from latentlab.ui.explore.history import History

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier


def extent(lab):
    return np.array(lab.canvas.view.extent())


def zoom(lab, notches=3, place=None):
    """Turn the wheel, and wait until the view has come to rest."""
    with lab.qtbot.waitSignal(lab.canvas.view.settled):
        lab.qtbot.wheel(lab.canvas.viewport(), notches, place)


def go(lab, name):
    lab.until(lab.action(name).isEnabled)
    lab.action(name).trigger()


@pytest.fixture
def lab_on_map(lab, run_file):
    lab.open(run_file())
    lab.until(lambda: lab.session.map.history.view and lab.session.map.history.view.mode == "standard")
    return lab


def test_back_and_forward_go_through_the_places_one_was_at(lab_on_map):
    lab = lab_on_map
    first = extent(lab)
    zoom(lab)
    second = extent(lab)
    zoom(lab, place=lab.canvas.viewport().rect().center() + QPoint(60, 40))
    third = extent(lab)
    go(lab, "back")
    np.testing.assert_allclose(extent(lab), second, rtol=1e-6)
    go(lab, "back")
    np.testing.assert_allclose(extent(lab), first, rtol=1e-6)
    assert lab.canvas.view.mode == "standard"
    go(lab, "forward")
    go(lab, "forward")
    np.testing.assert_allclose(extent(lab), third, rtol=1e-6)
    assert not lab.action("forward").isEnabled()


def test_going_back_leaves_no_place_of_its_own(lab_on_map):
    lab = lab_on_map
    zoom(lab)
    with lab.qtbot.assertNotEmitted(lab.canvas.view.settled, wait=600):
        go(lab, "back")
    assert lab.action("forward").isEnabled()


def test_back_goes_to_the_axes_of_then_too(lab_on_map):
    lab = lab_on_map
    exploration = lab.session.exploration
    turned = PlaneAxes(Dimension(1), Dimension(0))
    zoom(lab)
    zoomed = extent(lab)
    exploration.set_axes(turned)
    zoom(lab)
    go(lab, "back")
    go(lab, "back")
    assert exploration.axes == PlaneAxes()
    np.testing.assert_allclose(extent(lab), zoomed, rtol=1e-6)
    go(lab, "forward")
    assert exploration.axes == turned
    assert lab.action("forward").isEnabled()


def test_a_pick_where_one_stays_is_a_place(lab_on_map):
    lab = lab_on_map
    lab.click(1, 1)
    history = lab.session.map.history
    with lab.qtbot.waitSignal(history.changed):
        pass
    lab.click(-1, 0.5)
    with lab.qtbot.waitSignal(history.changed):
        pass
    lab.qtbot.keyClick(lab.window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert lab.canvas.picked() == pytest.approx((1, 1), abs=0.05)
    lab.qtbot.keyClick(lab.window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert lab.canvas.picked() == pytest.approx((-1, 0.5), abs=0.05)


def test_undo_and_redo_selections_and_views(lab_on_map):
    lab = lab_on_map
    selection = lab.session.selection
    whole = extent(lab)
    selection.toggle(3)
    selection.toggle(5)
    zoom(lab)
    zoomed = extent(lab)
    selection.clear()
    lab.action("undo").trigger()
    assert list(selection.rows) == [3, 5]
    np.testing.assert_allclose(extent(lab), zoomed, rtol=1e-6)
    lab.action("undo").trigger()
    np.testing.assert_allclose(extent(lab), whole, rtol=1e-6)
    lab.qtbot.keyClick(lab.window, Qt.Key.Key_Z, CTRL)
    assert list(selection.rows) == [3]
    lab.action("redo").trigger()
    lab.action("redo").trigger()
    lab.action("redo").trigger()
    assert list(selection.rows) == []
    np.testing.assert_allclose(extent(lab), zoomed, rtol=1e-6)
    assert not lab.action("redo").isEnabled()


def test_another_run_begins_anew(lab_on_map, run_file):
    lab = lab_on_map
    zoom(lab)
    lab.open(run_file(training__seed=1))
    lab.until(lambda: not lab.action("forward").isEnabled())
    assert lab.session.map.history.can["undo"] is False or list(lab.session.selection.rows) == []


def bookmark(lab, name):
    lab.qtbot.keyClick(lab.window, Qt.Key.Key_D, CTRL)
    lab.until(lambda: lab.window.findChild(QInputDialog, "bookmarkDialog"))
    dialog = lab.window.findChild(QInputDialog, "bookmarkDialog")
    edit = dialog.findChild(QLineEdit)
    edit.selectAll()
    lab.qtbot.keyClicks(edit, name)
    lab.qtbot.keyClick(edit, Qt.Key.Key_Return)
    lab.until(lambda: lab.window.findChild(QInputDialog, "bookmarkDialog") is None)


def entry(lab, text):
    menu = lab.child("bookmarksMenu", QMenu)
    (found,) = [action for action in menu.actions() if action.text() == text]
    return found


def test_a_bookmark_leads_back_even_after_a_restart(make_lab, run_file):
    lab = make_lab()
    lab.until_loaded()
    lab.open(run_file())
    lab.click(1, 1)
    zoom(lab)
    there = extent(lab)
    bookmark(lab, "here & now")
    lab.press("mapShowAllButton")
    lab.pick(40, 0)
    entry(lab, "here && now").trigger()
    np.testing.assert_allclose(extent(lab), there, rtol=1e-6)
    assert lab.canvas.picked() == pytest.approx((1, 1), abs=0.05)
    lab.end()

    again = make_lab()
    again.until_loaded()
    again.open(run_file())
    entry(again, "here && now").trigger()
    np.testing.assert_allclose(extent(again)[:2].mean(), there[:2].mean(), atol=0.05)
    again.child("removeBookmarkMenu", QMenu).actions()[0].trigger()
    assert again.session.map.bookmarking.bookmarks == ()


def test_damaged_bookmarks_are_told_where_one_looks(lab, run_file, own_home):
    from latentlab.core.map import bookmarks
    from latentlab.core.runs.run import Run

    run = Run.open(run_file()).snapshot.run_id
    folder = own_home / "data" / "latentlab" / "bookmarks"
    folder.mkdir(parents=True)
    bookmarks.of_run(folder, run).path.write_text("[")
    lab.open(run_file())
    lab.until(lambda: "put aside" in lab.message())


# The history


@given(st.lists(st.one_of(st.integers(0, 5), st.sampled_from(["back", "forward"])), max_size=40))
def test_a_trail_is_like_a_browsers(acts):
    history = History(lambda a, b: a == b)
    states, at = [], -1
    for act in acts:
        if act == "back":
            assert history.can_go_back == (at > 0)
            if at > 0:
                at -= 1
                assert history.back() == states[at]
        elif act == "forward":
            assert history.can_go_forward == (at + 1 < len(states))
            if at + 1 < len(states):
                at += 1
                assert history.forward() == states[at]
        else:
            history.visit(act)
            if not states or states[at] != act:
                states = [*states[: at + 1], act]
                at = len(states) - 1
        assert history.present == (states[at] if states else None)
