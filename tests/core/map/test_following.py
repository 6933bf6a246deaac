"""What is read of a training that another program does: the losses between two saves, its state, and its age."""

import dataclasses
import os

import numpy as np
import pytest

from latentlab.core.events import Progress, Started
from latentlab.core.map import following
from latentlab.core.map.following import Follower, steps_between
from latentlab.core.map.map_images import MapSource, choose
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import workspace
from latentlab.core.runs.run import RunError
from latentlab.core.training.trainer import Trainer

RECIPE = Recipe.from_dict(
    {
        "data": {"dataset": "tiny"},
        "model": {"encoder": {"layers": [8]}, "decoder": {"layers": [8]}},
        "loss": {"beta": 2.0, "warm_up": 1},  # so that what is minimised is another loss
        "training": {"batch_size": 50, "epochs": 3, "device": "cpu"},  # four steps, the last one of thirty images
    }
)


@pytest.fixture
def trained(tiny_images, monkeypatch):
    """Give a training with the run at each of its steps, and what the steps up to there were: position and losses."""
    monkeypatch.setattr("latentlab.core.training.trainer._MESSAGE_SECONDS", 0)
    trainer, steps, saves = Trainer(RECIPE, tiny_images, run_id="abc"), [], []
    for event in trainer.events():
        if isinstance(event, Progress):
            objectives = event.losses[:, 0] if event.objectives is None else event.objectives
            steps += list(zip(event.epochs_done.tolist(), event.losses.tolist(), objectives.tolist(), strict=True))
        saves.append((len(steps), trainer.result(), isinstance(event, Started)))
    return saves, steps


@pytest.mark.parametrize("apart", [1, 2, 3])
def test_the_losses_between_two_saves_are_the_means_of_the_steps_between(trained, apart):
    saves, steps = trained
    compared = 0
    for (first, before, _), (last, after, _) in zip(saves, saves[apart:], strict=False):
        found = steps_between(before, after)
        of_epoch = [step for step in range(last) if step // 4 == after.epochs]
        between = [step for step in of_epoch if step >= first] if before.epochs == after.epochs else of_epoch
        if not between:
            assert found is None
            continue
        compared += 1
        images = np.array([30 if step % 4 == 3 else 50 for step in between], float)
        losses = np.array([steps[step][1] for step in between])
        objectives = np.array([steps[step][2] for step in between])
        np.testing.assert_allclose(found.losses[0], images @ losses / images.sum(), rtol=1e-4)
        assert found.epochs_done[0] == pytest.approx(np.mean([steps[step][0] for step in between]))
        objective = found.losses[0, 0] if found.objectives is None else found.objectives[0]
        assert objective == pytest.approx(images @ objectives / images.sum(), rel=1e-4)
    assert compared >= 6


def test_of_a_file_that_does_not_say_how_long_an_epoch_is_no_step_is_told(trained):
    saves, _ = trained
    run = saves[3][1]
    assert run.training.steps_done
    earlier = dataclasses.replace(run, training=run.training.model_copy(update={"steps_per_epoch": None}))
    assert steps_between(None, earlier) is None


# A follower


@pytest.fixture
def saved(trained, tmp_path):
    """Give a file, with what saves the next moment of the training there, as a program that trains it does."""
    saves, _ = trained
    moments, path = iter([run for _, run, is_first in saves if not is_first]), tmp_path / "run.safetensors"

    def save():
        run = next(moments)
        run.save(path)
        return run

    return path, save


def test_what_is_new_is_read_once(saved, tiny_images):
    path, save = saved
    follower, shown = Follower(path, save()), choose(tiny_images, MapSource())
    presence = workspace.Presence(path)
    seen = follower.look(shown)
    assert (seen.state, seen.problem, seen.of_epochs) == ("training", "", 3)
    assert len(seen.update.means) == 60
    assert seen.started.steps_per_epoch == 4
    assert follower.look(shown).run is None
    after = save()
    seen = follower.look(shown)
    assert seen.run.training.steps_done == after.training.steps_done == 2
    assert seen.update.epochs_done == seen.now.epochs_done[0] == 0.5
    np.testing.assert_array_equal(seen.update.means, after.snapshot.encode(shown.images, shown.labels)[0])
    follower.end()
    presence.end()
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_without_the_images_it_shows_the_codes_that_the_file_keeps(saved):
    path, save = saved
    run = save()
    presence = workspace.Presence(path)
    seen = Follower(path, run).look(None)
    np.testing.assert_array_equal(seen.update.means, run.codes)
    presence.end()


def test_its_program_has_ended_when_its_lock_is_free(saved):
    path, save = saved
    follower = Follower(path, save())
    states = []
    presence = workspace.Presence(path)
    states.append(follower.look(None).state)
    presence.end()
    states.append(follower.look(None).state)
    save()
    states.append(follower.look(None).state)  # what was being written when it died
    presence = workspace.Presence(path)
    states.append(follower.look(None).state)
    presence.end()
    assert states == ["training", "broken off", "broken off", "training"]


def test_where_a_folder_has_no_locks_it_goes_on_as_long_as_it_is_saved(saved, monkeypatch):
    path, save = saved
    now = [1000.0]
    monkeypatch.setattr(following.time, "monotonic", lambda: now[0])
    follower = Follower(path, save())
    assert follower.look(None).state == "broken off"
    save()
    states = []
    for _ in range(5):
        states.append(follower.look(None).state)
        now[0] += 8.0
    assert states == ["training"] * 4 + ["silent"]


def test_a_training_that_was_stopped_is_told_to_go_on_before_it_has_saved_anything(saved):
    path, save = saved
    run = save()
    stopped = dataclasses.replace(run, training=run.training.model_copy(update={"state": "stopped"}))
    stopped.save(path)
    follower = Follower(path, stopped)
    assert follower.look(None).state == "stopped"
    presence = workspace.Presence(path)
    assert follower.look(None).state == "training"
    presence.end()


def test_its_age_is_by_the_clock_of_the_folder(saved, monkeypatch):
    """A machine whose clock is an hour late sees a share's files in its future, and how old they are all the same."""
    path, save = saved
    ahead, utime = 3600.0, os.utime

    def of_the_share(mark):
        found = path.stat().st_mtime + 5.0
        utime(mark, (found, found))

    run = save()
    later = path.stat().st_mtime + ahead
    utime(path, (later, later))
    presence = workspace.Presence(path)
    monkeypatch.setattr(os, "utime", of_the_share)
    assert Follower(path, run).look(None).age == pytest.approx(5.0, abs=1.0)
    presence.end()


def test_another_run_in_its_place_is_told(saved, trained):
    path, save = saved
    run = save()
    other = dataclasses.replace(run, snapshot=type(run.snapshot)("other", run.recipe, run.snapshot.model, ("a",) * 3))
    follower = Follower(path, run)
    follower.look(None)
    other.save(path)
    with pytest.raises(RunError, match="is another run now"):
        follower.look(None)


def test_a_file_that_is_gone_or_cut_short_is_told_and_read_when_it_is_whole_again(saved):
    path, save = saved
    follower = Follower(path, save())
    follower.look(None)
    whole = path.read_bytes()
    path.unlink()
    assert "cannot be looked at any more: no such file" in follower.look(None).problem
    path.write_bytes(whole[:100])
    assert "is cut short" in follower.look(None).problem
    save()
    seen = follower.look(None)
    assert seen.problem == ""
    assert seen.run is not None
