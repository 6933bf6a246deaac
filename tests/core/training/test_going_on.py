"""Going on with a run."""

import dataclasses

import numpy as np
import pytest

from latentlab.core.events import EpochEnded, Losses, Progress, Started
from latentlab.core.runs.run import RunError
from latentlab.core.runs.run_header import MOST_EPOCHS
from latentlab.core.training.control import Control
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import SMALL, of_kind, same_weights, weights


def test_going_on_carries_weights_history_and_changes_over(tiny_images):
    control = Control()
    control.change("beta", 0.5)
    first = Trainer(SMALL, tiny_images, control=control)
    list(first.events())
    run = first.result()

    second = Trainer(SMALL.with_changes({"epochs": 3}), tiny_images, run_id="again", start=run)
    assert same_weights(weights(second), run.snapshot.state())
    events = list(second.events())
    assert (events[0].first_epoch, events[0].epochs) == (2, 5)
    assert [event.epoch for event in of_kind(EpochEnded, events)] == [3, 4, 5]
    assert events[-1].epochs == 5
    positions = np.concatenate([event.epochs_done for event in of_kind(Progress, events)])
    np.testing.assert_allclose(positions, 2 + np.arange(1, 10) / 3, rtol=1e-6)
    result = second.result()
    assert [epoch.epoch for epoch in result.history] == [1, 2, 3, 4, 5]
    assert result.history[:2] == run.history
    assert result.changes == run.changes
    assert result.epochs == 5
    assert result.snapshot.run_id == "again"


def test_more_epochs_than_a_file_takes_are_refused_before_they_are_trained(tiny_images):
    first = Trainer(SMALL, tiny_images)
    list(first.events())
    long = dataclasses.replace(first.result(), epochs=MOST_EPOCHS - 1)
    with pytest.raises(RunError, match=r"would come to 115,001 epochs, .* train it for fewer, or begin a new one\.$"):
        next(Trainer(SMALL.with_changes({"epochs": 2}), tiny_images, start=long).events())
    assert isinstance(next(Trainer(SMALL.with_changes({"epochs": 1}), tiny_images, start=long).events()), Started)


def test_going_on_leaves_the_run_it_started_from_as_it_was(tiny_images):
    first = Trainer(SMALL, tiny_images)
    list(first.events())
    run = first.result()
    before = {name: tensor.clone() for name, tensor in run.snapshot.state().items()}
    list(Trainer(SMALL, tiny_images, start=run).events())
    assert same_weights(run.snapshot.state(), before)
    assert len(run.history) == 2


def test_going_on_knows_the_best_epoch_so_far(tiny_images):
    first = Trainer(SMALL, tiny_images)
    list(first.events())
    for loss, is_best in ((0.0, False), (1e9, True)):
        before = [dataclasses.replace(epoch, test=Losses(loss, loss, 0.0)) for epoch in first.history]
        start = dataclasses.replace(first.result(), history=tuple(before))
        ended = of_kind(EpochEnded, Trainer(SMALL, tiny_images, start=start).events())
        assert ended[0].is_best == is_best


@pytest.fixture(scope="module")
def trained(tiny_images):
    trainer = Trainer(SMALL.with_changes({"epochs": 1}), tiny_images)
    list(trainer.events())
    return trainer.result()


@pytest.mark.parametrize(
    "changes",
    [{"latent": 3}, {"model.encoder.layers": "8"}, {"model.decoder.activation": "gelu"}, {"model.kind": "cvae"}],
)
def test_a_run_of_another_model_is_refused(tiny_images, trained, changes):
    with pytest.raises(RunError, match=r"another model \(.*differ\)") as caught:
        Trainer(SMALL.with_changes(changes), tiny_images, start=trained)
    assert next(iter(changes)) in str(caught.value)


def test_a_run_on_images_of_another_size_is_refused(tiny_images, trained):
    smaller = dataclasses.replace(
        tiny_images,
        name="smaller",
        train_images=tiny_images.train_images[:, :20, :20],
        test_images=tiny_images.test_images[:, :20, :20],
    )
    with pytest.raises(RunError, match="'smaller'"):
        Trainer(SMALL, smaller, start=trained)


def test_other_classes_are_refused_by_a_cvae_and_no_matter_to_a_vae(tiny_images, trained):
    renamed = dataclasses.replace(tiny_images, class_names=("a", "b", "c"))
    Trainer(SMALL, renamed, start=trained)
    recipe = SMALL.with_changes({"model.kind": "cvae"})
    conditional = Trainer(recipe, tiny_images).result()
    with pytest.raises(RunError, match="classes"):
        Trainer(recipe, renamed, start=conditional)
