"""Whole trainings: their pauses and ends, what is changed on the way, going on, looking back."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import Qt

from latentlab.core.models.vae import VAE


def type_into(lab, name, text):
    field = lab.child(name)
    assert field.isEnabled(), name
    field.setFocus()
    field.selectAll()
    lab.qtbot.keyClicks(field, text)
    lab.qtbot.keyClick(field, Qt.Key.Key_Return)


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
    assert lab.child("trainFurtherButton").isEnabled()


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
    for split in ("train", "test"):  # with the recipe's β, so that a curve ends where an evaluation begins
        last = {name: series[f"{split}/{name}"][1][-1] for name in ("loss", "reconstruction", "kl")}
        assert last["loss"] == pytest.approx(last["reconstruction"] + last["kl"], rel=1e-4)
    last = {name: series[f"train/{name}"][1][-1] for name in ("objective", "reconstruction", "kl")}
    assert last["objective"] == pytest.approx(last["reconstruction"] + 3 * last["kl"], rel=1e-4)
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
    lab.until(lambda: lab.child("trainFurtherButton").isEnabled())
    lab.child("epochsBox").setValue(2)
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("trainFurtherButton")
    run = lab.session.run
    assert run.epochs == before.epochs + 2
    assert run.history[: before.epochs] == before.history
    assert lab.epochs_drawn() == run.epochs
    assert run.history[-1].test.loss < before.history[0].test.loss


def test_what_cannot_be_continued_says_why(lab, run_file):
    lab.open(run_file())
    lab.until(lambda: lab.child("trainFurtherButton").isEnabled())
    lab.child("model.latent").setValue(3)
    assert not lab.child("trainFurtherButton").isEnabled()
    assert "model.latent" in lab.child("trainFurtherButton").toolTip()


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


def test_a_training_says_what_it_does_with_images_without_a_label(lab):
    images = lab.session.library.data
    labels = images.train_labels.clone()
    labels[::2] = -1
    some = dataclasses.replace(images, train_labels=labels)
    lab.session.library.take(lab.session.recipe.data, some)
    lab.begin({"model.kind": "cvae"})
    lab.until(lambda: "training images have no label" in lab.message())
