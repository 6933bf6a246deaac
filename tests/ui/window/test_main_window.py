"""The window as its user meets it: names that scripts rely on, the first start, looks, and the end."""

import errno
import os
import re
from pathlib import Path

import numpy as np
import pytest
import tomli_w
from PySide6.QtCore import QEvent, Qt, QThreadPool, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QMessageBox, QPushButton, QSlider, QSpinBox, QWidget
from shiboken6 import Shiboken

from latentlab.core.runs import workspace
from latentlab.ui.canvas.latent_canvas import LatentCanvas
from latentlab.ui.panels.data_point import DataPointPanel
from latentlab.ui.plots.loss_plot import LossPlot
from latentlab.ui.settings import Settings
from latentlab.ui.threads.training_thread import TrainingThread
from tests.core.runs.small import interrupted

NAMES = {
    "recipeBox": QComboBox,
    "datasetBox": QComboBox,
    "epochsBox": QSpinBox,
    "trainButton": QPushButton,
    "pauseButton": QPushButton,
    "stopButton": QPushButton,
    "lossPlot": LossPlot,
    "latentCanvas": LatentCanvas,
    "decodedImage": QWidget,
    "temperatureSlider": QSlider,
    "labelSlider": QSlider,
    "sketchPad": QWidget,
    "sketchInput": QWidget,
    "sketchReconstruction": QWidget,
    "sketchClearButton": QWidget,
    "epochSlider": QSlider,
}


def test_scripts_find_every_part_by_its_name(lab):
    found = {name: lab.window.findChildren(kind, name) for name, kind in NAMES.items()}
    assert {name: len(parts) for name, parts in found.items()} == dict.fromkeys(NAMES, 1)


def test_first_start_offers_digits_a_recipe_and_one_button(lab):
    assert lab.child("datasetBox").currentText() == "digits"
    assert lab.child("recipeBox").currentText() == "digits-vae-2d"
    assert lab.session.state == "idle"
    assert lab.child("startTrainingButton").isVisible()
    assert not lab.canvas.isVisible()
    assert lab.canvas.points().shape == (0, 2)
    assert lab.canvas.points().dtype == np.float32
    assert lab.canvas.labels().dtype == np.int64
    assert lab.canvas.picked() is None
    assert lab.canvas.sketch_point() is None
    assert lab.child("lossPlot").series() == {} or lab.epochs_drawn() == 0
    assert lab.decoded() is None
    assert lab.message() == ""


def test_one_click_on_the_start_page_and_a_map_forms(lab):
    lab.press("startTrainingButton")
    lab.until(lambda: len(lab.canvas.points()) > 100)
    assert lab.canvas.isVisible()
    assert lab.session.state == "training"


def test_train_pressed_before_the_images_are_loaded_waits_for_them(make_lab, held_load):
    lab = make_lab()
    lab.press("trainButton")
    assert lab.session.state == "idle"
    held_load.set()
    lab.until(lambda: len(lab.canvas.points()) > 100)


def test_a_script_trains_by_the_names(lab):
    states = []
    lab.session.training.state_changed.connect(states.append)
    lab.child("recipeBox").setCurrentText("mlp-vae-2d")
    assert lab.child("datasetBox").currentText() == "digits"
    assert lab.session.recipe.data.dataset == "digits"
    lab.child("epochsBox").setValue(2)
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("trainButton")
        assert lab.session.state == "training"
    assert states == ["training", "idle"]
    assert lab.session.run.epochs == 2
    series = lab.child("lossPlot").series()
    for name in ("train/loss", "train/reconstruction", "train/kl", "test/loss", "test/reconstruction", "test/kl"):
        x, y = series[name]
        assert len(x) == len(y) == 2
        assert np.isfinite(y).all()
    data = lab.session.library.data
    points, labels = lab.canvas.points(), lab.canvas.labels()
    assert (points.dtype, labels.dtype) == (np.float32, np.int64)
    assert points.shape == (len(data.test_images), 2)
    assert np.array_equal(labels, data.test_labels.numpy())
    assert np.isfinite(points).all()
    assert len(np.unique(points, axis=0)) > 100


def test_the_window_never_stands_still_while_a_model_trains(lab):
    ticks = []
    timer = QTimer(lab.window)
    timer.timeout.connect(lambda: ticks.append(lab.session.state))
    lab.begin()
    timer.start(5)
    epochs = lab.epochs_drawn()
    lab.until(lambda: lab.epochs_drawn() > epochs + 5 and len(ticks) > 100)
    timer.stop()
    assert set(ticks) == {"training"}


def test_a_set_that_is_not_here_is_told_and_the_digits_remain(lab):
    lab.child("datasetBox").setCurrentText("mnist")
    assert "Not on this machine" in lab.text("datasetState")
    lab.press("trainButton")
    assert "not on this machine" in lab.message()
    assert lab.message().count(".") == 1
    assert lab.session.state == "idle"
    lab.child("datasetBox").setCurrentText("digits")
    lab.until_loaded()
    lab.train()
    assert lab.message() == ""
    assert len(lab.canvas.points())


