"""Where things lie: how much of the window is the map's, how much is in sight at once, and what folds when."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
)

from latentlab.core.errors import LatentlabError
from latentlab.ui.panels.recipe import RecipePanel
from latentlab.ui.settings import Settings
from latentlab.ui.style import theme
from latentlab.ui.widgets import message_bar
from latentlab.ui.widgets.images.image_strip import ImageStrip
from tests.ui import scenes
from tests.ui.lab import LONG


def share(lab):
    """Give how much of the window is the map's."""
    return lab.canvas.width() * lab.canvas.height() / (lab.window.width() * lab.window.height())


def controls(lab):
    """Give what one can press, turn or type into, and sees: a tab counts as one, and so does a box with its parts."""
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit)
    found = [each for kind in kinds for each in lab.window.findChildren(kind) if each.isVisible()]
    inside = (QComboBox, QAbstractSpinBox, QScrollBar, QTabBar)
    whole = [
        each
        for each in found
        if not isinstance(each, QScrollBar) and not isinstance(each.parent(), inside) and each.width() > 1
    ]
    tabs = [bar for bar in lab.window.findChildren(QTabBar) if bar.isVisible()]
    return len(whole) + sum(bar.isTabVisible(tab) for bar in tabs for tab in range(bar.count()))


@pytest.fixture
def wide(lab):
    lab.window.resize(1280, 800)
    return lab


def test_the_map_has_half_of_the_window_once_training_has_begun_and_little_else_is_in_sight(wide):
    wide.begin()
    wide.until(lambda: share(wide) >= 0.5)
    assert controls(wide) <= 45
    assert not wide.child("setupTab").isChecked()
    assert not wide.child("recipeBox").isVisible()
    wide.session.training.stop()
    wide.until(lambda: wide.session.state == "idle")
    assert share(wide) >= 0.5
    assert controls(wide) <= 45


def test_so_it_is_with_a_model_that_is_opened_and_a_point_picked(wide, run_file):
    wide.open(run_file())
    wide.pick()
    wide.until(lambda: share(wide) >= 0.5)
    assert controls(wide) <= 45
    wide.child("drawerSwitch").click()
    wide.until(lambda: wide.child("lossPlot").isVisible())
    assert wide.canvas.height() >= 0.5 * wide.child("work").height()
    wide.child("drawerSwitch").click()
    wide.until(lambda: share(wide) >= 0.5)  # its room is the map's again


def test_a_drawer_that_was_left_open_comes_back_folded_and_takes_no_room(make_lab, run_file):
    settings = Settings()
    first = make_lab(settings)
    first.until_loaded()
    first.open(run_file())
    first.action("showDrawer").trigger()
    first.until(lambda: first.child("drawer").height() > 150)
    first.window.close()
    second = make_lab(Settings())
    second.until_loaded()
    for _ in range(2):
        second.open(run_file())
        second.until(lambda: second.child("lossLine").isVisible())
        below = second.child("work").height() - second.child("drawer").geometry().top()
        assert below == second.child("drawer").height() < 50
        second.action("showDrawer").trigger()
        second.action("home").trigger()
        second.action("showDrawer").trigger()  # folded where it is not seen


def test_where_things_lie_does_not_depend_on_what_was_looked_at_before(opened):
    opened.window.resize(1000, 640)
    opened.session.selection.select(np.array([7, 3, 5, 11]))  # opens the drawer: all that can be in sight is
    parts = [opened.child(name) for name in ("body", "work", "side", "viewTabs", "sketchPad", "decodedImage")]

    def looked_at(name):
        opened.look_at(name)
        scenes.rest(opened)
        return [part.geometry().getRect() for part in parts]

    views = "imagesView", "unitsView", "compareView", "sensitivityView"
    first = {name: looked_at(name) for name in views}
    assert {name: looked_at(name) for name in reversed(views)} == first
    opened.window.resize(1400, 900)
    scenes.rest(opened)
    opened.window.resize(1000, 640)
    assert {name: looked_at(name) for name in views} == first


@pytest.mark.parametrize("opens", [False, True])
def test_the_window_fits_a_small_screen_and_there_nothing_lies_beside_it(lab, run_file, opens):
    if opens:
        lab.open(run_file())
        lab.pick()
        lab.session.selection.select(np.array([7, 3, 5, 11]))
    lab.window.resize(960, 540)  # a screen of 1920 × 1080 pixels, at 200 %
    scenes.rest(lab)
    assert lab.window.size().toTuple() == (960, 540)
    assert lab.child("windowScroll").horizontalScrollBar().maximum() == 0


def test_setup_opens_by_one_key_and_what_is_folded_answers(lab, run_file):
    lab.open(run_file())
    box, epochs = lab.child("recipeBox", QComboBox), lab.child("epochsBox")
    assert not box.isVisible()
    epochs.setValue(7)  # as a script does
    assert lab.session.recipe.training.epochs == 7
    lab.qtbot.keyClick(lab.window, Qt.Key.Key_F2)
    lab.until(box.isVisible)
    assert lab.action("showSetup").isChecked()
    lab.press("setupTab")
    assert not box.isVisible()
    assert not lab.action("showSetup").isChecked()


