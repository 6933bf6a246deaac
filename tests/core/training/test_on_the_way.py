"""What changes a training on its way: patience, settings, values that are not finite."""

import itertools
import math

import numpy as np
import pytest
import torch

from latentlab.core.data.validation import set_apart
from latentlab.core.events import Changed, Diverged, EpochEnded, Finished, Losses, Progress
from latentlab.core.measures.metrics import snapshot_losses
from latentlab.core.runs.run import Run
from latentlab.core.training import kept_weights
from latentlab.core.training import trainer as training
from latentlab.core.training.control import Control
from latentlab.core.training.optimisers import one_cycle
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import SMALL, learned, of_kind, same_weights, step_losses, weights

# Patience


@pytest.fixture
def scripted(monkeypatch):
    """Have the validation of a training find these losses, one after the other, and its tests the very opposite."""

    def script(*losses):
        found, numbers = iter(losses), itertools.count()

        def mean_losses(parts, beta):
            if next(numbers) % 2 and len(torch.cat(parts)) == 30:
                return Losses(script.last, 1.0, 1.0)
            script.last = next(found)
            return Losses(100 - script.last, 1.0, 1.0)

        monkeypatch.setattr(training.metrics, "mean_losses", mean_losses)

    return script


def trained_with(recipe, images):
    """Train, keeping the weights of each epoch's end: give the trainer, these, and how it finished."""
    trainer, at_end = Trainer(recipe, images), []
    for event in trainer.events():
        if isinstance(event, EpochEnded):
            at_end.append(weights(trainer))
    return trainer, at_end, event


@pytest.mark.parametrize(
    ("patience", "losses", "epochs", "best"),
    [
        (1, (5, 3, 4), 3, 2),
        (2, (5, 3, 4, 3), 4, 2),  # as good is not better
        (2, (5, 6, 3, 4, 2, 4, 4), 7, 5),
        (3, (5, 6, 7, 8), 4, 1),
        (3, (8, 7, 6, 5, 4, 3, 2, 1, 2, 2), 10, 8),  # and the last epoch comes before it is settled
    ],
)
def test_patience_ends_a_training_with_its_best_model(tiny_images, scripted, patience, losses, epochs, best):
    scripted(*losses)
    recipe = SMALL.with_changes({"epochs": 10, "patience": patience, "batch_size": 180})
    trainer, at_end, finished = trained_with(recipe, tiny_images)
    assert finished.epochs == len(at_end) == len(trainer.history) == epochs
    assert not finished.stopped
    assert (finished.train, finished.test) == (trainer.history[best - 1].train, trainer.history[best - 1].test)
    assert finished.validation.loss == min(losses)
    assert finished.test.loss == 100 - min(losses)
    assert same_weights(weights(trainer), at_end[best - 1])
    run = trainer.result()
    assert run.epochs == epochs
    assert same_weights(run.snapshot.state(), at_end[best - 1])


def test_without_patience_a_training_ends_with_its_last_model(tiny_images, scripted):
    scripted(5, 3, 4, 4)
    trainer, at_end, finished = trained_with(SMALL.with_changes({"epochs": 4}), tiny_images)
    assert finished.test.loss == 100 - 4
    assert finished.validation is None
    assert same_weights(weights(trainer), at_end[3])


def test_where_none_are_set_apart_the_test_images_choose(tiny_images, scripted):
    """As in runs of earlier versions."""
    scripted(5, 3, 4)
    recipe = SMALL.with_changes({"epochs": 10, "patience": 2, "batch_size": 180, "validation": 0})
    trainer, at_end, finished = trained_with(recipe, tiny_images)
    assert [ended.test.loss for ended in trainer.history] == [95, 97, 96]
    assert finished.test.loss == 95
    assert same_weights(weights(trainer), at_end[0])


def test_validation_images_are_not_learned_from_and_measured_like_others(tiny_images):
    recipe = SMALL.with_changes({"validation": 0.2, "seed": 4, "beta": 2.0})
    trainer = Trainer(recipe, tiny_images)
    started, *_ = list(trainer.events())
    assert (started.images, started.validation) == (144, 36)
    learned, validation = set_apart(tiny_images, 0.2, 4)
    assert torch.equal(trainer.data.train_images, learned.train_images)
    expected = snapshot_losses(trainer.snapshot(), validation.test_images, validation.test_labels)
    assert trainer.history[-1].validation == expected
    repeated = Trainer(recipe.with_changes({"repeat": 3}), tiny_images)
    assert len(repeated.data.train_images) == 3 * 144


