"""Whole sessions: training with its pauses and ends, keeping and opening runs, looking back."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import Qt
from safetensors import safe_open

from latentlab.core.models.autoencoders import VAE
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run


def type_into(lab, name, text):
    field = lab.child(name)
    assert field.isEnabled(), name
    field.setFocus()
    field.selectAll()
    lab.qtbot.keyClicks(field, text)
    lab.qtbot.keyClick(field, Qt.Key.Key_Return)


def kept_runs(own_home):
    return sorted((own_home / "data" / "latentlab" / "runs").glob("*.safetensors"))


# Training


def run_so_far(lab):
    training = lab.session.training
    with lab.qtbot.waitSignal(training.result_made) as made:
        training.ask_for_result()
    return made.args[0].run


def test_a_pause_takes_no_step_and_resuming_goes_on(lab):
    lab.begin()
    lab.press("pauseButton")
    assert lab.session.state == "paused"
    at_pause, epochs = run_so_far(lab), lab.epochs_drawn()
    with lab.qtbot.assertNotEmitted(lab.session.training.progressed, wait=150):  # nothing comes
        pass
    np.testing.assert_array_equal(run_so_far(lab).codes, at_pause.codes)
    lab.pick()
    lab.press("pauseButton")
    assert lab.session.state == "training"
    lab.until(lambda: lab.epochs_drawn() > epochs + 3)
    assert not np.array_equal(run_so_far(lab).codes, at_pause.codes)


def test_stop_keeps_the_model_and_its_map(lab):
    lab.begin()
    lab.until(lambda: lab.epochs_drawn() >= 2)
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("stopButton")
    run = lab.session.run
    assert lab.session.state == "idle"
    assert run.epochs == len(run.history) >= 2
    assert lab.epochs_drawn() == run.epochs
    assert np.array_equal(lab.canvas.points(), run.codes)
    assert not lab.session.is_saved
    assert lab.child("continueBox").isEnabled()


def test_discarding_the_first_training_leaves_nothing(lab):
    lab.begin()
    lab.pick()
    lab.press("discardButton")
    assert lab.session.state == "idle"
    assert lab.session.run is None
    assert lab.session.is_saved
    assert lab.child("startTrainingButton").isVisible()
    assert len(lab.canvas.points()) == 0
    assert lab.epochs_drawn() == 0
    assert lab.decoded() is None
    assert lab.canvas.picked() is None
    assert not lab.child("epochSlider").isEnabled()


def test_discarding_goes_back_to_the_run_before_with_all_that_belongs_to_it(lab):
    lab.train()
    points, run = lab.canvas.points(), lab.session.run
    series = lab.child("lossPlot").series()
    lab.begin({"training.seed": 5})
    lab.until(lambda: not np.array_equal(lab.canvas.points(), points))
    lab.press("discardButton")
    lab.until(lambda: np.array_equal(lab.canvas.points(), points))
    assert lab.session.run is run
    assert not lab.session.is_saved
    for name in ("train/loss", "test/kl"):
        for before, now in zip(series[name], lab.child("lossPlot").series()[name], strict=True):
            assert np.allclose(before, now)
    assert lab.child("epochSlider").maximum() == 2
    lab.child("epochSlider").setValue(0)
    assert not np.array_equal(lab.canvas.points(), points)


def test_live_settings_are_marked_on_the_curves_and_end_with_the_run(lab):
    changes = []
    lab.session.training.setting_changed.connect(changes.append)
    assert not lab.child("liveBeta").isEnabled()
    lab.begin()
    type_into(lab, "liveBeta", "3")
    type_into(lab, "liveLearningRate", "0.0005")
    lab.until(lambda: len(changes) == 2)
    assert [(change.setting, change.value) for change in changes] == [("beta", 3.0), ("learning_rate", 0.0005)]
    plot = lab.child("lossPlot")
    lab.until(lambda: {"β 3", "rate 0.0005"} <= {getattr(item, "toPlainText", str)() for item in plot.items()})
    epochs = lab.epochs_drawn()
    lab.until(lambda: lab.epochs_drawn() > epochs + 2)
    series = lab.child("lossPlot").series()
    last = {name: series[f"test/{name}"][1][-1] for name in ("loss", "reconstruction", "kl")}
    assert last["loss"] == pytest.approx(last["reconstruction"] + 3 * last["kl"], rel=1e-4)
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("stopButton")
    assert [change.value for change in lab.session.run.changes] == [3.0, 0.0005]
    assert lab.child("liveBeta").text() == "1"
    assert lab.child("liveLearningRate").text() == "0.002"


def test_a_run_that_diverges_pauses_says_so_and_goes_on_at_a_lower_rate(lab, monkeypatch):
    lab.begin({"training.learning_rate": 1e-3})
    lab.until(lambda: lab.epochs_drawn() >= 2)
    # What is typed is limited to 1, at which this tiny model may survive: the loss itself is made to fail.
    loss_terms, broken = VAE.loss_terms, [True]

    def diverging(self, *arguments):
        terms = loss_terms(self, *arguments)
        return terms._replace(reconstruction=terms.reconstruction * float("nan")) if broken[0] else terms

    type_into(lab, "liveLearningRate", "1")
    monkeypatch.setattr(VAE, "loss_terms", diverging)
    with lab.qtbot.waitSignal(lab.session.training.diverged):
        pass
    broken[0] = False
    assert lab.session.state == "paused"
    assert "lower the learning rate" in lab.text("adviceText")
    assert lab.child("pauseButton").text() == "Resume"
    lab.pick()
    assert np.isfinite(lab.decoded()).all()
    lab.press("adviceOffer")  # a tenth of what was in force, before the change or after it
    assert lab.child("liveLearningRate").text() in ("0.0001", "0.1")
    assert lab.session.recipe.training.learning_rate in (0.0001, 0.1)
    type_into(lab, "liveLearningRate", "0.0001")
    epochs = lab.epochs_drawn()
    lab.press("pauseButton")
    assert lab.text("adviceText") == ""
    lab.until(lambda: lab.epochs_drawn() > epochs + 2)
    assert lab.session.state == "training"
    assert np.isfinite(lab.child("lossPlot").series()["test/loss"][1]).all()


def test_an_error_of_training_is_one_sentence_and_what_was_there_is_back(lab, run_file, monkeypatch):
    lab.open(run_file())
    points = lab.canvas.points()

    def broken(self, *arguments):
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(VAE, "loss_terms", broken)
    lab.set_up()
    with lab.qtbot.waitSignal(lab.session.training.failed):
        lab.press("trainButton")
    assert lab.session.state == "idle"
    assert "the disk is on fire" in lab.message()
    assert "Traceback" not in lab.message()
    lab.until(lambda: np.array_equal(lab.canvas.points(), points))
    assert lab.session.run_path == run_file()


def test_a_device_that_is_not_there_is_told(lab):
    import torch

    missing = "mps" if not torch.backends.mps.is_available() else "cuda"
    lab.set_up({"training.device": missing})
    with lab.qtbot.waitSignal(lab.session.training.failed):
        lab.press("trainButton")
    assert missing in lab.message()
    assert lab.child("startTrainingButton").isVisible()


def test_continuing_goes_on_from_the_model_on_the_map(lab, run_file):
    lab.open(run_file())
    before = lab.session.run
    lab.until(lambda: lab.child("continueBox").isEnabled())
    lab.child("continueBox").click()
    lab.child("epochsBox").setValue(2)
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("trainButton")
    run = lab.session.run
    assert run.epochs == before.epochs + 2
    assert run.history[: before.epochs] == before.history
    assert lab.epochs_drawn() == run.epochs
    assert run.history[-1].test.loss < before.history[0].test.loss


def test_what_cannot_be_continued_says_why(lab, run_file):
    lab.open(run_file())
    lab.until(lambda: lab.child("continueBox").isEnabled())
    lab.child("model.latent").setValue(3)
    assert not lab.child("continueBox").isEnabled()
    assert "model.latent" in lab.child("continueBox").toolTip()


# Looking back


def test_the_slider_looks_back_and_returns(lab):
    lab.begin()
    slider = lab.child("epochSlider")
    lab.until(lambda: slider.maximum() >= 3)
    updates = []
    lab.session.training.map_updated.connect(updates.append)
    lab.press("pauseButton")
    lab.until(lambda: updates)
    lab.pick()
    live = lab.canvas.points()
    with lab.changes(lab.decoded):
        slider.setValue(0)
    first = lab.canvas.points()
    assert not np.array_equal(first, live)
    lab.press("pauseButton")
    epochs = lab.epochs_drawn()
    lab.until(lambda: lab.epochs_drawn() > epochs + 2)
    assert np.array_equal(lab.canvas.points(), first), "training goes on behind what is looked at"
    slider.setValue(slider.maximum())
    lab.until(lambda: not np.array_equal(lab.canvas.points(), first))
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("stopButton")
    assert np.array_equal(lab.canvas.points(), lab.session.run.codes)


# Keeping and opening


def test_a_run_comes_back_as_it_was(lab, make_lab, tmp_path):
    lab.train({"loss.beta": 2.0})
    path = tmp_path / "mine.safetensors"
    with lab.qtbot.waitSignal(lab.session.saved):
        lab.session.save_run(path)
    assert lab.session.is_saved
    assert str(path) in lab.message()
    assert lab.window.windowTitle() == "mine[*] – latentlab"
    other = make_lab()
    other.open(path)
    assert np.allclose(other.canvas.points(), lab.canvas.points(), atol=1e-5)
    assert np.array_equal(other.canvas.labels(), lab.canvas.labels())
    assert other.session.recipe == lab.session.recipe
    assert other.child("recipeBox").currentText() == "digits-vae-2d"
    assert other.child("epochsBox").value() == 3
    for name, (x, y) in lab.child("lossPlot").series().items():
        if name.startswith("test"):
            assert np.allclose(other.child("lossPlot").series()[name], (x, y))
    assert other.session.run.history == lab.session.run.history
    assert other.session.is_saved


def test_saving_while_training_keeps_the_run_so_far_and_goes_on(lab, tmp_path):
    lab.begin()
    lab.until(lambda: lab.epochs_drawn() >= 1)
    path = tmp_path / "so-far.safetensors"
    with lab.qtbot.waitSignal(lab.session.saved):
        lab.session.save_run(path)
    assert lab.session.state == "training"
    assert Run.open(path).epochs >= 1
    assert not lab.session.is_saved


def test_bad_files_are_one_sentence_and_what_was_open_stays(lab, run_file, tmp_path):
    lab.open(run_file())
    points, title = lab.canvas.points(), lab.window.windowTitle()
    whole = run_file().read_bytes()
    (tmp_path / "text.safetensors").write_text("no run at all")
    (tmp_path / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.safetensors").write_bytes(b"")
    (tmp_path / "folder.safetensors").mkdir()
    for name in ("text", "cut", "empty", "folder", "missing"):
        path = tmp_path / f"{name}.safetensors"
        with lab.qtbot.waitSignal(lab.session.message):
            lab.window.open_run(path)
        assert str(path) in lab.message()
        assert "\n" not in lab.message()
        assert np.array_equal(lab.canvas.points(), points)
        assert lab.window.windowTitle() == title
        assert lab.session.run_path == run_file()


def test_a_training_says_what_it_does_with_images_without_a_label(lab):
    images = lab.session.library.data
    labels = images.train_labels.clone()
    labels[::2] = -1
    some = dataclasses.replace(images, train_labels=labels)
    lab.session.library.take(lab.session.recipe.data, some)
    lab.begin({"model.kind": "cvae"})
    lab.until(lambda: "training images have no label" in lab.message())


def test_saving_where_nothing_can_be_written_is_told(lab, run_file, tmp_path):
    lab.open(run_file())
    with lab.qtbot.waitSignal(lab.session.message):
        lab.session.save_run(tmp_path / "nowhere" / "run.safetensors")
    assert "could not be saved" in lab.message()


def test_no_run_is_opened_under_a_training(lab, run_file):
    lab.begin()
    lab.window.open_run(run_file())
    assert "stop or discard" in lab.message()
    epochs = lab.epochs_drawn()
    lab.until(lambda: lab.epochs_drawn() > epochs)
    assert lab.session.run is None


def test_train_pressed_while_a_run_is_being_read_means_train(lab, run_file):
    opened = []
    lab.session.opened.connect(opened.append)
    lab.set_up()
    lab.window.open_run(run_file())
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("trainButton")
    assert opened == []
    assert lab.session.run_path is None


def test_of_two_runs_opened_at_once_the_later_is_shown(lab, run_file):
    first, second = run_file(), run_file(training__seed=3)
    opened = []
    lab.session.opened.connect(opened.append)
    lab.window.open_run(first)
    lab.window.open_run(second)
    lab.until(lambda: opened and len(lab.canvas.points()))
    assert opened == [second]
    assert np.allclose(lab.canvas.points(), Run.open(second).codes, atol=1e-5)


def test_opening_takes_back_a_training_that_waits_for_images(make_lab, run_file, held_load):
    path = run_file()
    lab = make_lab()
    lab.press("trainButton")
    lab.open(path)
    held_load.set()
    lab.until_loaded()
    assert lab.session.state == "idle"
    assert lab.session.run_path == run_file()


def test_a_map_of_a_run_that_was_replaced_is_dropped(lab, run_file, monkeypatch):
    import threading

    from latentlab.ui.session import run_files

    lab.open(run_file())
    go_on, made, make = threading.Event(), [], run_files.maps_of

    def slow(run, shown, is_given_up):
        go_on.wait(5)
        made.extend(make(run, shown))
        yield made[-1]

    monkeypatch.setattr(run_files, "maps_of", slow)
    lab.session.set_map_source("training", 100)
    lab.set_up()
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("trainButton")
    go_on.set()
    lab.until(lambda: made)
    lab.until_idle()
    assert lab.session.exploration.shown.run_id == lab.session.run.snapshot.run_id
    assert len(lab.canvas.points()) == 100, "what was chosen is in force all the same"


def test_an_unsaved_run_that_another_replaces_is_kept_on_the_disk(lab, own_home):
    lab.train()
    first = lab.session.run
    with lab.qtbot.waitSignal(lab.session.kept) as told:
        lab.train({"training.seed": 1})
    (kept,) = told.args
    assert kept in kept_runs(own_home)
    assert Run.open(kept).history == first.history
    assert "kept" in lab.message()


def test_a_saved_run_is_not_kept_twice(lab, run_file, own_home):
    lab.open(run_file())
    lab.train()
    lab.open(run_file())
    lab.until(lambda: kept_runs(own_home))
    assert len(kept_runs(own_home)) == 1  # the one that was trained between


def test_a_recipe_that_only_a_run_knows_can_be_chosen_again(lab, run_file):
    lab.open(run_file(name="of-a-friend"))
    box = lab.child("recipeBox")
    assert box.currentText() == "of-a-friend"
    box.setCurrentText("mlp-vae-2d")
    box.setCurrentText("of-a-friend")
    assert lab.session.recipe.name == "of-a-friend"
    assert lab.session.recipe.model.encoder.layers == (16,)


def test_a_recipe_file_is_taken_and_a_broken_one_told(lab, tmp_path):
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(Recipe(name="good").with_changes({"epochs": 7, "dataset": "digits"}).to_toml())
    bad.write_text("[training]\nepochs = 'many'\n")
    lab.session.recipes.open(good)
    assert lab.child("recipeBox").currentText() == "good"
    assert lab.child("epochsBox").value() == 7
    lab.session.recipes.open(bad)
    assert "training.epochs" in lab.message()
    assert lab.session.recipe.name == "good"


def test_nothing_that_is_written_is_pickled(run_file):
    with safe_open(run_file(), "pt") as file:
        assert file.metadata()["format"] == "latentlab/1"


# Which images the map shows


def test_the_map_shows_the_images_that_are_chosen_idle_and_training(lab, run_file):
    lab.open(run_file(data__limit=900))
    data = lab.session.library.data.limited(lab.session.recipe.data.limit)
    test, training = len(data.test_images), len(data.train_images)
    source, count = lab.child("mapSourceBox"), lab.child("mapCountBox")
    assert len(lab.canvas.points()) == test
    source.setCurrentIndex(source.findData("training"))
    lab.until(lambda: len(lab.canvas.points()) == training)
    assert np.array_equal(lab.canvas.labels(), data.train_labels.numpy())
    source.setCurrentIndex(source.findData("both"))
    lab.until(lambda: len(lab.canvas.points()) == test + training)
    count.setCurrentIndex(count.findData(1000))
    lab.until(lambda: len(lab.canvas.points()) == 1000)
    lab.begin({"data.limit": 900})
    assert len(lab.canvas.points()) == 1000
    count.setCurrentIndex(count.findData(0))
    lab.until(lambda: len(lab.canvas.points()) == test + training)
    source.setCurrentIndex(source.findData("test"))
    lab.until(lambda: np.array_equal(lab.canvas.labels(), data.test_labels.numpy()))


def test_a_recipe_brings_its_own_images_where_they_are_here(lab):
    session = lab.session
    session.recipes.choose("page-cleaner")
    assert session.recipe.data.dataset == "pages"
    session.recipes.choose("digits-vae-2d")
    assert session.recipe.data.dataset == "digits"
    session.recipes.choose("fashion-vae-2d")
    assert session.recipe.data.dataset == "digits", "what is not on this machine cannot be trained on"


def test_images_that_a_person_chose_stay_unless_a_recipe_means_no_others(lab):
    session = lab.session
    session.recipes.choose_dataset("pages")
    session.recipes.choose("digits-vae-2d")
    assert session.recipe.data.dataset == "pages"
    session.recipes.choose("one-image")
    assert (session.recipe.data.dataset, session.recipe.data.images) == ("mnist", (5,))


def looked_at(lab):
    """The slider's place from the right, and the epoch of the model on the map."""
    slider = lab.child("epochSlider")
    return slider.maximum() - slider.value(), lab.session.exploration.shown.epochs_done


