import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.map import explore
from latentlab.core.map.explore import data_point, label_probabilities, new_noise, sketched
from latentlab.core.map.projection import fit
from latentlab.core.map.true_posterior import KeptTable
from latentlab.core.measures import label_misfits
from latentlab.core.measures.gaps import gaps
from latentlab.core.measures.image_losses import SAMPLES, image_terms, misfits
from latentlab.core.measures.neighbours import nearest_rows
from latentlab.core.measures.true_posterior import true_posterior
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.sketch.poses import poses
from latentlab.core.training.trainer import Trainer

RECIPE = Recipe.from_dict(
    {
        "data": {"dataset": "tiny"},
        "model": {"latent": 3, "encoder": {"layers": [32]}, "decoder": {"layers": [32]}},
        "loss": {"beta": 0.5},
        "training": {"batch_size": 20, "epochs": 20, "learning_rate": 3e-3, "device": "cpu"},
    }
)
CODE = np.array([0.3, -0.7, 1.1], np.float32)


@pytest.fixture(scope="module")
def runs(tiny_images):
    """Give a trained run of each kind of model."""
    trained = {}
    for kind in ("autoencoder", "vae", "cvae"):
        trainer = Trainer(RECIPE.with_changes({"model.kind": kind}), tiny_images, run_id=kind)
        list(trainer.events())
        trained[kind] = trainer.result()
    return trained


@pytest.fixture(params=["autoencoder", "vae", "cvae"])
def run(request, runs):
    return runs[request.param]


@pytest.fixture
def vae(runs):
    return runs["vae"]


@pytest.fixture
def cvae(runs):
    return runs["cvae"]


def decode(run, code=CODE, *, label=None, temperature=1.0, seed=0, prior=False, image_alone=False):
    noise = new_noise(seed, 3)
    return explore.decode(
        run.snapshot,
        fit(run.codes),
        code,
        label=label,
        temperature=temperature,
        noise=noise,
        prior=prior,
        image_alone=image_alone,
    )


def sketch(run, image, *, label=None, images=None, count=None, posed=False):
    return sketched(
        run.snapshot,
        fit(run.codes),
        image,
        label=label,
        means=run.codes[:count],
        labels=run.labels[:count],
        images=images,
        posed=posed,
    )


def image_of(tiny_images, row=0):
    return (tiny_images.test_images[row].numpy() / 255).astype(np.float32)


# Decoding


def test_noise_is_the_same_for_the_same_seed():
    np.testing.assert_array_equal(new_noise(3, 5), new_noise(3, 5))
    assert not np.array_equal(new_noise(3, 5), new_noise(4, 5))
    assert new_noise(3, 5).shape == (8, 5)
    assert new_noise(3, 5).dtype == np.float32


def test_a_pick_is_decoded_and_placed(run):
    answer = decode(run, label=1)
    labels = [1] if run.snapshot.uses_labels else None
    np.testing.assert_array_equal(answer.image, run.snapshot.decode(CODE[None], labels)[0])
    assert answer.position == fit(run.codes).position(CODE)
    np.testing.assert_array_equal(answer.code, CODE)
    assert answer.run_id == run.snapshot.run_id
    assert answer.label == (1 if run.snapshot.uses_labels else None)
    assert answer.samples.shape == (8, 1, 28, 28)
    assert answer.sample_codes.shape == (8, 3)


@pytest.mark.parametrize("prior", [False, True])
def test_the_image_alone_is_that_of_the_whole_answer(run, prior):
    whole, alone = (decode(run, label=1, prior=prior, image_alone=image_alone) for image_alone in (False, True))
    for name in ("position", "code", "deviation", "image", "sample_codes", "label", "temperature", "samples_are_prior"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(whole, name), err_msg=name)
    assert (alone.samples, alone.by_label) == (None, None)


def test_temperature_zero_gives_the_image_itself(run):
    answer = decode(run, label=2, temperature=0)
    for sample in answer.samples:
        np.testing.assert_allclose(sample, answer.image, atol=1e-6)
    np.testing.assert_array_equal(answer.sample_codes, np.repeat(CODE[None], 8, 0))


def test_samples_lie_around_the_pick_as_the_encoder_would_place_its_image(run):
    answer = decode(run, label=2, temperature=1.5)
    labels = np.full(8, 2) if run.snapshot.uses_labels else None
    _, logvar = run.snapshot.encode(answer.image[None], None if labels is None else labels[:1])
    np.testing.assert_allclose(answer.deviation, np.exp(0.5 * logvar[0]), rtol=1e-5)
    np.testing.assert_allclose(answer.sample_codes, CODE + 1.5 * answer.deviation * new_noise(0, 3), atol=1e-5)
    np.testing.assert_allclose(answer.samples, run.snapshot.decode(answer.sample_codes, labels), atol=1e-5)
    assert answer.temperature == 1.5
    assert not answer.samples_are_prior


