import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from latentlab.core.arrays import row_order
from latentlab.core.map import encoder, live_map
from latentlab.core.map.live_map import LiveMap, map_of, maps_of
from latentlab.core.map.map_images import MapImages, MapSource, choose
from latentlab.core.map.projection import fit
from latentlab.core.models.operations import Operations
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer

RECIPE = Recipe.from_dict(
    {
        "data": {"dataset": "tiny"},
        "model": {"encoder": {"layers": [8]}, "decoder": {"layers": [8]}},
        "training": {"batch_size": 90, "epochs": 1, "device": "cpu"},
    }
)


class Clock:
    """Time that passes only when somebody spends it, or by a step whenever somebody looks."""

    now, step = 100.0, 0.0

    def perf_counter(self):
        self.now += self.step
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(live_map, "time", clock)
    monkeypatch.setattr(encoder, "time", clock)
    monkeypatch.setattr(live_map, "count", lambda snapshot: Operations(0, 0))  # a paced trainer decodes nothing
    return clock


class PacedTrainer:
    """Stands in for a trainer: encodes at a given speed, and puts every image at (version, 0)."""

    run_id, preparation, latent = "abc", None, 2

    def __init__(self, clock, images_per_second):
        self.clock, self.images_per_second = clock, images_per_second
        self.version, self.epochs_done, self.encoded = 0.0, 0.0, []

    def snapshot(self):
        return SimpleNamespace(latent=2, posterior=self.encode)

    def encode(self, images, labels):
        assert len(images) == len(labels)
        self.encoded.append(len(images))
        self.clock.now += len(images) / self.images_per_second
        means = np.zeros((len(images), 2), np.float32)
        means[:, 0] = self.version
        return means, means


def many(count):
    return MapImages(torch.zeros(count, 1, 1, dtype=torch.uint8), np.zeros(count, np.int64))


@pytest.fixture(scope="module", params=["autoencoder", "vae", "cvae"])
def run(request, tiny_images):
    trainer = Trainer(RECIPE.with_changes({"model.kind": request.param}), tiny_images, run_id="abc")
    list(trainer.events())
    return trainer.result()


# Which images


@pytest.mark.parametrize(
    ("split", "count", "expected"),
    [("test", 0, 60), ("test", 25, 25), ("test", 10_000, 60), ("training", 0, 180), ("training", 7, 7)],
)
def test_a_sample_of_a_split_is_taken(tiny_images, split, count, expected):
    shown = choose(tiny_images, MapSource(split, count))
    images, labels = (
        (tiny_images.test_images, tiny_images.test_labels)
        if split == "test"
        else (tiny_images.train_images, tiny_images.train_labels)
    )
    rows = np.sort(row_order(len(labels))[:expected])
    assert torch.equal(shown.images, images[rows])
    np.testing.assert_array_equal(shown.labels, labels[rows])
    assert shown.labels.dtype == np.int64


def test_of_both_splits_test_images_keep_their_rows(tiny_images):
    shown = choose(tiny_images, MapSource("both", 0))
    assert len(shown.images) == len(shown.labels) == 240
    assert torch.equal(shown.images[:60], tiny_images.test_images)
    assert torch.equal(shown.images[60:], tiny_images.train_images)
    np.testing.assert_array_equal(shown.labels[60:], tiny_images.train_labels)
    assert len(choose(tiny_images, MapSource("both", 100)).images) == 100


# Beside a training


@pytest.mark.parametrize("kind", ["autoencoder", "vae", "cvae"])
@pytest.mark.parametrize("latent", [2, 4])
def test_the_first_update_is_whole(tiny_images, kind, latent):
    trainer = Trainer(RECIPE.with_changes({"model.kind": kind, "latent": latent}), tiny_images, run_id="abc")
    update = LiveMap(choose(tiny_images, MapSource())).update(trainer)
    expected, _ = trainer.snapshot().encode(tiny_images.test_images, tiny_images.test_labels)
    np.testing.assert_allclose(update.means, expected, atol=1e-5)
    np.testing.assert_array_equal(update.labels, tiny_images.test_labels)
    np.testing.assert_array_equal(update.images, tiny_images.test_images)
    np.testing.assert_allclose(update.projection.directions, fit(expected).directions, atol=1e-4)
    assert (update.run_id, update.epochs_done) == ("abc", 0)
    assert update.preparation == trainer.preparation