def test_other_images_are_shown_of_the_present_model(lab):
    lab.train()
    lab.child("epochSlider").setValue(0)
    assert looked_at(lab) == (2, 1)
    points = lab.canvas.points()
    source = lab.child("mapSourceBox")
    source.setCurrentIndex(source.findData("training"))
    lab.until(lambda: lab.canvas.points().shape != points.shape)
    assert looked_at(lab) == (0, 3)


def test_whoever_looks_back_while_a_training_is_discarded_sees_the_run_before(lab):
    lab.train()
    lab.begin()
    lab.until(lambda: lab.child("epochSlider").maximum() >= 2)
    lab.child("epochSlider").setValue(0)
    lab.press("discardButton")
    lab.until(lambda: looked_at(lab) == (0, 3))


def test_an_epoch_that_is_let_go_while_it_is_looked_at_gives_way_to_the_present(lab):
    lab.begin({"training.batch_size": 256})  # more epochs than are kept are soon over
    lab.until(lambda: lab.child("epochSlider").maximum() >= 1)
    lab.child("epochSlider").setValue(0)
    points = lab.canvas.points()
    lab.until(lambda: looked_at(lab)[0] == 0)
    lab.until(lambda: not np.array_equal(lab.canvas.points(), points))


def test_a_map_whose_images_are_not_loaded_stays_and_says_so(lab, run_file):
    lab.open(run_file())
    lab.until(lambda: lab.session.exploration.shown.images is not None)
    shown = lab.session.exploration.shown
    lab.session.recipes.choose_dataset("kmnist")
    lab.until(lambda: not lab.session.library.is_loading())
    count = lab.child("mapCountBox")
    count.setCurrentIndex(count.findData(1_000))
    assert "choose its data set" in lab.message()
    assert lab.session.exploration.shown is shown
