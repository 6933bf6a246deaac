"""The thread that trains, without a window: what it posts, and that it always ends."""

import threading

import numpy as np
import pytest
import torch

from latentlab.core import log
from latentlab.core.events import Changed, Diverged, EpochEnded, Failed, Finished, Progress, Started
from latentlab.core.map.checkpoints import Checkpoints
from latentlab.core.map.map_images import MapSource, choose
from latentlab.core.models.vae import VAE
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import workspace
from latentlab.core.training.autosave import Autosave
from latentlab.core.training.trainer import Trainer
from latentlab.ui.threads import torch_threads
from latentlab.ui.threads.planned_training import PlannedTraining
from latentlab.ui.threads.training_thread import EpochModel, Result, TrainingThread, Warned

RECIPE = Recipe(name="tiny").with_changes(
    {"encoder.layers": "16", "decoder.layers": "16", "batch_size": 32, "epochs": 3, "device": "cpu"}
)


class Driven:
    """A thread, and all it has posted so far."""

    def __init__(self, qtbot, data, threads=None, **changes):
        recipe = RECIPE.with_changes(changes)
        self._qtbot = qtbot
        shown, folder = choose(data, MapSource()), workspace.default_folder()
        self.thread = TrainingThread(PlannedTraining(recipe, data, shown, folder, threads=threads, new_id="run"))
        self.posts, self.updates = [], []
        self.thread.start()

    def take(self):
        posts, update = self.thread.take()
        self.posts += posts
        if update is not None:
            self.updates.append(update)

    def until(self, condition):
        def looked():
            self.take()
            return bool(condition())

        self._qtbot.waitUntil(looked)

    def of(self, kind):
        return [post for post in self.posts if isinstance(post, kind)]


@pytest.fixture
def drive(qtbot, tiny_images):
    made = []

    def make(**changes):
        made.append(Driven(qtbot, tiny_images, **changes))
        return made[-1]

    yield make
    for driven in made:
        driven.thread.abandon()
        assert driven.thread.wait(5000)


def test_a_training_is_told_in_order_with_nothing_lost(drive):
    driven = drive()
    driven.until(lambda: driven.of(Finished))
    kinds = [type(post) for post in driven.posts]
    assert kinds[0] is Started
    assert kinds[-2:] == [Result, Finished]
    assert [ended.epoch for ended in driven.of(EpochEnded)] == [1, 2, 3]
    assert [kept.epoch for kept in driven.of(EpochModel)] == [1, 2, 3]
    steps = np.concatenate([progress.epochs_done for progress in driven.of(Progress)])
    assert len(steps) == 3 * 6
    assert (np.diff(steps) > 0).all()
    assert driven.of(Result)[-1].is_final
    assert {post.run_id for post in driven.posts if hasattr(post, "run_id")} == {"run"}


def test_the_command_line_repeats_what_was_trained_beside_a_window(drive, tiny_images):
    """With its threads, whatever this thread would compute with: convolutions add in the order of theirs."""
    conv = {"encoder.kind": "conv", "encoder.layers": "4,8", "decoder.kind": "conv", "decoder.layers": "8,4"}
    driven = drive(threads=1, epochs=2, **{f"model.{key}": value for key, value in conv.items()})
    driven.until(lambda: driven.of(Finished))
    run = driven.of(Result)[-1].run
    (link,) = run.trainings()
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        again = Trainer(link.recipe, tiny_images, run_id="run", repeats=link)
        list(again.events())
    finally:
        torch.set_num_threads(before)
    assert link.threads == 1
    assert run.recipe.training.threads is None
    assert again.history == list(run.history)
    for name, tensor in run.snapshot.state().items():
        assert torch.equal(tensor, again.model.state_dict()[name]), name


def test_the_checkpoints_of_the_recipe_are_among_the_epochs_to_look_back_at(drive):
    driven = drive(epochs=40, checkpoint_every=9)
    driven.until(lambda: driven.of(Finished))
    kept = Checkpoints(9)
    for model in driven.of(EpochModel):
        kept.add(model.epoch, model.update)
    assert {9, 18, 27, 36} < set(kept.epochs())
    assert len(kept.epochs()) < 40


