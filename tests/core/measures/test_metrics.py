import dataclasses
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.data.corruption import corrupted
from latentlab.core.measures.metrics import (
    agreement,
    mean_losses,
    nearest_neighbours,
    snapshot_losses,
    standard_error,
    terms_of_each,
)
from latentlab.core.models import snapshot as snapshots
from latentlab.core.models.snapshot import Snapshot, as_input
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer

RECIPE = Recipe.from_dict(
    {
        "data": {"dataset": "tiny"},
        "model": {"encoder": {"layers": [16]}, "decoder": {"layers": [16]}},
        "loss": {"beta": 0.7},
        "training": {"batch_size": 60, "epochs": 1, "device": "cpu"},
    }
)
CPU = torch.device("cpu")


@pytest.fixture(scope="module", params=["vae", "cvae"])
def snapshot(request, tiny_images):
    trainer = Trainer(RECIPE.with_changes({"model.kind": request.param}), tiny_images)
    list(trainer.events())
    return trainer.snapshot()


def by_hand(codes, labels, neighbours):
    """Count as the definition says: sort all others by distance, let the nearest vote, the lowest class wins ties."""
    agree = 0
    for row, code in enumerate(codes):
        distance = np.square(codes.astype(np.float64) - code).sum(1)
        distance[row] = np.inf
        votes = labels[np.argsort(distance)[:neighbours]].tolist()
        winner = min(set(votes), key=lambda label: (-votes.count(label), label))
        agree += winner == labels[row]
    return agree / len(codes)


# Agreement


@given(
    count=st.integers(2, 60),
    latent=st.integers(1, 5),
    classes=st.integers(1, 5),
    neighbours=st.integers(1, 20),
    seed=st.integers(0, 2**32),
)
def test_agreement_is_what_the_definition_says(count, latent, classes, neighbours, seed):
    random = np.random.default_rng(seed)
    codes = random.normal(size=(count, latent)).astype(np.float32)
    labels = random.integers(0, classes, count)
    answer = agreement(codes, labels, neighbours)
    if count <= neighbours:
        assert math.isnan(answer)
    else:
        assert answer == pytest.approx(by_hand(codes, labels, neighbours))


def test_agreement_of_classes_apart_and_of_classes_mixed():
    random = np.random.default_rng(0)
    labels = np.arange(300) % 3
    apart = (random.normal(size=(300, 2)) + 50 * labels[:, None]).astype(np.float32)
    assert agreement(apart, labels) == 1
    mixed = random.normal(size=(300, 2)).astype(np.float32)
    assert agreement(mixed, labels) < 0.5


@pytest.mark.parametrize(("count", "is_known"), [(0, False), (1, False), (15, False), (16, True)])
def test_agreement_of_too_few_codes_is_unknown(count, is_known):
    codes = np.arange(2 * count, dtype=np.float32).reshape(count, 2)
    assert math.isnan(agreement(codes, np.zeros(count, np.int64))) != is_known


@pytest.mark.parametrize("copies", [2, 20, 40])
def test_agreement_with_codes_that_are_the_same(copies):
    # Each place holds as many codes of one class: whoever is nearest among the same, the answer is one.
    places = 100 * np.arange(3, dtype=np.float32)
    codes = np.repeat(np.stack([places, places], 1), copies, 0)
    labels = np.repeat(np.arange(3), copies)
    assert agreement(codes, labels, neighbours=min(15, copies - 1)) == 1


def test_agreement_where_all_codes_are_the_same_is_a_share():
    answer = agreement(np.zeros((40, 2), np.float32), np.arange(40) % 4)
    assert 0 <= answer <= 1


def test_a_code_does_not_vote_for_itself():
    codes = np.array([[0, 0], [1, 0], [10, 0], [11, 0]], np.float32)
    assert agreement(codes, np.array([0, 1, 0, 1]), neighbours=1) == 0


def test_codes_without_a_class_are_a_class_of_their_own():
    random = np.random.default_rng(0)
    codes = random.normal(size=(40, 2)).astype(np.float32)
    assert agreement(codes, np.full(40, -1)) == 1
    labels = random.integers(-1, 2, 40)
    assert agreement(codes, labels) == pytest.approx(by_hand(codes, labels, 15))


