"""Walking in the window: tools by mouse and key, the film below the map, files."""

from __future__ import annotations

import threading

import av
import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel

from latentlab.core.output import animation
from latentlab.core.views.walk import WalkPlan

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def dialog(monkeypatch):
    """Give the file dialog that is open, and answer it; a real one would browse this machine."""
    monkeypatch.setattr(QFileDialog, "open", lambda self: None)

    def give(lab, path):
        lab.until(lambda: lab.window.findChildren(QFileDialog))
        found = lab.window.findChildren(QFileDialog)[-1]
        found.fileSelected.emit(str(path))
        found.done(QFileDialog.DialogCode.Accepted)

    return give


@pytest.fixture
def opened(lab, run_file):
    """Give a window with a run, looked at to ±4."""

    def give(**changes):
        lab.open(run_file(**changes))
        return lab

    return give


def walking(lab):
    return lab.session.map.walking


def until_film(lab, kind=None, steps=20):
    """Wait for the film of the walk as it is now."""

    def is_here():
        walk = walking(lab).walk_shown
        plan = walking(lab).plan
        return (
            walk is not None
            and walk.plan == plan
            and kind in (None, plan.kind)
            and len(walk.codes) == steps
            and lab.child("walkPanel").walk() is walk
        )

    lab.until(is_here)
    return walking(lab).walk_shown


def draw(lab, *places):
    lab.drag(lab.canvas.viewport(), [lab.pixel(*place) for place in places])


def take(lab, key):
    lab.canvas.setFocus()
    lab.qtbot.keyClick(lab.canvas, key)


def scrub(lab, row, column):
    strip = lab.child("filmStrip")
    lab.qtbot.mouseClick(strip.viewport(), LEFT, pos=strip.tile(row, column).center())


def test_a_path_is_drawn_and_its_film_scrubbed(opened):
    lab = opened()
    assert not lab.child("walkPanel").isVisible()
    take(lab, Qt.Key.Key_W)
    lab.until(lambda: lab.child("walkPanel").isVisible())
    assert "Path (W)" in lab.text("walkMessage")
    lab.action("showStandard").trigger()
    draw(lab, (-2, -2), (-2, 0), (0, 2), (2, 2))
    film = until_film(lab, "drawn")
    length = 2 + 8**0.5 + 2
    chords = np.linalg.norm(np.diff(film.codes, axis=0), axis=1)
    assert chords.max() == pytest.approx(length / 19, rel=0.05)
    assert film.codes[[0, -1]] == pytest.approx(np.array([(-2, -2), (2, 2)]), abs=0.05)
    scrub(lab, 0, 11)
    assert lab.session.exploration.code == pytest.approx(film.codes[11])
    assert lab.canvas.picked() == pytest.approx(tuple(film.places[11]), abs=1e-5)
    lab.until(lambda: np.allclose(lab.decoded(), film.images[0, 11], atol=1e-5))
    assert lab.child("walkPlace", QLabel).text() == "12 / 20"


def test_playing_moves_the_pick_and_a_pick_on_the_map_pauses_it(opened):
    lab = opened()
    walking(lab).walk(WalkPlan("line", ((-2.0, 0.0), (2.0, 0.0))))
    lab.press("mapPathButton")
    film = until_film(lab)
    with lab.changes(lambda: lab.session.exploration.code):
        lab.press("walkPlayButton")
    assert any(np.array_equal(lab.session.exploration.code, code) for code in film.codes)
    lab.press("mapPickButton")
    lab.click(0.5, 1.5)
    assert not lab.child("walkPlayButton").isChecked()
    assert lab.canvas.picked() == pytest.approx((0.5, 1.5), abs=0.05)


