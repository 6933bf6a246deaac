"""What models learn, from which images, and what their encoder sees of them."""

import dataclasses

import numpy as np
import pytest
import torch

from latentlab.core.data.binarisation import binarised
from latentlab.core.data.corruption import corrupted
from latentlab.core.errors import LatentlabError
from latentlab.core.events import EpochEnded, Progress
from latentlab.core.measures.image_quality import peak_signal_to_noise
from latentlab.core.measures.latent import activity, kl_per_dimension, movement
from latentlab.core.measures.likelihood import likelihoods
from latentlab.core.measures.metrics import snapshot_losses
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.models.vae import VAE
from latentlab.core.recipe.recipe import Recipe, RecipeError
from latentlab.core.training.kept_weights import copied
from latentlab.core.training.optimisers import new_optimiser
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import CONV, SMALL, learned, of_kind, same_weights, weights

# Learning


def same_parts(first, second):
    return all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


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


def test_a_model_that_is_trained_cool_is_tested_as_any_other(tiny_images):
    recipe = SMALL.with_changes({"temperature": 0.2})
    trainer = Trainer(recipe, tiny_images)
    list(trainer.events())
    plain = Snapshot("", SMALL, trainer.model, ())
    assert trainer.history[-1].test == snapshot_losses(plain, tiny_images.test_images, tiny_images.test_labels)
    assert {ended.temperatures for ended in trainer.history} == {(0.2, 1.0)}


def test_beta_warms_up_from_nothing_and_the_loss_is_told_whole(tiny_images):
    """The first step is one without a KL, and those after the warm-up are as without one."""

    def stepped(steps, **changes):
        recipe = SMALL.with_changes({"epochs": 2, "batch_size": 60} | changes)  # three steps an epoch
        trainer = Trainer(recipe, tiny_images)
        told = []
        take = trainer._step

        def counted(*images):
            if len(told) < steps:
                take(*images)
                told.append(trainer._pending[-1])

        trainer._step = counted
        next(event for event in trainer.events() if len(told) == steps)
        return weights(trainer), torch.stack(told)

    warm, told = stepped(1, beta=4.0, warm_up=1)
    without, _ = stepped(1, beta=0.0)
    assert same_weights(warm, without)
    loss, reconstruction, kl, _, minimised = told[0].tolist()
    assert loss == pytest.approx(reconstruction + 4 * kl, rel=1e-6)
    assert minimised == pytest.approx(reconstruction, rel=1e-6)
    second, _ = stepped(2, beta=4.0, warm_up=1)
    assert not same_weights(second, stepped(2, beta=0.0)[0])
    assert not same_weights(second, stepped(2, beta=4.0)[0])
    assert same_weights(stepped(2, beta=4.0, warm_up=1e-6)[0], stepped(2, beta=4.0, warm_up=1e-9)[0])


def test_patience_waits_for_the_warm_up(tiny_images):
    recipe = SMALL.with_changes({"epochs": 6, "patience": 1, "learning_rate": 0.3, "warm_up": 3})
    trainer = Trainer(recipe, tiny_images)
    list(trainer.events())
    assert len(trainer.history) >= 4
    assert trainer.state().best_epoch >= 3


def test_what_is_minimised_is_told_apart(tiny_images):
    """With whatever beta is warming up, and of each dimension's KL no less than what is free."""
    recipe = SMALL.with_changes({"epochs": 2, "batch_size": 180, "beta": 4.0, "warm_up": 2, "free_bits": 50.0})
    trainer = Trainer(recipe, tiny_images)
    list(trainer.events())
    for begun, ended in enumerate(trainer.history):  # an epoch is a step, and all of the KL is free
        expected = ended.train.reconstruction + 4 * begun / 2 * 2 * 50
        assert ended.objective == pytest.approx(expected, rel=1e-5)
        assert ended.train.loss == pytest.approx(ended.train.reconstruction + 4 * ended.train.kl)
        assert ended.has_own_objective