def test_a_training_that_goes_on_has_the_same_validation_images(tiny_images):
    recipe = SMALL.with_changes({"patience": 5, "seed": 4, "epochs": 1})
    first = Trainer(recipe, tiny_images)
    list(first.events())
    further = Trainer(recipe.with_changes({"seed": 9}), tiny_images, start=first.result())
    started, *_ = list(further.events())
    assert torch.equal(further.data.train_images, first.data.train_images)
    assert started.note == ""
    again = Trainer.resumed(further.result(), tiny_images)
    assert torch.equal(again.data.train_images, first.data.train_images)


def test_it_is_told_where_validation_images_were_learned_from_before(tiny_images):
    first = Trainer(SMALL, tiny_images)
    list(first.events())
    further = Trainer(SMALL.with_changes({"patience": 5}), tiny_images, start=first.result())
    assert "learned from already" in next(further.events()).note
    assert [further._images.compare(ended) for ended in first.history] == [False, False]  # of other images


def test_stopping_a_patient_training_keeps_its_best_model(tiny_images, scripted, each_step):
    scripted(5, 3, 4, 4)
    control = Control()
    trainer, at_end = Trainer(SMALL.with_changes({"epochs": 9, "patience": 5}), tiny_images, control=control), []
    for event in trainer.events():
        if isinstance(event, EpochEnded):
            at_end.append(weights(trainer))
        elif isinstance(event, Progress) and trainer.epochs_done > 3.5:
            control.stop.set()
    assert event.stopped
    assert event.validation.loss == 3
    assert event.epochs == 3
    assert same_weights(weights(trainer), at_end[1])


def test_a_patient_training_that_goes_on_is_patient_anew(tiny_images, scripted):
    scripted(5, 3, 4, 9, 8, 9, 9)
    recipe = SMALL.with_changes({"epochs": 10, "patience": 1, "batch_size": 180})
    first, _, finished = trained_with(recipe, tiny_images)
    assert finished.epochs == 3
    recipe = recipe.with_changes({"patience": 2})
    second = Trainer(recipe, tiny_images, start=first.result())
    finished = list(second.events())[-1]
    assert finished.epochs == 7
    assert finished.validation.loss == 8


# Changes while it runs


def after_two_messages(images):
    """Give a control, its training, and the rest of its events."""
    control = Control()
    trainer = Trainer(SMALL, images, control=control)
    events = trainer.events()
    next(events), next(events)
    return control, trainer, events


@pytest.mark.usefixtures("each_step")
def test_learning_rate_changes_at_the_next_step(tiny_images):
    control, trainer, events = after_two_messages(tiny_images)
    assert [group["lr"] for group in trainer.optimiser.param_groups] == [3e-3]
    control.change("learning_rate", 1e-4)
    changed = next(events)
    assert changed == Changed(trainer.run_id, pytest.approx(1 / 3), "learning_rate", 1e-4)
    assert [group["lr"] for group in trainer.optimiser.param_groups] == [1e-4]
    assert isinstance(next(events), Progress)
    assert trainer.changes == [changed]
    events.close()


@pytest.mark.usefixtures("each_step")
def test_a_learning_rate_of_next_to_nothing_stops_learning(tiny_images):
    control, trainer, events = after_two_messages(tiny_images)
    before = weights(trainer)
    control.change("learning_rate", 1e-20)
    list(events)
    assert all(torch.allclose(before[name], now, atol=1e-12) for name, now in weights(trainer).items())


@pytest.mark.usefixtures("each_step")
def test_beta_changes_at_the_next_step(tiny_images):
    control = Control()
    trainer = Trainer(SMALL, tiny_images, control=control)
    events = trainer.events()
    next(events)
    first = next(events)
    control.change("beta", 4.0)
    changed = next(events)
    assert (changed.setting, changed.value) == ("beta", 4.0)
    rest = list(events)
    np.testing.assert_allclose(first.losses[:, 0], first.losses[:, 1] + first.losses[:, 2], rtol=1e-5)
    losses = step_losses(rest)
    np.testing.assert_allclose(losses[:, 0], losses[:, 1] + losses[:, 2], rtol=1e-5)  # of the recipe's
    minimised = np.concatenate([event.objectives for event in of_kind(Progress, rest) if len(event.losses)])
    np.testing.assert_allclose(minimised, losses[:, 1] + 4 * losses[:, 2], rtol=1e-5)
    test = rest[-1].test
    assert test.loss == pytest.approx(test.reconstruction + test.kl)
    assert first.objectives is None
    ended = trainer.history[-1]
    assert ended.objective == pytest.approx(ended.train.reconstruction + 4 * ended.train.kl)


