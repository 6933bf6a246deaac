"""The slider of epochs moves the whole window: what was kept in memory, and what lies on the disk."""

import shutil
import threading
from dataclasses import replace

import av
import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy

from latentlab.core.map import checkpoints
from latentlab.core.map.axes import Dimension, PlaneAxes
from latentlab.core.map.map_of_epoch import turned
from latentlab.core.runs import epochs_on_disk
from latentlab.core.training import kept_epochs as keeping
from latentlab.ui.canvas.layers.trails_layer import TrailsLayer
from latentlab.ui.session import epoch_film, kept_epochs, trails

EPOCHS = 30


@pytest.fixture(scope="module")
def trained(tmp_path_factory, digits):
    """Give the folder of a run beside which each of its epochs lies on the disk, and the codes of its images then."""
    from latentlab.core.events import EpochEnded
    from latentlab.core.recipe.recipe import Recipe
    from latentlab.core.training.trainer import Trainer
    from tests.ui.lab import TINY

    recipe = Recipe.load("digits-vae-2d").with_changes(TINY | {"training.epochs": EPOCHS})
    folder = tmp_path_factory.mktemp("kept")
    trainer, codes = Trainer(recipe, digits), {}
    place = epochs_on_disk.folder_of(folder, trainer.run_id)
    for event in trainer.events():
        if isinstance(event, EpochEnded):
            epochs_on_disk.write(place, trainer.run_id, event, trainer.model.state_dict())
            codes[event.epoch] = trainer.result().codes
    trainer.result().save(folder / "run.safetensors")
    return folder, codes


@pytest.fixture
def kept_run(trained, tmp_path):
    """Give the run's file in a folder of the test's own, and the codes."""
    folder, codes = trained
    shutil.copytree(folder, tmp_path / "work")
    return tmp_path / "work" / "run.safetensors", codes


@pytest.fixture
def opened(lab, kept_run):
    path, codes = kept_run
    lab.open(path)
    lab.press("drawerSwitch")
    lab.until(lambda: lab.child("epochSlider").maximum() == EPOCHS - 1)
    return codes


def is_shown(lab, codes):
    return np.allclose(lab.canvas.points(), codes, atol=1e-4)


def test_a_run_that_is_opened_is_looked_back_at_with_the_whole_window(lab, opened):
    slider, label = lab.child("epochSlider"), lab.child("epochLabel")
    lab.pick()
    lab.stroke([(0.3, 0.2), (0.5, 0.8), (0.7, 0.3)])
    image, rebuilt = lab.decoded(), lab.child("sketchReconstruction").pixels()
    assert label.text() == f"epoch {EPOCHS}, the last"
    slider.setFocus()
    lab.qtbot.keyClick(slider, Qt.Key.Key_Home)
    lab.until(lambda: is_shown(lab, opened[1]))
    lab.until(lambda: label.text() == f"showing epoch 1 of {EPOCHS}")
    lab.until_idle()
    assert not np.allclose(lab.decoded(), image, atol=1e-3)
    assert not np.allclose(lab.child("sketchReconstruction").pixels(), rebuilt, atol=1e-3)
    assert lab.child("lossPlot").shown_epoch() == 1
    assert lab.session.exploration.shown.epochs_done == 1
    lab.qtbot.keyClick(slider, Qt.Key.Key_End)
    lab.until(lambda: is_shown(lab, opened[EPOCHS]))
    lab.until_idle()
    assert np.allclose(lab.decoded(), image, atol=1e-5)


def test_while_the_drawer_is_folded_its_line_says_which_epoch_is_shown(lab, opened):
    lab.press("drawerSwitch")
    line, losses = lab.child("lossLine"), {ended.epoch: ended.test.loss for ended in lab.session.run.history}
    lab.child("epochSlider").setValue(15)
    assert line.text() == f"Epoch 16 of {EPOCHS}: test loss {losses[16]:.1f} nats"
    lab.until(lambda: is_shown(lab, opened[16]))
    lab.session.epochs._pace.setInterval(1)
    lab.action("playEpochs").trigger()
    lab.until(lambda: not lab.session.epochs.is_playing)
    assert line.text() == f"Test loss {losses[EPOCHS]:.1f} nats"