def test_what_lies_beside_the_map_and_below_it_folds_by_a_key(lab, run_file):
    lab.open(run_file())
    for key, name, before in (("Key_F3", "decodedImage", True), ("Key_F4", "lossPlot", False)):
        part = lab.child(name)
        assert part.isVisible() == before
        for expected in (not before, before):
            lab.qtbot.keyClick(lab.window, getattr(Qt.Key, key))
            lab.until(lambda part=part, expected=expected: part.isVisible() == expected)
    lab.stroke([(0.3, 0.2), (0.6, 0.8)])
    lab.until(lambda: lab.canvas.sketch_point() is not None)


def test_home_is_where_one_begins_and_comes_back_from(lab, run_file):
    start, around = lab.child("startPage"), [lab.child("side"), lab.child("drawer")]
    assert start.isVisible()
    assert not any(part.isVisible() for part in around)
    assert lab.window.focusWidget() is lab.child("startTrainingButton")
    lab.press("homeButton")  # there is no map yet
    assert start.isVisible()
    assert lab.child("homeButton").text() == "☰"
    lab.open(run_file())
    assert not start.isVisible()
    assert all(part.isVisible() for part in around)
    picked = lab.pick() or lab.canvas.picked()
    lab.action("home").trigger()
    assert start.isVisible()
    assert lab.child("homeButton").text() == "← Map"
    assert not any(part.isVisible() for part in around)
    lab.press("homeButton")
    assert lab.canvas.isVisible()
    assert lab.canvas.picked() == picked
    lab.press("homeButton")
    lab.press("startTrainingButton")
    lab.until(lambda: lab.canvas.isVisible())
    lab.until_loaded()
    lab.press("homeButton")  # also while a model trains
    assert start.isVisible()
    assert not lab.child("startTrainingButton").isEnabled()
    lab.press("homeButton")
    lab.press("discardButton")


def test_home_obeys_the_form(lab):
    field = lab.setting("training.learning_rate")
    field.selectAll()
    lab.qtbot.keyClicks(field, "7")
    assert not lab.child("startTrainingButton").isEnabled()
    assert "red frame in Setup" in lab.text("startImagesLabel")
    assert "red frame in Setup" in lab.text("trainingMessage")
    field.selectAll()
    lab.qtbot.keyClicks(field, "0.1")
    assert lab.child("startTrainingButton").isEnabled()
    assert "A map forms" in lab.text("startImagesLabel")


def test_what_is_wrong_in_setup_opens_it(lab, run_file):
    lab.open(run_file())
    assert not lab.child("setupTab").isChecked()
    lab.session.library.message.emit("The download broke off.", True)
    assert lab.text("datasetMessage") == "The download broke off."


def test_the_run_is_named_and_described(lab, run_file):
    path = run_file()
    lab.open(path)
    assert lab.text("runName") == path.stem
    assert lab.text("runDetails") == "VAE · digits · 2-D"
    lab.child("model.latent").setValue(3)
    lab.train({"model.latent": 3, "model.kind": "autoencoder"})
    lab.until(lambda: lab.text("runDetails") == "autoencoder · digits · 3-D")
    assert lab.text("runName").endswith("•")  # not saved


def test_until_a_training_has_its_first_map_nothing_is_said_of_the_model_before_as_if_it_were_of_it(lab, run_file):
    lab.open(run_file())
    lab.set_up(LONG, {"model.latent": 3})
    said = []
    lab.session.run_changed.connect(lambda name, _: said.append((name, lab.text("runDetails"))))
    lab.session.exploration.shown_changed.connect(lambda _: said.append(("", lab.text("runDetails"))))
    lab.press("trainButton")
    assert lab.text("runName").endswith("•")
    assert lab.text("runDetails") == ""
    lab.until(lambda: lab.text("runDetails") == "VAE · digits · 3-D")
    assert {details for _, details in said} <= {"", "VAE · digits · 3-D"}, said
    lab.press("pauseButton")
    lab.until(lambda: lab.session.state == "paused")
    lab.press("pauseButton")
    assert lab.text("runDetails") == "VAE · digits · 3-D"


def test_a_training_that_cannot_begin_leaves_what_is_shown_described(lab, run_file, monkeypatch):
    def refuse(*_):
        raise LatentlabError("The networks do not fit.")

    lab.open(run_file())
    lab.set_up({"model.latent": 3})
    monkeypatch.setattr("latentlab.core.training.first_model.build", refuse)
    with lab.qtbot.waitSignal(lab.session.training.failed):
        lab.press("trainButton")
    lab.until(lambda: lab.session.state == "idle")
    assert lab.session.exploration.shown.snapshot.latent == 2
    assert lab.text("runDetails") == "VAE · digits · 2-D"


