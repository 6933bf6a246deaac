"""A run is made again by all the trainings that made it."""

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.core.events import Finished, Started
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run, RunError
from latentlab.core.training import repeating
from latentlab.core.training import trainer as trainers
from latentlab.core.training.control import Control
from latentlab.core.training.provenance import made_with
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import CONV, SMALL, file_of, same_files

EVENTS = 1 + 2 * (3 + 2)  # of a training of two epochs of three steps, at least
FURTHER = (
    {},
    {"beta": 3.0, "warm_up": 1.0},
    {"seed": 5},
    {"optimiser": "rmsprop", "epochs": 1},
    {"patience": 1, "learning_rate": 0.03},  # higher, and what it may recover to goes by the time of the day
    {"limit": 100, "schedule": "one-cycle"},
)


@pytest.fixture(autouse=True)
def message_at_each_step(monkeypatch):
    monkeypatch.setattr(trainers, "_MESSAGE_SECONDS", 0)


def trained(recipe, images, start=None, *, stop_at=None, copy_at=None, changes=()):
    """Train to the end or to an event, or take a copy at one; `changes` are made at events of such numbers."""
    control = Control()
    trainer = Trainer(recipe, images, run_id="abc", control=control, start=start)
    for number, event in enumerate(trainer.events()):
        for at, setting, value in changes:
            if at == number:
                control.change(setting, value)
        if number == copy_at and not isinstance(event, Finished):
            return trainer.result(with_codes=False)
        if number == stop_at:
            control.stop.set()
    return trainer.result()


def repeated(run, images):
    """Make a run again."""
    *before, last = repeating.to_repeat(run)
    so_far = None
    for link in before:
        trainer = repeating.trainer_of(link, images, so_far, control=Control(), run_id="abc")
        list(trainer.events())
        so_far = trainer.result(with_codes=False)
    trainer = Trainer(last.recipe, images, run_id="abc", start=so_far, repeats=last)
    list(trainer.events())
    return trainer.result()


@settings(max_examples=15)
@given(data=st.data())
def test_a_run_of_several_trainings_is_made_again_to_the_last_bit(data, tiny_images, tmp_path_factory):
    """Of whichever recipes, ended, stopped at any step, or copied on the way, with changes in any of them."""
    folder = tmp_path_factory.mktemp("repeated")
    moment = st.none() | st.integers(0, EVENTS)
    change = st.tuples(st.integers(0, EVENTS), st.just("beta"), st.floats(0, 4)) | st.tuples(
        st.integers(0, EVENTS), st.just("learning_rate"), st.floats(1e-4, 3e-3)
    )
    changes, run = st.lists(change, max_size=2), None
    for _ in range(data.draw(st.integers(1, 2), "trainings before the last")):
        recipe = SMALL.with_changes(data.draw(st.sampled_from(FURTHER)))
        left = {data.draw(st.sampled_from(("stop_at", "copy_at"))): data.draw(moment)}
        run = trained(recipe, tiny_images, run, changes=data.draw(changes), **left)
        run.save(folder / "before.safetensors")
        run = Run.open(folder / "before.safetensors")
    recipe = SMALL.with_changes(data.draw(st.sampled_from(FURTHER)))
    run = trained(recipe, tiny_images, run, changes=data.draw(changes))
    path = folder / "run.safetensors"
    mine = file_of(run, path)
    same_files(file_of(repeated(Run.open(path), tiny_images), path), mine)


def test_a_run_of_convolutions_is_made_again_with_its_threads(tiny_images, tmp_path):
    """They are part of it: sums of two threads are others than those of one."""
    before = torch.get_num_threads()
    recipe = Recipe.from_dict(SMALL.model_dump() | {"model": CONV, "loss": {"reconstruction": "squared-error"}})
    try:
        torch.set_num_threads(1)
        run = trained(recipe, tiny_images, trained(recipe, tiny_images))
        torch.set_num_threads(2)
        assert [link.threads for link in run.trainings()] == [1, 1]
        again = repeated(run, tiny_images)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
    same_files(file_of(again, tmp_path / "again.safetensors"), file_of(run, tmp_path / "run.safetensors"))


def test_what_makes_a_repeated_run_another_is_said_in_a_sentence(tiny_images):
    run = trained(SMALL, tiny_images)
    (link,) = run.trainings()
    trainer = Trainer(link.recipe, tiny_images, repeats=link)
    assert repeating.unlike(link, trainer) == ""
    more = link.model_copy(update={"threads": 3})
    assert repeating.unlike(more, Trainer(more.recipe, tiny_images, repeats=more)) == ""
    alone = Trainer(more.recipe.with_changes({"threads": "1"}), tiny_images, repeats=more)
    assert "with 3 threads, now with 1 thread" in repeating.unlike(more, alone)
    assert "on cuda, now on cpu" in repeating.unlike(link.model_copy(update={"device": "cuda"}), trainer)
    old = link.model_copy(update={"made_with": made_with() | {"torch": "0.1", "python": "2.7"}})
    assert "torch 0.1, now" in repeating.unlike(old, trainer)
    assert "python" not in repeating.unlike(old, trainer)
    unknown = link.model_copy(update={"made_with": {}, "threads": None, "device": ""})
    assert repeating.unlike(unknown, trainer) == ""


def test_a_run_whose_beginning_nobody_knows_is_refused(tiny_images):
    second = trained(SMALL, tiny_images, trained(SMALL, tiny_images))
    with pytest.raises(RunError, match="went on from an earlier run after 2 epochs"):
        repeating.to_repeat(dataclasses.replace(second, chain=()))
    assert len(repeating.to_repeat(second)) == 2
    # Where it was left is known of a file of an earlier version no better than by whole epochs.
    third = trained(SMALL, tiny_images, dataclasses.replace(trained(SMALL, tiny_images), training=None))
    with pytest.raises(RunError, match="went on from an earlier run after 2 epochs"):
        repeating.to_repeat(third)


def test_a_training_that_is_resumed_is_one_training(tiny_images):
    first = trained(SMALL, tiny_images)
    second = trained(SMALL, tiny_images, first, stop_at=4)
    trainer = Trainer.resumed(second, tiny_images)
    assert isinstance(next(trainer.events()), Started)
    assert [link.epochs for link in trainer.result().trainings()][:-1] == [2]
    assert trainer.chain == second.chain == first.trainings()


def test_images_that_are_others_now_are_known(tiny_images):
    own = dataclasses.replace(tiny_images, name="folder:/pictures", fingerprint="first")
    run = trained(SMALL.with_changes({"data.dataset": "folder:/pictures"}), own, stop_at=0)
    (link,) = run.trainings()
    assert not repeating.is_of_other_images(link, own)
    assert repeating.is_of_other_images(link, dataclasses.replace(own, fingerprint="second"))