def test_way_points_and_moving_them_while_the_film_follows(opened):
    lab = opened(model__kind="autoencoder")
    lab.press("mapPathButton")
    lab.action("showStandard").trigger()
    ctrl = Qt.KeyboardModifier.ControlModifier
    for place in ((-3.5, -1), (0, 3.5), (3.5, -1)):
        lab.qtbot.mouseClick(lab.canvas.viewport(), LEFT, ctrl, pos=lab.pixel(*place))
    lab.qtbot.keyClick(lab.canvas, Qt.Key.Key_Return)
    before = until_film(lab, "line")
    lab.qtbot.mousePress(lab.canvas.viewport(), LEFT, pos=lab.pixel(3.5, -1))
    lab.qtbot.mouseMove(lab.canvas.viewport(), lab.pixel(3.5, -2))
    lab.qtbot.mouseMove(lab.canvas.viewport(), lab.pixel(3.5, -3.5))
    during = until_film(lab, "line")
    assert not np.allclose(before.codes, during.codes)
    lab.qtbot.mouseRelease(lab.canvas.viewport(), LEFT, pos=lab.pixel(3.5, -3.5))
    assert during.codes[-1] == pytest.approx((3.5, -3.5), abs=0.05)
    lab.press("walkForgetButton")
    assert walking(lab).plan is None
    assert lab.child("walkMessage").isVisible()


def test_an_arrow_between_images_put_on_a_third_in_more_dimensions(opened):
    lab = opened(model__latent=5)
    take(lab, Qt.Key.Key_A)
    lab.until(lambda: lab.child("walkPanel").isVisible())
    model = lab.session.exploration.shown
    lab.canvas.show_all()
    points = lab.canvas.points()
    centre = np.median(points, 0)
    far = np.argsort(-np.linalg.norm(points - centre, axis=1))[:3].tolist()
    a, b, c = (tuple(points[row].tolist()) for row in far)
    draw(lab, a, ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), b)
    lab.click(*c)
    film = until_film(lab, "arrow")
    stops = walking(lab).plan.stops
    assert all(isinstance(stop, int) for stop in stops)
    means = model.means[list(stops)]
    assert film.codes[-1] == pytest.approx(means[2] + means[1] - means[0], abs=1e-4)
    equation = lab.child("walkEquation")
    lab.until(equation.isVisible)
    lab.qtbot.mouseClick(equation, LEFT, pos=equation.term(4).center().toPoint())
    assert lab.session.exploration.code == pytest.approx(model.means[film.sum.nearest])


def test_straight_between_two_selected_images_by_the_menu(opened):
    lab = opened()
    action = lab.action("walkBetween")
    action.trigger()
    assert "Select two images first" in lab.message()
    assert not lab.child("walkPanel").isVisible()
    lab.session.selection.select(np.array([7, 3, 5]))
    action.trigger()
    film = until_film(lab, "line")
    assert film.codes[[0, -1]] == pytest.approx(lab.session.exploration.shown.means[[7, 3]])


def test_a_cvae_repeats_the_film_for_each_label_and_a_frame_takes_its_label(opened):
    lab = opened(model__kind="cvae")
    walking(lab).walk(WalkPlan("line", ((-2.0, 0.0), (2.0, 0.0))))
    lab.press("mapPathButton")
    until_film(lab)
    lab.child("walkEachLabelBox").click()
    lab.until(lambda: len(walking(lab).walk_shown.labels) == 10)
    film = until_film(lab)
    assert film.images.shape[:2] == (10, 20)
    scrub(lab, 2, 5)
    lab.until(lambda: np.allclose(lab.decoded(), film.images[2, 5], atol=1e-5))
    assert lab.child("walkPanel").frame() == (2, 5)


def test_a_walk_goes_on_while_the_model_trains(lab):
    lab.begin({"model.latent": 3})
    lab.press("mapPathButton")
    walking(lab).walk(WalkPlan("line", (3, 11)))
    before = until_film(lab)
    lab.until(lambda: not np.allclose(walking(lab).walk_shown.codes, before.codes, atol=1e-6))
    scrub(lab, 0, 4)
    shown = lab.session.exploration.shown
    lab.until(lambda: lab.session.exploration.shown is not shown)
    lab.press("drawerSwitch")
    film = walking(lab).walk_shown
    lab.until(lambda: lab.session.exploration.shown is not shown)
    assert walking(lab).walk_shown is film
    lab.session.training.stop()
    lab.until(lambda: lab.session.state == "idle")
    assert walking(lab).plan == WalkPlan("line", (3, 11))