def test_what_is_best_is_so_under_one_beta(tiny_images):
    """Under a beta of next to nothing any epoch would look better than those before it."""
    control = Control()
    trainer = Trainer(SMALL.with_changes({"epochs": 6, "learning_rate": 3e-2}), tiny_images, control=control)
    for event in trainer.events():
        if isinstance(event, EpochEnded) and event.epoch == 3:
            control.change("beta", 0.0)
            control.change("learning_rate", 1e-9)
    lowest = math.inf
    for ended in trainer.history:
        assert ended.test.loss == pytest.approx(ended.test.reconstruction + ended.test.kl)
        assert ended.is_best == (ended.test.loss < lowest)
        lowest = min(lowest, ended.test.loss)
    assert trainer.history[-1].test.loss == pytest.approx(trainer.history[2].test.loss, rel=1e-4)
    assert trainer.history[-1].objective == pytest.approx(trainer.history[-1].train.reconstruction)


def test_a_curve_ends_where_an_evaluation_begins(tiny_images):
    control = Control()
    control.change("beta", 0.1)
    trainer = Trainer(SMALL, tiny_images, control=control)
    list(trainer.events())
    measured = snapshot_losses(trainer.snapshot(), tiny_images.test_images, tiny_images.test_labels)
    assert trainer.history[-1].test == measured


def test_going_on_with_another_beta_tells_all_losses_under_it(tiny_images):
    first = Trainer(SMALL, tiny_images)
    list(first.events())
    further = Trainer(SMALL.with_changes({"beta": 3.0}), tiny_images, start=first.result())
    list(further.events())
    for ended in further.history:
        for losses in (ended.train, ended.test):
            assert losses.loss == pytest.approx(losses.reconstruction + 3 * losses.kl)
    assert first.history[0].objective == further.history[0].objective


@pytest.mark.usefixtures("each_epoch")
def test_steps_before_a_change_of_beta_minimised_what_the_old_one_weighs(tiny_images, monkeypatch):
    control = Control()
    trainer = Trainer(SMALL.with_changes({"epochs": 1}), tiny_images, control=control)
    loss_terms, steps = trainer.model.loss_terms, []

    def loss_terms_then_change(*batch):
        steps.append(batch)
        if len(steps) == 2:  # as another thread would, between two messages
            control.change("beta", 10.0)
        return loss_terms(*batch)

    monkeypatch.setattr(trainer.model, "loss_terms", loss_terms_then_change)
    told = [event for event in of_kind(Progress, trainer.events()) if len(event.losses)]
    losses = step_losses(told)
    minimised = np.concatenate([event.losses[:, 0] if event.objectives is None else event.objectives for event in told])
    np.testing.assert_allclose(minimised - losses[:, 1], losses[:, 2] * [1, 1, 10], rtol=1e-3)
    np.testing.assert_allclose(losses[:, 0] - losses[:, 1], losses[:, 2], rtol=1e-3)


def test_beta_weighs_the_kl(tiny_images):
    kl = {}
    for beta in (0.1, 10):
        recipe = SMALL.with_changes({"beta": beta, "epochs": 20, "batch_size": 30})
        kl[beta] = learned(recipe, tiny_images)[1].kl
    assert kl[10] < 0.7 * kl[0.1]


def test_several_changes_are_told_in_their_order(tiny_images):
    control = Control()
    for value in (1e-4, 2e-4):
        control.change("learning_rate", value)
    control.change("beta", 0.0)
    trainer = Trainer(SMALL, tiny_images, control=control)
    changes = of_kind(Changed, trainer.events())
    assert [(change.setting, change.value) for change in changes] == [
        ("learning_rate", 1e-4),
        ("learning_rate", 2e-4),
        ("beta", 0.0),
    ]
    assert all(change.epochs_done == 0 for change in changes)
    assert trainer.result().changes == tuple(changes)


def test_a_change_that_comes_too_late_is_not_told(tiny_images):
    control = Control()
    events = list(Trainer(SMALL, tiny_images, control=control).events())
    control.change("beta", 3.0)
    assert not of_kind(Changed, events)


def test_one_cycle_rises_then_falls_to_nothing():
    rates = np.array([one_cycle(share) for share in np.linspace(0, 1, 1001)])
    assert rates[0] == pytest.approx(1 / 25)
    assert rates.argmax() == 300
    assert rates.max() == pytest.approx(1)
    assert (np.diff(rates[:301]) > 0).all()
    assert (np.diff(rates[300:]) <= 0).all()
    assert 0 < rates[-1] < 1e-4
    assert np.abs(np.diff(rates)).max() < 0.01  # no jump


