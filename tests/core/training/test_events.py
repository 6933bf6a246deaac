"""What a training tells, and how whoever drives it may stop it."""

import dataclasses
import itertools
import math
import threading
import time

import numpy as np
import pytest
import torch

from latentlab.core.events import EpochEnded, Finished, Progress, Started
from latentlab.core.measures.metrics import snapshot_losses
from latentlab.core.training import trainer as training
from latentlab.core.training.control import Control
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import SMALL, of_kind, same_weights, step_losses, weights

# The same seed


def test_same_seed_gives_the_same_run_bit_for_bit(tiny_images):
    recipe = SMALL.with_changes({"rotation": 10, "shift": 1})
    first, second = Trainer(recipe, tiny_images), Trainer(recipe, tiny_images)
    first_losses, second_losses = step_losses(first.events()), step_losses(second.events())
    np.testing.assert_array_equal(first_losses, second_losses)
    assert same_weights(weights(first), weights(second))
    assert [(epoch.train, epoch.test) for epoch in first.history] == [
        (epoch.train, epoch.test) for epoch in second.history
    ]


def test_another_seed_gives_another_run(tiny_images):
    first, second = Trainer(SMALL, tiny_images), Trainer(SMALL.with_changes({"seed": 1}), tiny_images)
    assert not same_weights(weights(first), weights(second))
    assert not np.array_equal(step_losses(first.events()), step_losses(second.events()))


def test_seed_decides_noise_and_order_not_weights_alone(tiny_images):
    first, second = Trainer(SMALL, tiny_images), Trainer(SMALL.with_changes({"seed": 1}), tiny_images)
    second.model.load_state_dict(first.model.state_dict())
    assert not np.array_equal(step_losses(first.events()), step_losses(second.events()))


@pytest.mark.usefixtures("each_step")
def test_looking_at_a_run_never_changes_it(tiny_images):
    untouched, watched = Trainer(SMALL, tiny_images), Trainer(SMALL, tiny_images)
    expected = step_losses(untouched.events())
    seen = []
    for event in watched.events():
        seen.append(event)
        torch.rand(7)  # the global generator is anyone's
        np.random.default_rng().random(3)
        snapshot = watched.snapshot()
        mean, _ = snapshot.encode(tiny_images.test_images)
        snapshot.decode(mean)
        snapshot.loss_terms(tiny_images.test_images[:5])
        snapshot_losses(snapshot, tiny_images.test_images, tiny_images.test_labels)
        watched.result()
    np.testing.assert_array_equal(step_losses(seen), expected)
    assert same_weights(weights(watched), weights(untouched))


def test_how_often_it_reports_never_changes_a_run(tiny_images, monkeypatch):
    runs = []
    for seconds in (0.0, math.inf):
        monkeypatch.setattr(training, "_MESSAGE_SECONDS", seconds)
        trainer = Trainer(SMALL, tiny_images)
        runs.append((step_losses(trainer.events()), weights(trainer), trainer.history))
    np.testing.assert_array_equal(runs[0][0], runs[1][0])
    assert same_weights(runs[0][1], runs[1][1])
    assert [(epoch.train, epoch.test) for epoch in runs[0][2]] == [(epoch.train, epoch.test) for epoch in runs[1][2]]


def test_training_leaves_the_global_generators_alone(tiny_images):
    before = torch.get_rng_state()
    list(Trainer(SMALL, tiny_images).events())
    assert torch.equal(torch.get_rng_state(), before)


def test_the_images_are_not_changed(tiny_images):
    before = tiny_images.train_images.clone(), tiny_images.test_images.clone()
    list(Trainer(SMALL.with_changes({"shift": 2}), tiny_images).events())
    assert torch.equal(tiny_images.train_images, before[0])
    assert torch.equal(tiny_images.test_images, before[1])


# What is told


@pytest.mark.parametrize("pace", ["each_step", "each_epoch"])
def test_events_come_in_order(tiny_images, request, pace):
    request.getfixturevalue(pace)
    trainer = Trainer(SMALL.with_changes({"epochs": 3}), tiny_images, run_id="abc")
    events = list(trainer.events())

    assert {event.run_id for event in events} == {"abc"}
    assert events[0] == Started("abc", 3, 0, 3, 180, "cpu")
    assert isinstance(events[-1], Finished)
    assert not events[-1].stopped
    assert events[-1].epochs == 3
    assert {type(event) for event in events[1:-1]} == {Progress, EpochEnded}

    ended = of_kind(EpochEnded, events)
    assert [event.epoch for event in ended] == [1, 2, 3]
    assert ended == trainer.history
    assert (events[-1].train, events[-1].test) == (ended[-1].train, ended[-1].test)

    told = 0
    for event in events:  # an epoch ends after all of its steps were told, and none of the next
        if isinstance(event, Progress):
            told += len(event.epochs_done)
        elif isinstance(event, EpochEnded):
            assert told == 3 * event.epoch


