"""Which numbers of two models may be set side by side, and why others may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from latentlab.core.events import EpochEnded, Losses
from latentlab.core.map.comparability import Figure, figure_of_tests, why_no_nats, why_no_tests
from latentlab.core.map.results import ImageLosses
from latentlab.core.recipe.recipe import Recipe

RECIPE = Recipe.load("mlp-vae-2d")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"loss.beta": 4.0},
        {"model.latent": 20, "training.epochs": 3, "loss.free_bits": 1.0, "loss.warm_up": 2.0},
        {"data.limit": 1000, "data.repeat": 2},
        {"model.output": "linear", "loss.reconstruction": "squared-error"},
    ],
)
def test_models_of_one_kind_error_and_range_are_compared(changes):
    second = RECIPE.with_changes(changes)
    first = second if "model.output" in changes else RECIPE
    assert why_no_nats(first, second) == why_no_tests(first, second) == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model.kind": "autoencoder"}, "an autoencoder has no ELBO"),
        ({"model.kind": "cvae"}, "told the class"),
        ({"model.output": "sigmoid", "loss.reconstruction": "squared-error"}, "Bernoulli"),
    ],
)
def test_nats_of_other_kinds_and_errors_are_not_compared(changes, reason):
    second = RECIPE.with_changes(changes)
    for pair in ((RECIPE, second), (second, RECIPE)):
        told = why_no_nats(*pair)
        assert reason in told
        assert told.startswith("Nats are not compared: ")
        assert told.count(".") == 1
        assert why_no_tests(*pair) == told


def test_errors_of_other_pixels_are_not_compared():
    squared = {"loss.reconstruction": "squared-error"}
    first = RECIPE.with_changes(squared | {"model.output": "tanh"})
    for output in ("sigmoid", "linear"):
        assert "[−1, 1]" in why_no_nats(first, RECIPE.with_changes(squared | {"model.output": output}))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"data.dataset": "fashion-mnist"}, "different images"),
        ({"data.exclude": (3,)}, "different images"),
        ({"corruption.gaussian": 0.2}, "damage"),
        ({"data.binarised": "static"}, "different images"),
    ],
)
def test_tests_that_measure_other_things_are_not_compared(changes, reason):
    second = RECIPE.with_changes(changes)
    assert why_no_nats(RECIPE, second) == ""
    assert reason in why_no_tests(RECIPE, second)
    assert reason in why_no_tests(second, RECIPE)


def history(*terms):
    return [EpochEnded("r", epoch + 1, Losses(*each), Losses(*each), False) for epoch, each in enumerate(terms)]


def test_the_figure_of_tests_is_that_of_the_current_weights_at_a_beta_of_one():
    patient = RECIPE.with_changes({"training.patience": 5, "loss.beta": 3.0})
    epochs = history((12.0, 6.0, 2.0), (8.0, 5.0, 1.0), (10.0, 4.0, 2.0))  # at β = 3
    assert figure_of_tests(RECIPE, epochs, 3.0, is_ended=True) == Figure(6.0, True)
    assert figure_of_tests(RECIPE, epochs, 2.4, is_ended=False) == Figure(6.0, True)
    assert figure_of_tests(RECIPE, epochs, 1.0, is_ended=False) == Figure(8.0, True)
    assert figure_of_tests(RECIPE, epochs, 0.5, is_ended=False) is None
    assert figure_of_tests(RECIPE, [], 0.5, is_ended=False) is None
    best = history((12.0, 6.0, 2.0), (8.0, 5.0, 1.5), (10.0, 4.0, 2.0))
    assert figure_of_tests(patient, best, 3.0, is_ended=False) == Figure(6.0, True)
    assert figure_of_tests(patient, best, 3.0, is_ended=True) == Figure(6.5, True)  # it has gone back to its best
    autoencoder = RECIPE.with_changes({"model.kind": "autoencoder"})
    penalised = history((12.0, 6.0, 0.0, 6.0))
    assert figure_of_tests(autoencoder, penalised, 1.0, is_ended=True) == Figure(6.0, False)


def test_tests_are_compared_whatever_the_temperature_of_training_unless_they_were_at_it_too():
    cool = RECIPE.with_changes({"training.temperature": 0.6})
    assert why_no_tests(RECIPE, cool) == ""
    (ended,) = history((12.0, 6.0, 2.0))
    at_1, earlier = (replace(ended, temperatures=(0.6, of_test)) for of_test in (1.0, 0.6))
    assert figure_of_tests(cool, [at_1], 1.0, is_ended=True) == Figure(8.0, True)
    assert figure_of_tests(cool, [earlier], 1.0, is_ended=True) is None


def test_an_images_figure_leaves_out_what_a_recipe_weighs():
    assert Figure.of(None) is None
    assert Figure.of(ImageLosses(10.0, 7.0, 3.0, 2.0, 16)) == Figure(10.0, True)
    assert Figure.of(ImageLosses(9.0, 7.0, 0.0, 2.0)) == Figure(7.0, False)
