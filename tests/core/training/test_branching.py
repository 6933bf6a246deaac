"""A branch: what it begins with, and that it is made again from its file."""

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.core.events import EpochEnded, Finished
from latentlab.core.runs import epochs_on_disk
from latentlab.core.runs.run import Run, RunError
from latentlab.core.training import branching, repeating
from latentlab.core.training import trainer as trainers
from latentlab.core.training.control import Control
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import SMALL, file_of, same_files

OTHERS = (
    {},
    {"beta": 3.0, "warm_up": 1.0},
    {"seed": 5, "epochs": 1},
    {"optimiser": "rmsprop", "epochs": 1},
    {"patience": 1, "learning_rate": 0.03},
    {"limit": 100, "schedule": "one-cycle"},
)


@pytest.fixture(autouse=True)
def message_at_each_step(monkeypatch):
    monkeypatch.setattr(trainers, "_MESSAGE_SECONDS", 0)


def trained(recipe, images, start=None, *, stop_at=None, changes=()):
    """Train to the end, or to an event; give the run, and the model at the end of each epoch."""
    control = Control()
    trainer = Trainer(recipe, images, run_id="abc", control=control, start=start)
    at_end = {}
    for number, event in enumerate(trainer.events()):
        for at, setting, value in changes:
            if at == number:
                control.change(setting, value)
        if isinstance(event, EpochEnded):
            at_end[event.epoch] = trainer.snapshot()
        if number == stop_at and not isinstance(event, Finished):
            control.stop.set()
    return trainer.result(), at_end


def repeated(run, images):
    *before, last = repeating.to_repeat(run)
    so_far = None
    for link in before:
        trainer = repeating.trainer_of(link, images, so_far, control=Control(), run_id="abc")
        list(trainer.events())
        so_far = branching.as_left(trainer.result(with_codes=False), link)
    trainer = Trainer(last.recipe, images, run_id="abc", start=so_far, repeats=last)
    list(trainer.events())
    return trainer.result()


def same_weights(first, second):
    mine, theirs = first.state(), second.state()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


@settings(max_examples=15)
@given(data=st.data())
def test_a_branch_is_made_again_to_the_last_bit(data, tiny_images, tmp_path_factory):
    """From any epoch of a run that was changed, stopped, went on from another or was branched itself."""
    path = tmp_path_factory.mktemp("branched") / "run.safetensors"
    change = st.tuples(st.integers(0, 11), st.just("beta"), st.floats(0, 4)) | st.tuples(
        st.integers(0, 11), st.just("learning_rate"), st.floats(1e-4, 3e-3)
    )
    changes, recipes, start = st.lists(change, max_size=2), st.sampled_from(OTHERS), None
    for _ in range(data.draw(st.integers(1, 2), "trainings before the last")):
        recipe = SMALL.with_changes({"epochs": 3} | data.draw(recipes))
        stop_at = data.draw(st.none() | st.integers(6, 14))
        run, at_end = trained(recipe, tiny_images, start, stop_at=stop_at, changes=data.draw(changes))
        run.save(path)
        run = Run.open(path)
        if data.draw(st.booleans()) and at_end:
            epoch = data.draw(st.sampled_from(sorted(at_end)))
            start = branching.branched(run, epoch, at_end[epoch])
        else:
            start = branching.at_epoch(run, data.draw(st.sampled_from(branching.own_epochs(run))))
    branch, _ = trained(SMALL.with_changes(data.draw(recipes)), tiny_images, start, changes=data.draw(changes))
    mine = file_of(branch, path)
    assert repeating.to_repeat(Run.open(path))[-2].is_branched
    same_files(file_of(repeated(Run.open(path), tiny_images), path), mine)


def test_it_has_the_weights_and_the_history_of_its_epoch_and_nothing_of_what_came_after(tiny_images):
    run, at_end = trained(SMALL.with_changes({"epochs": 3}), tiny_images, changes=[(9, "beta", 2.0)])
    assert run.changes
    start = branching.branched(run, 1, at_end[1])
    trainer = Trainer(SMALL, tiny_images, start=start)
    assert same_weights(trainer.snapshot(), at_end[1])
    assert trainer.history == list(run.history[:1])
    assert trainer.changes == []
    assert not trainer.optimiser.state
    list(trainer.events())
    branch = trainer.result()
    assert [ended.epoch for ended in branch.history] == [1, 2, 3]
    (link,) = branch.chain
    assert (link.run_id, link.epochs, link.steps_done, link.is_branched) == ("abc", 1, 0, True)
    assert branch.training.first_epoch == 1


