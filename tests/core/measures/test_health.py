"""What is told of a training that does not go well, and that nothing is told of one that does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.core.events import Changed, Diverged, EpochEnded, Losses, Progress, Started
from latentlab.core.measures.health import Watch, of_code, of_losses, of_posterior
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import SMALL


def posterior(*variances, deviation=1.0):
    """Give means of these variances over images, and deviations."""
    means = np.random.default_rng(0).normal(size=(200, len(variances))).astype(np.float32)
    means = (means - means.mean(0)) / means.std(0) * np.sqrt(np.array(variances, np.float32))
    return means, np.full_like(means, deviation)


def found(name, *arguments):
    finding = {"posterior": of_posterior, "code": of_code, "losses": of_losses}[name](*arguments)
    return finding and finding.kind


def test_a_posterior_that_is_the_prior_has_collapsed():
    finding = of_posterior(Recipe(), *posterior(0.001, 0.0))
    assert finding.kind == "collapse"
    assert "none of 2 latent dimensions is active, with a KL of 0.001 nats" in finding.sentence
    assert finding.remedy == {"loss.free_bits": 0.5}
    assert finding.with_options.endswith("Try --set loss.free_bits=0.5.")


def test_means_that_hardly_vary_are_enough_where_deviations_are_small():
    """As of a convolutional encoder in its first epochs: ten nats in means that vary by a thousandth."""
    assert of_posterior(Recipe(), *posterior(0.001, 0.001, deviation=0.01)) is None


@pytest.mark.parametrize(
    ("variances", "kind"),
    [
        ((1.0, 0.5), None),
        ((1.0, 0.001), "inactive"),
        ((0.5,) * 3 + (0.0,) * 5, "inactive"),
        ((0.5,) * 3 + (0.0,) * 6, None),  # of many dimensions a VAE uses those that it needs
        ((0.0,) * 20, "collapse"),
    ],
)
def test_few_dimensions_are_all_meant(variances, kind):
    assert found("posterior", Recipe(), *posterior(*variances)) == kind


def test_a_remedy_that_did_not_help_is_followed_by_another():
    recipe, remedies = Recipe().with_changes({"beta": 4}), []
    for _ in range(3):
        remedies.append(of_posterior(recipe, *posterior(0.0, 0.0)).remedy)
        recipe = recipe.with_changes(remedies[-1])
    assert remedies == [{"loss.free_bits": 0.5}, {"loss.warm_up": 10.0}, {"loss.beta": 0.4}]


@settings(max_examples=15)
@given(
    latent=st.integers(1, 4096),
    beta=st.floats(1e-6, 1000),
    rate=st.floats(1e-9, 1),
    more=st.sampled_from([{}, {"samples": 3}, {"micro_batch": 16}, {"prior": "vamp"}]),
)
def test_every_remedy_is_one_that_a_recipe_takes(latent, beta, rate, more):
    recipe = Recipe().with_changes({"latent": latent, "beta": beta, "learning_rate": rate} | more)
    for _ in range(3):
        recipe = recipe.with_changes(of_posterior(recipe, *posterior(*[0.0] * min(latent, 3))).remedy)
    assert recipe.with_changes(of_losses([1.0, 100.0], rate).remedy).training.learning_rate < rate


@pytest.mark.parametrize(
    ("changes", "alive", "kind", "remedy"),
    [
        ({"code_activation": "relu"}, 40, "dead units", {"training.learning_rate": 0.0001}),
        ({"code_activation": "relu"}, 60, None, None),
        ({"code_activation": "relu", "sparsity": 0.1}, 8, None, None),  # most are silent by intent
        ({"code_activation": "relu", "sparsity": 1}, 1, "dead units", {"loss.sparsity": 0.1}),
        ({"code_activation": "relu", "sparsity": 1, "learning_rate": 0.1}, 1, "dead units", {"learning_rate": 0.01}),
        ({}, 0, None, None),
    ],
)
def test_units_that_no_image_switches_on_are_dead(changes, alive, kind, remedy):
    recipe = Recipe().with_changes({"model.kind": "autoencoder", "latent": 100} | changes)
    codes = np.zeros((50, 100), np.float32)
    codes[np.arange(alive) % 50, np.arange(alive)] = 1  # each by one image
    finding = of_code(recipe, codes)
    assert (finding and finding.kind) == kind
    if finding:
        assert recipe.with_changes(finding.remedy) == recipe.with_changes(remedy)


@pytest.mark.parametrize(
    ("losses", "kind"),
    [
        ([170, 150, 140], None),
        ([170, 1500], None),  # may come back
        ([170, 1750], "explosion"),
        ([170, 3, 160], None),  # of one image learned by heart: it never began lower
        ([170, 100, 5000], "explosion"),
        ([170], None),
        ([], None),
    ],
)
def test_a_loss_explodes_above_where_it_began(losses, kind):
    assert found("losses", losses, 0.1) == kind


def started(steps=50, epochs=20, first=0):
    return Started("run", epochs, first, steps, 1000, "cpu")


def epoch_ended(epoch, loss=100.0):
    losses = Losses(loss, loss, 0.0)
    return EpochEnded("run", epoch, losses, losses, is_best=True)


def progress(loss):
    return Progress("run", np.array([0.1], np.float32), np.array([[loss, loss, 0, 0]], np.float32), 1.0, 1.0, 1.0)


def looked(watch, codes, epochs=20):
    """Look whenever it is due; give at which epochs that was, and what was told."""
    looks = [epoch for epoch in range(1, epochs + 1) if watch.is_due(epoch) and not tell(watch, epoch, codes)]
    return looks, told


told = []


def tell(watch, epoch, codes):
    finding = watch.look(epoch, *codes(epoch))
    if finding:
        told.append((epoch, finding.kind))


@pytest.fixture(autouse=True)
def nothing_told():
    told.clear()


def bad(epoch):
    return posterior(0.0, 0.0)


def good(epoch):
    return posterior(1.0, 1.0)


@pytest.mark.parametrize(
    ("begin", "changes", "at"),
    [
        (started(), {}, 3),
        (started(steps=10), {}, 11),  # 100 steps first
        (started(steps=1000), {}, 3),
        (started(), {"warm_up": 6}, 7),
        (started(epochs=30, first=10), {}, 13),
        (started(epochs=2), {}, 2),  # nothing follows
    ],
)
def test_a_collapse_is_told_once_when_two_looks_agree(begin, changes, at):
    watch = Watch(Recipe().with_changes(changes))
    watch.take(begin)
    looks, _ = looked(watch, bad, begin.epochs)
    assert told == [(at, "collapse")]
    assert looks[0] == max(at - 1, 2)


def test_a_posterior_that_is_late_is_not_told():
    watch = Watch(Recipe())
    watch.take(started())
    looks, _ = looked(watch, lambda epoch: bad(epoch) if epoch == 2 else good(epoch))
    assert told == []
    assert looks == [2, 3, 5, 8, 11, 15, 20]


def test_codes_that_are_few_or_all_of_one_image_are_not_judged():
    means, deviations = posterior(0.0, 0.0)
    watch = Watch(Recipe())
    watch.take(started(epochs=2))
    assert watch.look(2, means[:19], deviations[:19]) is None
    means[19:] = np.nan  # not encoded yet
    assert watch.look(2, means, deviations) is None
    assert watch.look(2, *posterior(0.0, 0.0)).kind == "collapse"


def test_an_explosion_is_told_once_and_a_change_begins_anew():
    watch = Watch(Recipe())
    events = [started(), progress(100), epoch_ended(1, 90), epoch_ended(2, 5000), epoch_ended(3, 5000)]
    assert [finding.kind for event in events if (finding := watch.take(event))] == ["explosion"]
    watch = Watch(Recipe())
    later = [*events[:3], Changed("run", 1.0, "beta", 100.0), progress(5000), *events[3:]]
    assert not any(watch.take(event) for event in later)
    warm = Watch(Recipe().with_changes({"warm_up": 3}))
    assert not any(warm.take(event) for event in events)


def test_each_divergence_is_told_with_a_tenth_of_the_rate_in_force():
    watch, event = Watch(Recipe()), Diverged("run", 1.0, "It diverged.")
    assert watch.take(event).remedy == {"training.learning_rate": 0.0001}
    watch.take(Changed("run", 1.0, "learning_rate", 0.0001))
    finding = watch.take(event)
    assert (finding.sentence, finding.offer) == ("It diverged.", "Set learning rate to 1e-05")


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [({}, set()), ({"beta": 200}, {"collapse"}), ({"beta": 200, "free_bits": 0.5}, set())],
)
def test_a_real_collapse_is_found_and_its_remedy_mends_it(changes, kinds, tiny_images):
    recipe = SMALL.with_changes({"batch_size": 12, "epochs": 9, "learning_rate": 0.01} | changes)
    trainer, watch, kinds_told = Trainer(recipe, tiny_images), Watch(recipe), set()
    for event in trainer.events():
        finding = watch.take(event)
        if isinstance(event, EpochEnded) and watch.is_due(event.epoch):
            finding = watch.look(event.epoch, *trainer.snapshot().posterior(tiny_images.test_images))
        kinds_told |= {finding.kind} if finding else set()
    assert kinds_told == kinds
