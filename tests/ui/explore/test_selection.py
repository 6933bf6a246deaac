"""Images selected on the map: letters, and the view that mixes them."""

from itertools import pairwise

import numpy as np
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel

from latentlab.core.map.results import DataPoint, ImageLosses
from latentlab.ui.panels.data_point import DataPointPanel
from latentlab.ui.panels.views.interpolations import InterpolationsPanel
from latentlab.ui.widgets.images.player import BackAndForth
from latentlab.ui.widgets.images.selection_strip import SelectionStrip
from latentlab.ui.widgets.slider import Slider
from tests.ui.session.selecting import see

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


def far_apart(lab, count):
    """Give rows of the map whose points are in sight, and covered by no other."""
    places = [lab.pixel(*point) for point in lab.canvas.points().tolist()]
    pixels = np.array([(place.x(), place.y()) for place in places])
    steps = np.abs(pixels[:, None] - pixels).sum(2) + 1000 * np.eye(len(pixels), dtype=int)
    inside = lab.canvas.viewport().rect().adjusted(80, 60, -120, -60)
    seen = [row for row in steps.min(1).argsort()[::-1].tolist() if inside.contains(places[row])]
    assert steps[seen[count - 1]].min() >= 8
    return seen[:count]


def ctrl_click(lab, row):
    place = lab.pixel(*lab.canvas.points()[row].tolist())
    lab.qtbot.mouseClick(lab.canvas.viewport(), LEFT, CTRL, place)


def strips(lab):
    return lab.child("interpolationStrips").strips()


def test_ctrl_click_selects_and_deselects_without_picking(opened):
    lab = opened
    a, b = far_apart(lab, 2)
    before = lab.canvas.viewport().grab().toImage()
    ctrl_click(lab, a)
    after = lab.canvas.viewport().grab().toImage()
    place = lab.pixel(*lab.canvas.points()[a].tolist())
    changed = [  # pixels above the point
        place.y() - y
        for y in range(before.height())
        if any(before.pixel(x, y) != after.pixel(x, y) for x in range(place.x() - 20, place.x() + 20))
    ]
    assert max(changed) > 30
    assert 0 <= min(changed) <= 2
    ctrl_click(lab, b)
    assert list(lab.session.selection.rows) == [a, b]
    assert lab.canvas.picked() is None
    np.testing.assert_array_equal(lab.canvas.selected(), lab.canvas.points()[[a, b]])
    ctrl_click(lab, a)
    assert list(lab.session.selection.rows) == [b]
    np.testing.assert_array_equal(lab.canvas.selected(), lab.canvas.points()[[b]])
    lab.action("showStandard").trigger()
    lab.qtbot.mouseClick(lab.canvas.viewport(), LEFT, CTRL, lab.pixel(3.9, -3.9))  # beside every point
    assert list(lab.session.selection.rows) == [b]
    assert lab.canvas.picked() is None


def test_a_key_selects_the_point_nearest_to_the_pick(opened):
    lab = opened
    (row,) = far_apart(lab, 1)
    x, y = lab.canvas.points()[row].tolist()
    lab.canvas.setFocus()
    lab.qtbot.keyClick(lab.canvas, Qt.Key.Key_C)
    assert list(lab.session.selection.rows) == []
    place = lab.pixel(x, y) + QPoint(4, 0)
    lab.qtbot.mouseClick(lab.canvas.viewport(), LEFT, pos=place)
    lab.qtbot.keyClick(lab.canvas, Qt.Key.Key_C)
    assert list(lab.session.selection.rows) == [row]


def test_the_picked_image_is_selected_by_keyboard(opened):
    lab = opened
    (row,) = far_apart(lab, 1)
    lab.click(*lab.canvas.points()[row].tolist())
    button = lab.child("selectPointButton")
    lab.until(button.isVisible)
    assert button.text() == "Select"
    button.setFocus()
    lab.qtbot.keyClick(button, Qt.Key.Key_Space)
    assert list(lab.session.selection.rows) == [row]
    assert button.text() == "Deselect"
    lab.qtbot.mouseClick(button, LEFT)
    assert list(lab.session.selection.rows) == []
    assert button.text() == "Select"


def test_the_button_keeps_the_panel_small(qtbot):
    panel = DataPointPanel()
    panel.resize(340, 90)
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    pixels = np.zeros((1, 28, 28), np.float32)
    panel.show_point(DataPoint("run", 3, (0.0, 0.0), 4, "Ankle boot", pixels, pixels, ImageLosses(142.2, 136.1, 6.1)))
    panel.set_selected(np.array([3]))
    assert panel.minimumSizeHint().height() <= 100
    button = panel.findChild(QAbstractButton, "selectPointButton")
    assert panel.rect().contains(button.geometry())
    with qtbot.waitSignal(panel.toggled) as told:
        qtbot.mouseClick(button, LEFT)
    assert told.args == [3]


