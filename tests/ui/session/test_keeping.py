"""Every training is kept: whatever ends it, the next start offers it, and it goes on as it would have."""

import threading

import pytest
import torch
from PySide6.QtCore import QPoint, Qt

from latentlab.core.events import EpochEnded
from latentlab.core.map.live_map import LiveMap
from latentlab.core.models.vae import VAE
from latentlab.core.runs import workspace
from latentlab.core.runs.run import Run
from latentlab.ui.session import live_training
from latentlab.ui.threads.training_thread import TrainingThread
from tests.core.runs.small import interrupted
from tests.ui.hand import PATIENCE

FEW = {"training.epochs": 12, "training.threads": 1}


def kept():
    return workspace.runs(workspace.default_folder())


def same(first, second):
    mine, theirs = first.snapshot.state(), second.snapshot.state()
    assert first.history == tuple(second.history)
    return all(torch.equal(tensor, theirs[name]) for name, tensor in mine.items())


def begin(lab, *changes):
    """Train, and pause after two epochs, however quick the machine is."""
    lab.set_up(FEW, *changes)
    pressed, goes_on = threading.Event(), TrainingThread._map

    def wait(self, trainer, event):
        goes_on(self, trainer, event)
        if isinstance(event, EpochEnded) and event.epoch == 2:
            pressed.wait(PATIENCE / 1000)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainingThread, "_map", wait)
        lab.press("trainButton")
        lab.until(lambda: lab.epochs_drawn() == 2)
        lab.press("pauseButton")
        pressed.set()
    assert lab.session.state == "paused"


@pytest.fixture
def unbroken(make_lab):
    """Give a training that was never stopped."""
    lab = make_lab()
    lab.until_loaded()
    lab.train(FEW)
    run = lab.session.run
    lab.window.close()
    return run


@pytest.fixture
def broken_off(make_lab):
    """Leave a training in the workspace whose window was closed on the way."""
    lab = make_lab()
    lab.until_loaded()
    begin(lab)
    lab.window.close()
    folder = workspace.default_folder()
    lab.until(lambda: interrupted(folder))
    return interrupted(folder)[0]


def test_what_broke_off_is_offered_and_goes_on_as_it_would_have(unbroken, broken_off, make_lab):
    assert 2 <= broken_off.epochs < 12
    lab = make_lab()
    lab.until(lambda: lab.child("interruptedOffer").isVisible())
    sentence = lab.text("interruptedLabel")
    assert f"digits-vae-2d on digits broke off after {broken_off.epochs} of 12 epochs" in sentence
    picture = lab.child("interruptedOffer").grab().toImage()
    seen = {picture.pixel(x, y) for x in range(15, 115) for y in range(15, 115)}
    assert len(seen) > 10, "its map is to be seen, in the colours of the classes"
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("finishInterruptedButton")
    run = lab.session.run
    assert run.epochs == 12
    assert run.training.state == "finished"
    run = Run.open(broken_off.path)
    assert run.snapshot.run_id != unbroken.snapshot.run_id
    for mine, theirs in zip(run.history, unbroken.history, strict=True):
        assert (mine.epoch, mine.train, mine.test) == (theirs.epoch, theirs.train, theirs.test)
    theirs = unbroken.snapshot.state()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in run.snapshot.state().items())
    assert [run.state for run in kept()] == ["finished", "finished"]


def test_it_can_be_looked_at(broken_off, make_lab):
    lab = make_lab()
    lab.until(lambda: lab.child("interruptedOffer").isVisible())
    with lab.qtbot.waitSignal(lab.session.opened):
        lab.press("lookAtInterruptedButton")
    lab.until(lambda: len(lab.canvas.points()))
    assert lab.session.run.epochs == broken_off.epochs
    assert lab.action("finishTraining").isEnabled()


def test_what_is_dismissed_stays_and_is_offered_no_more(broken_off, make_lab):
    lab = make_lab()
    offer = lab.child("interruptedOffer")
    lab.until(offer.isVisible)
    lab.press("giveUpInterruptedButton")
    lab.until(lambda: not offer.isVisible())
    assert [run.state for run in kept()] == ["stopped"]