def test_nearest_neighbours_come_nearest_first():
    random = np.random.default_rng(0)
    codes, queries = random.normal(size=(2, 50, 3)).astype(np.float32)
    nearest = nearest_neighbours(codes, queries, 7)
    distance = np.linalg.norm(codes[None] - queries[:, None], axis=2)
    np.testing.assert_array_equal(nearest, np.argsort(distance, 1)[:, :7])
    assert nearest.dtype == np.int64
    assert nearest_neighbours(codes[:3], queries, 7).shape == (50, 3)


# Losses


def test_evaluation_is_the_mean_over_all_images(snapshot, tiny_images):
    images, labels = tiny_images.test_images, tiny_images.test_labels
    noise = torch.randn(60, 2, generator=torch.Generator().manual_seed(0))
    reconstruction, kl, _ = snapshot.loss_terms(images, labels, noise)
    losses = snapshot_losses(snapshot, images, labels)
    assert losses.reconstruction == pytest.approx(reconstruction.mean(dtype=float), rel=1e-5)
    assert losses.kl == pytest.approx(kl.mean(dtype=float), rel=1e-5)
    assert losses.loss == pytest.approx(losses.reconstruction + 0.7 * losses.kl)


def test_a_test_tells_the_standard_error_of_its_loss(snapshot, tiny_images):
    """As often as one draws so many images, so far do their means lie from each other: of 60 of 20,000 numbers."""
    images, labels = tiny_images.test_images, tiny_images.test_labels
    noise = torch.randn(60, 2, generator=torch.Generator().manual_seed(0))
    reconstruction, kl, _ = snapshot.loss_terms(images, labels, noise)
    each = reconstruction.astype(float) + 0.7 * kl
    found = snapshot_losses(snapshot, images, labels).standard_error
    assert found == pytest.approx(each.std(ddof=1) / np.sqrt(60), rel=1e-5)
    assert snapshot_losses(snapshot, images[:1], labels[:1]).standard_error is None
    drawn = np.random.default_rng(0).gamma(2.0, 3.0, (20_000, 60))
    assert np.mean([standard_error(row) for row in drawn[:2000]]) == pytest.approx(drawn.mean(1).std(), rel=0.02)


def test_evaluating_again_gives_the_same(snapshot, tiny_images):
    first = snapshot_losses(snapshot, tiny_images.test_images, tiny_images.test_labels)
    torch.manual_seed(7)
    torch.rand(3)
    assert snapshot_losses(snapshot, tiny_images.test_images, tiny_images.test_labels) == first


def test_chunks_give_the_same_means_as_the_whole(snapshot, tiny_images):
    images, labels = torch.cat([tiny_images.test_images] * 20), tiny_images.test_labels.repeat(20)
    noise = torch.randn(1200, snapshot.latent, generator=torch.Generator().manual_seed(0))
    terms = snapshot.loss_terms(images, labels, noise)
    whole = mean_losses([torch.from_numpy(np.stack(terms, 1))], 0.7)
    parts = list(terms_of_each(snapshot.model, snapshot.recipe, images, labels, None, CPU))
    assert [len(part) for part in parts] == [1000, 200]  # the last chunk counts for less
    chunked = mean_losses(parts, 0.7)
    assert dataclasses.astuple(chunked) == pytest.approx(dataclasses.astuple(whole), rel=1e-5)


def test_grad_mode_between_chunks_is_the_readers_own(snapshot, tiny_images):
    images, labels = torch.cat([tiny_images.test_images] * 20), tiny_images.test_labels.repeat(20)
    for _ in terms_of_each(snapshot.model, snapshot.recipe, images, labels, None, CPU):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


def test_an_untrained_model_is_worse(tiny_images):
    recipe = RECIPE.with_changes({"epochs": 10, "learning_rate": 0.01})
    trainer = Trainer(recipe, tiny_images)
    before = snapshot_losses(trainer.snapshot(), tiny_images.test_images, tiny_images.test_labels)
    list(trainer.events())
    assert snapshot_losses(trainer.snapshot(), tiny_images.test_images, tiny_images.test_labels).loss < before.loss


# What the encoder sees