def test_whether_weights_were_kept_apart_or_are_the_last_ones_it_is_the_same(tiny_images, tmp_path):
    longer, at_end = trained(SMALL.with_changes({"epochs": 3}), tiny_images)
    shorter, _ = trained(SMALL, tiny_images)
    kept, last = branching.branched(longer, 2, at_end[2]), branching.at_epoch(shorter, 2)
    branches = [trained(SMALL.with_changes({"beta": 2.0}), tiny_images, start)[0] for start in (kept, last)]
    first, second = (file_of(each, tmp_path / "run.safetensors") for each in branches)
    assert first[0].pop("chain")[0] | {"recipe": None} == second[0].pop("chain")[0] | {"recipe": None}
    same_files(first, second)


def test_of_a_run_with_a_patience_its_best_epoch_and_its_last_are_kept(tiny_images):
    run, at_end = trained(SMALL.with_changes({"patience": 2, "epochs": 6, "learning_rate": 0.03}), tiny_images)
    best = run.training.best_epoch
    assert branching.own_epochs(run) == sorted({best, run.epochs})
    for epoch in branching.own_epochs(run):
        start = branching.at_epoch(run, epoch)
        assert same_weights(start.snapshot, at_end[epoch])
        assert [ended.epoch for ended in start.history] == list(range(1, epoch + 1))
        assert start.training.steps_done == 0


def test_the_images_that_were_set_apart_stay_apart(tiny_images):
    run, at_end = trained(SMALL.with_changes({"validation": 0.2}), tiny_images)
    branch, _ = trained(
        SMALL.with_changes({"validation": 0.2, "seed": 9}), tiny_images, branching.branched(run, 1, at_end[1])
    )
    assert branch.training.split_seed == run.training.split_seed == SMALL.training.seed


def test_a_run_that_was_left_in_the_middle_of_an_epoch_is_branched_there(tiny_images):
    run, _ = trained(SMALL.with_changes({"epochs": 3}), tiny_images, stop_at=7)
    assert run.training.steps_done
    start = branching.at_epoch(run, run.epochs)
    assert same_weights(start.snapshot, run.snapshot)
    assert trained(SMALL, tiny_images, start)[0].chain[-1].steps_done == run.training.steps_done


def test_what_cannot_be_is_a_sentence(tiny_images):
    run, _ = trained(SMALL, tiny_images)
    with pytest.raises(RunError, match=r"^Epoch 1 of the run is not kept: kept are 2\.$"):
        branching.at_epoch(run, 1)
    assert str(epochs_on_disk.not_kept(7, "the run", [1, 2, 4])) == "Epoch 7 of the run is not kept: kept are 1-2, 4."
    far = str(epochs_on_disk.not_kept(100, "the run", range(0, 100, 2)))
    assert "kept are 0, 2, 4, 6, 8, 10, ..., 90, 92, 94, 96, 98." in far
    branching.check_settings(run, SMALL.with_changes({"beta": 4.0, "seed": 3, "data.size": 28}))
    with pytest.raises(RunError, match=r"data.size changes what that takes, images of 28×28 pixels: change other"):
        branching.check_settings(run, SMALL.with_changes({"data.size": "28×20"}))
    with pytest.raises(RunError, match=r"so model.latent, model.output are as in the run"):
        branching.check_settings(
            run, SMALL.with_changes({"latent": 3, "output": "tanh", "loss.reconstruction": "squared-error"})
        )


def test_a_file_of_an_earlier_version_is_branched_but_not_repeated(tiny_images):
    run, at_end = trained(SMALL, tiny_images)
    old = dataclasses.replace(run, training=None)
    branch, _ = trained(SMALL, tiny_images, branching.branched(old, 1, at_end[1]))
    assert [ended.epoch for ended in branch.history] == [1, 2, 3]
    with pytest.raises(RunError, match="does not say"):
        repeating.to_repeat(branch)