def test_a_whole_update_is_the_model_as_it_is_now(tiny_images):
    trainer = Trainer(RECIPE.with_changes({"epochs": 3}), tiny_images)
    live = LiveMap(choose(tiny_images, MapSource("both", 0)))
    for _ in trainer.events():
        *_, update = live.whole(trainer)
        expected = update.snapshot.encode(update.images, update.labels)[0]
        np.testing.assert_allclose(update.means, expected, atol=1e-5)
        assert update.epochs_done == trainer.epochs_done
        now = trainer.model.state_dict()
        assert all(torch.equal(tensor, now[name]) for name, tensor in update.snapshot.state().items())


def test_what_was_published_is_never_written_to_again(tiny_images):
    trainer = Trainer(RECIPE.with_changes({"epochs": 3}), tiny_images)
    live = LiveMap(choose(tiny_images, MapSource()))
    published = []
    for number, _ in enumerate(trainer.events()):
        update = list(live.whole(trainer))[-1] if number % 3 == 0 else live.update(trainer)
        state = {name: tensor.clone() for name, tensor in update.snapshot.state().items()}
        published.append((update, update.means.copy(), update.projection.directions.copy(), state))
    assert len({id(update.means) for update, *_ in published}) == len(published)
    for update, means, directions, state in published:
        np.testing.assert_array_equal(update.means, means)
        np.testing.assert_array_equal(update.projection.directions, directions)
        assert all(torch.equal(tensor, state[name]) for name, tensor in update.snapshot.state().items())
    assert not np.array_equal(published[0][1], published[-1][1])


@pytest.mark.parametrize("images_per_second", [200, 2_000, 20_000, 1_000_000])
@pytest.mark.parametrize("count", [50, 10_000, 70_000])
def test_the_map_costs_less_than_a_tenth_of_the_time(clock, images_per_second, count):
    trainer = PacedTrainer(clock, images_per_second)
    live = LiveMap(many(count))
    list(live.whole(trainer))
    begin, in_map, updates = clock.now, 0.0, []
    while clock.now < begin + 60:
        clock.now += 0.01  # a step of training
        if live.is_due():
            before = clock.now
            live.update(trainer)
            in_map += clock.now - before
            updates.append(clock.now - begin)
    assert in_map < 0.1 * 60
    assert updates
    if images_per_second >= 2_000:  # fast enough for a small part at least
        early = [at for at in updates if at < 5]
        assert len(early) >= (15 if images_per_second > 2_000 else 8), "several times a second early on"
        assert np.diff(updates).max() <= 1, "at least once a second later"


def test_a_small_set_is_encoded_whole_each_time(clock):
    trainer = PacedTrainer(clock, 20_000)
    live = LiveMap(many(200))
    for _ in range(4):
        trainer.version += 1
        clock.now += 1
        assert (live.update(trainer).means[:, 0] == trainer.version).all()


def test_a_large_set_is_encoded_bit_by_bit_and_none_is_left_out(clock):
    trainer = PacedTrainer(clock, 10_000)
    live = LiveMap(many(5_000))
    list(live.whole(trainer))
    trainer.encoded.clear()
    trainer.version = 1.0
    means = live.update(trainer).means
    assert 0 < (means[:, 0] == 1).sum() == trainer.encoded[0] < 1_000
    assert np.flatnonzero(means[:, 0]).max() > 2_500  # spread over the set, not its first images
    while sum(trainer.encoded) < 5_000:
        means = live.update(trainer).means
        assert (means[:, 0] == 1).sum() == min(5_000, sum(trainer.encoded))
    assert (means[:, 0] == 1).all()
    assert len(trainer.encoded) > 5