def test_a_drag_ends_at_what_it_came_to_and_the_next_are_read_ahead(lab, opened):
    slider, epochs = lab.child("epochSlider"), lab.session.epochs
    for place in (20, 3, 17, 9, 12):
        slider.setValue(place)
    assert epochs.looked_at == 13
    lab.until(lambda: is_shown(lab, opened[13]))
    lab.until_idle()
    assert is_shown(lab, opened[13])
    ahead = [epoch for epoch in range(14, 14 + kept_epochs._AHEAD) if epochs.held(epoch) is not None]
    assert ahead == [*range(14, 14 + kept_epochs._AHEAD)]
    slider.setValue(13)
    assert is_shown(lab, opened[14])  # at once


def test_epochs_play_from_the_first_to_the_last_and_none_is_passed_over(lab, opened, monkeypatch):
    lab.session.epochs._pace.setInterval(1)
    shown = []
    lab.session.exploration.shown_changed.connect(lambda update: shown.append(update.epochs_done))
    lab.canvas.setFocus()
    with lab.qtbot.waitSignal(lab.session.epochs.playing_changed):
        lab.qtbot.keyClick(lab.canvas, Qt.Key.Key_Space)
    button = lab.child("playEpochsButton")
    assert (button.text(), button.isChecked()) == ("Pause", True)
    lab.until(lambda: not lab.session.epochs.is_playing)
    assert shown == [float(epoch) for epoch in range(1, EPOCHS + 1)]
    assert (button.text(), button.isChecked()) == ("Play", False)
    assert lab.child("epochSlider").value() == EPOCHS - 1


def test_a_hand_on_the_slider_stops_what_plays(lab, opened):
    slider, button = lab.child("epochSlider"), lab.child("playEpochsButton")
    lab.press("playEpochsButton")
    assert lab.session.epochs.is_playing
    lab.until(lambda: slider.value() > 1)
    lab.qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=handle(slider))
    assert not lab.session.epochs.is_playing
    assert not button.isChecked()
    lab.qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=handle(slider))
    lab.qtbot.keyClick(slider, Qt.Key.Key_Space)
    assert lab.session.epochs.is_playing
    lab.qtbot.keyClick(slider, Qt.Key.Key_Space)
    assert not lab.session.epochs.is_playing


def handle(slider):
    from PySide6.QtWidgets import QStyle, QStyleOptionSlider

    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    style = slider.style()
    part = QStyle.SubControl.SC_SliderHandle
    return style.subControlRect(QStyle.ComplexControl.CC_Slider, option, part, slider).center()


def test_maps_are_turned_to_lie_as_the_last_and_that_is_said(lab, opened):
    slider, label = lab.child("epochSlider"), lab.child("epochLabel")
    slider.setValue(4)
    lab.until(lambda: is_shown(lab, opened[5]))
    lab.until_idle()
    box = lab.child("turnEpochsBox")
    lab.qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    lab.until(lambda: label.text() == f"showing epoch 5 of {EPOCHS}, turned")
    shown = lab.session.exploration.shown
    assert shown.projection.axes == ("z₁ of the last epoch, turned", "z₂ of the last epoch, turned")
    left, _, right = np.linalg.svd(opened[5].T @ opened[EPOCHS])
    assert np.allclose(lab.canvas.points(), opened[5] @ left @ right, atol=1e-3)
    assert not is_shown(lab, opened[5])
    # What is picked at a point's place is decoded from its own code.
    row = lab.lonely()
    lab.session.exploration.pick(*lab.canvas.points()[row].tolist())
    lab.until_idle()
    assert np.allclose(lab.session.exploration.code, opened[5][row], atol=1e-3)
    slider.setValue(slider.maximum())
    assert label.text() == f"epoch {EPOCHS}, the last"
    assert is_shown(lab, opened[EPOCHS])
    assert lab.session.exploration.shown.projection.axes == ("z₁", "z₂")


def test_an_epoch_that_is_gone_is_told_and_the_present_is_shown(lab, opened, kept_run):
    path, _ = kept_run
    place = path.parent / epochs_on_disk.FOLDER / lab.session.run.snapshot.run_id
    epochs_on_disk.remove(place, [name for name in epochs_on_disk.sizes_in(place) if name.startswith("0000002")])
    lab.child("epochSlider").setValue(1)
    lab.until(lambda: "is not kept" in lab.message())
    slider = lab.child("epochSlider")
    assert slider.value() == slider.maximum() == EPOCHS - 2
    assert is_shown(lab, opened[EPOCHS])


