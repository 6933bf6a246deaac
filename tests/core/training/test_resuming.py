"""A training that was stopped goes on exactly as it would have gone on."""

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.core.events import Changed, EpochEnded, Finished, Progress
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run, RunError
from latentlab.core.training import trainer as trainers
from latentlab.core.training.control import Control
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import CONV, SMALL, file_of, same_files

EPOCHS, STEPS = 3, 3
KINDS = {
    "vae": {},
    "cvae": {"model.kind": "cvae"},
    "conv": {},
    "rmsprop": {"optimiser": "rmsprop"},
    "adamw in one cycle": {"optimiser": "adamw", "schedule": "one-cycle"},
    "patience": {"patience": 1, "learning_rate": 0.3},
    "validation": {"validation": 0.1, "seed": 3},
    "patience by test images": {"patience": 1, "learning_rate": 0.3, "validation": 0},
    "binarised": {"binarised": "dynamic"},
    "damaged and turned": {"corruption.gaussian": 0.3, "corruption.occlusion": 0.1, "rotation": 10, "mirror": 0.5},
    "contraction": {"model.kind": "autoencoder", "contraction": 0.1},
    "importance-weighted, then refined": {"samples": 3, "warm_up": 1.5, "refine": 0.5, "schedule": "one-cycle"},
    "a vamp prior, then a fitted one": {"model.prior": "vamp", "components": 5, "fit_prior": 3},
    "modes sought, then refined": {"modes": 0.6, "refine": 0.3},
    "warmed up, free bits": {"warm_up": 1.5, "free_bits": 0.5, "beta": 3, "patience": 1},
}


@pytest.fixture(autouse=True)
def message_at_each_step(monkeypatch):
    monkeypatch.setattr(trainers, "_MESSAGE_SECONDS", 0)


def recipe_of(kind, **more):
    model = {"model": CONV, "loss": {"reconstruction": "squared-error"}} if kind == "conv" else {}
    recipe = Recipe.from_dict(SMALL.model_dump(mode="json") | model)
    return recipe.with_changes({"epochs": EPOCHS} | KINDS[kind] | more)


def trained(recipe, images, *, stop_at=None, changes=(), trainer=None):
    """Train to the end, or to an event; `changes` are made at the events of such numbers."""
    control = Control()
    if trainer is None:
        trainer = Trainer(recipe, images, run_id="abc", control=control)
    else:
        trainer.control = control
    for number, event in enumerate(trainer.events()):  # noqa: B007 - the last one is looked at
        for at, setting, value in changes:
            if at == number:
                control.change(setting, value)
        if number == stop_at:
            control.stop.set()
    assert isinstance(event, Finished)
    return trainer.result()