def test_free_bits_keep_a_dimension_in_use(tiny_images):
    kls = {}
    for free_bits in (0.0, 0.5):
        recipe = SMALL.with_changes({"epochs": 12, "batch_size": 30, "beta": 60, "free_bits": free_bits})
        trainer = Trainer(recipe, tiny_images)
        list(trainer.events())
        kls[free_bits] = kl_per_dimension(trainer.snapshot(), tiny_images.test_images)
    assert kls[0.0].max() < 0.1
    assert kls[0.5].min() > 0.25


def test_of_several_samples_the_importance_weighted_bound_is_minimised(tiny_images):
    """The loss is -ELBO all the same, which lies above; and the bound comes nearer to the likelihood."""
    bounds = {}
    for samples in (1, 8):
        recipe = SMALL.with_changes({"epochs": 15, "batch_size": 30, "samples": samples})
        trainer = Trainer(recipe, tiny_images)
        list(trainer.events())
        last = trainer.history[-1]
        assert last.train.loss == pytest.approx(last.train.reconstruction + last.train.kl)
        assert last.has_own_objective == (samples > 1)
        assert last.objective <= last.train.loss * (1 + 1e-6)
        bounds[samples] = likelihoods(trainer.snapshot(), tiny_images.test_images, tiny_images.test_labels).log_p.mean()
    assert bounds[8] > bounds[1]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model.kind": "autoencoder"}, "draws no samples"),
        ({"temperature": 0.6}, "temperature = 1"),
        ({"free_bits": 0.5}, "no KL"),
    ],
)
def test_several_samples_are_refused_where_they_make_no_bound(changes, sentence):
    with pytest.raises(RecipeError, match=sentence):
        SMALL.with_changes({"samples": 5} | changes)