def test_a_model_that_is_opened_is_not_greeted_with_what_differs_from_a_recipe(lab, run_file):
    lab.open(run_file())
    assert not any(field.dot.isVisible() for field in lab.window.findChild(RecipePanel).form.fields.values())


def test_the_window_comes_back_as_it_was_left(make_lab):
    lab = make_lab(Settings())
    lab.window.resize(1100, 760)
    body = lab.child("body")
    body.setSizes([330, 500, 270])
    left = body.sizes()
    lab.window.close()
    again = make_lab(Settings())
    again.until(lambda: again.child("body").sizes() == left)


def test_in_a_low_window_what_is_decoded_and_what_is_drawn_take_turns(lab, run_file):
    lab.open(run_file())
    turns, image, pad = lab.child("sideTabs"), lab.child("decodedImage"), lab.child("sketchPad")
    assert not turns.isVisible()
    assert image.isVisible()
    assert pad.isVisible()
    lab.window.resize(960, 540)
    lab.until(turns.isVisible)
    assert image.isVisible()
    assert not pad.isVisible()
    turns.setCurrentIndex(1)
    scenes.rest(lab)
    lab.stroke([(0.3, 0.2), (0.6, 0.8)])
    lab.until(lambda: lab.child("sketchReconstruction").pixels() is not None)
    assert lab.child("windowScroll").verticalScrollBar().maximum() == 0
    for part in ("sketchPad", "sketchReconstruction", "sketchClearButton"):
        assert not lab.child(part).visibleRegion().isEmpty()
    lab.pick()  # and one sees what that decodes to
    assert image.isVisible()
    scenes.rest(lab)
    for part in ("decodedImage", "temperatureSlider", "newNoiseButton"):
        assert lab.child(part).visibleRegion().boundingRect() == lab.child(part).rect()
    lab.window.resize(1280, 800)
    lab.until(lambda: pad.isVisible() and image.isVisible() and not turns.isVisible())


def test_what_a_model_needs_beside_the_map_is_asked_when_it_is_opened(lab, run_file):
    lab.open(run_file())
    turns, height = lab.child("sideTabs"), lab.window.height()
    scenes.rest(lab)
    while not turns.isVisible():
        height -= 8
        lab.window.resize(1280, height)
        scenes.rest(lab)
    lab.window.resize(1280, height + 8)
    lab.until(lambda: not turns.isVisible())
    lab.open(run_file(model__kind="cvae"))  # whose labels have a row of their own
    lab.until(turns.isVisible)
    lab.open(run_file())
    lab.until(lambda: not turns.isVisible())


def test_in_a_narrow_window_setup_takes_the_place_of_what_lies_beside_the_map(lab, run_file):
    lab.open(run_file())
    lab.window.resize(820, 600)
    side, box, bar = lab.child("side"), lab.child("recipeBox"), lab.child("windowScroll").horizontalScrollBar()
    lab.press("setupTab")
    lab.until(lambda: box.isVisible() and not side.isVisible())
    assert lab.canvas.isVisible()
    lab.action("showSide").trigger()
    lab.until(lambda: side.isVisible() and not box.isVisible())
    assert lab.action("showSide").isChecked()
    lab.press("setupTab")
    lab.until(lambda: not side.isVisible())
    lab.press("setupTab")
    lab.until(side.isVisible)
    lab.window.resize(700, 600)
    scenes.rest(lab)
    assert bar.maximum() == 0


def test_what_was_told_goes_with_the_page_that_it_was_told_on(lab, run_file, monkeypatch):
    lab.open(run_file())
    lab.press("homeButton")
    lab.window.open_run("nowhere.safetensors")
    lab.until(lambda: "nowhere" in lab.message())
    lab.press("homeButton")
    assert "nowhere" in lab.message()  # nobody can have read it
    monkeypatch.setattr(message_bar, "_READ_MILLISECONDS", 0)
    lab.press("homeButton")
    assert not lab.message()
    lab.window.open_run("nowhere.safetensors")
    lab.until(lab.message)
    lab.open(run_file(training__seed=1))
    assert not lab.message()


@pytest.mark.parametrize("points", [10, 16])
def test_sliders_labels_and_samples_are_in_sight_beside_the_map(wide, run_file, points):
    before = QApplication.font()
    try:
        wide.open(run_file(model__kind="cvae"))
        wide.pick()
        theme.set_text_size(points)
        scenes.rest(wide)
        parts = [wide.child(name) for name in ("decodedImage", "temperatureSlider", "labelSlider", "samplesText")]
        samples = [each for each in wide.window.findChildren(ImageStrip) if each.isVisible()]
        assert len(samples) == 2  # and those of the labels
        cut = [each for each in (*parts, *samples) if each.visibleRegion().boundingRect() != each.rect()]
        assert not cut
        assert share(wide) >= 0.5
    finally:
        QApplication.setFont(before)