def test_an_update_is_due_after_a_while_only(clock):
    live = LiveMap(many(100))
    trainer = PacedTrainer(clock, 20_000)
    list(live.whole(trainer))
    assert not live.is_due()
    clock.now += 1
    assert live.is_due()
    live.update(trainer)
    assert not live.is_due()


def test_a_pause_does_not_hurry_the_map(clock):
    trainer = PacedTrainer(clock, 10_000)
    live = LiveMap(many(10_000))
    list(live.whole(trainer))
    clock.now += 3_600
    trainer.encoded.clear()
    live.update(trainer)
    assert trainer.encoded[0] < 1_000


# A run that is not training


def test_a_run_without_its_images_shows_the_codes_that_it_keeps(run):
    update = map_of(run, None)
    assert update.means is run.codes
    assert update.labels is run.labels
    assert update.images is None
    assert update.run_id == "abc"
    assert update.epochs_done == 1
    assert update.snapshot is run.snapshot
    assert update.preparation is run.preparation
    assert update.projection.axes == ("z₁", "z₂")


def test_kept_codes_are_used_for_the_images_they_are_of(run, tiny_images):
    kept = dataclasses.replace(run, codes=run.codes + np.float32(1e-4))  # from a machine that rounds in another way
    shown = choose(tiny_images, MapSource("test", 10_000))
    update = map_of(kept, shown)
    assert update.means is kept.codes
    np.testing.assert_array_equal(update.images, tiny_images.test_images)


@pytest.mark.parametrize(("split", "count"), [("training", 0), ("both", 0), ("test", 20)])
def test_other_images_are_encoded(run, tiny_images, split, count):
    shown = choose(tiny_images, MapSource(split, count))
    update = map_of(run, shown)
    np.testing.assert_array_equal(update.means, run.snapshot.encode(shown.images, shown.labels)[0])
    np.testing.assert_array_equal(update.labels, shown.labels)
    assert len(update.images) == len(update.means)


def test_other_images_with_the_same_labels_are_encoded(run, tiny_images):
    # The tiny set's classes take turns: as many training images as test images have the same labels.
    shown = MapImages(tiny_images.train_images[:60], tiny_images.train_labels[:60].numpy())
    np.testing.assert_array_equal(shown.labels, run.labels)
    update = map_of(run, shown)
    np.testing.assert_array_equal(update.means, run.snapshot.encode(shown.images, shown.labels)[0])


def test_codes_that_an_earlier_version_kept_of_the_first_images_are_not_taken_for_those_of_a_sample(run, tiny_images):
    shown = choose(tiny_images, MapSource("test", 50))
    nameless = MapImages(shown.images, np.full(50, -1), ids=shown.ids)
    old = dataclasses.replace(
        run, codes=run.snapshot.encode(tiny_images.test_images[:50], np.full(50, -1))[0], labels=np.full(50, -1)
    )
    update = map_of(old, nameless)
    np.testing.assert_array_equal(update.means, run.snapshot.encode(shown.images, nameless.labels)[0])


def test_a_map_of_some_images_of_a_sorted_set_has_every_class(tiny_images):
    order = tiny_images.test_labels.argsort(stable=True)
    by_class = dataclasses.replace(
        tiny_images, test_images=tiny_images.test_images[order], test_labels=tiny_images.test_labels[order]
    )
    shown = choose(by_class, MapSource("test", 20))
    assert set(shown.labels.tolist()) == {0, 1, 2}
    again = choose(by_class, MapSource("test", 30))
    assert np.isin(shown.ids.rows, again.ids.rows).all(), "one that shows more keeps them"
    assert (np.diff(shown.ids.rows) > 0).all()


def test_a_run_without_codes_has_an_empty_map(run):
    empty = dataclasses.replace(run, codes=run.codes[:0], labels=run.labels[:0])
    assert map_of(empty, None).means.shape == (0, 2)


# A million images