def test_the_last_map_is_the_model_that_results(drive):
    driven = drive()
    driven.until(lambda: driven.of(Finished))
    driven.take()
    run = driven.of(Result)[-1].run
    assert np.allclose(driven.updates[-1].means, run.codes, atol=1e-5)


def test_of_many_maps_only_the_latest_waits(drive):
    driven = drive(epochs=30)
    driven.thread.wait(20_000)
    driven.take()
    assert len(driven.updates) == 1
    assert driven.updates[0].epochs_done == 30


def test_stop_between_steps_keeps_the_result(drive):
    driven = drive(epochs=100_000)
    driven.until(lambda: driven.of(EpochEnded))
    driven.thread.ask_to_stop()
    driven.until(lambda: driven.of(Finished))
    assert driven.of(Finished)[0].stopped
    assert driven.of(Result)[-1].run.epochs == len(driven.of(EpochEnded))
    assert driven.thread.wait(5000)


def test_an_abandoned_training_makes_no_result(drive):
    driven = drive(epochs=100_000)
    driven.until(lambda: driven.of(EpochEnded))
    driven.thread.abandon()
    assert driven.thread.wait(5000)
    driven.take()
    assert driven.of(Result) == []


@pytest.mark.parametrize("is_paused", [False, True])
@pytest.mark.parametrize(("end", "state"), [("abandon", "interrupted"), ("discard", "stopped")])
def test_it_is_kept_as_what_it_was_left_as_whenever_that_is(drive, monkeypatch, is_paused, end, state):
    """Its trainer hears of the end at once, or at its next step."""
    is_there, goes_on, real = threading.Event(), threading.Event(), TrainingThread._map

    def wait(self, trainer, event):
        real(self, trainer, event)
        if isinstance(event, EpochEnded) and event.epoch == 2:
            is_there.set()
            goes_on.wait(20)

    monkeypatch.setattr(TrainingThread, "_map", wait)
    driven = drive(epochs=4)
    driven.until(is_there.is_set)
    if is_paused:
        driven.thread.pause()
    getattr(driven.thread, end)()
    goes_on.set()
    assert driven.thread.wait(20_000)
    assert [run.state for run in workspace.runs(workspace.default_folder())] == [state]


@pytest.mark.parametrize("end", ["abandon", "discard"])
def test_what_is_left_right_after_its_start_ends(drive, end):
    driven = drive(epochs=4)
    getattr(driven.thread, end)()
    assert driven.thread.wait(20_000)
    driven.take()
    assert not driven.of(Failed)
    assert not driven.of(Result)


def test_a_save_for_which_there_is_no_memory_is_told_and_the_training_goes_on(drive, monkeypatch):
    def broken(self, **more):
        raise MemoryError

    monkeypatch.setattr(Trainer, "result", broken)
    driven = drive(epochs=10_000)
    driven.until(lambda: driven.of(EpochEnded))
    driven.thread.ask_for_result()
    driven.until(lambda: driven.of(Warned))
    (warned,) = driven.of(Warned)
    assert "could not be saved as it is now; the training goes on (there is not enough memory)" in warned.sentence
    told = len(driven.of(EpochEnded))
    driven.until(lambda: len(driven.of(EpochEnded)) > told)
    assert not driven.of(Result)


def test_a_paused_training_can_be_stopped_abandoned_and_asked(drive):
    asked = drive(epochs=100_000)
    asked.until(lambda: asked.of(EpochEnded))
    asked.thread.pause()
    asked.thread.ask_for_result()
    asked.until(lambda: asked.of(Result))
    assert not asked.of(Result)[0].is_final
    asked.thread.ask_to_stop()
    asked.until(lambda: asked.of(Finished))


def test_other_images_are_shown_while_paused(drive, tiny_images):
    driven = drive(epochs=100_000)
    driven.until(lambda: driven.of(EpochEnded))
    driven.thread.pause()
    driven.thread.show_on_map(choose(tiny_images, MapSource("training", 50)))
    driven.until(lambda: len(driven.updates[-1].means) == 50)
    assert len(driven.updates[-1].labels) == len(driven.updates[-1].images) == 50


