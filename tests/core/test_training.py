import dataclasses
import itertools
import math
import threading

import numpy as np
import pytest
import torch

from latentlab.core import sketch, training
from latentlab.core.code_measures import activity, movement
from latentlab.core.corruption import corrupted
from latentlab.core.errors import LatentlabError
from latentlab.core.events import Changed, Diverged, EpochEnded, Finished, Losses, Progress, Started
from latentlab.core.image_quality import peak_signal_to_noise
from latentlab.core.metrics import evaluate
from latentlab.core.optimising import new_optimiser, one_cycle
from latentlab.core.recipe import Recipe
from latentlab.core.runs import Run, RunError
from latentlab.core.training import Control, Trainer

SMALL = Recipe.from_dict(
    {
        "name": "small",
        "data": {"dataset": "tiny"},
        "model": {"encoder": {"layers": [16]}, "decoder": {"layers": [16]}},
        "training": {"batch_size": 60, "epochs": 2, "learning_rate": 3e-3, "device": "cpu"},
    }
)
CONV = {
    "encoder": {"kind": "conv", "layers": [4, 8], "activation": "leaky-relu"},
    "decoder": {"kind": "conv", "layers": [8, 4], "activation": "leaky-relu"},
    "output": "tanh",
}


@pytest.fixture(scope="module")
def preparation(tiny_images):
    return sketch.measure(tiny_images.train_images[:200].numpy())


@pytest.fixture(autouse=True)
def measured_once(preparation, monkeypatch):
    """Give each trainer what is measured of the tiny images, which takes longer than training on them."""
    monkeypatch.setattr(sketch, "measure", lambda images: preparation)


@pytest.fixture
def each_step(monkeypatch):
    """Report after each step, as on a machine where a step takes longer than the time between two messages."""
    monkeypatch.setattr(training, "_MESSAGE_SECONDS", 0.0)


@pytest.fixture
def each_epoch(monkeypatch):
    """Report once in an epoch, as on a machine where an epoch is shorter than the time between two messages."""
    monkeypatch.setattr(training, "_MESSAGE_SECONDS", math.inf)


def weights(trainer):
    return {name: tensor.clone() for name, tensor in trainer.model.state_dict().items()}


