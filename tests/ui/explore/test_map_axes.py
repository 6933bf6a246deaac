"""Choosing the axes of the map in the window: by keys and mouse, for every kind of model, and while it trains."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtWidgets import QApplication, QComboBox, QFrame, QLabel, QTabWidget

from latentlab.core.map.axes import BetweenClasses, BetweenImages, Component, Dimension, PlaneAxes
from latentlab.ui.explore.exploration import Exploration

DEEP = {"model__latent": 5}


def axes(lab):
    return lab.session.exploration.axes


def names(lab):
    return tuple(lab.canvas.axes[side].labelText for side in ("bottom", "left"))


def take(lab, box, typed):
    """Choose an axis by typing its name into a box of the card."""
    card = lab.window.findChild(QFrame, "axesCard")  # made when it is opened first
    if card is None or not card.isVisible():
        lab.press("mapAxesButton")
    edit = lab.child(box, QComboBox).lineEdit()
    edit.setFocus()
    edit.selectAll()
    lab.qtbot.keyClicks(edit, typed)
    lab.qtbot.keyClick(edit, Qt.Key.Key_Return)


def toggle(lab, row):
    """Select an image, whose point may lie below others."""
    lab.session.selection.toggle(row)


def means(lab):
    return lab.session.exploration.shown.means


# By keys and mouse


def test_axes_are_found_by_typing_and_the_pick_keeps_its_code(lab, run_file):
    lab.open(run_file(**DEEP))
    lab.pick(20, 30)
    exploration = lab.session.exploration
    code = exploration.code.copy()
    lab.canvas.setFocus()
    lab.qtbot.keyClick(lab.canvas, Qt.Key.Key_X)
    box = lab.child("axesXBox", QComboBox)
    assert box.isVisible()
    assert box.hasFocus()
    lab.qtbot.keyClicks(box.lineEdit(), "z")
    lab.until(lambda: any("nats" in box.itemText(row) for row in range(box.count())))
    lab.qtbot.keyClicks(box.lineEdit(), "4")
    lab.qtbot.keyClick(box.lineEdit(), Qt.Key.Key_Return)
    take(lab, "axesYBox", "z1")
    assert axes(lab) == PlaneAxes(Dimension(3), Dimension(0))
    np.testing.assert_allclose(lab.canvas.points(), means(lab)[:, [3, 0]], atol=1e-6)
    assert names(lab) == ("z₄", "z₁")
    np.testing.assert_array_equal(exploration.code, code)
    assert lab.canvas.picked() == pytest.approx((code[3], code[0]), abs=1e-5)
    # A click moves the code along these dimensions alone.
    lab.pick(-150, -150)
    assert exploration.point is None
    np.testing.assert_allclose(exploration.code[[1, 2, 4]], code[[1, 2, 4]], atol=1e-5)
    assert exploration.code[3] == pytest.approx(lab.canvas.picked()[0], abs=1e-5)
    lab.qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert not box.isVisible()
    assert lab.canvas.hasFocus()


def test_the_list_is_ordered_by_kl_and_marks_what_is_unused(lab, run_file):
    lab.open(run_file(**DEEP))
    shown = lab.session.exploration.shown
    squashed = shown.means.copy()
    squashed[:, 2] = 0
    deviations = np.ones_like(squashed)
    lab.session.exploration.show(dataclasses.replace(shown, means=squashed, deviations=deviations))
    lab.press("mapAxesButton")
    box = lab.child("axesYBox", QComboBox)
    texts = lambda: [box.itemText(row) for row in range(box.count())]  # noqa: E731
    lab.until(lambda: "z₃ · unused" in texts())
    told = [text for text in texts() if "nats" in text]
    amounts = [float(text.split()[2]) for text in told]
    assert len(told) == 4
    assert amounts == sorted(amounts, reverse=True)
    assert texts()[-1] == "z₃ · unused"
    assert [text for text in texts() if text.startswith("PC")] == [f"PC {n}" for n in range(1, 6)]


def test_the_mouse_swaps_axes_and_goes_back_to_those_of_before(lab, run_file):
    lab.open(run_file())
    own = lab.canvas.points().copy()
    lab.press("mapAxesButton")
    assert not lab.child("axesResetButton").isEnabled()
    lab.canvas.view.zoom(0.1)
    lab.press("axesSwapButton")
    assert lab.canvas.view.mode == "all"  # nothing is where it was
    assert axes(lab) == PlaneAxes(Dimension(1), Dimension(0))
    np.testing.assert_array_equal(lab.canvas.points(), own[:, ::-1])
    assert names(lab) == ("z₂", "z₁")
    lab.press("axesResetButton")
    assert axes(lab) == PlaneAxes()
    np.testing.assert_array_equal(lab.canvas.points(), own)
    box = lab.child("axesXBox", QComboBox)
    box.showPopup()
    view = box.view()
    lab.until(view.isVisible)
    place = view.visualRect(box.model().index(box.findText("PC 2"), 0)).center()
    lab.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    lab.until(lambda: axes(lab) == PlaneAxes(Component(1), Dimension(1)))
    assert names(lab)[0].startswith("PC 2 (")
    lab.qtbot.keyClick(box, Qt.Key.Key_Up)
    lab.until(lambda: axes(lab).x == Component(0))
    lab.press("axesCloseButton")
    assert not lab.child("axesCard").isVisible()


def test_what_is_typed_and_is_nothing_changes_nothing(lab, run_file):
    lab.open(run_file())
    take(lab, "axesXBox", "z9")
    take(lab, "axesYBox", "nonsense")
    assert axes(lab) == PlaneAxes()
    lab.child("axesXBox", QComboBox).setFocus()
    assert lab.child("axesYBox", QComboBox).currentText().startswith("z₂")


def test_the_menu_opens_the_card_on_the_map_when_there_is_a_model(lab, run_file):
    action = lab.action("chooseAxes")
    assert not action.isEnabled()
    lab.session.exploration.set_axes(PlaneAxes(Dimension(0), Dimension(1)))
    assert axes(lab) == PlaneAxes()
    lab.open(run_file())
    tabs = lab.child("viewTabs", QTabWidget)
    tabs.setCurrentIndex(1)
    action.trigger()
    assert tabs.currentIndex() == 0
    assert lab.child("axesCard").isVisible()


def test_a_second_model_is_shown_along_the_same_axes(lab, run_file):
    lab.open(run_file())
    comparison = lab.session.comparison
    comparison.open(run_file(model__kind="autoencoder"))
    lab.until(lambda: comparison.second is not None)
    own = comparison.second.projection
    lab.session.exploration.set_axes(PlaneAxes(Dimension(1), Dimension(0)))
    assert comparison.second.projection.axes == ("z₂", "z₁")
    toggle(lab, 3)
    toggle(lab, 5)
    lab.session.exploration.set_axes(PlaneAxes(BetweenImages(3, 5), Dimension(0)))
    second = comparison.second
    assert second.projection.axes[0] == "A → B"
    assert second.projection.to_plane(second.means[[3]])[0, 0] == pytest.approx(0, abs=1e-4)
    lab.session.exploration.set_axes(PlaneAxes())
    assert comparison.second.projection is own


# Ways between images and classes


def test_a_line_between_two_selected_images(lab, run_file):
    lab.open(run_file(**DEEP))
    for row in (12, 40):
        toggle(lab, row)
    take(lab, "axesXBox", "a->b")
    lab.until(lambda: axes(lab).x == BetweenImages(12, 40))
    a, b = means(lab)[[12, 40]]
    positions = lab.canvas.points()[[12, 40]]
    assert positions[0, 0] == pytest.approx(0, abs=1e-4)
    assert positions[1] == pytest.approx((np.linalg.norm(b - a), positions[0, 1]), abs=1e-4)
    assert names(lab)[0] == "A → B"
    assert "orthogonal to x" in names(lab)[1]
    lab.session.selection.swap()
    lab.until(lambda: names(lab)[0] == "B → A")
    np.testing.assert_allclose(lab.canvas.points()[[12, 40]], positions, atol=1e-5)
    # Selecting others on this map does not take it away.
    lab.session.selection.clear()
    lab.until(lambda: names(lab)[0] == "image 12 → image 40")


def test_a_way_between_two_classes(lab, run_file):
    lab.open(run_file(**DEEP))
    take(lab, "axesXBox", "class")
    lab.until(lambda: axes(lab).x == BetweenClasses(0, 1))
    lab.qtbot.keyClicks(lab.child("axesXFromBox"), "3")
    lab.qtbot.keyClicks(lab.child("axesXToBox"), "8")
    lab.until(lambda: axes(lab).x == BetweenClasses(3, 8))
    assert names(lab)[0] == "3 → 8"
    labels = lab.canvas.labels()
    centres = [lab.canvas.points()[labels == label].mean(0) for label in (3, 8)]
    assert centres[0][0] == pytest.approx(0, abs=1e-3)
    assert centres[1][0] > 0
    assert centres[0][1] == pytest.approx(centres[1][1], abs=1e-3)


def test_axes_that_point_the_same_way_are_refused_where_one_looks(lab, run_file):
    lab.open(run_file())
    take(lab, "axesXBox", "class")
    lab.until(lambda: isinstance(axes(lab).x, BetweenClasses))
    before = axes(lab)
    lab.session.exploration.set_axes(PlaneAxes(BetweenClasses(0, 1), BetweenClasses(1, 0)))
    assert axes(lab) == before
    assert "same way" in lab.child("axesProblem", QLabel).text()
    assert lab.child("axesProblem").isVisible()
    take(lab, "axesYBox", "z1")
    lab.until(lambda: axes(lab).y == Dimension(0))
    assert not lab.child("axesProblem").isVisible()


# Other models


def test_axes_that_another_model_does_not_have_are_left_with_a_sentence(lab, run_file):
    lab.open(run_file(**DEEP))
    take(lab, "axesXBox", "z5")
    assert axes(lab).x == Dimension(4)
    lab.open(run_file())
    lab.until(lambda: axes(lab) == PlaneAxes())
    assert "no z₅" in lab.message()
    assert "back to its own axes" in lab.message()
    np.testing.assert_array_equal(lab.canvas.points(), means(lab))
    assert lab.child("axesXBox", QComboBox).currentText().startswith("z₁")
    # Axes that another model has too stay.
    lab.press("axesSwapButton")
    lab.open(run_file(model__kind="autoencoder"))
    assert axes(lab) == PlaneAxes(Dimension(1), Dimension(0))
    np.testing.assert_array_equal(lab.canvas.points(), means(lab)[:, ::-1])
    lab.press("axesCloseButton")
    lab.press("mapAxesButton")
    box = lab.child("axesXBox", QComboBox)
    lab.until(lambda: any("variance" in box.itemText(row) for row in range(box.count())))


def test_images_that_another_map_does_not_show_are_left(lab, run_file):
    lab.open(run_file())
    for row in (1, 2):
        toggle(lab, row)
    take(lab, "axesXBox", "a->b")
    lab.until(lambda: axes(lab).rows() == (1, 2))
    lab.session.set_map_source("training", 1000)
    lab.until(lambda: axes(lab) == PlaneAxes())
    assert "no longer shown" in lab.message()


def test_a_code_of_one_dimension_has_one_axis_and_one_of_many_is_searched(lab, run_file):
    lab.open(run_file(model__latent=1))
    lab.press("mapAxesButton")
    assert not lab.child("axesYBox").isEnabled()
    assert not lab.child("axesSwapButton").isEnabled()
    take(lab, "axesXBox", "PC 1")
    assert axes(lab).x == Component(0)
    np.testing.assert_allclose(lab.canvas.points().mean(0), 0, atol=1e-4)
    lab.open(run_file(model__latent=256))
    take(lab, "axesXBox", "z200")
    lab.until(lambda: axes(lab).x == Dimension(199))
    take(lab, "axesYBox", "PC 10")
    lab.until(lambda: axes(lab).y == Component(9))
    lab.until(lambda: "PC 10" in names(lab)[1])
    shown = lab.session.exploration.shown
    np.testing.assert_allclose(lab.canvas.points()[:, 0], shown.means[:, 199], atol=1e-5)


@pytest.mark.parametrize("changes", [{"model.kind": "cvae"}, {"model.latent": 5}], ids=["cvae", "5 dimensions"])
def test_axes_hold_while_a_model_trains(lab, changes):
    lab.begin(changes)
    take(lab, "axesXBox", "z2")
    take(lab, "axesYBox", "z1")
    lab.until(lambda: axes(lab) == PlaneAxes(Dimension(1), Dimension(0)))
    for _ in range(2):
        before = lab.session.exploration.shown
        lab.until(lambda before=before: lab.session.exploration.shown is not before)
        np.testing.assert_allclose(lab.canvas.points(), means(lab)[:, [1, 0]], atol=1e-5)
    for row in (3, 9):
        toggle(lab, row)
    take(lab, "axesXBox", "a->b")
    lab.until(lambda: axes(lab).rows() == (3, 9))
    before = lab.session.exploration.shown
    lab.until(lambda: lab.session.exploration.shown is not before)
    positions, (a, b) = lab.canvas.points()[[3, 9]], means(lab)[[3, 9]]
    assert positions[:, 0] == pytest.approx([0, np.linalg.norm(b - a)], abs=1e-3)
    assert lab.session.state == "training"


# Large maps


@pytest.fixture
def large(qtbot, tiny_model):
    """Give an exploration, and a model with a large map."""
    exploration, model, rows = Exploration(), tiny_model(), np.arange(201_000) % 60
    means, labels, ids = model.means[rows], model.labels[rows], model.ids.taken(rows)
    yield exploration, dataclasses.replace(model, means=means, labels=labels, images=None, deviations=None, ids=ids)
    exploration.shut_down()


def test_a_large_map_is_laid_out_off_the_gui_thread(qtbot, large):
    exploration, model = large
    shown, changed = [], []
    exploration.shown_changed.connect(shown.append)
    exploration.axes_changed.connect(changed.append)
    exploration.show(model)
    assert exploration.shown is None
    qtbot.waitUntil(lambda: exploration.shown is model)
    swapped = PlaneAxes(Dimension(1), Dimension(0))
    exploration.set_axes(swapped)
    assert not changed
    qtbot.waitUntil(lambda: changed == [swapped])
    assert shown[-1].projection.axes == ("z₂", "z₁")
    assert shown[-1] is exploration.shown


def test_of_many_choices_for_a_large_map_the_last_is_shown(qtbot, large):
    exploration, model = large
    changed = []
    exploration.axes_changed.connect(changed.append)
    exploration.show(model)
    for index in (0, 1) * 5:
        exploration.set_axes(PlaneAxes(Component(index), Dimension(index)))
    exploration.set_axes(PlaneAxes(Dimension(1), Dimension(0)))
    qtbot.waitUntil(lambda: exploration.shown is not None and bool(changed))
    assert changed == [PlaneAxes(Dimension(1), Dimension(0))]


def test_a_large_map_that_is_let_go_never_comes(qtbot, large):
    exploration, model = large
    shown = []
    exploration.shown_changed.connect(shown.append)
    exploration.show(model)
    exploration.show(None)
    pools = exploration.findChildren(QThreadPool)
    qtbot.waitUntil(lambda: not any(pool.activeThreadCount() for pool in pools))
    QApplication.processEvents()
    assert shown == [None]
    assert exploration.shown is None


def test_axes_that_a_large_map_does_not_have_are_refused(qtbot, large):
    exploration, model = large
    refused = []
    exploration.shown_map.refused.connect(refused.append)
    exploration.show(model)
    exploration.set_axes(PlaneAxes(Dimension(7), Dimension(0)))
    qtbot.waitUntil(lambda: bool(refused))
    qtbot.waitUntil(lambda: exploration.shown is model)
    assert exploration.axes == PlaneAxes()
    assert "no z₈" in refused[0]