@pytest.mark.parametrize("prior", [False, True])
def test_noise_stays_while_the_temperature_moves(run, prior):
    middle = np.zeros(3) if prior else CODE
    half, full = (decode(run, label=0, temperature=t, prior=prior).sample_codes - middle for t in (0.5, 1.0))
    np.testing.assert_allclose(2 * half, full, atol=1e-5)
    again = decode(run, label=0, temperature=1.0, prior=prior, seed=1).sample_codes - middle
    assert np.allclose(again, full, atol=0.01) == (not prior and not run.snapshot.is_variational)


def test_around_a_pick_an_autoencoder_has_nothing_to_draw(runs):
    answer = decode(runs["autoencoder"], temperature=2.0)
    assert (answer.deviation == 0).all()
    np.testing.assert_array_equal(answer.sample_codes, np.repeat(CODE[None], 8, 0))
    np.testing.assert_allclose(answer.samples, np.repeat(answer.image[None], 8, 0), atol=1e-6)


def test_samples_of_the_prior_do_not_depend_on_the_pick(run):
    here, there = decode(run, label=0, prior=True), decode(run, -CODE, label=0, prior=True)
    np.testing.assert_allclose(here.sample_codes, new_noise(0, 3), atol=1e-6)
    np.testing.assert_array_equal(here.samples, there.samples)
    assert here.samples_are_prior
    assert not np.allclose(here.image, there.image)


def test_every_label_at_the_same_code(cvae):
    answer = decode(cvae, label=2)
    assert answer.by_label.shape == (3, 1, 28, 28)
    for label, image in enumerate(answer.by_label):
        np.testing.assert_allclose(image, decode(cvae, label=label).image, atol=1e-5)
    np.testing.assert_allclose(answer.by_label[2], answer.image, atol=1e-5)
    assert not np.allclose(answer.by_label[0], answer.by_label[1], atol=0.1)


def test_a_model_without_labels_takes_none(vae):
    answer = decode(vae, label=2)
    assert answer.label is None
    assert answer.by_label is None
    np.testing.assert_array_equal(answer.image, decode(vae).image)


def test_a_cvae_without_a_label_in_force_still_decodes(cvae):
    answer = decode(cvae)
    assert answer.label is None
    assert np.isfinite(answer.samples).all()


def test_far_away_is_finite(run):
    answer = decode(run, np.full(3, 1e4, np.float32), label=0, temperature=2)
    assert np.isfinite(answer.image).all()
    assert np.isfinite(answer.samples).all()


# A point of the data


def test_a_data_point_beside_its_reconstruction(run, tiny_images):
    image = image_of(tiny_images, 4)
    answer = data_point(run.snapshot, fit(run.codes), 4, run.codes[4], 1, image)
    label = [1] if run.snapshot.uses_labels else None
    reconstruction, kl, _ = image_terms(run.snapshot, image[None], label, SAMPLES)
    assert answer.losses.reconstruction == pytest.approx(reconstruction[0])
    assert answer.losses.kl == pytest.approx(kl[0])
    assert answer.losses.loss == pytest.approx(reconstruction[0] + kl[0])  # whatever β it was trained with
    assert answer.losses.samples == (SAMPLES if run.snapshot.is_variational else 0)
    np.testing.assert_array_equal(answer.reconstruction, run.snapshot.restore(image[None], label)[0])
    np.testing.assert_allclose(answer.reconstruction, run.snapshot.decode(run.codes[4:5], label)[0], atol=1e-4)
    np.testing.assert_array_equal(answer.image, image)
    assert answer.position == fit(run.codes).position(run.codes[4])
    assert (answer.index, answer.label, answer.class_name) == (4, 1, "level")
    assert np.abs(answer.reconstruction - image).mean() < np.abs(answer.reconstruction - 1 + image).mean()


def test_a_data_point_without_its_image_or_class(run):
    answer = data_point(run.snapshot, fit(run.codes), 4, run.codes[4], -1, None)
    assert answer.image is None
    assert answer.losses is None
    assert answer.class_name == ""
    assert answer.reconstruction.shape == (1, 28, 28)


