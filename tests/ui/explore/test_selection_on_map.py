"""Selecting in the window: tools and keys of the map, named selections, and images that are excluded."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit, QMenu

from latentlab.core.arrays import sample_rows

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


@pytest.fixture
def opened(opened):
    opened.canvas.setFocus()
    return opened


def rows(lab):
    return lab.session.selection.rows.tolist()


def action(lab, name):
    return lab.child(name, QAction)


def key(lab, which, modifiers=NONE):
    lab.qtbot.keyClick(lab.canvas, which, modifiers)


def note(lab):
    return lab.child("selectionPill").text()


def move(lab, pixel):
    lab.qtbot.mouseMove(lab.canvas.viewport(), pixel)


def drag(lab, corners, modifiers=NONE):
    """Draw with the tool in hand, through places of the map."""
    viewport, places = lab.canvas.viewport(), [lab.pixel(*corner) for corner in corners]
    lab.qtbot.mousePress(viewport, LEFT, modifiers, places[0])
    for place in places[1:]:
        move(lab, place)
    lab.qtbot.mouseRelease(viewport, LEFT, pos=places[-1])


def within(lab, left, right, bottom, top):
    """Give what a rectangle holds that is drawn with a mouse, whose places are whole pixels."""
    canvas = lab.canvas
    corners = [canvas.view.box.mapFromScene(canvas.mapToScene(lab.pixel(*xy))) for xy in ((left, bottom), (right, top))]
    (x, y), (start, end) = canvas.view.to_pixels(canvas.points()).T, corners
    return np.flatnonzero((x >= start.x()) & (x <= end.x()) & (y <= start.y()) & (y >= end.y())).tolist()


def quarters(lab):
    """Give the edges of the left half of what the map shows, and of its lower half."""
    left, right, bottom, top = lab.canvas.view.extent()
    x, y = np.median(lab.canvas.points(), axis=0).tolist()
    return (left + 1e-3, x, bottom + 1e-3, top - 1e-3), (left + 1e-3, right - 1e-3, bottom + 1e-3, y)


def rectangle(lab, area, modifiers=NONE):
    left, right, bottom, top = area
    drag(lab, [(left, bottom), (right, bottom), (right, top)], modifiers)


def name_dialog(lab):
    lab.until(lambda: lab.window.findChild(QInputDialog, "selectionNameDialog"))
    return lab.window.findChild(QInputDialog, "selectionNameDialog")


def give_name(lab, text):
    dialog = name_dialog(lab)
    edit = dialog.findChild(QLineEdit)
    edit.selectAll()
    lab.qtbot.keyClicks(edit, text)
    lab.qtbot.keyClick(edit, Qt.Key.Key_Return)
    lab.until(lambda: lab.window.findChild(QInputDialog, "selectionNameDialog") is None)


def entries(lab, name="namedSelectionsMenu"):
    return {each.text(): each for each in lab.child(name, QMenu).actions() if each.text()}


def test_tools_and_keys_select_what_is_in_sight(opened):
    lab = opened
    key(lab, Qt.Key.Key_R)
    assert lab.child("mapRectangleButton").isChecked()
    half, lower = quarters(lab)
    rectangle(lab, half)
    left_ones = rows(lab)
    assert left_ones == within(lab, *half)
    assert note(lab) == f"{len(left_ones):,} selected"
    rectangle(lab, lower, ALT)
    assert set(rows(lab)) == set(left_ones) - set(within(lab, *lower))
    rectangle(lab, lower, SHIFT)
    assert set(rows(lab)) == set(left_ones) | set(within(lab, *lower))
    assert len(lab.canvas.selected()) == 0  # so many letters would cover the map
    key(lab, Qt.Key.Key_L)
    assert lab.child("mapLassoButton").isChecked()
    left, right, bottom, top = lower
    drag(lab, [(left, bottom), (right, bottom), (right, top), (left, top)], CTRL | SHIFT)
    assert set(rows(lab)) == set(left_ones) - set(within(lab, *lower))
    before = rows(lab)
    key(lab, Qt.Key.Key_I, CTRL)
    assert rows(lab) == sorted(set(range(len(lab.canvas.points()))) - set(before))
    key(lab, Qt.Key.Key_A, CTRL | SHIFT)
    assert rows(lab) == []
    assert note(lab) == ""
    lab.canvas.set_class_visible(3, False)
    key(lab, Qt.Key.Key_A, CTRL)
    shown = np.flatnonzero(lab.canvas.labels() != 3).tolist()
    assert rows(lab) == shown
    key(lab, Qt.Key.Key_I, CTRL)
    assert rows(lab) == []
    action(lab, "selectAllAction").trigger()
    elsewhere = lab.child("recipeBox")
    elsewhere.setFocus()
    lab.qtbot.keyClick(elsewhere, Qt.Key.Key_A, CTRL | SHIFT)
    assert rows(lab) == shown


def test_the_pill_lists_blends_trains_on_excludes_and_brings_back(opened):
    lab = opened
    lab.set_up()
    half, _ = quarters(lab)
    key(lab, Qt.Key.Key_R)
    rectangle(lab, half)
    selected = rows(lab)
    assert note(lab) == f"{len(selected):,} selected"
    lab.press("selectionPillShowButton")
    lab.until(lambda: lab.child("thumbnails").rows().tolist() == selected)
    lab.press("selectionPillBlendButton")
    assert lab.child("imagesView").isVisible()
    lab.child("viewTabs").setCurrentIndex(0)
    lab.press("selectionPillTrainButton")
    lab.until(lambda: lab.session.state == "training")
    assert not lab.child("selectionPillTrainButton").isEnabled()
    lab.action("discard").trigger()
    lab.until(lambda: lab.session.state == "idle")
    lab.session.selection.select([1, 2, 3])
    before = len(lab.canvas.points())
    lab.press("selectionPillExcludeButton")
    lab.until(lambda: len(lab.canvas.points()) == before - 3)
    assert note(lab) == "3 excluded"
    lab.press("selectionPillIncludeButton")
    assert len(lab.canvas.points()) == before
    lab.press("selectionPillClearButton")
    assert (rows(lab), note(lab)) == ([], "")


def test_points_that_move_while_a_rectangle_is_drawn_count_where_they_are(lab):
    lab.begin()
    lab.canvas.show_all()
    lab.press("mapRectangleButton")
    start, layer, viewport = lab.canvas.points().copy(), lab.canvas.points_layer, lab.canvas.viewport()
    corner = lab.canvas.mapFromScene(lab.canvas.view.box.mapToScene(2, 2))
    lab.qtbot.mousePress(viewport, LEFT, pos=corner)
    move(lab, corner + QPoint(20, 20))
    lab.until(lambda: not np.allclose(lab.canvas.points(), start, atol=0.02))
    lab.press("pauseButton")
    # While points and view move, some may be out of sight, and those are not selected.
    lab.until(lambda: lab.session.state == "paused")
    lab.until_idle()  # the last map may be on its way
    lab.until(lambda: np.array_equal(layer.positions(), layer.targets()))
    across = lab.canvas.view.to_pixels(layer.positions())[:, 0]
    local = QPointF(round(np.median(across)), lab.canvas.view.box.rect().bottom() - 2)
    end = lab.canvas.mapFromScene(lab.canvas.view.box.mapToScene(local))
    move(lab, end)
    lab.qtbot.mouseRelease(viewport, LEFT, pos=end)
    assert set(np.flatnonzero(across < local.x() - 2)) <= set(rows(lab)) <= set(np.flatnonzero(across < local.x() + 2))
    lab.press("stopButton")


def test_excluded_images_leave_the_map_and_the_next_training_and_come_back(opened):
    lab = opened
    lab.set_up()
    data, selection = lab.session.library.data, lab.session.selection
    training, whole = len(data.train_labels), len(lab.canvas.points())
    gone = list(range(20, 60))
    selection.select(gone)
    action(lab, "excludeSelectionAction").trigger()
    assert len(lab.canvas.points()) == whole - 40
    assert rows(lab) == []
    assert note(lab) == "40 excluded"
    assert "40 images are excluded" in lab.message()
    assert lab.session.recipe.data.exclude == tuple(training + row for row in gone)
    assert lab.setting("data.exclude").text() == "40 images"
    # What is selected besides stays so, though its row is another one.
    selection.select([30, 5])
    lab.session.recipes.edit(lab.session.recipe.with_changes({"data.exclude": (training + 1,)}))
    assert rows(lab) == [69, 4]
    lab.session.recipes.edit(lab.session.recipe.with_changes({"data.exclude": [training + row for row in gone]}))
    assert rows(lab) == [30, 5]
    key(lab, Qt.Key.Key_A, CTRL)
    action(lab, "excludeSelectionAction").trigger()
    assert "some must be left" in lab.message()
    selection.clear()
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("trainButton")
    run = lab.session.run
    assert run.recipe.data.exclude == lab.session.recipe.data.exclude
    assert len(run.codes) == len(data.test_labels) - 40
    assert len(lab.canvas.points()) == whole - 40
    np.testing.assert_array_equal(
        lab.session.exploration.shown.images, np.delete(data.test_images.numpy(), gone, axis=0)
    )
    lab.session.epochs.look_back(0)
    assert len(lab.canvas.points()) == whole - 40
    action(lab, "includeAllAction").trigger()
    assert len(lab.canvas.points()) == whole
    assert rows(lab) == gone  # so that they can be left out again
    assert lab.session.recipe.data.exclude == ()
    assert not action(lab, "includeAllAction").isEnabled()


def test_what_is_excluded_stays_so_with_other_recipes_and_comes_back_with_its_images(opened):
    lab = opened
    lab.set_up()
    lab.session.selection.select([3, 8])
    action(lab, "excludeSelectionAction").trigger()
    exclude, count = lab.session.recipe.data.exclude, len(lab.canvas.points())
    recipes = lab.session.recipes
    recipes.choose("ae-2d")
    assert (lab.session.recipe.data.dataset, lab.session.recipe.data.exclude) == ("digits", exclude)
    recipes.choose_dataset("mnist")
    assert lab.session.recipe.data.exclude == ()
    assert len(lab.canvas.points()) == count
    lab.session.selection.select([3])
    action(lab, "excludeSelectionAction").trigger()
    assert "The selected images are of 'digits'" in lab.message()
    recipes.choose_dataset("digits")
    assert lab.session.recipe.data.exclude == exclude
    lab.until_loaded()


def test_images_are_excluded_while_a_model_trains(lab):
    lab.begin()
    whole = len(lab.canvas.points())
    lab.session.selection.select(np.arange(10, 30))
    action(lab, "excludeSelectionAction").trigger()
    lab.until(lambda: len(lab.canvas.points()) == whole - 20)
    after = lab.canvas.points().copy()
    lab.until(lambda: not np.allclose(lab.canvas.points(), after, atol=1e-3))
    assert len(lab.canvas.points()) == whole - 20
    lab.press("stopButton")
    lab.until(lambda: lab.session.state == "idle")
    assert lab.session.run.recipe.data.exclude == ()
    assert len(lab.session.recipe.data.exclude) == 20


def test_a_named_selection_is_found_on_the_map_of_every_model(opened, make_lab, run_file):
    lab = opened
    count = len(lab.canvas.points())
    sample = sample_rows(count, 20)  # on a map of 20 images one of the three is there
    lab.session.selection.select([sample[7], *np.setdiff1d(np.arange(count), sample)[[2, 30]]])
    selected = rows(lab)
    action(lab, "nameSelectionAction").trigger()
    give_name(lab, "odd & rare")
    assert "odd && rare (3)" in entries(lab)
    lab.session.selection.clear()
    lab.open(run_file(training__seed=1))
    entries(lab)["odd && rare (3)"].trigger()
    assert rows(lab) == selected
    # With other images on the map those that are there are selected, and one is told of the others.
    with lab.qtbot.waitSignal(lab.session.exploration.map_changed):
        lab.session.set_map_source("test", 20)
    lab.until(lambda: len(lab.canvas.points()) == 20)
    entries(lab)["odd && rare (3)"].trigger()
    assert rows(lab) == [7]
    assert "2 of the 3 images of 'odd & rare' are not on the map" in lab.message()
    lab.session.set_map_source("training", 20)
    lab.until(lambda: not len(lab.session.selection.rows))
    entries(lab)["odd && rare (3)"].trigger()
    assert "None of the images" in lab.message()
    # At the next start it is there.
    lab.end()
    again = make_lab()
    again.until_loaded()
    again.open(run_file())
    entries(again)["odd && rare (3)"].trigger()
    assert rows(again) == selected


def test_a_named_selection_is_renamed_deleted_and_brought_back(opened):
    lab = opened
    named = lab.session.map.named_selections
    for name, selected in (("first", [1]), ("second", [2, 3])):
        lab.session.selection.select(selected)
        action(lab, "nameSelectionAction").trigger()
        give_name(lab, name)
    action(lab, "nameSelectionAction").trigger()
    give_name(lab, "first")
    assert "There is a selection 'first' already" in lab.message()
    entries(lab, "renameSelectionMenu")["first"].trigger()
    give_name(lab, "third")
    assert [each.name for each in named.selections] == ["third", "second"]
    entries(lab, "deleteSelectionMenu")["second"].trigger()
    assert [each.name for each in named.selections] == ["third"]
    action(lab, "bringSelectionBackAction").trigger()
    assert [each.name for each in named.selections] == ["third", "second"]
    assert lab.window.findChild(QAction, "bringSelectionBackAction") is None
    assert QApplication.activeModalWidget() is None


def test_a_damaged_file_of_selections_is_told_and_kept(lab, run_file, own_home):
    from latentlab.core.map import selections

    folder = own_home / "data" / "latentlab" / "selections"
    path = selections.of_dataset(folder, "digits").path
    folder.mkdir(parents=True)
    path.write_bytes(b"{broken")
    lab.open(run_file())
    lab.until(lambda: "are damaged; their file was put aside" in lab.message())
    assert [each.read_bytes() for each in folder.iterdir()] == [b"{broken"]