def test_a_set_of_pairs_is_tested_on_the_noisy_side(snapshot, tiny_images):
    images, labels, noisy = tiny_images.test_images, tiny_images.test_labels, 255 - tiny_images.test_images
    noise = torch.randn(60, 2, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        clean, seen = (part / 255 for part in (images, noisy))
        expected = snapshot.model.loss_terms(clean, labels, noise, seen)
    losses = snapshot_losses(snapshot, images, labels, noisy)
    assert losses.reconstruction == pytest.approx(float(expected.reconstruction.mean()), rel=1e-5)
    assert losses.kl == pytest.approx(float(expected.kl.mean()), rel=1e-5)
    assert losses.kl != pytest.approx(snapshot_losses(snapshot, images, labels).kl)


@pytest.fixture(scope="module", params=[{"salt_and_pepper": 0.2}, {"gaussian": 0.3}, {"occlusion": 0.3}])
def denoising(request, tiny_images):
    recipe = RECIPE.with_changes({"model.kind": "autoencoder"} | request.param)
    return Trainer(recipe, tiny_images).snapshot()


def test_a_denoising_model_sees_the_same_damage_at_every_test(denoising, tiny_images):
    images, labels = tiny_images.test_images, tiny_images.test_labels
    first = snapshot_losses(denoising, images, labels)
    torch.rand(3)
    assert snapshot_losses(denoising, images, labels) == first
    generator = torch.Generator().manual_seed(0)
    torch.randn(60, 2, generator=generator)
    seen = corrupted(as_input(images), denoising.recipe.corruption, generator)
    restored = denoising.restore(seen)
    clean = (images / 255).numpy()
    error = -(clean * np.log(restored) + (1 - clean) * np.log1p(-restored)).sum((1, 2, 3)).mean()
    assert first.reconstruction == pytest.approx(error, rel=1e-4)  # against the clean image
    undamaged = denoising.loss_terms(images)[0].mean()
    assert first.reconstruction != pytest.approx(undamaged, rel=1e-5)


def test_damage_comes_on_top_of_the_noisy_side_of_pairs(denoising, tiny_images):
    images, labels = tiny_images.test_images, tiny_images.test_labels
    both = snapshot_losses(denoising, images, labels, 255 - images)
    assert both != snapshot_losses(denoising, images, labels)
    assert both != snapshot_losses(Snapshot("", RECIPE, denoising.model, ()), images, labels, 255 - images)


def test_a_test_is_at_temperature_1_whatever_that_of_training(tiny_images):
    """With less noise the terms are no bound: a cool model would look better than it is."""
    images, labels = tiny_images.test_images, tiny_images.test_labels
    model = Trainer(RECIPE, tiny_images).model
    tested = {
        temperature: snapshot_losses(
            Snapshot("", RECIPE.with_changes({"temperature": temperature}), model, ()), images, labels
        )
        for temperature in (0.0, 0.6, 1.0)
    }
    snapshot = Snapshot("", RECIPE, model, ())
    noise = torch.randn(60, 2, generator=torch.Generator().manual_seed(0))
    reconstruction, kl, _ = snapshot.loss_terms(images, labels, noise)
    assert tested[1.0].reconstruction == pytest.approx(reconstruction.mean(dtype=float), rel=1e-5)
    assert tested[1.0].kl == pytest.approx(kl.mean(dtype=float), rel=1e-5)
    assert tested[0.0] == tested[0.6] == tested[1.0]


def test_penalties_are_part_of_the_loss(tiny_images):
    recipe = RECIPE.with_changes({"model.kind": "autoencoder", "sparsity": 0.2, "contraction": 0.1, "latent": 1})
    snapshot = Trainer(recipe, tiny_images).snapshot()
    images, labels = tiny_images.test_images, tiny_images.test_labels
    losses = snapshot_losses(snapshot, images, labels)
    penalty = snapshot.loss_terms(images)[2]
    assert penalty.dtype == np.float32
    assert (penalty > 0.2 * np.abs(snapshot.encode(images)[0][:, 0])).all()
    assert losses.penalty == pytest.approx(penalty.mean(dtype=float), rel=1e-5)
    assert losses.kl == 0
    assert losses.loss == pytest.approx(losses.reconstruction + losses.penalty)


def test_large_images_are_gone_through_a_few_at_a_time():
    assert [part.stop - part.start for part in snapshots.chunks(torch.empty(5, 500, 800))] == [2, 2, 2]
    assert len(list(snapshots.chunks(torch.empty(3, 2000, 2000)))) == 3


def test_agreement_leaves_out_codes_that_are_not_there_yet():
    random = np.random.default_rng(0)
    codes, labels = random.standard_normal((80, 2)).astype(np.float32), random.integers(0, 3, 80)
    some = codes.copy()
    some[::4] = np.nan
    there = np.isfinite(some).all(1)
    assert agreement(some, labels) == agreement(codes[there], labels[there])