@pytest.mark.parametrize("protocol", ["static", "dynamic"])
def test_binarised_images_are_drawn_once_or_anew(tiny_images, protocol, monkeypatch):
    grey = (tiny_images.train_images // 2) + 40  # none black or white
    images = dataclasses.replace(tiny_images, train_images=grey, test_images=grey[:60], fingerprint="")
    learned, tested = [], []
    real = VAE.loss_terms

    def seen(model, x, labels, noise, seen=None):
        (learned if model.training else tested).append(x)
        return real(model, x, labels, noise, seen)

    monkeypatch.setattr(VAE, "loss_terms", seen)
    recipe = SMALL.with_changes({"epochs": 2, "batch_size": 180, "binarised": protocol})
    list(Trainer(recipe, images).events())
    assert all(((x == 0) | (x == 1)).all() for x in [*learned, *tested])
    by_epoch = [sorted(map(bytes, x.byte().numpy())) for x in learned]  # orders differ
    assert (by_epoch[0] == by_epoch[1]) == (protocol == "static")
    assert torch.equal(tested[0], binarised(grey[:60]) / 255)
    assert torch.equal(tested[0], tested[1])
    share = torch.stack(learned).mean()
    assert share == pytest.approx(float(grey.float().mean() / 255), abs=0.005)


def test_ones_and_zeros_are_refused_where_they_have_no_likelihood():
    with pytest.raises(RecipeError, match="reconstruction = 'bernoulli'"):
        SMALL.with_changes({"binarised": "static", "reconstruction": "squared-error"})


def test_at_last_the_encoder_learns_alone(tiny_images, each_step):
    """With a decoder that no longer changes; schedule and augmentation begin anew, and the bound comes nearer."""
    recipe = SMALL.with_changes(
        {"epochs": 8, "batch_size": 60, "refine": 0.5, "optimiser": "adamw", "schedule": "one-cycle", "rotation": 5}
    )
    trainer = Trainer(recipe, tiny_images)
    kept, rates = {}, []
    for event in trainer.events():
        if isinstance(event, Progress):
            rates.append(trainer.optimiser.param_groups[0]["lr"])
        if isinstance(event, EpochEnded):
            kept[event.epoch] = copied(trainer.model.decoder), copied(trainer.model.encoder)
    assert same_parts(kept[4][0], kept[8][0])
    assert not same_parts(kept[3][0], kept[4][0])
    assert not same_parts(kept[4][1], kept[8][1])
    assert trainer.history[-1].test.loss < trainer.history[3].test.loss
    assert (np.diff(rates) > 0).any()
    assert max(rates[len(rates) // 2 + 1 :]) > 2 * rates[len(rates) // 2 - 1]


def test_what_the_encoder_sees_when_it_learns_alone_is_asked_for(tiny_images, monkeypatch):
    asked = []
    real = VAE.loss_terms

    def seen(model, images, labels, noise, seen=None):
        if model.training:
            asked.append(images is seen)
        return real(model, images, labels, noise, seen)

    monkeypatch.setattr(VAE, "loss_terms", seen)
    recipe = SMALL.with_changes({"epochs": 2, "batch_size": 180, "refine": 0.5, "rotation": 5})
    list(Trainer(recipe, tiny_images).events())
    assert asked == [False, True]


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
    assert trainer.history[-1].test == snapshot_losses(trainer.snapshot(), images, labels, pairs.test_noisy)
    assert trainer.history[-1].test != snapshot_losses(trainer.snapshot(), images, labels)


def test_a_denoising_model_learns_to_restore(tiny_images):
    recipe = SMALL.with_changes({"model.kind": "autoencoder", "latent": 16, "salt_and_pepper": 0.2, "epochs": 25})
    trainer = Trainer(recipe.with_changes({"batch_size": 20}), tiny_images)
    list(trainer.events())
    clean = tiny_images.test_images / 255
    noisy = corrupted(clean, recipe.corruption, torch.Generator().manual_seed(1))
    restored = trainer.snapshot().restore(noisy)
    before, after = (peak_signal_to_noise(clean, other) for other in (noisy, restored))
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
    expected = before.loss_terms(x, labels, noise)
    np.testing.assert_allclose(progress[0].losses[0, 1], expected[0].mean(), rtol=1e-5)
    if temperature == 0:  # the image is decoded from the mean
        shares = before.decode(before.encode(x)[0])
        target = x.numpy()
        error = -(target * np.log(shares) + (1 - target) * np.log1p(-shares)).sum((1, 2, 3)).mean()
        np.testing.assert_allclose(progress[0].losses[0, 1], error, rtol=1e-5)


# What cannot be trained


def test_a_cvae_without_labels_is_refused_in_a_sentence(nameless_images):
    with pytest.raises(LatentlabError, match=r"^A CVAE needs labels .*\.$"):
        Trainer(SMALL.with_changes({"model.kind": "cvae"}), nameless_images)
    list(Trainer(SMALL.with_changes({"epochs": 1}), nameless_images).events())  # a VAE needs none


def some_labels_of(images, *rows):
    labels = torch.full_like(images.train_labels, -1)
    labels[list(rows)] = images.train_labels[list(rows)]
    return dataclasses.replace(images, train_labels=labels)


def test_a_cvae_learns_images_without_a_label_under_none_and_says_how_many(tiny_images):
    cvae = SMALL.with_changes({"model.kind": "cvae", "epochs": 1})
    trainer = Trainer(cvae, some_labels_of(tiny_images, *range(100)))
    started, *_, finished = list(trainer.events())
    assert started.note == "80 of 180 training images have no label: they are learned under none."
    assert np.isfinite(finished.train.loss)
    first = Trainer(cvae, some_labels_of(tiny_images, *range(1, 180)))
    assert next(first.events()).note == "1 of 180 training images has no label: it is learned under none."
    with pytest.raises(LatentlabError, match="A CVAE needs labels"):
        Trainer(cvae, some_labels_of(tiny_images))


@pytest.mark.parametrize("changes", [{}, {"model.kind": "cvae"}])
def test_nothing_is_said_where_no_label_is_missed(tiny_images, changes):
    images = tiny_images if changes else some_labels_of(tiny_images, 3)
    assert next(Trainer(SMALL.with_changes(changes), images).events()).note == ""


def test_an_epoch_goes_through_repeated_images_as_often_as_said(tiny_images):
    recipe = SMALL.with_changes({"data.images": [3, 7], "repeat": 5, "batch_size": 4, "epochs": 1})
    trainer = Trainer(recipe, tiny_images)
    started, *_ = list(trainer.events())
    assert (started.images, started.steps_per_epoch) == (10, 3)
    assert len(trainer.data.test_images) == 2
    for row, image in ((0, 3), (1, 7), (2, 3)):
        assert torch.equal(trainer.data.train_images[row], tiny_images.train_images[image])