@pytest.mark.parametrize("pace", ["each_step", "each_epoch"])
def test_progress_is_well_formed(tiny_images, request, pace):
    request.getfixturevalue(pace)
    recipe = SMALL.with_changes({"beta": 0.5, "batch_size": 64})  # the last batch of an epoch is smaller
    progress = of_kind(Progress, Trainer(recipe, tiny_images).events())
    positions = np.concatenate([event.epochs_done for event in progress])
    losses = np.concatenate([event.losses for event in progress])
    assert positions.dtype == losses.dtype == np.float32
    np.testing.assert_allclose(positions, np.arange(1, 7) / 3, rtol=1e-6)
    assert losses.shape == (6, 4)
    assert np.isfinite(losses).all()
    np.testing.assert_allclose(losses[:, 0], losses[:, 1] + 0.5 * losses[:, 2], rtol=1e-5)
    assert (losses[:, 1:] >= 0).all()
    told = [event for event in progress if len(event.epochs_done)]
    assert all(event.images_per_second > 0 for event in told)
    seconds = [event.seconds for event in progress]
    assert seconds == sorted(seconds)


def test_an_epochs_train_loss_is_the_mean_over_its_images(tiny_images, each_step):
    changes = {"batch_size": 128, "epochs": 1, "sparsity": 0.1}  # batches of 128 and 52
    recipe = SMALL.with_changes(changes)
    trainer = Trainer(recipe, tiny_images)
    losses = step_losses(trainer.events())
    expected = (losses * [[128], [52]]).sum(0) / 180
    train = trainer.history[0].train
    np.testing.assert_allclose(dataclasses.astuple(train)[:4], expected, rtol=1e-5)


def test_test_losses_are_those_of_the_model_at_the_epochs_end(tiny_images):
    recipe = SMALL.with_changes({"beta": 2.0})
    trainer = Trainer(recipe, tiny_images)
    for event in trainer.events():
        if isinstance(event, EpochEnded):
            now = snapshot_losses(trainer.snapshot(), tiny_images.test_images, tiny_images.test_labels)
            assert event.test == now
            assert event.test.loss == pytest.approx(event.test.reconstruction + 2 * event.test.kl)


def test_best_epoch_is_marked_by_test_loss(tiny_images):
    control = Control()
    ended = []
    for event in Trainer(SMALL.with_changes({"epochs": 6}), tiny_images, control=control).events():
        if isinstance(event, EpochEnded):
            ended.append(event)
            control.change("learning_rate", 0.5 if event.epoch == 2 else 3e-3)  # the third gets worse
    best = list(itertools.accumulate((event.test.loss for event in ended), min))
    expected = [True] + [now < before for before, now in itertools.pairwise(best)]
    assert [event.is_best for event in ended] == expected
    assert not ended[2].is_best


def test_nothing_is_spent_on_time_before_the_first_step(tiny_images, each_step):
    first = next(event for event in Trainer(SMALL, tiny_images).events() if isinstance(event, Progress))
    assert 0 < first.seconds < 10