def test_ones_own_folder_that_is_gone_is_told(lab, tmp_path):
    gone = tmp_path / "gone"
    lab.choose_own(f"folder:{gone}")
    lab.until(lambda: str(gone) in lab.text("datasetMessage"))
    lab.press("trainButton")
    assert str(gone) in lab.message()
    assert "download" not in lab.message()


def test_the_theme_is_switched_for_everything_and_remembered(lab, actions, restored_looks):
    actions(lab)["Dark"].trigger()
    dark = QApplication.palette().window().color().lightness()
    lab.until(lambda: lab.canvas.backgroundBrush().color().lightness() < 80)
    actions(lab)["Light"].trigger()
    assert dark < 80 < QApplication.palette().window().color().lightness()
    lab.until(lambda: lab.canvas.backgroundBrush().color().lightness() > 180)
    assert Settings().theme == "light"
    assert actions(lab)["Light"].isChecked()
    assert not actions(lab)["Dark"].isChecked()


def test_text_grows_and_shrinks_with_the_keyboard(lab, restored_looks):
    before = QApplication.font().pointSizeF()
    # One that has a style sheet of its own, and one that has none.
    labels = [lab.child("recipeSummary"), lab.child("epochsBox")]
    sizes = [label.fontInfo().pointSizeF() for label in labels]
    lab.qtbot.keyClick(lab.window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.font().pointSizeF() == before + 1
    lab.until(lambda: all(label.fontInfo().pointSizeF() > size for label, size in zip(labels, sizes, strict=True)))
    lab.qtbot.keyClick(lab.window, Qt.Key.Key_Minus, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.font().pointSizeF() == before


def test_every_start_is_a_first_start_but_for_the_layout(make_lab):
    first = make_lab()
    first.child("recipeBox").setCurrentText("conv-vae-2d")
    first.window.resize(1400, 900)
    assert first.window.close()
    second = make_lab()
    assert second.child("recipeBox").currentText() == "digits-vae-2d"
    assert second.child("datasetBox").currentText() == "digits"
    assert second.window.size().width() == 1400


def test_the_variable_names_the_data_folder_whatever_was_chosen_before(make_lab, tmp_path, monkeypatch):
    chosen, named = tmp_path / "chosen", tmp_path / "named"
    chosen.mkdir()
    first = make_lab()
    first.session.library.use_folder(chosen)
    assert first.window.close()
    assert make_lab().session.library.data_dir == chosen
    monkeypatch.setenv("LATENTLAB_DATA", str(named))
    assert make_lab().session.library.data_dir == named


def test_a_click_on_a_point_shows_it_everywhere(lab, run_file):
    lab.open(run_file())
    x, y = lab.canvas.points()[7]
    lab.click(x, y)
    lab.until(lambda: lab.child("dataPointImage").pixels() is not None and lab.decoded() is not None)
    row = int(np.argmin(np.abs(lab.canvas.points() - lab.canvas.picked()).sum(1)))
    image = lab.child("dataPointImage").pixels()
    assert np.allclose(image, lab.session.library.data.test_images[row].numpy() / 255, atol=1e-6)
    assert lab.child("dataPointReconstruction").pixels().shape == (28, 28)
    assert np.allclose(lab.child("dataPointReconstruction").pixels(), lab.decoded(), atol=1e-5)
    said = " ".join(label.text() for label in lab.window.findChild(DataPointPanel).findChildren(QLabel))
    assert lab.session.exploration.shown.snapshot.class_names[lab.canvas.labels()[row]] in said
    assert re.search(r"−ELBO [0-9.]+ nats = [0-9.]+ \+ KL [0-9.]+ \(16\xa0samples\)", said)
    lab.click(-3.9, -3.9)
    assert not lab.child("dataPointImage").isVisible()


def test_a_saved_or_untouched_window_closes_at_once(lab, run_file):
    lab.open(run_file())
    assert lab.window.close()
    assert not lab.window.isVisible()


def test_closing_while_training_keeps_the_training(lab, own_home):
    lab.begin()
    lab.until(lambda: lab.epochs_drawn() > 1)
    assert lab.window.close()
    assert not lab.window.isVisible()
    lab.until(lambda: interrupted(workspace.default_folder()))  # a busy machine may still be writing
    (kept,) = interrupted(workspace.default_folder())
    assert kept.epochs >= 1


def test_closing_asks_and_cancel_goes_on_training(unkept, answer):
    lab = unkept
    assert not lab.window.close()
    assert lab.session.state == "paused"
    answer(lab, QMessageBox.StandardButton.Cancel)
    assert lab.window.isVisible()
    assert lab.session.state == "training"
    epochs = lab.epochs_drawn()
    lab.until(lambda: lab.epochs_drawn() > epochs)


def test_cancel_leaves_a_training_paused_that_was_paused_before(unkept, answer):
    lab = unkept
    lab.press("pauseButton")
    lab.window.close()
    answer(lab, QMessageBox.StandardButton.Cancel)
    assert lab.session.state == "paused"


def test_closing_twice_asks_once_and_still_goes_on(unkept, answer):
    lab = unkept
    lab.window.close()
    lab.window.close()
    assert len(lab.window.findChildren(QMessageBox, "unsavedQuestion")) == 1
    answer(lab, QMessageBox.StandardButton.Cancel)
    assert lab.session.state == "training"


def test_a_problem_told_while_the_question_is_open_answers_nothing(unkept, answer):
    lab = unkept
    lab.window.close()
    lab.session.message.emit("Something else went wrong.", True)
    assert lab.session.state == "paused"
    answer(lab, QMessageBox.StandardButton.Cancel)
    assert lab.session.state == "training"


def test_discard_closes_within_two_seconds_while_training(unkept, answer):
    lab = unkept
    lab.window.close()
    clock = QTimer(lab.window, singleShot=True, interval=2000)
    clock.start()
    answer(lab, QMessageBox.StandardButton.Discard)
    assert not lab.window.isVisible()
    assert clock.isActive(), "it took more than two seconds"
    assert lab.session.state == "idle"


def test_an_idle_run_that_no_place_took_is_asked_about_too(nowhere, make_lab, answer):
    lab = make_lab()
    lab.train()
    assert lab.window.isWindowModified()
    assert not lab.window.close()
    answer(lab, QMessageBox.StandardButton.Discard)
    assert not lab.window.isVisible()


def test_closing_while_images_load_waits_for_no_answer(make_lab, held_load):
    lab = make_lab()
    told = []
    lab.session.library.loaded.connect(told.append)
    assert lab.session.library.is_loading()
    pools = lab.session.library.findChildren(QThreadPool)
    assert any(pool.activeThreadCount() for pool in pools)
    assert lab.window.close()
    held_load.set()
    lab.until(lambda: not any(pool.activeThreadCount() for pool in pools))
    QApplication.processEvents()
    assert told == []


def running(kind):
    return [item for item in Shiboken.getAllValidWrappers() if isinstance(item, kind) and item.isRunning()]


def test_a_window_destroyed_without_being_closed_takes_its_training_along(lab):
    lab.begin()
    (thread,) = running(TrainingThread)
    lab.window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert thread.isFinished()


def test_a_window_deleted_outright_takes_its_training_along(lab):
    lab.begin()
    (thread,) = running(TrainingThread)
    Shiboken.delete(lab.window)
    lab.until(thread.isFinished)


# What is pressed


@pytest.fixture
def actions():
    """Give the menus' actions by their text without mnemonics."""

    def give(lab):
        return {action.text().replace("&", ""): action for action in lab.window.findChildren(QAction)}

    return give


@pytest.fixture
def answer():
    """Press a button of the question about an unsaved run."""

    def press(lab, which):
        lab.until(lambda: lab.window.findChild(QMessageBox, "unsavedQuestion"))
        question = lab.child("unsavedQuestion", QMessageBox)
        lab.until(question.isVisible)
        lab.qtbot.mouseClick(question.button(which), Qt.MouseButton.LeftButton)

    return press


@pytest.fixture
def restored_looks():
    """Leave the next test the looks that it expects."""
    from latentlab.ui.style.theme import set_theme

    font, palette = QApplication.font(), QApplication.palette()
    yield
    set_theme("light")
    QApplication.setPalette(palette)
    QApplication.setFont(font)


def test_what_is_remembered_and_cannot_be_looked_at_is_not_in_the_way(make_lab, tmp_path, monkeypatch):
    locked, look = tmp_path / "locked", os.stat
    locked.mkdir()
    places = [str(locked / "x"), "n" * 300, "/a\0b", "~nosuch/x"]
    images = [f"{kind}:{place}" for kind in ("folder", "array", "pairs") for place in places]
    remembered = {"data_dir": str(locked), "recent_runs": places, "recent_images": images}
    Path(os.environ["LATENTLAB_SETTINGS"]).write_text(tomli_w.dumps(remembered), encoding="utf-8")

    def refused(path, *arguments, **more):
        if str(path).startswith(f"{locked}{os.sep}"):  # on a machine of one's own nothing is refused
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return look(path, *arguments, **more)

    monkeypatch.setattr(os, "stat", refused)
    lab = make_lab()
    lab.until_loaded()
    assert lab.session.library.data_dir == locked
    assert not lab.message()


def test_settings_that_cannot_be_used_are_told(make_lab):
    path = Path(os.environ["LATENTLAB_SETTINGS"])
    path.write_text("theme = ")
    lab = make_lab()
    assert "cannot be read" in lab.message()
    assert str(path) in lab.message()
    path.unlink()
    path.with_suffix(".d").touch()

    lab = make_lab(Settings(path.with_suffix(".d") / "settings.toml"))
    lab.session.library.use_folder(path.parent)
    assert "another file for the settings" in lab.message()
    lab.child("messageClose").click()
    lab.session.library.use_folder(path.parent)
    assert "settings" not in lab.message()
