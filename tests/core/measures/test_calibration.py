"""A CVAE's label probabilities are right as often as they say: by closed forms, brute force, and on held-out images."""

import dataclasses
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.measures import calibration
from latentlab.core.measures.calibration import fit_temperature, label_calibration
from latentlab.core.measures.label_misfits import are_posed, misfits_of_poses, shares
from latentlab.core.models.label_calibration import LabelCalibration
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run
from latentlab.core.sketch.poses import poses
from latentlab.core.sketch.preparation import measure
from latentlab.core.training.trainer import Trainer
from latentlab.core.training.training_images import TrainingImages
from tests.core.frugal import peak

RECIPE = Recipe.from_dict(
    {
        "data": {"dataset": "tiny"},
        "model": {"kind": "cvae", "encoder": {"layers": [32]}, "decoder": {"layers": [32]}},
        "training": {"batch_size": 20, "epochs": 15, "learning_rate": 3e-3, "device": "cpu"},
    }
)


def expected_error(probabilities, labels, bins=5):
    """Give the expected calibration error: Guo et al. (2017), eq. 3, in bins of as many images each."""
    sure, right = probabilities.max(1), probabilities.argmax(1) == labels
    order = np.array_split(sure.argsort(), bins)
    return sum(len(part) * abs(sure[part].mean() - right[part].mean()) for part in order) / len(labels)