def test_letters_follow_their_points_while_the_model_trains(lab):
    lab.begin()
    rows = (3, 8)
    for row in rows:
        lab.session.selection.toggle(row)
    start = lab.canvas.selected().copy()
    lab.until(lambda: not np.allclose(lab.canvas.selected(), start, atol=0.05))
    lab.press("stopButton")
    lab.until(lambda: lab.session.state == "idle")
    assert list(lab.session.selection.rows) == list(rows)
    lab.until(lambda: np.allclose(lab.canvas.selected(), lab.canvas.points()[list(rows)]))


def test_other_images_on_the_map_are_not_selected(opened):
    lab = opened
    see(lab, 3, 8)
    with lab.qtbot.waitSignal(lab.session.exploration.map_changed):
        lab.child("mapSourceBox").setCurrentIndex(1)
    lab.until(lambda: not len(lab.session.selection.rows))
    assert len(lab.canvas.selected()) == 0
    assert not lab.child("selectionStrip").isVisible()


def test_images_that_the_map_still_shows_stay_selected(opened, run_file):
    lab = opened
    see(lab, 3, 8)
    lab.child("viewTabs").setCurrentIndex(0)
    lab.open(run_file(training__seed=1))
    assert list(lab.session.selection.rows) == [3, 8]
    lab.until(lambda: np.array_equal(lab.canvas.selected(), lab.canvas.points()[[3, 8]]))


def test_the_view_says_what_to_do(opened):
    lab = opened
    lab.look_at("imagesView")
    message = lab.child("imagesView").findChild(QLabel, "viewMessage")
    for row, said in ((3, "Ctrl+click"), (8, "second image")):
        lab.until(lambda said=said: said in message.text())
        lab.session.selection.toggle(row)
    lab.session.selection.clear()
    for row in range(13):
        lab.session.selection.toggle(row)
    assert len(lab.session.selection.rows) == 13
    assert "13 images are selected" in lab.text("moreSelectedLabel")
    assert lab.child("selectionStrip").image_count() == 12
    assert len(lab.canvas.selected()) == 0  # thirteen letters would cover the map
    assert lab.child("trainOnSelectionButton").text() == "Train on all 13"
    lab.session.selection.toggle(0)
    assert not lab.child("moreSelectedLabel").isVisible()


def test_two_images_are_interpolated_between_the_images_themselves(opened):
    lab = opened
    see(lab, 3, 8)
    images = lab.session.exploration.shown.images[[3, 8]] / 255
    assert [strip.name for strip in strips(lab)] == ["linear", "spherical"]
    for strip in strips(lab):
        assert len(strip.steps) == 12
        np.testing.assert_allclose(strip.ends, images, atol=1e-6)
    with lab.qtbot.waitSignal(lab.session.views.answered):
        lab.child("interpolationStepsBox").setValue(5)
    assert len(strips(lab)[0].steps) == 5
    picture = lab.child("imagesView").picture()
    assert picture.width() > 7 * 56
    assert picture.height() > 2 * 56


def test_three_images_are_added_and_subtracted_and_the_nearest_can_be_picked(opened):
    lab = opened
    see(lab, 3, 8, 20)
    assert [strip.name for strip in strips(lab)] == ["linear", "spherical", "A − B + C"]
    equation = lab.child("imageEquation")
    assert len(equation.captions()) == 5
    shown = lab.session.exploration.shown
    code = shown.means[3] - shown.means[8] + shown.means[20]
    nearest = int(np.linalg.norm(shown.means - code, axis=1).argmin())
    lab.qtbot.mouseClick(equation, LEFT, pos=equation.term(4).center().toPoint())
    np.testing.assert_allclose(lab.canvas.picked(), shown.means[nearest], atol=1e-5)
    lab.qtbot.mouseClick(equation, LEFT, pos=equation.term(1).center().toPoint())
    np.testing.assert_allclose(lab.canvas.picked(), shown.means[8], atol=1e-5)


def test_the_strip_of_selected_images_picks_and_removes(opened):
    lab = opened
    see(lab, 3, 8, 20)
    strip = lab.child("selectionStrip")
    lab.qtbot.mouseClick(strip, LEFT, pos=strip.tile(1).center())
    np.testing.assert_allclose(lab.canvas.picked(), lab.canvas.points()[8], atol=1e-5)
    lab.qtbot.mouseMove(strip, strip.cross(0).center())
    lab.qtbot.mouseClick(strip, LEFT, pos=strip.cross(0).center())
    assert list(lab.session.selection.rows) == [8, 20]
    lab.press("swapSelectionButton")
    assert list(lab.session.selection.rows) == [20, 8]
    strip.setFocus()
    lab.qtbot.keyClick(strip, Qt.Key.Key_Right)
    lab.qtbot.keyClick(strip, Qt.Key.Key_Delete)
    assert list(lab.session.selection.rows) == [20]
    lab.press("clearSelectionButton")
    assert list(lab.session.selection.rows) == []
    assert not lab.child("trainOnSelectionButton").isVisible()