@pytest.mark.parametrize("ending", ["png", "gif", "mp4"])
def test_the_film_is_saved(opened, dialog, tmp_path, ending):
    lab = opened()
    walking(lab).walk(WalkPlan("line", ((-2.0, 0.0), (2.0, 0.0))))
    lab.press("mapPathButton")
    film = until_film(lab)
    menu = lab.child("walkExportButton").menu()
    next(action for action in menu.actions() if action.data() == ending).trigger()
    path = tmp_path / f"film.{ending}"
    with lab.qtbot.waitSignal(lab.session.map.films.written):
        dialog(lab, path)
    assert f"saved as {path}" in lab.message()
    assert lab.child("walkExportButton").isVisible()
    if ending == "mp4":
        with av.open(path) as file:
            stream = file.streams.video[0]
            assert stream.frames == 38
            assert float(stream.duration * stream.time_base) == pytest.approx(38 / 12, abs=0.01)
            first = next(file.decode(stream)).to_ndarray(format="gray")
        side = first.shape[0] // 28
        assert np.abs(first[side // 2 :: side, side // 2 :: side] / 255 - film.images[0, 0]).max() < 0.06
    else:
        with Image.open(path) as file:
            assert getattr(file, "n_frames", 1) == (38 if ending == "gif" else 1)


def test_a_geodesic_is_walked_told_and_saved(opened, dialog, tmp_path):
    lab = opened()
    walking(lab).walk(WalkPlan("line", ((-2.0, 0.0), (2.0, 0.5))))
    lab.press("mapPathButton")
    straight = until_film(lab)
    lab.child("walkGeodesicBox").click()
    lab.until(lambda: walking(lab).walk_shown.way is not None)
    film = until_film(lab)
    assert lab.text("walkLengths") == f"{film.way.length:.1f} px, straight {film.way.straight:.1f} px"
    scrub(lab, 0, 11)
    assert np.array_equal(lab.session.exploration.code, film.codes[11])
    assert lab.canvas.picked() == pytest.approx(tuple(film.places[11]), abs=1e-5)
    with lab.qtbot.waitSignal(lab.child("walkPanel").save_requested) as asked:
        next(each for each in lab.child("walkExportButton").menu().actions() if each.data() == "png").trigger()
    assert np.array_equal(asked.args[0], film.images)
    assert not np.allclose(asked.args[0], straight.images, atol=1e-3)


def test_a_place_that_cannot_be_written_to_is_told(opened, dialog, tmp_path):
    lab = opened()
    walking(lab).walk(WalkPlan("line", ((-2.0, 0.0), (2.0, 0.0))))
    lab.press("mapPathButton")
    until_film(lab)
    lab.child("walkExportButton").menu().actions()[2].trigger()
    dialog(lab, tmp_path / "nowhere" / "film.mp4")
    lab.until(lambda: "could not be saved" in lab.message())


def test_saving_can_be_given_up(opened, dialog, tmp_path, monkeypatch):
    def slow(path, images, rate, report, is_cancelled):
        report(0.5)
        while not is_cancelled():
            threading.Event().wait(0.005)

    monkeypatch.setattr(animation, "save_film", slow)
    lab = opened()
    walking(lab).walk(WalkPlan("line", ((-2.0, 0.0), (2.0, 0.0))))
    lab.press("mapPathButton")
    until_film(lab)
    lab.child("walkExportButton").menu().actions()[2].trigger()
    dialog(lab, tmp_path / "film.mp4")
    cancel = lab.child("walkCancelButton")
    lab.until(lambda: cancel.text() == "Cancel (50 %)")
    lab.press("walkCancelButton")
    lab.until(lambda: lab.child("walkExportButton").isVisible())
    assert not cancel.isVisible()
    assert "saved" not in lab.message()
