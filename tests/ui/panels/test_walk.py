"""The film of a walk: scrubbed, played, saved; what it says while there is none."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QWidget

from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.walk import Sum, Walk, WalkPlan, Way
from latentlab.ui.panels.walk import WalkPanel
from latentlab.ui.widgets.images.film_strip import FilmStrip

LEFT = Qt.MouseButton.LeftButton
LINE = WalkPlan("line", ((0.0, 0.0), (1.0, 0.0)))


def film(frames=20, labels=1, plan=LINE, found=None, way=None):
    images = np.random.default_rng(0).random((labels, frames, 1, 28, 28), np.float32)
    codes = np.linspace((0, 0), (1, 0), frames, dtype=np.float32)
    names = tuple("abcdefghij"[:labels]) if labels > 1 else ()
    return Walk("r", plan, codes, codes, images, tuple(range(labels)), names, found, way)


@pytest.fixture
def panel(qtbot):
    made = qtbot.show(WalkPanel(20), 570, 150)
    made.chosen = []
    made.frame_chosen.connect(lambda row, column: made.chosen.append((row, column)))
    return made


def child(panel, name, kind=QWidget):
    found = panel.findChild(kind, name)
    assert found is not None, name
    return found


def strip(panel):
    return child(panel, "filmStrip", FilmStrip)


def test_without_a_walk_it_says_how_to_begin_one(panel):
    message = child(panel, "walkMessage", QLabel)
    assert message.isVisible()
    assert "Path (W)" in message.text()
    assert "Arrow (A)" in message.text()
    for name in ("walkPlayButton", "walkExportButton", "walkForgetButton"):
        assert not child(panel, name).isEnabled()
    panel.set_plan(LINE)
    panel.show_walk(film())
    assert not message.isVisible()
    panel.show_problem("Too far.")
    assert message.text() == "Too far."
    assert panel.walk() is None
    assert child(panel, "walkForgetButton").isEnabled()


def test_both_lengths_are_told_and_that_a_geodesic_is_looked_for(panel, qtbot):
    box, lengths = child(panel, "walkGeodesicBox"), child(panel, "walkLengths", QLabel)
    with qtbot.waitSignal(panel.geodesic_changed) as changed:
        box.click()
    assert changed.args == [True]
    panel.set_plan(LINE)
    panel.show_walk(film())
    assert not lengths.isVisible()
    panel.show_bending(True)
    assert lengths.text() == "looking for it…"
    places = np.zeros((3, 2), np.float32)
    panel.show_walk(film(way=Way(places, 33.94, 42.71)))
    assert lengths.text() == "33.9 px, straight 42.7 px"
    panel.show_bending(False)
    drawn = WalkPlan("drawn", LINE.stops)
    panel.show_walk(film(plan=drawn, way=Way(places, 33.94, 42.71)))
    assert lengths.text() == "33.9 px, as drawn 42.7 px"
    panel.show_walk(film())
    assert not lengths.isVisible()
    panel.set_plan(WalkPlan("arrow", LINE.stops))
    assert not box.isEnabled()
    panel.set_plan(None)
    assert box.isEnabled()


def test_frames_are_scrubbed_with_the_mouse(panel, qtbot):
    panel.show_walk(film())
    view = strip(panel).viewport()
    places = [strip(panel).tile(0, column).center() for column in range(20)]
    qtbot.mousePress(view, LEFT, pos=places[3])
    for column in (4, 5, 5, 6):
        qtbot.mouseMove(view, places[column])
    qtbot.mouseMove(view, QPoint(-50, 500))
    qtbot.mouseRelease(view, LEFT)
    assert panel.chosen[:4] == [(0, 3), (0, 4), (0, 5), (0, 6)]
    assert len(panel.chosen) == 5
    qtbot.mouseClick(view, LEFT, pos=places[6])
    qtbot.mouseClick(view, LEFT, pos=places[6])  # the same once more: whatever was picked since is left
    assert panel.chosen[-2:] == [(0, 6), (0, 6)]
    assert panel.frame() == (0, 6)
    assert child(panel, "walkPlace", QLabel).text() == "7 / 20"


def test_frames_are_walked_with_the_arrow_keys(panel, qtbot):
    panel.show_walk(film(12, 3))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_End, Qt.Key.Key_Up):
        qtbot.keyClick(strip(panel), key)
    assert panel.chosen == [(0, 1), (0, 2), (0, 1), (1, 1), (1, 11), (0, 11)]
    qtbot.keyClick(strip(panel), Qt.Key.Key_Up)
    qtbot.keyClick(strip(panel), Qt.Key.Key_Right)
    assert panel.frame() == (0, 11)
    qtbot.keyClick(strip(panel), Qt.Key.Key_Home)
    assert panel.frame() == (0, 0)
    panel.show_walk(film(20))
    tops = [strip(panel).tile(0, column).top() for column in range(20)]
    down = tops.count(tops[0])
    qtbot.keyClick(strip(panel), Qt.Key.Key_Down)  # the next line of the one film
    assert panel.frame() == (0, down)


def test_space_plays_it_back_and_forth_and_pauses(panel, qtbot):
    panel.show_walk(film(4))
    child(panel, "walkSpeedBox").setValue(60)
    strip(panel).setFocus()
    qtbot.keyClick(strip(panel), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(panel.chosen) >= 8)
    qtbot.keyClick(strip(panel), Qt.Key.Key_Space)
    assert [column for _, column in panel.chosen[:8]] == [1, 2, 3, 2, 1, 0, 1, 2]
    said = len(panel.chosen)
    with qtbot.assertNotEmitted(panel.frame_chosen, wait=60):  # nothing comes
        pass
    qtbot.mouseClick(child(panel, "walkPlayButton"), LEFT)
    qtbot.waitUntil(lambda: len(panel.chosen) > said)
    qtbot.mouseClick(strip(panel).viewport(), LEFT, pos=strip(panel).tile(0, 2).center())
    assert not child(panel, "walkPlayButton").isChecked()
    qtbot.mouseClick(child(panel, "walkPlayButton"), LEFT)
    panel.hide()
    assert not child(panel, "walkPlayButton").isChecked()


def test_a_film_that_changes_while_it_plays_goes_on(panel, qtbot):
    panel.show_walk(film(20))
    child(panel, "walkSpeedBox").setValue(60)
    qtbot.keyClick(strip(panel), Qt.Key.Key_End)
    panel.show_walk(film(61))  # the same place, though it has another number
    assert panel.frame() == (0, 60)
    qtbot.mouseClick(child(panel, "walkPlayButton"), LEFT)
    panel.show_walk(film(3))
    assert panel.frame() == (0, 2)
    panel.chosen.clear()
    qtbot.waitUntil(lambda: len(panel.chosen) >= 3)
    assert [column for _, column in panel.chosen[:3]] == [1, 0, 1]
    panel.show_walk(film(1))
    with qtbot.assertNotEmitted(panel.frame_chosen, wait=60):  # nothing comes
        pass
    panel.pause()


def test_frames_stay_readable_however_many_and_one_is_scrolled_to(panel, qtbot):
    panel.show_walk(film(200))
    shown = strip(panel)
    assert shown.tile(0, 0).width() >= 44
    assert not shown.viewport().rect().intersects(shown.tile(0, 199))
    qtbot.keyClick(shown, Qt.Key.Key_End)
    assert shown.viewport().rect().contains(shown.tile(0, 199).center())
    panel.show_walk(film(40, 10))
    qtbot.keyClick(shown, Qt.Key.Key_End)
    for _ in range(9):
        qtbot.keyClick(shown, Qt.Key.Key_Down)
    assert shown.frame() == (9, 39)
    assert shown.tile(9, 39).width() >= 32
    assert shown.viewport().rect().contains(shown.tile(9, 39).center())
    shown.grab()
    panel.resize(1600, 700)
    assert shown.tile(9, 39).width() <= 160


@pytest.mark.parametrize("size", [(570, 150), (640, 152), (900, 170), (1300, 400)])
def test_what_fits_is_not_scrolled(panel, size):
    panel.resize(*size)
    panel.show_walk(film(20))
    assert not strip(panel).verticalScrollBar().isVisible()
    assert not strip(panel).horizontalScrollBar().isVisible()
    assert strip(panel).viewport().rect().contains(strip(panel).tile(0, 19))


def test_labels_are_offered_for_a_model_that_has_them(panel, qtbot):
    box = child(panel, "walkEachLabelBox")
    panel.set_model(ModelFacts(2, ("a", "b"), False, True))
    assert not box.isVisible()
    panel.set_model(ModelFacts(2, ("a", "b"), True, True))
    assert box.isVisible()
    with qtbot.waitSignal(panel.each_label_changed) as said:
        qtbot.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))
    assert said.args == [True]


def test_steps_are_asked_for(panel, qtbot):
    with qtbot.waitSignal(panel.steps_changed) as said:
        child(panel, "walkStepsBox").setValue(33)
    assert said.args == [33]


def test_an_arrow_shows_its_sum_and_its_images_are_picked(panel, qtbot):
    images = np.random.default_rng(0).random((5, 1, 28, 28), np.float32)
    plan = WalkPlan("arrow", (3, 8, (0.5, 0.5)))
    panel.show_walk(film(plan=plan, found=Sum(images, 12)))
    equation = child(panel, "walkEquation")
    assert equation.isVisible()
    assert equation.captions() == ("B", "A", "C", "decoded", "nearest")
    picked = []
    panel.point_picked.connect(picked.append)
    for term in range(5):
        qtbot.mouseClick(equation, LEFT, pos=equation.term(term).center().toPoint())
    assert picked == [8, 3, 12]
    assert panel.chosen == [(0, 19)]  # what is decoded there is the last frame
    panel.show_walk(film())
    assert not equation.isVisible()


@pytest.mark.parametrize(("place", "name"), [(0, "walk.png"), (1, "walk.gif"), (2, "walk.mp4")])
def test_what_is_exported_is_what_is_shown(panel, qtbot, place, name):
    shown = film(5, 2)
    panel.show_walk(shown)
    child(panel, "walkSpeedBox").setValue(25)
    with qtbot.waitSignal(panel.save_requested) as said:
        child(panel, "walkExportButton").menu().actions()[place].trigger()
    images, rate, suggestion = said.args
    assert images is shown.images
    assert (rate, suggestion) == (25.0, name)


def test_saving_shows_how_far_it_is_and_can_be_given_up(panel, qtbot):
    panel.show_walk(film())
    cancel, export = (child(panel, name) for name in ("walkCancelButton", "walkExportButton"))
    assert not cancel.isVisible()
    panel.show_progress(0.25)
    assert (cancel.isVisible(), cancel.text(), export.isVisible()) == (True, "Cancel (25 %)", False)
    with qtbot.waitSignal(panel.cancel_requested):
        qtbot.mouseClick(cancel, LEFT)
    panel.show_progress(1.0)
    assert (cancel.isVisible(), export.isVisible()) == (False, True)


def test_it_fits_beside_the_other_panels(panel, qtbot):
    panel.set_model(ModelFacts(2, ("a", "b"), True, True))
    panel.show_walk(film(12, 3, way=Way(np.zeros((3, 2), np.float32), 33.9, 42.7)))
    panel.show_progress(0.5)
    qtbot.waitUntil(lambda: panel.minimumSizeHint().width() <= 530)
    panel.show_progress(1.0)
    qtbot.waitUntil(lambda: panel.minimumSizeHint().width() <= 530)
    assert panel.sizeHint().height() == 152