def test_a_first_part_is_shown_at_once_and_the_rest_has_no_place_yet(clock):
    trainer = PacedTrainer(clock, 10_000)
    live = LiveMap(many(100_000))
    begin, trainer.version = clock.now, 1.0
    update = live.update(trainer)
    placed = np.isfinite(update.means).all(1)
    assert clock.now - begin < 0.7
    assert 2_000 < placed.sum() == 100_000 - update.missing < 8_000
    assert update.pending == 0
    assert np.isnan(update.means[~placed]).all()
    assert np.isnan(update.deviations[~placed]).all()
    assert np.flatnonzero(placed).max() > 90_000, "spread over the set"


def test_a_map_fills_up_in_a_quarter_of_the_time_and_then_takes_less(clock):
    trainer = PacedTrainer(clock, 20_000)
    live = LiveMap(many(100_000))
    begin, in_map, shares = clock.now, 0.0, []
    missing = live.update(trainer).missing
    while missing:
        clock.now += 0.01  # a step of training
        if live.is_due():
            before = clock.now
            now_missing = live.update(trainer).missing
            assert now_missing < missing
            missing = now_missing
            in_map += clock.now - before
            shares.append(in_map / (clock.now - begin))
    assert max(shares) < 0.3
    assert clock.now - begin < 40
    assert np.isfinite(live.update(trainer).means).all()


def test_a_whole_map_of_many_images_tells_how_far_it_is_and_can_be_given_up(clock):
    trainer = PacedTrainer(clock, 10_000)
    live = LiveMap(many(50_000))
    live.update(trainer)
    trainer.version = 2.0
    updates = list(live.whole(trainer))
    pending = [update.pending for update in updates]
    assert 4 <= len(pending) <= 7
    assert pending == sorted(pending, reverse=True)
    assert pending[-1] == updates[-1].missing == 0
    for update in updates:
        assert (update.means[:, 0] != 2).sum() == update.pending
    trainer.version, end = 3.0, clock.now + 2.2
    *_, last = live.whole(trainer, lambda: clock.now > end)
    assert 20_000 < last.pending < 40_000
    assert clock.now < end + 0.3
    assert not list(live.whole(trainer, lambda: True))


def test_a_large_map_is_made_whole_when_that_takes_a_quarter_of_the_time_since(clock):
    live, small = LiveMap(many(100_000)), LiveMap(many(1_000))
    trainer = PacedTrainer(clock, 10_000)
    for each in (live, small):
        each.update(trainer)
    assert small.affords_whole()
    assert not live.affords_whole()
    clock.now += 60
    assert live.affords_whole()
    list(live.whole(trainer))
    assert not live.affords_whole()


def test_an_opened_run_of_many_images_is_shown_in_parts(run, tiny_images, clock):
    clock.step = 10
    shown = choose(tiny_images, MapSource("both", 0))
    parts = list(maps_of(run, shown))
    assert [part.pending for part in parts] == [part.missing for part in parts] == [176, 112, 48, 0]
    assert [int(np.isfinite(part.means).all(1).sum()) for part in parts] == [64, 128, 192, 240]
    whole = map_of(run, shown)
    for part in parts:
        placed = np.isfinite(part.means).all(1)
        np.testing.assert_allclose(part.means[placed], whole.means[placed], atol=1e-5)
        np.testing.assert_allclose(part.deviations[placed], whole.deviations[placed], atol=1e-5)
    given_up = iter([False, False, True])
    assert len(list(maps_of(run, shown, lambda: next(given_up)))) == 2


def test_the_plane_of_a_million_codes_is_that_of_a_sample_which_comes_first():
    codes = np.random.default_rng(1).standard_normal((200_000, 3)).astype(np.float32) * [3, 1, 0.1]
    whole = fit(codes.astype(np.float32))
    part = np.full_like(codes, np.nan, np.float32)
    part[row_order(len(codes))[:15_000]] = codes[row_order(len(codes))[:15_000]]
    np.testing.assert_array_equal(fit(part).directions, whole.directions)
    assert abs(whole.directions[0, 0]) > 0.99