def test_what_a_code_leaves_out_is_still_in_a_reconstruction(tiny_images):
    pool = {"kind": "pool", "layers": [6]}
    model = {"kind": "autoencoder", "code": "planes", "latent": 6, "encoder": pool, "decoder": pool}
    snapshot = Trainer(Recipe.from_dict(RECIPE.model_dump() | {"model": model}), tiny_images).snapshot()
    image = image_of(tiny_images, 2)
    means, _ = snapshot.encode(tiny_images.test_images)
    answer = data_point(snapshot, fit(means), 2, means[2], 2, image)
    np.testing.assert_array_equal(answer.reconstruction, snapshot.restore(image[None])[0])
    assert not np.allclose(answer.reconstruction, snapshot.decode(means[2:3])[0])  # the code is a mean over places
    drawn = sketched(
        snapshot, fit(means), image, label=None, means=means, labels=tiny_images.test_labels.numpy(), images=None
    )
    np.testing.assert_array_equal(drawn.reconstruction, answer.reconstruction)
    assert drawn.losses == answer.losses
    assert (drawn.covariance == 0).all()


# A sketch


def test_a_sketch_is_encoded_and_rebuilt(run, tiny_images):
    image = image_of(tiny_images, 5)  # a ring
    answer = sketch(run, image, label=2)
    label = [2] if run.snapshot.uses_labels else None
    mean, logvar = run.snapshot.encode(image[None], label)
    np.testing.assert_array_equal(answer.mean, mean[0])
    np.testing.assert_allclose(answer.deviation, np.exp(0.5 * logvar[0]), rtol=1e-5)
    plane = fit(run.codes)
    assert answer.position == plane.position(mean[0])
    np.testing.assert_allclose(answer.covariance, plane.covariance(answer.deviation))
    np.testing.assert_array_equal(answer.reconstruction, run.snapshot.decode(mean, label)[0])
    reconstruction, kl, _ = image_terms(run.snapshot, image[None], label, SAMPLES)
    assert answer.losses.loss == pytest.approx(reconstruction[0] + kl[0])
    np.testing.assert_array_equal(answer.input, image)


def test_a_sketch_falls_among_its_own_kind(vae, tiny_images):
    right = 0
    for row in range(12):
        answer = sketch(vae, image_of(tiny_images, row))
        right += answer.votes[0][0] == row % 3
    assert right >= 11


def test_votes_are_those_of_the_fifteen_nearest(run, tiny_images):
    answer = sketch(run, image_of(tiny_images, 7), label=1)
    distance = np.linalg.norm(run.codes - answer.mean, axis=1)
    expected = np.argsort(distance)[:15]
    np.testing.assert_array_equal(np.sort(answer.nearest), np.sort(expected))
    assert (np.diff(distance[answer.nearest]) >= 0).all()
    assert sum(count for _, count in answer.votes) == 15
    assert [count for _, count in answer.votes] == sorted((count for _, count in answer.votes), reverse=True)
    for label, count in answer.votes:
        assert count == (run.labels[answer.nearest] == label).sum()


def test_points_without_a_class_do_not_vote(vae, tiny_images):
    nameless = dataclasses.replace(vae, labels=np.full_like(vae.labels, -1))
    answer = sketch(nameless, image_of(tiny_images))
    assert answer.votes == ()
    assert len(answer.nearest) == 15
    assert {neighbour.class_name for neighbour in answer.neighbours} == {""}


def test_neighbours_show_their_own_images(run, tiny_images):
    images = tiny_images.test_images.numpy()
    answer = sketch(run, image_of(tiny_images, 7), label=1, images=images)
    assert [neighbour.index for neighbour in answer.neighbours] == answer.nearest[:8].tolist()
    for neighbour in answer.neighbours:
        assert not neighbour.is_reconstruction
        assert neighbour.image.dtype == np.float32
        np.testing.assert_allclose(neighbour.image, images[neighbour.index] / 255, atol=1e-6)
        assert neighbour.label == run.labels[neighbour.index]
        assert neighbour.class_name == ("upright", "level", "ring")[neighbour.label]
        expected = np.linalg.norm(run.codes[neighbour.index] - answer.mean)
        assert neighbour.distance == pytest.approx(expected, rel=1e-4, abs=1e-5)
    distances = [neighbour.distance for neighbour in answer.neighbours]
    assert distances == sorted(distances)


def test_an_image_of_the_map_is_its_own_nearest_neighbour(vae, tiny_images):
    answer = sketch(vae, image_of(tiny_images, 7), images=tiny_images.test_images.numpy())
    assert answer.neighbours[0].index == 7
    assert answer.neighbours[0].distance == pytest.approx(0, abs=1e-4)