def test_settings_change_from_the_next_step_on(drive):
    driven = drive(epochs=100_000)
    driven.thread.change("beta", 4.0)
    driven.until(lambda: driven.of(Changed))
    assert (driven.of(Changed)[0].setting, driven.of(Changed)[0].value) == ("beta", 4.0)


def test_a_training_that_diverges_waits_with_a_model_that_is_finite(drive, monkeypatch):
    loss_terms = VAE.loss_terms
    broken = [False]

    def diverging(self, *arguments):
        terms = loss_terms(self, *arguments)
        return terms._replace(reconstruction=terms.reconstruction * float("inf")) if broken[0] else terms

    monkeypatch.setattr(VAE, "loss_terms", diverging)
    driven = drive(epochs=100_000)
    driven.until(lambda: driven.of(EpochEnded))
    broken[0] = True
    driven.until(lambda: driven.of(Diverged))
    broken[0] = False
    driven.until(lambda: driven.updates and np.isfinite(driven.updates[-1].means).all())
    told = len(driven.of(EpochEnded))
    driven.thread.wait(100)
    driven.take()
    assert len(driven.of(EpochEnded)) == told
    driven.thread.resume()
    driven.until(lambda: len(driven.of(EpochEnded)) > told)


STEPS = [(Trainer, "__init__"), (Autosave, "__init__"), (Autosave, "take"), (VAE, "loss_terms"), (Trainer, "result")]


@pytest.mark.parametrize("kind_of_error", [ValueError, SystemExit, MemoryError, KeyboardInterrupt])
@pytest.mark.parametrize(("kind", "where"), STEPS)
def test_an_error_anywhere_is_one_sentence_and_ends_the_thread(drive, monkeypatch, kind, where, kind_of_error):
    def broken(self, *arguments, **more):
        raise kind_of_error("out of luck")

    monkeypatch.setattr(kind, where, broken)
    driven = drive(epochs=1)
    driven.until(lambda: driven.of(Failed))
    (failed,) = driven.of(Failed)
    assert "out of luck" in failed.message
    assert "\n" not in failed.message
    assert driven.of(Finished) == []
    assert driven.thread.wait(5000)
    assert log.is_last_told(failed.message)


def test_what_is_being_saved_when_a_step_fails_is_what_is_left(drive, monkeypatch):
    is_saving, has_failed, keep, loss = threading.Event(), threading.Event(), workspace.keep, VAE.loss_terms

    def slow(run, path):
        is_saving.set()
        has_failed.wait(20)
        return keep(run, path)

    def fail(self, *arguments, **more):
        if is_saving.is_set():
            has_failed.set()
            raise ValueError("out of luck")
        return loss(self, *arguments, **more)

    monkeypatch.setattr(workspace, "keep", slow)
    monkeypatch.setattr(VAE, "loss_terms", fail)
    driven = drive(epochs=10_000)
    driven.until(lambda: driven.of(Failed))
    (kept,) = workspace.runs(workspace.default_folder())
    assert driven.of(Failed)[0].kept == str(kept.path)


def test_the_window_keeps_a_core_to_itself(monkeypatch):
    for cores, threads in ((1, 1), (2, 1), (8, 7)):
        monkeypatch.setattr(torch_threads, "_cores", lambda cores=cores: cores)
        assert torch_threads.threads_beside_the_window() == threads


@pytest.mark.parametrize(("recipe", "wanted", "used"), [({}, 3, 3), ({"threads": 2}, 3, 2)])
def test_it_computes_with_the_threads_that_are_preferred_unless_the_recipe_names_others(drive, recipe, wanted, used):
    driven = drive(threads=wanted, **{f"training.{name}": value for name, value in recipe.items()})
    driven.until(lambda: driven.of(Started))
    assert driven.of(Started)[0].threads == used
    driven.thread.ask_to_stop()
