"""A run that another program trains is opened and moves; trainings are begun in the background, found and stopped."""

from pathlib import Path

import pytest

from latentlab.core.events import EpochEnded
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import asked, workspace
from latentlab.core.runs.run import Run
from latentlab.core.training import own_process
from latentlab.core.training.autosave import Autosave
from latentlab.core.training.trainer import Trainer
from tests.ui.lab import LONG, TINY

RECIPE = Recipe.load("digits-vae-2d").with_changes(TINY | {"training.epochs": 6, "training.threads": 1})
PATIENCE = 60_000  # milliseconds: a program takes seconds to start


class Far:
    """The command line in a process of its own, as on another machine that shares the folder."""

    def __init__(self, path):
        self.path, self.words = path, path.with_suffix(".txt")
        self.process = None

    def begin(self):
        asked.follow(self.path)
        recipe = RECIPE.with_changes(LONG).to_toml()
        places = ["--out", str(self.path), "--workspace", str(self.path.parent)]
        self.process = own_process.start(["train", "-", *places], self.words, recipe)

    def resume(self):
        arguments = ["resume", str(self.path), "--workspace", str(self.path.parent)]
        self.process = own_process.start(arguments, self.words)

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Near:
    """What such a program does, epoch by epoch, as the test has it."""

    def __init__(self, path, images):
        self.path = path
        self.trainer = Trainer(RECIPE, images, run_id="near")
        self.autosave = Autosave(self.trainer, path.parent, lambda problem: None, path)
        self.events = self.trainer.events()

    def go_on(self):
        """Train an epoch more, and save it."""
        for event in self.events:
            if isinstance(event, EpochEnded):
                break
        self.autosave.take_now()
        self.autosave._wait()

    def resume(self, images):
        """Go on after it has died."""
        self.trainer = Trainer.resumed(Run.open(self.path), images)
        self.autosave = Autosave(self.trainer, self.path.parent, lambda problem: None, self.path)
        self.events = self.trainer.events()

    def die(self):
        self.autosave._saver.end()
        self.autosave._presence.end()

    def finish(self):
        list(self.events)
        self.autosave.finish(self.trainer.result())
        self.autosave.end()


@pytest.fixture
def place(own_home):
    folder = workspace.default_folder()
    folder.mkdir(parents=True)
    return folder / "far.safetensors"


@pytest.fixture
def far(place):
    made = Far(place)
    yield made
    made.end()


@pytest.fixture
def near(place, digits):
    made = Near(place, digits)
    made.go_on()
    yield made
    made.autosave.end()


@pytest.fixture
def followed(lab, near):
    """Give a window that follows a training."""
    lab.open(near.path)
    lab.until(lambda: "is trained outside this window" in lab.text("followedText"))
    lab.until(lambda: shown(lab) == 1)
    return lab


def shown(lab):
    """Give how many epochs the model has that is shown."""
    return int(lab.session.exploration.shown.epochs_done)


def test_a_run_that_another_process_trains_moves_breaks_off_and_moves_again(lab, far):
    far.begin()
    lab.qtbot.waitUntil(far.path.exists, timeout=PATIENCE)
    lab.open(far.path)
    lab.until(lambda: "far is trained outside this window: epoch" in lab.text("followedText"))
    lab.pick()
    points, decoded, drawn = lab.canvas.points().copy(), lab.decoded(), lab.epochs_drawn()
    lab.until(lambda: (lab.canvas.points() != points).any())
    lab.until(lambda: (lab.decoded() != decoded).any())
    lab.until(lambda: lab.epochs_drawn() > drawn)
    far.end()
    lab.until(lambda: "broke off" in lab.text("followedText"))
    lab.until_idle()
    reached, points = lab.session.run.epochs, lab.canvas.points().copy()
    assert Run.open(far.path).epochs == reached
    far.resume()
    lab.qtbot.waitUntil(lambda: "is trained outside this window" in lab.text("followedText"), timeout=PATIENCE)
    lab.until(lambda: lab.session.run.epochs > reached)
    lab.until(lambda: (lab.canvas.points() != points).any())
    lab.until(lambda: lab.epochs_drawn() > reached)
    epochs, _ = lab.child("lossPlot").series()["test/loss"]
    assert epochs.tolist() == list(range(1, len(epochs) + 1))  # nothing twice, nothing left out
    lab.press("stopFollowedButton")
    lab.qtbot.waitUntil(lambda: "was stopped after" in lab.text("followedText"), timeout=PATIENCE)
    assert far.process.wait(60) == 130
    assert Run.open(far.path).training.state == "stopped"
    assert list(far.path.parent.glob(".far*")) == []
    lab.until(lambda: lab.child("trainFurtherButton").isEnabled())