def test_a_strip_lays_out_as_many_as_there_may_be(qtbot):
    strip = SelectionStrip()
    qtbot.addWidget(strip)
    strip.resize(400, 64)
    for count in (1, 5, 12):
        strip.set_images(np.zeros((count, 1, 28, 28), np.float32))
        tiles = [strip.tile(index) for index in range(count)]
        assert all(strip.rect().contains(tile) for tile in tiles)
        assert not any(one.intersects(other) for one, other in pairwise(tiles))
        assert tiles[0].width() >= 26
        assert tiles[0].left() == 0


def test_the_animation_goes_along_the_chosen_interpolation_and_back_and_rests_unseen(opened):
    lab = opened
    see(lab, 3, 8, 20)
    player = lab.child("interpolationPlayer")
    assert len(player.frames()) == 60
    places = []
    slider, pace = player.findChild(Slider), player.findChild(BackAndForth)
    slider.valueChanged.connect(places.append)
    slider.setValue(57)
    lab.qtbot.mouseClick(player.play_button, LEFT)
    lab.until(lambda: 59 in places and places[-1] < 58)
    lab.child("viewTabs").setCurrentIndex(0)
    place = player.position()
    assert not pace.isActive()
    lab.look_at("imagesView")
    lab.until(lambda: player.position() != place)
    lab.qtbot.mouseClick(player.play_button, LEFT)
    assert not pace.isActive()
    before = player.frames()
    with lab.qtbot.waitSignal(lab.session.views.answered):
        lab.child("interpolationKindBox").setCurrentIndex(2)
    assert not np.allclose(player.frames(), before, atol=1e-3)
    np.testing.assert_allclose(player.frames()[-1], strips(lab)[2].steps[-1], atol=1e-5)
    with lab.qtbot.waitSignal(lab.session.views.answered):
        lab.session.selection.toggle(20)
    assert len(player.frames()) == 0
    assert not player.play_button.isEnabled()


def test_the_animation_is_saved_as_a_gif(opened, monkeypatch, tmp_path):
    lab = opened
    monkeypatch.setattr(QFileDialog, "open", lambda self: None)
    see(lab, 3, 8)
    for path, word in (
        (tmp_path / "between.gif", "is saved as"),
        (tmp_path / "missing" / "between.gif", "could not be saved"),
    ):
        lab.press("saveAnimationButton")
        dialog = lab.window.findChildren(QFileDialog)[-1]
        assert dialog.defaultSuffix() == "gif"
        with lab.qtbot.waitSignal(lab.session.message):
            dialog.fileSelected.emit(str(path))
        dialog.done(QFileDialog.DialogCode.Accepted)
        lab.until(lambda word=word: word in lab.message())
    with Image.open(tmp_path / "between.gif") as file:
        assert file.size == (280, 280)
        assert file.n_frames > 60


def test_a_cvae_decodes_under_the_label_that_is_chosen(lab, run_file):
    lab.open(run_file(model__kind="cvae"))
    see(lab, 3, 8)
    before = strips(lab)[0].steps
    box = lab.child("interpolationLabelBox")
    assert box.isVisible()
    assert box.count() == 11
    with lab.qtbot.waitSignal(lab.session.views.answered):
        box.setCurrentIndex((lab.canvas.labels()[3] + 1) % 10 + 1)
    assert not np.allclose(strips(lab)[0].steps, before, atol=1e-3)


def test_the_panel_stays_narrow(qtbot):
    panel = InterpolationsPanel()
    qtbot.addWidget(panel)
    panel.set_selected(np.arange(1200), np.zeros((12, 1, 28, 28), np.float32))
    assert panel.minimumSizeHint().width() < 560


def test_without_the_data_set_the_images_are_shown_as_the_model_rebuilds_them(lab, run_file):
    lab.open(run_file(data__dataset="mnist"))
    see(lab, 3, 8)
    shown = lab.session.exploration.shown
    assert shown.images is None
    assert lab.child("selectionStrip").image_count() == 2
    np.testing.assert_allclose(strips(lab)[0].ends, shown.snapshot.decode(shown.means[[3, 8]]), atol=1e-5)
    lab.session.selection_training.train()
    assert "not loaded" in lab.message()
