"""Of a step that ranks share, the mean of their gradients is the gradient of the whole batch."""

import math
import time

import pytest
import torch

from latentlab.core.events import Diverged, Progress
from latentlab.core.ranks.ranks import Part, Ranks
from latentlab.core.training import trainer as trainers
from latentlab.core.training.clock import TrainingClock
from latentlab.core.training.control import Control
from latentlab.core.training.meetings import Meetings
from latentlab.core.training.objective import Objective
from latentlab.core.training.phases import Phase, moment_of
from latentlab.core.training.seen_images import seen_images
from latentlab.core.training.shared_losses import SharedLosses
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import SMALL

CPU = torch.device("cpu")


class One(Ranks):
    """One of several ranks; of what they add up it has all numbers, from the others as well."""

    def __init__(self, rank, count, added=None):
        self.rank, self.count, self._added = rank, count, added

    def sum(self, numbers):
        return numbers if self._added is None else numbers + self._added


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"model.kind": "cvae", "beta": 4, "warm_up": 3},
        {"samples": 3, "warm_up": 3},
        {"prior": "vamp", "components": 3},
        {"model.kind": "autoencoder", "contraction": 0.1, "sparsity": 0.1},
        {"binarised": "dynamic", "rotation": 10, "mirror": 0.5, "corruption.gaussian": 0.2},
    ],
    ids=["vae", "cvae", "importance-weighted", "vamp", "autoencoder", "drawn"],
)
@pytest.mark.parametrize(("images", "ranks"), [(7, 3), (2, 3)])
def test_the_mean_of_the_gradients_of_parts_is_that_of_the_batch(tiny_images, changes, images, ranks):
    recipe = SMALL.with_changes(changes)
    model = Trainer(recipe, tiny_images).model
    shown, labels = tiny_images.train_images[:images], tiny_images.train_labels[:images]

    def losses(part, one):
        generator, rows = torch.Generator().manual_seed(1), part.rows
        moment = moment_of(Phase(0.1, refines=False), 1, recipe)
        x, seen = seen_images(shown[rows], None, recipe, moment, generator, part)
        objective = Objective(recipe, recipe.loss.beta, CPU, one)
        told = objective.losses(model, x, labels[rows], seen, generator, moment.to_come, part)
        gradients = torch.autograd.grad(told[4], [*model.parameters()])
        return torch.cat([told.detach(), *map(torch.flatten, gradients)])

    whole = losses(Ranks().part(images), Ranks())
    parts = [losses(one.part(images), one) for one in (One(rank, ranks) for rank in range(ranks))]
    torch.testing.assert_close(sum(parts) / ranks, whole, rtol=1e-4, atol=1e-4)


def test_one_rank_that_is_to_stop_stops_all_at_the_next_meeting():
    control, other = Control(), torch.tensor([1.0, 0.0]).double()
    meetings = Meetings(One(0, 2, other), control, TrainingClock())
    assert not meetings.stops
    assert meetings.is_due(0.05)  # after the first step, to see how long one takes
    meetings.meet(0.05)
    assert meetings.stops
    assert not control.stop.is_set()


def test_ranks_meet_after_as_many_steps_as_take_the_time():
    clock, seconds_of_other = TrainingClock(), 0.03
    meetings = Meetings(One(0, 2, torch.tensor([0.0, seconds_of_other]).double()), Control(), clock)
    meetings.is_due(0.1)
    clock.step_seconds = 0.01  # of that step: 0.02 in the mean
    meetings.meet(0.1)
    assert [meetings.is_due(0.1) for _ in range(5)] == [False] * 4 + [True]
    assert not meetings.stops


def test_what_is_told_is_summed_up_in_the_meeting_itself():
    control, asked = Control(), []

    class Two(Ranks):
        count = 2

        def sum(self, numbers):
            asked.append(len(numbers))
            return 2 * numbers

    meetings = Meetings(Two(), control, TrainingClock())
    meetings.is_due(0.05)
    control.stop.set()
    told = torch.arange(10.0).double().view(2, 5)
    assert torch.equal(meetings.meet(0.05, told), 2 * told)
    assert meetings.stops
    assert asked == [12]
    assert len(meetings.meet(0.05)) == 0


class Same(Ranks):
    """One of two ranks that have the same images; it notes how many numbers they add up each time."""

    count = 2

    def __init__(self, asked):
        self._asked = asked

    def part(self, images, block=1):
        return Part(slice(0, images), images, 2)

    def gathered(self, own, part):
        return own

    def sum(self, numbers):
        self._asked.append(len(numbers))
        return 2 * numbers


def test_no_step_is_taken_once_a_loss_has_diverged_and_somebody_stops_for_that(tiny_images, monkeypatch):
    """What is saved then is the last good model, and nothing that was learned from it since."""
    monkeypatch.setattr(trainers, "_MESSAGE_SECONDS", 0)
    monkeypatch.setattr(SharedLosses, "prepare", lambda self: None)
    control = Control()
    trainer = Trainer(SMALL.with_changes({"epochs": 4}), tiny_images, control=control, ranks=Same([]))
    stopped = None
    for event in trainer.events():
        if isinstance(event, Diverged):
            control.stop.set()
            stopped = [each.clone() for each in trainer.model.state_dict().values()]
        elif isinstance(event, Progress) and stopped is None:
            with torch.no_grad():
                next(trainer.model.parameters()).fill_(math.nan)
    assert stopped is not None
    assert all(map(torch.equal, stopped, trainer.model.state_dict().values()))


def test_each_message_of_a_shared_training_is_one_sum(tiny_images, monkeypatch):
    """Where a step takes as long as the time between messages, it would wait for each of them."""
    monkeypatch.setattr(trainers, "_MESSAGE_SECONDS", 0)
    asked = []
    monkeypatch.setattr(SharedLosses, "prepare", lambda self: None)
    trainer = Trainer(SMALL.with_changes({"epochs": 1}), tiny_images, ranks=Same(asked))
    told = 0
    for event in trainer.events():
        if isinstance(event, Progress) and len(event.losses):
            told += len(event.losses)
            assert len(asked) == told
    assert told == 3
    assert asked[:3] == [7, 7, 7]


def test_a_rank_alone_meets_nobody(monkeypatch):
    control, clock = Control(), TrainingClock()
    monkeypatch.setattr(clock, "uncounted", lambda: 0.05)
    meetings = Meetings(Ranks(), control, clock)
    assert meetings.is_due(0.05)
    assert not meetings.is_due(0.06)
    control.stop.set()
    assert meetings.stops


def test_making_the_engine_is_not_counted_to_the_steps(tiny_images, monkeypatch):
    now, made = [1000.0], []

    def engine(losses, **_):
        now[0] += 60
        made.append(losses)
        return losses

    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr("torch.nn.parallel.DistributedDataParallel", engine)
    trainer = Trainer(SMALL, tiny_images, ranks=One(0, 2))
    loss_terms = trainer.model.loss_terms

    def slow(*batch):
        now[0] += 0.25
        return loss_terms(*batch)

    monkeypatch.setattr(trainer.model, "loss_terms", slow)
    steps = [event for event in trainer.events() if isinstance(event, Progress) and len(event.losses)]
    assert len(made) == 1
    assert steps[0].images_per_second == pytest.approx(60 / 0.25)