def test_each_save_is_shown_with_its_curves_and_its_place(followed, near):
    for number in range(2, 5):
        near.go_on()
        followed.until(lambda number=number: shown(followed) == number and followed.epochs_drawn() == number)
        assert f"epoch {number + 1} of 6" in followed.text("followedText")
    assert followed.session.run.epochs == 4
    assert followed.child("trainingProgress").isVisible()
    near.finish()
    followed.until(lambda: "has come to its end, after 6 epochs" in followed.text("followedText"))
    followed.until(lambda: followed.epochs_drawn() == 6 and shown(followed) == 6)
    assert followed.session.run.training.state == "finished"
    assert not followed.child("trainingProgress").isVisible()  # nothing is left to do
    followed.press("followedClose")
    assert followed.text("followedText") == ""


def test_while_it_is_trained_elsewhere_it_is_not_trained_here(followed, near):
    assert not followed.child("trainFurtherButton").isEnabled()
    assert "is being trained already, by another program" in followed.child("trainFurtherButton").toolTip()
    followed.action("finishTraining").trigger()
    assert followed.message() == f"{near.path} is being trained already, by another program: wait until it has ended."
    assert followed.session.state == "idle"


def test_one_that_has_broken_off_there_is_finished_here(followed, near):
    near.die()
    followed.until(lambda: "broke off in epoch 2 of 6" in followed.text("followedText"))
    with followed.qtbot.waitSignal(followed.session.training.ended):
        followed.press("finishFollowedButton")
        followed.until(lambda: followed.text("followedText") == "")
    assert followed.session.run.epochs == 6
    assert followed.session.run_path == near.path


def test_it_is_followed_no_more_when_one_wants_that(followed, near):
    assert near.path.with_name(".far.safetensors.follow").exists()
    followed.press("leaveFollowedButton")
    assert followed.text("followedText") == ""
    followed.until(lambda: not near.path.with_name(".far.safetensors.follow").exists())
    near.go_on()
    followed.qtbot.wait(600)  # longer than two looks take
    assert shown(followed) == 1
    assert followed.child("trainFurtherButton").isEnabled()


@pytest.mark.parametrize("fault", ["gone", "half", "another"])
def test_what_is_wrong_with_its_file_is_a_sentence_and_what_is_shown_stays(followed, near, run_file, fault):
    whole, points = near.path.read_bytes(), followed.canvas.points().copy()
    if fault == "gone":
        near.path.unlink()
        followed.until(lambda: "cannot be looked at any more: no such file" in followed.text("followedText"))
    elif fault == "half":
        near.path.write_bytes(whole[: len(whole) // 2])
        followed.until(lambda: "is cut short" in followed.text("followedText"))
    else:
        near.path.write_bytes(Path(run_file()).read_bytes())
        followed.until(lambda: "is another run now" in followed.message())
        assert followed.text("followedText") == ""
    followed.until_idle()
    assert (followed.canvas.points() == points).all()
    if fault != "another":
        assert "What is shown stays" in followed.text("followedText")
        near.go_on()
        followed.until(lambda: "trained outside this window: epoch 3 of 6" in followed.text("followedText"))


def test_nothing_is_said_of_what_nobody_trains_before_somebody_does(lab, near, digits):
    near.die()
    lab.open(near.path)
    lab.qtbot.wait(600)  # longer than a look takes
    assert lab.text("followedText") == ""
    near.resume(digits)
    lab.until(lambda: "is trained outside this window" in lab.text("followedText"))
    near.go_on()
    lab.until(lambda: shown(lab) == 2)