def drawn(temperature, count, seed):
    """Draw labels by the probabilities of random numbers at a temperature."""
    random = np.random.default_rng(seed)
    logarithms = random.normal(0, 3, (count, 4)) - 100 * random.random((count, 1))
    chances = np.exp((logarithms - logarithms.max(1, keepdims=True)) / temperature)
    chances /= chances.sum(1, keepdims=True)
    return logarithms, (chances.cumsum(1) < random.random((count, 1))).sum(1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_labels_were_drawn_at_is_found(temperature):
    assert fit_temperature(*drawn(temperature, 20_000, 0)) == pytest.approx(temperature, rel=0.05)


@given(factor=st.floats(0.05, 50), seed=st.integers(0, 1000))
def test_numbers_that_are_scaled_have_a_temperature_that_is(factor, seed):
    logarithms, labels = drawn(2.0, 200, seed)
    assert fit_temperature(factor * logarithms, labels) == pytest.approx(
        factor * fit_temperature(logarithms, labels), rel=1e-6
    )


def test_no_other_temperature_makes_the_labels_likelier():
    logarithms, labels = drawn(2.0, 300, 5)
    found = fit_temperature(logarithms, labels)

    def likelihood(temperature):
        return np.log(shares(logarithms, temperature)[np.arange(300), labels].astype(np.float64)).sum()

    assert all(likelihood(found) >= likelihood(found * by) for by in (0.5, 0.9, 0.99, 1.01, 1.1, 2))


def test_images_that_tell_no_temperature_have_none():
    logarithms, labels = np.array([[0.0, -5.0], [-7.0, 0.0]]), np.array([0, 1])
    assert fit_temperature(logarithms, labels) is None  # all are right: the surer the likelier
    assert fit_temperature(logarithms, 1 - labels) is None  # all are wrong
    assert fit_temperature(np.zeros((2, 2)), labels) is None
    assert fit_temperature(np.zeros((0, 2)), labels[:0]) is None


@pytest.fixture(scope="module")
def trained(tiny_images):
    trainer = Trainer(RECIPE.with_changes({"data.validation": 0.2}), tiny_images, run_id="abc")
    list(trainer.events())
    return trainer


def ambiguous(images, count):
    """Blend images of two classes, each named after one of them as often as it is of it."""
    random = np.random.default_rng(1)
    first, second = (random.integers(0, len(images.test_labels), count) for _ in range(2))
    share = random.random(count)
    levels = images.test_images.numpy()
    blended = share[:, None, None, None] * levels[first] + (1 - share)[:, None, None, None] * levels[second]
    labels = np.where(random.random(count) < share, images.test_labels[first], images.test_labels[second])
    return blended.astype(np.uint8), labels.astype(np.int64)


def test_what_is_said_is_right_as_often_on_images_that_nothing_was_fitted_to(trained, tiny_images):
    snapshot, images, labels = trained.snapshot(), *ambiguous(tiny_images, 800)
    preparation = dataclasses.replace(measure(images), stroke=0.0)
    fitted = label_calibration(snapshot, preparation, images[:400], labels[:400], are_held_out=True)
    assert (fitted.images, fitted.are_held_out) == (400, True)
    misfits = [misfits_of_poses(snapshot, image[None] / np.float32(255), None)[0] for image in images[400:]]
    before, after = (expected_error(shares(-np.array(misfits), t), labels[400:]) for t in (1, fitted.temperature))
    assert before > 0.1
    assert after < before / 2


def test_each_label_is_taken_in_its_best_pose_as_of_a_sketch(trained, tiny_images):
    snapshot, images, labels = trained.snapshot(), *ambiguous(tiny_images, 30)
    assert are_posed(snapshot, trained.preparation)
    found = label_calibration(snapshot, trained.preparation, images, labels, are_held_out=False)
    best = [misfits_of_poses(snapshot, poses(image / np.float32(255)), None).min(0) for image in images]
    assert found.temperature == pytest.approx(fit_temperature(-np.array(best), labels), rel=1e-6)


def test_images_without_a_label_are_left_out(trained, tiny_images):
    snapshot, images, labels = trained.snapshot(), *ambiguous(tiny_images, 60)
    labels[::2] = -1
    preparation = dataclasses.replace(trained.preparation, stroke=0.0)
    found = label_calibration(snapshot, preparation, images, labels, are_held_out=True)
    alone = label_calibration(snapshot, preparation, images[1::2], labels[1::2], are_held_out=True)
    assert (found.images, found.temperature) == (30, alone.temperature)


class Counted:
    """Images of which each that is looked at is counted; they repeat those of an array, as many as one likes."""

    def __init__(self, images):
        self.images, self.rows = images, []

    def __getitem__(self, row):
        self.rows.append(row)
        return self.images[row % len(self.images)]


@pytest.mark.skipif(sys.platform != "linux", reason="asks the system as Linux answers")
def test_of_any_number_of_images_a_few_hundred_are_looked_at_and_of_their_labels_a_few_thousand(
    trained, tiny_images, tmp_path, monkeypatch
):
    snapshot, images = trained.snapshot(), ambiguous(tiny_images, 30)[0]
    preparation = dataclasses.replace(trained.preparation, stroke=0.0)
    monkeypatch.setattr(calibration, "_MOST", 120)
    with (tmp_path / "labels").open("w+b") as file:
        file.truncate(8 * 80_000_000)
        labels = np.memmap(file, np.int64, "r")  # all of the first class
    looked_at = [Counted(images) for _ in range(2)]
    before = peak(reset=True)
    for counted in looked_at:
        label_calibration(snapshot, preparation, counted, labels, are_held_out=True)
    assert peak() - before < 300, "of labels of 640 MB"
    first, second = (counted.rows for counted in looked_at)
    assert len(first) == len(set(first)) == 120
    assert first == second == sorted(first)
    assert first[0] < 8_000_000 < 72_000_000 < first[-1]


@pytest.mark.parametrize("share", [0.0, 0.03, 0.6])
def test_of_many_images_those_with_a_label_are_drawn_as_far_as_there_are_some(share, monkeypatch):
    monkeypatch.setattr(calibration, "MOST_ORDERED", 1000)
    monkeypatch.setattr(calibration, "_LOOKED_AT", 200)
    labels = np.where(np.random.default_rng(2).random(3000) < share, 1, -1)
    drawn = calibration._drawn(labels, 50)
    assert len(drawn) == len(set(drawn)) == min(50, int((labels >= 0).sum()))
    assert (labels[drawn] >= 0).all()
    assert np.array_equal(drawn, calibration._drawn(labels, 50))


def test_it_is_fitted_to_images_that_are_set_apart_and_never_to_test_images(trained, tiny_images, monkeypatch):
    given = []

    def note(snapshot, preparation, images, labels, *, are_held_out):
        given.append(({image.tobytes() for image in images}, are_held_out))

    monkeypatch.setattr("latentlab.core.training.training_images.label_calibration", note)
    apart = TrainingImages.of(tiny_images, trained.recipe, None)
    apart.calibrate(trained.snapshot(), trained.preparation)
    TrainingImages.of(tiny_images, RECIPE, None).calibrate(trained.snapshot(), trained.preparation)
    learned, held_out = ({image.tobytes() for image in part.numpy()} for part in _parts(apart))
    assert given == [(held_out, True), (learned | held_out, False)]
    assert not held_out & learned


def _parts(images):
    return images.learned.train_images, images.validation.test_images


def test_a_training_that_ends_stores_it_and_one_that_goes_on_has_none(tiny_images, tmp_path, monkeypatch):
    known = LabelCalibration(7.5, 36, True)
    monkeypatch.setattr("latentlab.core.training.training_images.label_calibration", lambda *given, **named: known)
    trainer = Trainer(RECIPE.with_changes({"training.epochs": 1}), tiny_images)
    events = trainer.events()
    next(events)
    assert trainer.result().snapshot.calibration is None
    list(events)
    run = trainer.result()
    assert run.snapshot.calibration == known
    run.save(tmp_path / "run.safetensors")
    assert Run.open(tmp_path / "run.safetensors").snapshot.calibration == known