def same_weights(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def step_losses(events):
    return np.concatenate([event.losses for event in events if isinstance(event, Progress)])


def of_kind(kind, events):
    return [event for event in events if isinstance(event, kind)]


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
        evaluate(snapshot, tiny_images.test_images, tiny_images.test_labels)
        watched.result()
    np.testing.assert_array_equal(step_losses(seen), expected)
    assert same_weights(weights(watched), weights(untouched))


def test_how_often_it_reports_never_changes_a_run(tiny_images, monkeypatch):
    runs = []
    for seconds in (0.0, math.inf):
        monkeypatch.setattr(training, "_MESSAGE_SECONDS", seconds)
        trainer = Trainer(SMALL, tiny_images)
        runs.append((step_losses(trainer.events()), weights(trainer)))
    np.testing.assert_array_equal(runs[0][0], runs[1][0])
    assert same_weights(runs[0][1], runs[1][1])


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
    trainer = Trainer(SMALL.with_changes({"epochs": 3}), tiny_images, run="abc")
    events = list(trainer.events())

    assert {event.run for event in events} == {"abc"}
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
    assert told[-1].seconds_left < told[0].seconds_left


def test_an_epochs_train_loss_is_the_mean_over_its_images(tiny_images, each_step):
    changes = {"batch_size": 128, "epochs": 1, "sparsity": 0.1}  # batches of 128 and 52
    recipe = SMALL.with_changes(changes)
    trainer = Trainer(recipe, tiny_images)
    losses = step_losses(trainer.events())
    expected = (losses * [[128], [52]]).sum(0) / 180
    train = trainer.history[0].train
    np.testing.assert_allclose(dataclasses.astuple(train), expected, rtol=1e-5)


def test_test_losses_are_those_of_the_model_at_the_epochs_end(tiny_images):
    recipe = SMALL.with_changes({"beta": 2.0})
    trainer = Trainer(recipe, tiny_images)
    for event in trainer.events():
        if isinstance(event, EpochEnded):
            now = evaluate(trainer.snapshot(), tiny_images.test_images, tiny_images.test_labels)
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
    assert trainer.snapshot().decode(np.zeros((1, 2))).shape == (1, 28, 28)
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
        test_images=tiny_images.test_images.repeat(40, 1, 1),
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


# Learning


def learned(recipe, images):
    """Train and give the test losses of the first model and of the last."""
    trainer = Trainer(recipe, images)
    before = evaluate(trainer.snapshot(), images.test_images, images.test_labels)
    list(trainer.events())
    return before, trainer.history[-1].test


@pytest.mark.parametrize(
    ("changes", "ratio"),
    [
        pytest.param({}, 0.5, id="mlp"),
        pytest.param({"optimiser": "adamw", "schedule": "one-cycle"}, 0.5, id="adamw, one-cycle"),
        pytest.param({"optimiser": "rmsprop"}, 0.5, id="rmsprop"),
        pytest.param({"rotation": 5, "scale": 0.1, "shear": 0.1, "shift": 1}, 0.5, id="augmented"),
        pytest.param({"latent": 5, "beta": 0.5}, 0.6, id="five dimensions"),
    ],
)
def test_training_lowers_the_loss(tiny_images, changes, ratio):
    before, after = learned(SMALL.with_changes({"epochs": 25, "batch_size": 30} | changes), tiny_images)
    assert after.loss < ratio * before.loss
    assert after.kl > 0.1  # the code is used


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_training_lowers_the_loss_of_convolutions(tiny_images, kind):
    values = SMALL.model_dump() | {
        "model": CONV | {"kind": kind},
        "loss": {"reconstruction": "squared-error"},
        "training": SMALL.training.model_dump() | {"epochs": 12, "batch_size": 30},
    }
    before, after = learned(Recipe.from_dict(values), tiny_images)
    assert after.loss < 0.6 * before.loss


def test_rmsprop_forgets_as_fast_as_its_author_said(tiny_images):
    trainer = Trainer(SMALL.with_changes({"optimiser": "rmsprop"}), tiny_images)
    optimiser = new_optimiser(trainer.model, trainer.recipe.training, 0.01)
    assert isinstance(optimiser, torch.optim.RMSprop)
    assert [(group["alpha"], group["lr"], group["momentum"]) for group in optimiser.param_groups] == [(0.9, 0.01, 0)]


@pytest.mark.parametrize(
    ("changes", "ratio"),
    [
        pytest.param({}, 0.5, id="mlp"),
        pytest.param({"latent": 32, "code_activation": "relu", "sparsity": 0.1}, 0.5, id="sparse"),
        pytest.param({"latent": 8, "model.encoder.activation": "sigmoid", "contraction": 0.1}, 0.7, id="contractive"),
    ],
)
def test_training_lowers_the_loss_of_an_autoencoder(tiny_images, changes, ratio):
    recipe = SMALL.with_changes({"model.kind": "autoencoder", "epochs": 25, "batch_size": 30} | changes)
    before, after = learned(recipe, tiny_images)
    assert after.loss < ratio * before.loss
    assert after.kl == 0
    assert (after.penalty > 0) == bool(recipe.loss.sparsity or recipe.loss.contraction)


def test_sparsity_keeps_units_silent(tiny_images):
    shares = {}
    for sparsity in (0.0, 1.0):
        changes = {"model.kind": "autoencoder", "latent": 32, "code_activation": "relu", "sparsity": sparsity}
        trainer = Trainer(SMALL.with_changes({"epochs": 20, "batch_size": 30} | changes), tiny_images)
        list(trainer.events())
        codes, _ = trainer.snapshot().encode(tiny_images.test_images)
        shares[sparsity] = activity(codes, tiny_images.test_labels.numpy(), 3).by_image.mean()
    assert shares[1.0] < 0.5 * shares[0.0]


def test_contraction_keeps_the_code_still(tiny_images):
    moves = {}
    for contraction in (0.0, 300.0):
        changes = {"model.kind": "autoencoder", "latent": 8, "contraction": contraction, "epochs": 20, "batch_size": 30}
        trainer = Trainer(SMALL.with_changes(changes), tiny_images)
        list(trainer.events())
        moves[contraction] = movement(trainer.snapshot(), tiny_images.test_images, None, 0.1, 0)
    assert moves[300.0] < 0.8 * moves[0.0]


def test_a_cvae_learns_to_use_the_label(tiny_images):
    recipe = SMALL.with_changes({"model.kind": "cvae", "epochs": 25, "batch_size": 30})
    trainer = Trainer(recipe, tiny_images)
    list(trainer.events())
    images = tiny_images.test_images
    right, *_ = trainer.snapshot().loss_terms(images, tiny_images.test_labels)
    wrong, *_ = trainer.snapshot().loss_terms(images, (tiny_images.test_labels + 1) % 3)
    assert right.mean() < 0.8 * wrong.mean()


def test_limit_trains_on_the_first_images_only(tiny_images):
    trainer = Trainer(SMALL.with_changes({"limit": 50, "batch_size": 20}), tiny_images)
    events = trainer.events()
    started = next(events)
    assert started.images == 50
    assert started.steps_per_epoch == 3
    assert torch.equal(trainer.data.train_images, tiny_images.train_images[:50])
    assert len(trainer.data.test_images) == 60


def test_a_limit_beyond_the_data_takes_all(tiny_images):
    assert next(Trainer(SMALL.with_changes({"limit": 10_000}), tiny_images).events()).images == 180


# The images alone that a recipe names


def test_a_recipe_may_name_the_images_it_learns_from_and_is_tested_on(tiny_images):
    recipe = SMALL.with_changes({"images": (185, 3, 179, 180), "batch_size": 4})
    trainer = Trainer(recipe, tiny_images)
    first, second = tiny_images.train_images, tiny_images.test_images
    expected = torch.stack([second[5], first[3], first[179], second[0]])  # 180 are for training, in this order
    assert torch.equal(trainer.data.train_images, expected)
    assert torch.equal(trainer.data.test_images, expected)
    labels = [tiny_images.test_labels[5], tiny_images.train_labels[3]]
    assert trainer.data.train_labels[:2].tolist() == trainer.data.test_labels[:2].tolist() == labels
    assert next(trainer.events()).images == 4
    assert trainer.result().codes.shape == (4, 2)
    one = Trainer(SMALL.with_changes({"images": (7,), "limit": 5}), tiny_images).data
    assert torch.equal(one.train_images, first[7:8])


def test_the_noisy_sides_of_pairs_are_selected_with_them(tiny_images):
    pairs = dataclasses.replace(
        tiny_images, train_noisy=255 - tiny_images.train_images, test_noisy=255 - tiny_images.test_images
    )
    data = Trainer(SMALL.with_changes({"images": (1, 200)}), pairs).data
    assert torch.equal(data.train_noisy, 255 - data.train_images)
    assert torch.equal(data.test_noisy, 255 - data.test_images)


def test_an_image_that_the_set_does_not_have_is_told_in_a_sentence(tiny_images):
    Trainer(SMALL.with_changes({"images": (239,)}), tiny_images)
    told = r"^'tiny' has 240 images, counted from 0: there is no image 240; choose others\.$"
    with pytest.raises(LatentlabError, match=told):
        Trainer(SMALL.with_changes({"images": (0, 240)}), tiny_images)


# What the encoder sees


@pytest.fixture
def watched(monkeypatch):
    """Make a trainer whose model keeps what it was given at each step: image, label, noise, and what is seen."""

    def make(recipe, images):
        trainer, given = Trainer(recipe, images), []
        kind = type(trainer.model)
        loss_terms = kind.loss_terms

        def watch(model, x, labels, noise, seen=None):
            if model is trainer.model and model.training:
                given.append((x, labels, noise, seen))
            return loss_terms(model, x, labels, noise, seen)

        monkeypatch.setattr(kind, "loss_terms", watch)
        return trainer, given

    return make


def test_the_encoder_sees_damage_and_the_decoder_is_asked_for_the_clean_image(tiny_images, watched):
    trainer, given = watched(SMALL.with_changes({"salt_and_pepper": 0.3, "model.kind": "autoencoder"}), tiny_images)
    list(trainer.events())
    clean = {image.numpy().tobytes() for image in tiny_images.train_images}
    for x, _, _, seen in given:
        assert all(image.mul(255).round().byte().numpy().tobytes() in clean for image in x)
        changed = seen != x
        assert set(seen[changed].tolist()) == {0.0, 1.0}
        expected = 0.15 * ((x > 0).float() + (x < 1).float()).mean()  # black stays where it turns black
        assert float(changed.float().mean()) == pytest.approx(float(expected), abs=0.01)
    (first, *_, seen), (again, *_, seen_again) = given[0], given[3]  # the first steps of two epochs
    assert not torch.equal(first, again)
    assert not torch.equal((seen != first).nonzero(), (seen_again != again).nonzero())


def test_undamaged_images_are_seen_as_they_are(tiny_images, watched):
    trainer, given = watched(SMALL, tiny_images)
    list(trainer.events())
    assert all(torch.equal(x, seen) for x, _, _, seen in given)


def test_of_pairs_the_encoder_sees_the_noisy_side(tiny_images, watched):
    pairs = dataclasses.replace(
        tiny_images, train_noisy=255 - tiny_images.train_images, test_noisy=255 - tiny_images.test_images
    )
    trainer, given = watched(SMALL, pairs)
    list(trainer.events())
    for x, _, _, seen in given:
        torch.testing.assert_close(seen, 1 - x)
    images, labels = pairs.test_images, pairs.test_labels
    assert trainer.history[-1].test == evaluate(trainer.snapshot(), images, labels, pairs.test_noisy)
    assert trainer.history[-1].test != evaluate(trainer.snapshot(), images, labels)


def test_a_denoising_model_learns_to_restore(tiny_images):
    recipe = SMALL.with_changes({"model.kind": "autoencoder", "latent": 16, "salt_and_pepper": 0.2, "epochs": 25})
    trainer = Trainer(recipe.with_changes({"batch_size": 20}), tiny_images)
    list(trainer.events())
    clean = tiny_images.test_images[:, None] / 255
    noisy = corrupted(clean, recipe.corruption, torch.Generator().manual_seed(1))
    restored = trainer.snapshot().restore(noisy[:, 0])
    before, after = (peak_signal_to_noise(clean[:, 0], other) for other in (noisy[:, 0], restored))
    assert after > before + 5  # decibels


@pytest.mark.parametrize("temperature", [0.0, 0.6])
def test_a_temperature_scales_the_noise_of_training(tiny_images, watched, each_step, temperature):
    warm, warm_given = watched(SMALL, tiny_images)
    trainer, given = watched(SMALL.with_changes({"temperature": temperature}), tiny_images)
    before = trainer.snapshot()
    progress = of_kind(Progress, trainer.events())
    list(warm.events())
    for (*_, noise, _), (*_, full, _) in zip(given, warm_given, strict=True):
        torch.testing.assert_close(noise, temperature * full)
    x, labels, noise, _ = given[0]
    expected = before.loss_terms(x[:, 0], labels, noise)
    np.testing.assert_allclose(progress[0].losses[0, 1], expected[0].mean(), rtol=1e-5)
    if temperature == 0:  # the image is decoded from the mean
        shares = before.decode(before.encode(x[:, 0])[0])
        target = x[:, 0].numpy()
        error = -(target * np.log(shares) + (1 - target) * np.log1p(-shares)).sum((1, 2)).mean()
        np.testing.assert_allclose(progress[0].losses[0, 1], error, rtol=1e-5)


# Patience


@pytest.fixture
def scripted(monkeypatch):
    """Have the tests of a training find these losses, one after the other."""

    def script(*losses):
        found = iter(losses)
        monkeypatch.setattr(training.metrics, "mean_losses", lambda parts, beta: Losses(next(found), 1.0, 1.0))

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
    assert finished.test.loss == min(losses)
    assert same_weights(weights(trainer), at_end[best - 1])
    run = trainer.result()
    assert run.epochs == epochs
    assert same_weights(run.snapshot.state(), at_end[best - 1])


def test_without_patience_a_training_ends_with_its_last_model(tiny_images, scripted):
    scripted(5, 3, 4, 4)
    trainer, at_end, finished = trained_with(SMALL.with_changes({"epochs": 4}), tiny_images)
    assert finished.test.loss == 4
    assert same_weights(weights(trainer), at_end[3])


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
    assert event.test.loss == 3
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
    assert finished.test.loss == 8


# Changes while it runs


@pytest.mark.usefixtures("each_step")
def test_learning_rate_changes_at_the_next_step(tiny_images):
    control = Control()
    trainer = Trainer(SMALL, tiny_images, control=control)
    events = trainer.events()
    next(events), next(events)
    assert [group["lr"] for group in trainer._optimiser.param_groups] == [3e-3]
    control.change("learning_rate", 1e-4)
    changed = next(events)
    assert changed == Changed(trainer.run, pytest.approx(1 / 3), "learning_rate", 1e-4)
    assert [group["lr"] for group in trainer._optimiser.param_groups] == [1e-4]
    assert isinstance(next(events), Progress)
    assert trainer.changes == [changed]
    events.close()


@pytest.mark.usefixtures("each_step")
def test_a_learning_rate_of_next_to_nothing_stops_learning(tiny_images):
    control = Control()
    trainer = Trainer(SMALL, tiny_images, control=control)
    events = trainer.events()
    next(events), next(events)
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
    np.testing.assert_allclose(losses[:, 0], losses[:, 1] + 4 * losses[:, 2], rtol=1e-5)
    test = rest[-1].test
    assert test.loss == pytest.approx(test.reconstruction + 4 * test.kl)


@pytest.mark.usefixtures("each_epoch")
def test_steps_before_a_change_of_beta_are_told_under_the_old_one(tiny_images, monkeypatch):
    control = Control()
    trainer = Trainer(SMALL.with_changes({"epochs": 1}), tiny_images, control=control)
    step = trainer._step

    def step_then_change(*batch):
        step(*batch)
        if trainer._steps_done == 2:  # as another thread would, between two messages
            control.change("beta", 10.0)

    monkeypatch.setattr(trainer, "_step", step_then_change)
    losses = step_losses(trainer.events())
    np.testing.assert_allclose(losses[:, 0] - losses[:, 1], losses[:, 2] * [1, 1, 10], rtol=1e-3)


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
            rates.append(trainer._optimiser.param_groups[0]["lr"])
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
    monkeypatch.setattr(training, "_SAFE_COPY_SECONDS", 0.0)
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
    test = evaluate(trainer.snapshot(), tiny_images.test_images, tiny_images.test_labels)
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


# Going on with a run


def test_going_on_carries_weights_history_and_changes_over(tiny_images):
    control = Control()
    control.change("beta", 0.5)
    first = Trainer(SMALL, tiny_images, control=control)
    list(first.events())
    run = first.result()

    second = Trainer(SMALL.with_changes({"epochs": 3}), tiny_images, run="again", start=run)
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
    assert result.snapshot.run == "again"


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


# What cannot be trained


def test_a_cvae_without_labels_is_refused_in_a_sentence(tiny_images):
    nameless = dataclasses.replace(
        tiny_images,
        train_labels=torch.full_like(tiny_images.train_labels, -1),
        test_labels=torch.full_like(tiny_images.test_labels, -1),
        class_names=(),
    )
    with pytest.raises(LatentlabError, match=r"^A CVAE needs labels .*\.$"):
        Trainer(SMALL.with_changes({"model.kind": "cvae"}), nameless)
    list(Trainer(SMALL.with_changes({"epochs": 1}), nameless).events())  # a VAE needs none


def test_a_cvae_with_some_labels_missing_is_refused(tiny_images):
    labels = tiny_images.train_labels.clone()
    labels[7] = -1
    with pytest.raises(LatentlabError, match="labels"):
        Trainer(SMALL.with_changes({"model.kind": "cvae"}), dataclasses.replace(tiny_images, train_labels=labels))


def test_an_epoch_goes_through_repeated_images_as_often_as_said(tiny_images):
    recipe = SMALL.with_changes({"data.images": [3, 7], "repeat": 5, "batch_size": 4, "epochs": 1})
    trainer = Trainer(recipe, tiny_images)
    started, *_ = list(trainer.events())
    assert (started.images, started.steps_per_epoch) == (10, 3)
    assert len(trainer.data.test_images) == 2
    for row, image in ((0, 3), (1, 7), (2, 3)):
        assert torch.equal(trainer.data.train_images[row], tiny_images.train_images[image])