@pytest.mark.usefixtures("each_step")
def test_one_cycle_drives_the_optimiser_and_a_change_moves_its_peak(tiny_images):
    control = Control()
    recipe = SMALL.with_changes({"schedule": "one-cycle", "epochs": 10, "learning_rate": 0.01})
    trainer = Trainer(recipe, tiny_images, control=control)
    rates = []
    for event in trainer.events():
        if isinstance(event, Progress) and len(event.epochs_done):
            rates.append(trainer.optimiser.param_groups[0]["lr"])
            if len(rates) == 15:
                control.change("learning_rate", 0.02)
    expected = [(0.01 if step < 15 else 0.02) * one_cycle(step / 30) for step in range(30)]
    np.testing.assert_allclose(rates, expected, rtol=1e-9)


# Values that are not finite


def poison(trainer):
    with torch.no_grad():
        for parameter in trainer.model.parameters():
            parameter.fill_(math.nan)


def finite(trainer):
    return all(torch.isfinite(tensor).all() for tensor in trainer.model.state_dict().values())


@pytest.mark.usefixtures("each_step")
def test_a_loss_that_is_not_finite_brings_the_last_good_model_back(tiny_images, monkeypatch):
    monkeypatch.setattr(kept_weights, "COPY_SECONDS", 0.0)
    trainer = Trainer(SMALL.with_changes({"epochs": 4}), tiny_images)
    seen, events, diverged_at = [], [], None
    for event in trainer.events():
        events.append(event)
        if isinstance(event, Diverged):
            diverged_at = len(events)
            now = weights(trainer)
            assert any(same_weights(now, good) for good in seen)
        elif isinstance(event, Progress) and len(event.epochs_done) and diverged_at is None:
            seen.append(weights(trainer))
            if len(seen) == 5:
                poison(trainer)
        assert diverged_at is None or finite(trainer)
    assert len(of_kind(Diverged, events)) == 1
    after = events[diverged_at:]
    assert isinstance(after[-1], Finished)
    assert np.isfinite(step_losses(events)).all()
    assert math.isfinite(after[-1].test.loss)
    message = events[diverged_at - 1].message
    assert "finite" in message
    assert "learning rate" in message


@pytest.mark.parametrize("pace", ["each_step", "each_epoch"])
def test_a_huge_learning_rate_never_leaves_a_broken_model(tiny_images, request, pace):
    request.getfixturevalue(pace)
    control = Control()
    trainer = Trainer(SMALL.with_changes({"epochs": 8, "batch_size": 90}), tiny_images, control=control)
    events = []
    for event in trainer.events():
        events.append(event)
        if isinstance(event, EpochEnded) and event.epoch == 2:
            control.change("learning_rate", 1e30)
        if isinstance(event, Diverged):
            assert finite(trainer)
            control.change("learning_rate", 1e-3)
    assert of_kind(Diverged, events)
    assert np.isfinite(step_losses(events)).all()
    for ended in of_kind(EpochEnded, events):
        assert math.isfinite(ended.train.loss)
        assert math.isfinite(ended.test.loss)
    assert finite(trainer)
    assert sum(event.is_best for event in of_kind(EpochEnded, events)) >= 1
    test = snapshot_losses(trainer.snapshot(), tiny_images.test_images, tiny_images.test_labels)
    assert math.isfinite(test.loss)


@pytest.mark.usefixtures("each_step")
@pytest.mark.parametrize("batch_size", [90, 180])
def test_a_model_broken_by_the_last_step_before_a_stop_can_still_be_kept(tiny_images, tmp_path, batch_size):
    control = Control()
    control.change("learning_rate", math.inf)
    trainer = Trainer(SMALL.with_changes({"batch_size": batch_size}), tiny_images, control=control)
    for event in trainer.events():
        if isinstance(event, Progress | Diverged):
            control.stop.set()
    assert finite(trainer)
    trainer.result().save(tmp_path / "kept.safetensors")
    Run.open(tmp_path / "kept.safetensors")


@pytest.mark.usefixtures("each_step")
def test_diverging_again_and_again_never_ends_in_an_error(tiny_images):
    control = Control()
    control.change("learning_rate", 1e38)
    trainer = Trainer(SMALL.with_changes({"epochs": 3}), tiny_images, control=control)
    events = list(trainer.events())
    assert len(of_kind(Diverged, events)) > 1
    assert isinstance(events[-1], Finished)
    assert events[-1].epochs == 3
    assert finite(trainer)