@pytest.mark.usefixtures("each_step")
def test_the_time_of_whoever_drives_it_is_not_counted(tiny_images, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    trainer = Trainer(SMALL, tiny_images)
    loss_terms = trainer.model.loss_terms

    def slow(*batch):
        now[0] += 0.25
        return loss_terms(*batch)

    monkeypatch.setattr(trainer.model, "loss_terms", slow)
    left = []
    for event in trainer.events():
        now[0] += 60
        if isinstance(event, Progress) and len(event.losses):
            left.append(event.seconds_left)
            trainer.control.change("beta", 1.0)  # whose event takes as long
    assert event.images_per_second == pytest.approx(60 / 0.25)
    assert event.seconds == pytest.approx(2 * (3 + 1) * 0.25)  # three steps and a test in each of two epochs
    assert (left[0], left[-1]) == (pytest.approx(5 * 0.25), pytest.approx(0.25))  # of tests it knows after the first


# Who drives it may stop


@pytest.mark.usefixtures("each_step")
def test_stop_lies_between_two_steps(tiny_images):
    control = Control()
    trainer = Trainer(SMALL, tiny_images, control=control)
    events, at_stop = [], None
    for event in trainer.events():
        events.append(event)
        if isinstance(event, Progress) and at_stop is None:
            at_stop = weights(trainer)
            control.stop.set()
    assert same_weights(weights(trainer), at_stop)
    assert len(step_losses(events)) == 1
    assert events[-1].stopped
    assert events[-1].epochs == 0
    assert events[-1].train is None
    assert not of_kind(EpochEnded, events)


def test_stop_before_the_first_step(tiny_images):
    control = Control()
    control.stop.set()
    trainer = Trainer(SMALL, tiny_images, control=control)
    before = weights(trainer)
    events = list(trainer.events())
    assert [type(event) for event in events] == [Started, Finished]
    assert events[-1].stopped
    assert events[-1].images_per_second == 0
    assert same_weights(weights(trainer), before)


def test_stop_after_an_epoch_keeps_it(tiny_images):
    control = Control()
    trainer = Trainer(SMALL.with_changes({"epochs": 50}), tiny_images, control=control)
    for event in trainer.events():
        if isinstance(event, EpochEnded) and event.epoch == 2:
            control.stop.set()
    assert event.stopped
    assert event.epochs == 2
    assert event.test == trainer.history[-1].test
    assert trainer.result().epochs == 2


def test_stop_from_another_thread_comes_soon(tiny_images):
    control = Control()
    trainer = Trainer(SMALL.with_changes({"epochs": 100_000}), tiny_images, control=control)
    finished, begun = [], threading.Event()

    def drive():
        for event in trainer.events():
            finished[:] = [event]
            if isinstance(event, Progress):
                begun.set()

    thread = threading.Thread(target=drive)
    thread.start()
    assert begun.wait(30)
    control.stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert finished[0].stopped


@pytest.mark.usefixtures("each_step")
def test_what_a_stopped_run_gives_is_whole(tiny_images):
    control = Control()
    trainer = Trainer(SMALL, tiny_images, control=control)
    for event in trainer.events():
        if isinstance(event, Progress):
            control.stop.set()
    run = trainer.result()
    assert run.epochs == 0
    assert run.history == ()
    assert same_weights(run.snapshot.state(), weights(trainer))
    mean, _ = run.snapshot.encode(tiny_images.test_images)
    np.testing.assert_array_equal(run.codes, mean)
    np.testing.assert_array_equal(run.labels, tiny_images.test_labels)


@pytest.mark.usefixtures("each_step")
def test_closing_early_leaves_a_model_that_can_be_looked_at(tiny_images):
    trainer = Trainer(SMALL, tiny_images)
    events = trainer.events()
    assert isinstance(next(events), Started)
    assert isinstance(next(events), Progress)
    kept = weights(trainer)
    events.close()
    assert next(events, None) is None
    assert same_weights(weights(trainer), kept)
    assert trainer.snapshot().decode(np.zeros((1, 2))).shape == (1, 1, 28, 28)
    assert torch.is_grad_enabled()


@pytest.mark.usefixtures("each_step")
def test_grad_mode_is_the_drivers_own(tiny_images):
    for _ in Trainer(SMALL, tiny_images).events():
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


@pytest.mark.usefixtures("each_step")
def test_evaluation_of_a_large_test_set_tells_that_it_lives_and_can_be_stopped(tiny_images):
    many = dataclasses.replace(
        tiny_images,
        test_images=tiny_images.test_images.repeat(40, 1, 1, 1),
        test_labels=tiny_images.test_labels.repeat(40),
    )
    recipe = SMALL.with_changes({"batch_size": 180, "epochs": 1})
    events = list(Trainer(recipe, many).events())
    without_steps = [event for event in of_kind(Progress, events) if not len(event.epochs_done)]
    assert without_steps  # told during the test of 2400 images
    assert all(event.losses.shape == (0, 4) for event in without_steps)
    assert len(of_kind(EpochEnded, events)) == 1

    control = Control()
    trainer = Trainer(recipe, many, control=control)
    for event in trainer.events():
        if isinstance(event, Progress) and trainer.epochs_done == 1:
            control.stop.set()
    assert isinstance(event, Finished)
    assert len(trainer.history) <= 1