def test_neighbours_without_images_are_rebuilt_under_their_own_label(run, tiny_images):
    answer = sketch(run, image_of(tiny_images, 7), label=0)
    rows = answer.nearest[:8]
    labels = run.labels[rows] if run.snapshot.uses_labels else None
    expected = run.snapshot.decode(run.codes[rows], labels)
    for neighbour, image in zip(answer.neighbours, expected, strict=True):
        assert neighbour.is_reconstruction
        np.testing.assert_allclose(neighbour.image, image, atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 3, 14])
def test_a_map_of_few_points_has_few_neighbours(run, tiny_images, count):
    answer = sketch(run, image_of(tiny_images), count=count, label=0)
    assert len(answer.nearest) == count
    assert len(answer.neighbours) == min(count, 8)
    assert sum(votes for _, votes in answer.votes) == count


@given(rows=st.integers(0, 60), latent=st.integers(1, 4), count=st.integers(0, 20), seed=st.integers(0, 2**32))
def test_nearest_rows_are_the_nearest_and_in_order(rows, latent, count, seed):
    random = np.random.default_rng(seed)
    means = random.integers(-3, 4, (rows, latent)).astype(np.float32)  # many at the same distance
    code = random.integers(-3, 4, latent).astype(np.float32)
    nearest = nearest_rows(means, code, count)
    distance = np.square(means - code).sum(1)
    assert nearest.dtype == np.int64
    assert len(set(nearest.tolist())) == len(nearest)
    np.testing.assert_array_equal(distance[nearest], np.sort(distance)[:count])


# The label of a sketch


def test_label_probabilities_follow_the_bound(cvae, tiny_images):
    for row in range(6):
        image = image_of(tiny_images, row)
        probabilities = label_probabilities(cvae.snapshot, image)
        assert probabilities.shape == (3,)
        assert probabilities.sum() == pytest.approx(1, abs=1e-5)
        bounds = np.array([-sum(cvae.snapshot.loss_terms(image[None], [label])) for label in range(3)])[:, 0]
        assert probabilities.argmax() == bounds.argmax()
        shares = np.exp(bounds - bounds.max(), dtype=np.float64)
        np.testing.assert_allclose(probabilities, shares / shares.sum(), rtol=1e-2, atol=1e-6)


def test_both_terms_of_the_bound_weigh_a_label():
    # What penalises the code is no part of the bound.
    terms = np.array([3, 1, 9], np.float32), np.array([0, 4, 0], np.float32), np.array([90, 0, 0], np.float32)
    snapshot = SimpleNamespace(uses_labels=True, class_names=("a", "b", "c"), loss_terms=lambda images, labels: terms)
    shares = np.exp([-3.0, -5.0, -9.0])
    probabilities = label_probabilities(snapshot, np.zeros((1, 28, 28), np.float32))
    np.testing.assert_allclose(probabilities, shares / shares.sum(), rtol=1e-5)


def test_the_most_probable_label_is_proposed_and_can_be_overruled(cvae, tiny_images):
    right = 0
    for row in range(9):
        image = image_of(tiny_images, row)
        proposed = sketch(cvae, image)
        assert proposed.label == proposed.label_probabilities.argmax()
        right += proposed.label == row % 3
        other = (proposed.label + 1) % 3
        overruled = sketch(cvae, image, label=other)
        assert overruled.label == other
        np.testing.assert_array_equal(overruled.label_probabilities, proposed.label_probabilities)
        assert (
            overruled.losses.reconstruction + overruled.losses.kl > proposed.losses.reconstruction + proposed.losses.kl
        )
    assert right >= 8


def all_pairs(snapshot, image):
    """Give the misfit of each pose under each label, one by one."""
    return np.array(
        [
            [misfits(snapshot, pose[None], np.array([label]))[0, 0] for label in range(len(snapshot.class_names))]
            for pose in poses(image)
        ]
    )


def test_pose_and_label_of_a_sketch_are_sought_together_and_all_is_said_of_that_one(cvae, tiny_images):
    for row in range(6):
        image = poses(image_of(tiny_images, row))[3]  # slanted and turned
        expected = all_pairs(cvae.snapshot, image)
        pose, label = np.unravel_index(expected.argmin(), expected.shape)
        found = sketch(cvae, image, posed=True)
        assert found.label == label == found.label_probabilities.argmax()
        np.testing.assert_array_equal(found.input, poses(image)[pose])
        shares = np.exp(expected.min() - expected.min(0))
        np.testing.assert_allclose(found.label_probabilities, shares / shares.sum(), rtol=1e-2, atol=1e-6)
        mean, deviation = cvae.snapshot.posterior(found.input[None], [label])
        np.testing.assert_array_equal(found.mean, mean[0])
        np.testing.assert_array_equal(found.deviation, deviation[0])
        reconstruction, kl, _ = image_terms(cvae.snapshot, found.input[None], [label], SAMPLES)
        assert found.losses.loss == pytest.approx(reconstruction[0] + kl[0], rel=1e-5)
        other = (int(label) + 1) % 3  # the best pose under the label that a person chooses
        overruled = sketch(cvae, image, label=other, posed=True)
        assert overruled.label == other
        np.testing.assert_array_equal(overruled.input, poses(image)[expected[:, other].argmin()])
        np.testing.assert_array_equal(overruled.label_probabilities, found.label_probabilities)