def test_without_its_images_a_run_has_no_earlier_maps_which_is_told(lab, opened):
    lab.session.recipes.choose_dataset("kmnist")
    lab.until(lambda: not lab.session.library.is_loading())
    lab.child("epochSlider").setValue(2)
    lab.until(lambda: "the images of this run are not loaded" in lab.message())
    assert is_shown(lab, opened[EPOCHS])


def test_what_a_training_in_the_window_kept_is_there_when_it_has_ended(lab, monkeypatch):
    monkeypatch.setattr(keeping, "_AT_ONCE", 60.0)
    monkeypatch.setattr(keeping, "_QUEUE", 1000)
    lab.train({"training.epochs": 30})  # more than are kept in memory
    lab.until(lambda: lab.child("epochSlider").maximum() == 29)
    changes = QSignalSpy(lab.session.exploration.shown_changed)
    lab.child("epochSlider").setValue(20)
    lab.until(lambda: changes.count() and lab.session.exploration.shown.epochs_done == 21)
    ids = {lab.session.exploration.shown.ids, lab.session.epochs.held(30).ids}
    assert len(ids) == 1, "points keep their identity"


def test_what_is_looked_at_stays_while_the_training_goes_on_and_others_are_let_go(lab, monkeypatch):
    monkeypatch.setattr(checkpoints, "_MOST", 4)
    lab.begin()
    epochs, slider = lab.session.epochs, lab.child("epochSlider")
    lab.press("drawerSwitch")
    lab.until(lambda: len(epochs.epochs) >= 3)
    slider.setFocus()
    lab.qtbot.keyClick(slider, Qt.Key.Key_Home)
    looked_at = epochs.looked_at
    lab.until(lambda: len(epochs.kept.epochs()) and looked_at not in epochs.kept.epochs())
    before = max(epochs.kept.epochs())
    lab.until(lambda: max(epochs.kept.epochs()) > before)
    assert epochs.looked_at == looked_at == lab.child("lossPlot").shown_epoch()
    assert lab.session.exploration.shown.epochs_done == looked_at
    assert lab.child("epochLabel").text().startswith(f"showing epoch {looked_at} of")
    lab.qtbot.keyClick(slider, Qt.Key.Key_End)
    lab.until(lambda: looked_at not in epochs.epochs)  # now it goes, too


def test_what_is_looked_at_stays_while_the_run_that_is_followed_comes_further(lab, opened):
    epochs, slider = lab.session.epochs, lab.child("epochSlider")
    path, run = lab.session.run_path, lab.session.run
    epochs.use(replace(run, epochs=run.epochs - 2, history=run.history[:-2]), path)
    lab.until(lambda: slider.isEnabled())
    slider.setFocus()
    lab.qtbot.keyClick(slider, Qt.Key.Key_Home)
    lab.until(lambda: is_shown(lab, opened[1]))
    epochs.use(run, path)
    assert (epochs.looked_at, slider.value()) == (1, 0)
    lab.until_idle()
    assert (epochs.looked_at, slider.value(), slider.maximum()) == (1, 0, EPOCHS - 1)
    assert is_shown(lab, opened[1])
    epochs.play(True)
    epochs.use(replace(run), path)
    lab.until(lambda: not epochs.is_playing)
    assert slider.value() == EPOCHS - 1


def test_other_runs_epochs_are_dropped(lab, opened, run_file):
    lab.child("epochSlider").setValue(3)
    lab.open(run_file())
    lab.until_idle()
    assert lab.session.exploration.shown.run_id == lab.session.run.snapshot.run_id
    assert not lab.child("epochSlider").isEnabled()
    assert len(lab.session.epochs.epochs) <= 1


def test_trails_lead_through_the_places_of_the_epochs_before(lab, opened):
    (trails,) = [item for item in lab.canvas.view.box.childItems() if isinstance(item, TrailsLayer)]
    lab.session.selection.select(np.array([4, 9]))
    lab.child("epochSlider").setValue(7)
    lab.until_idle()
    assert trails.trails().size == 0
    lab.action("trails").trigger()
    lab.until(lambda: trails.trails().shape == (2, 7, 2))
    expected = np.stack([opened[epoch][[4, 9]] for epoch in range(1, 8)], 1)
    assert np.allclose(trails.trails(), expected, atol=1e-4)
    before = lab.canvas.grab().toImage()
    lab.child("turnEpochsBox").setChecked(True)
    lab.until(lambda: not np.allclose(trails.trails(), expected, atol=1e-4))
    lab.until_idle()
    assert lab.canvas.grab().toImage() != before
    shown = turned(lab.session.epochs.held(3), lab.session.epochs.present)
    assert np.allclose(trails.trails()[:, 2], shown.projection.to_plane(shown.means[[4, 9]]), atol=1e-4)
    lab.child("epochSlider").setValue(EPOCHS - 1)
    lab.until(lambda: trails.trails().shape == (2, EPOCHS - 1, 2))
    lab.session.selection.clear()
    lab.until(lambda: not trails.trails().size)