def test_a_training_that_was_stopped_is_finished_by_the_menu(unbroken, lab):
    begin(lab)
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("stopButton")
    stopped = lab.session.run
    assert stopped.training.state == "stopped"
    drawn = lab.epochs_drawn()
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.action("finishTraining").trigger()
    run = lab.session.run
    assert run.snapshot.run_id == stopped.snapshot.run_id
    assert lab.epochs_drawn() == 12 > drawn
    theirs = unbroken.snapshot.state()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in run.snapshot.state().items())
    assert not lab.action("finishTraining").isEnabled()
    assert [known.state for known in kept()] == ["finished", "finished"]


def test_looking_changes_nothing(unbroken, lab):
    """Pausing, clicking, drawing, other images on the map, other axes, the live map itself."""
    lab.set_up(FEW)
    lab.press("trainButton")
    lab.until(lambda: len(lab.canvas.points()))
    lab.press("pauseButton")
    lab.qtbot.mouseClick(lab.canvas.viewport(), Qt.MouseButton.LeftButton, pos=lab.pixel(0.5, 0.5))
    lab.session.set_map_source("training", 100)
    lab.press("pauseButton")
    pad = lab.child("sketchPad")
    lab.qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(30, 30))
    lab.qtbot.mouseMove(pad, QPoint(60, 70))
    lab.qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(60, 70))
    lab.press("sketchClearButton")
    lab.until(lambda: lab.session.state == "idle")
    theirs = unbroken.snapshot.state()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in lab.session.run.snapshot.state().items())


def test_what_is_discarded_stays_among_the_runs_and_is_not_offered(lab):
    begin(lab)
    lab.press("discardButton")
    assert lab.session.run is None
    lab.until(lambda: [run.state for run in kept()] == ["stopped"])


def test_a_thread_that_takes_longer_than_one_waits_ends_by_itself(lab, monkeypatch):
    """What it still does reaches nobody, and another training may begin."""
    monkeypatch.setattr(live_training, "_CLOSE_MILLISECONDS", 1)
    goes_on, slow, loss = threading.Event(), [], VAE.loss_terms

    def wait(self, *arguments, **more):
        if slow in ([], [threading.get_ident()]):
            slow[:] = [threading.get_ident()]
            goes_on.wait(PATIENCE / 1000)
        return loss(self, *arguments, **more)

    lab.begin()
    monkeypatch.setattr(VAE, "loss_terms", wait)
    lab.until(lambda: slow)
    (thread,) = [thread for thread in live_training._alive if thread.isRunning()]
    lab.press("discardButton")
    assert lab.session.state == "idle"
    assert thread.isRunning()
    lab.train()
    run = lab.session.run
    goes_on.set()
    lab.until(thread.isFinished)
    lab.qtbot.wait(50)  # nothing comes of it
    assert lab.session.run is run
    assert sorted(known.state for known in kept()) == ["finished", "stopped"]
    lab.train()
    assert thread not in live_training._alive


def failing(monkeypatch, kind, name, error, after):
    """Let a method fail from some call on."""
    real, calls = getattr(kind, name), []

    def fail(self, *arguments, **more):
        calls.append(1)
        if len(calls) > after:
            raise error
        return real(self, *arguments, **more)

    monkeypatch.setattr(kind, name, fail)
    return calls


@pytest.mark.parametrize("error", [RuntimeError("out of luck"), MemoryError(), SystemExit(3)])
def test_a_step_that_fails_leaves_the_model_as_it_was_kept_last(lab, monkeypatch, error):
    lab.set_up({"training.epochs": 10_000})
    failing(monkeypatch, VAE, "loss_terms", error, 100)
    with lab.qtbot.waitSignal(lab.session.opened):
        lab.press("trainButton")
    assert lab.session.state == "idle"
    assert "The model is shown as it was kept last." in lab.message()
    assert lab.session.run.epochs >= 1
    assert lab.session.run.training.state == "training"
    assert lab.action("finishTraining").isEnabled()


@pytest.mark.parametrize("error", [RuntimeError("no paint"), MemoryError()])
def test_a_map_that_fails_is_told_once_and_ends_no_training(lab, monkeypatch, error):
    told = []
    lab.session.message.connect(lambda sentence, is_problem: told.append(sentence) if is_problem else None)
    lab.set_up(FEW)
    failing(monkeypatch, LiveMap, "update", error, 0)
    failing(monkeypatch, LiveMap, "whole", error, 0)
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("trainButton")
    assert lab.session.run.epochs == 12
    assert len([sentence for sentence in told if "The map could not be brought up to date" in sentence]) == 1