@pytest.fixture(scope="module")
def whole(tiny_images, tmp_path_factory):
    """Give the file of a training that was never stopped; each is made once."""
    made = {}

    def give(kind):
        if kind not in made:
            path = tmp_path_factory.mktemp("whole") / "run.safetensors"
            made[kind] = file_of(trained(recipe_of(kind), tiny_images), path)
        return made[kind]

    return give


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=6)
@given(data=st.data())
def test_stopped_and_resumed_it_gives_the_same_file(kind, data, tiny_images, whole, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stopped")
    recipe, path = recipe_of(kind), folder / "run.safetensors"
    events = 1 + EPOCHS * (STEPS + 2)
    first = data.draw(st.integers(0, events), "the first stop")
    run = trained(recipe, tiny_images, stop_at=first)
    if run.training.state == "stopped" and (second := data.draw(st.none() | st.integers(0, events), "the second")):
        run.save(path)
        run = trained(recipe, tiny_images, stop_at=second, trainer=Trainer.resumed(Run.open(path), tiny_images))
    if run.training.state == "stopped":
        run.save(path)
        run = trained(recipe, tiny_images, trainer=Trainer.resumed(Run.open(path), tiny_images))
    same_files(file_of(run, path), whole(kind))


def test_a_copy_that_was_taken_on_the_way_goes_on_as_one_that_was_stopped_there(tiny_images, whole, tmp_path):
    """As after a crash: nobody stopped it."""
    trainer = Trainer(recipe_of("vae"), tiny_images, run_id="abc")
    copies = []
    for event in trainer.events():
        if isinstance(event, Progress | EpochEnded):
            copies.append(trainer.result(with_codes=False))
    for number, copy in enumerate(copies):
        assert copy.training.state == "training"
        path = tmp_path / f"{number}.safetensors"
        copy.save(path)
        resumed = Trainer.resumed(Run.open(path), tiny_images)
        list(resumed.events())
        same_files(file_of(resumed.result(), path), whole("vae"))


def test_how_often_it_is_told_changes_nothing(tiny_images, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(trainers, "_MESSAGE_SECONDS", 1e9)
    seldom = trained(recipe_of("vae"), tiny_images)
    same_files(file_of(seldom, tmp_path / "run.safetensors"), whole("vae"))


def test_a_run_whose_optimiser_overflowed_opens_and_goes_on(tiny_images, tmp_path):
    """A very steep step squared is no float32; the weights are finite, and nothing of the run is damaged."""
    run = trained(recipe_of("vae"), tiny_images, stop_at=4)
    run.training.tensors["optimiser.0.exp_avg_sq"].fill_(torch.inf)
    run.save(tmp_path / "run.safetensors")
    opened = Run.open(tmp_path / "run.safetensors")
    assert opened.training.tensors["optimiser.0.exp_avg_sq"].isinf().all()
    trainer = Trainer.resumed(opened, tiny_images)
    *_, finished = trainer.events()
    assert not finished.stopped
    assert finished.epochs == EPOCHS


def test_a_test_that_was_stopped_is_made_again(tiny_images, whole, tmp_path, monkeypatch):
    monkeypatch.setattr("latentlab.core.models.snapshot._CHUNK", 10)
    path = tmp_path / "run.safetensors"
    unstopped = file_of(trained(recipe_of("vae"), tiny_images), path)
    control = Control()
    trainer = Trainer(recipe_of("vae"), tiny_images, run_id="abc", control=control)
    for event in trainer.events():
        if isinstance(event, Progress) and len(event.losses) == 0 and trainer.epochs_done == 1:
            control.stop.set()  # the message before a test, or one in the middle of it
    run = trainer.result()
    assert (run.epochs, run.training.steps_done, run.history) == (0, STEPS, ())
    run.save(path)
    resumed = trained(None, tiny_images, trainer=Trainer.resumed(Run.open(path), tiny_images))
    assert [ended.epoch for ended in resumed.history] == [1, 2, 3]
    same_files(file_of(resumed, path), unstopped)


@settings(max_examples=12)
@given(data=st.data())
def test_a_run_is_repeated_with_its_changes_where_they_were_made(data, tiny_images, tmp_path_factory):
    path = tmp_path_factory.mktemp("repeated") / "run.safetensors"
    moments = st.integers(0, EPOCHS * (STEPS + 1))
    change = st.tuples(moments, st.just("beta"), st.floats(0, 4)) | st.tuples(
        moments, st.just("learning_rate"), st.floats(1e-4, 1e-2)
    )
    changes = data.draw(st.lists(change, min_size=1, max_size=4))
    run = trained(recipe_of("vae"), tiny_images, changes=changes, stop_at=data.draw(st.none() | moments))
    if run.training.state == "stopped":
        run = trained(None, tiny_images, trainer=Trainer.resumed(run, tiny_images))
    again = Trainer(run.recipe, tiny_images, run_id="abc", repeats=run.trainings()[-1])
    list(again.events())
    same_files(file_of(again.result(), path), file_of(run, path))


def test_what_is_asked_for_between_two_steps_changes_nothing(tiny_images, whole, tmp_path):
    """Looking: copies, codes, decoding, and draws of other generators; pausing is no more than waiting."""
    trainer = Trainer(recipe_of("vae"), tiny_images, run_id="abc")
    for _ in trainer.events():
        trainer.result()
        trainer.snapshot().decode(torch.randn(3, 2).numpy())
        torch.rand(5)
        trainer.state()
    same_files(file_of(trainer.result(), tmp_path / "run.safetensors"), whole("vae"))


def test_a_finished_run_goes_on_as_one_of_more_epochs_would_have(tiny_images):
    short = trained(recipe_of("vae", epochs=1), tiny_images)
    further = Trainer(recipe_of("vae", epochs=2), tiny_images, start=short, run_id="abc")
    list(further.events())
    at_once = trained(recipe_of("vae", epochs=3), tiny_images)
    run = further.result()
    assert run.history == at_once.history
    for name, tensor in run.snapshot.state().items():
        assert torch.equal(tensor, at_once.snapshot.state()[name]), name


def test_another_seed_or_optimiser_begins_with_draws_of_its_own(tiny_images):
    short = trained(recipe_of("vae", epochs=1), tiny_images)
    for changes in ({"seed": 5}, {"optimiser": "rmsprop"}):
        assert not short.goes_on_like(short.recipe.with_changes(changes), "cpu")
        list(Trainer(short.recipe.with_changes(changes), tiny_images, start=short).events())


def test_what_cannot_go_on_exactly_is_refused_in_a_sentence(tiny_images):
    run = trained(recipe_of("vae"), tiny_images, stop_at=2)
    with pytest.raises(RunError, match="--resume"):
        Trainer.resumed(dataclasses.replace(run, training=None), tiny_images)
    own = dataclasses.replace(tiny_images, name="folder:/pictures", fingerprint="other")
    recipe = run.recipe.with_changes({"data.dataset": "folder:/pictures"})
    run = trained(recipe, dataclasses.replace(own, fingerprint="first"), stop_at=2)
    with pytest.raises(RunError, match="not those that the run learned from"):
        Trainer.resumed(run, own)


def test_changes_are_told_after_the_steps_before_them(tiny_images, monkeypatch):
    monkeypatch.setattr(trainers, "_MESSAGE_SECONDS", 1e9)
    control = Control()
    trainer = Trainer(recipe_of("vae"), tiny_images, control=control)
    step, taken = trainer._step, []

    def counted(*arguments):
        step(*arguments)
        taken.append(1)
        if len(taken) == 2:
            control.change("beta", 2.0)

    monkeypatch.setattr(trainer, "_step", counted)
    counts = []
    for event in trainer.events():
        if isinstance(event, Changed):
            counts.append((len(taken), trainer.state().summed))
    assert counts == [(2, 2 * SMALL.training.batch_size)]