def test_trails_that_take_long_are_found_off_the_gui_thread_and_turned_once(lab, opened, monkeypatch):
    (layer,) = [item for item in lab.canvas.view.box.childItems() if isinstance(item, TrailsLayer)]
    where = []
    monkeypatch.setattr(trails, "_TURNING", 1e12)
    monkeypatch.setattr(trails, "turned", lambda *maps: (where.append(threading.get_ident()), turned(*maps))[1])
    lab.session.selection.select(np.array([4, 9]))
    lab.child("turnEpochsBox").setChecked(True)
    lab.action("trails").trigger()
    lab.until(lambda: layer.trails().shape == (2, EPOCHS - 1, 2))
    assert len(where) >= EPOCHS - 1
    assert threading.get_ident() not in where
    where.clear()
    lab.session.selection.select(np.array([4, 9, 11]))
    lab.until(lambda: layer.trails().shape == (3, EPOCHS - 1, 2))
    assert where == []


def test_trails_of_axes_that_were_chosen_lie_on_the_plane_that_is_shown(lab, opened):
    (trails,) = [item for item in lab.canvas.view.box.childItems() if isinstance(item, TrailsLayer)]
    lab.session.selection.select(np.array([4]))
    lab.action("trails").trigger()
    lab.child("epochSlider").setValue(3)
    lab.session.exploration.set_axes(PlaneAxes(Dimension(1), Dimension(0)))
    lab.until(lambda: trails.trails().shape == (1, 3, 2))
    assert np.allclose(trails.trails()[0, 0], opened[1][4][::-1], atol=1e-4)


def test_where_there_are_no_trails_the_map_says_why(lab, opened, monkeypatch):
    (layer,) = [item for item in lab.canvas.view.box.childItems() if isinstance(item, TrailsLayer)]
    before = lab.canvas.grab().toImage()
    lab.action("trails").trigger()
    lab.until(lambda: "select some" in layer.words())
    assert layer.isVisible()
    assert lab.canvas.grab().toImage() != before
    lab.session.selection.select(np.array([4, 9]))
    lab.until(lambda: layer.words() == "" and layer.trails().size)
    lab.child("epochSlider").setValue(0)
    lab.until(lambda: "no epoch before this one" in layer.words())
    monkeypatch.setattr("latentlab.ui.session.trails.MOST", 2)
    lab.child("epochSlider").setValue(5)
    lab.session.selection.select(np.array([4, 9, 11]))
    lab.until(lambda: "first 2 of 3" in layer.words())
    lab.action("trails").trigger()
    lab.until(lambda: not layer.isVisible())


@pytest.mark.parametrize("kind", ["gif", "mp4"])
def test_the_epochs_are_saved_as_a_film(lab, opened, tmp_path, monkeypatch, kind):
    monkeypatch.setattr(epoch_film, "_SIDE", 64)
    monkeypatch.setattr(epoch_film, "_MOST_EPOCHS", 5)
    path = tmp_path / f"film.{kind}"
    with lab.qtbot.waitSignal(lab.session.epochs.film.written):
        lab.session.epochs.film.write(path)
    assert str(path) in lab.message()
    if kind == "gif":
        with Image.open(path) as film:
            first = np.asarray(film.convert("L"), float)
            assert film.size == (64, 64)
            assert film.n_frames == 4 * 6 + 1
            film.seek(film.n_frames - 1)
            assert np.abs(np.asarray(film.convert("L"), float) - first).mean() > 1
    else:
        with av.open(path) as film:
            assert sum(1 for _ in film.decode(video=0)) == 4 * 6 + 1


def test_a_film_under_another_name_is_refused(lab, opened, tmp_path):
    lab.session.epochs.film.write(tmp_path / "film.txt")
    lab.until(lambda: "not as 'film.txt'" in lab.message())
    assert not (tmp_path / "film.txt").exists()