def test_of_many_labels_the_likeliest_and_the_one_in_force_are_tried_in_all_poses(cvae, tiny_images, monkeypatch):
    monkeypatch.setattr(label_misfits, "POSED_LABELS", 1)
    image = poses(image_of(tiny_images, 4))[3]
    expected = all_pairs(cvae.snapshot, image)
    likely = int(expected[0].argmin())
    expected[1:, [label for label in range(3) if label != likely]] = np.inf
    found = sketch(cvae, image, posed=True)
    assert found.label == np.unravel_index(expected.argmin(), expected.shape)[1]
    other = (likely + 1) % 3
    overruled = sketch(cvae, image, label=other, posed=True)
    np.testing.assert_array_equal(overruled.input, poses(image)[all_pairs(cvae.snapshot, image)[:, other].argmin()])


def test_a_vae_takes_the_pose_of_the_least_misfit_whatever_its_grey(vae, tiny_images):
    image = poses(image_of(tiny_images, 2))[5]
    variations = poses(image)
    expected = misfits(vae.snapshot, variations, None)
    np.testing.assert_array_equal(sketch(vae, image, posed=True).input, variations[expected.argmin()])


def test_an_image_unlike_any_has_probabilities_all_the_same(cvae):
    noise = np.random.default_rng(0).random((1, 28, 28), np.float32)
    for image in (noise, np.zeros((1, 28, 28), np.float32), np.ones((1, 28, 28), np.float32)):
        assert label_probabilities(cvae.snapshot, image).sum() == pytest.approx(1, abs=1e-5)


def test_a_vae_proposes_no_label(vae, tiny_images):
    assert label_probabilities(vae.snapshot, image_of(tiny_images)) is None
    answer = sketch(vae, image_of(tiny_images), label=1)
    assert answer.label is None
    assert answer.label_probabilities is None


def test_codes_that_are_not_there_yet_are_near_nothing():
    means = np.array([[np.nan, np.nan], [3, 0], [np.inf, 0], [1, 0], [2, 0]], np.float32)
    for count, expected in ((1, [3]), (3, [3, 4, 1]), (5, [3, 4, 1])):
        assert nearest_rows(means, np.zeros(2, np.float32), count).tolist() == expected
    assert not len(nearest_rows(means[:1], np.zeros(2, np.float32), 3))
    assert not len(nearest_rows(means, np.full(2, np.nan, np.float32), 3))


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_a_sketch_lands_where_the_decoder_would_rather_put_it_if_that_is_asked(tiny_model, kind):
    model = tiny_model(model__kind=kind)
    snapshot, image = model.snapshot, (model.images[4] / 255).astype(np.float32)
    others = {"label": 1, "means": model.means, "labels": model.labels, "images": model.images}
    plain = sketched(snapshot, model.projection, image, **others)
    kept = KeptTable()
    asked = sketched(snapshot, model.projection, image, **others, table=lambda label: kept.of(model, label))
    mean, logvar = (part[0] for part in snapshot.encode(image[None], snapshot.under(1, 1)))
    table = kept.of(model, 1)
    one = gaps(table, image, mean, logvar, true_posterior(table, image, mean))
    assert plain.amortisation is None
    np.testing.assert_allclose(plain.mean, mean, atol=1e-5)
    assert asked.amortisation == pytest.approx(one.amortisation, abs=0.1)
    np.testing.assert_allclose(asked.mean, one.mean, atol=0.1)
    np.testing.assert_allclose(asked.deviation, one.deviation, rtol=0.2)
    assert asked.losses.loss == pytest.approx(-one.best_elbo, abs=0.1)
    assert asked.losses.loss == pytest.approx(asked.losses.reconstruction + asked.losses.kl)
    assert asked.position == pytest.approx(model.projection.position(asked.mean))
    np.testing.assert_array_equal(asked.nearest, nearest_rows(model.means, asked.mean, 15))
    np.testing.assert_allclose(asked.reconstruction, snapshot.decode(asked.mean[None], snapshot.under(1, 1))[0])
