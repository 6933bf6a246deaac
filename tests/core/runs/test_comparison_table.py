"""Runs in a table: what differs, mean and spread over seeds, and which figures may be compared."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.events import Changed, EpochEnded, Losses
from latentlab.core.output import comparison_file
from latentlab.core.runs.comparable_sets import comparable_sets
from latentlab.core.runs.comparison_table import Spread, compare, differing, seed_groups
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.runs.run_record import RunRecord, read_record
from latentlab.core.runs.yardstick import Yardstick
from tests.core.runs.fakes import fake_run
from tests.core.runs.small import SMALL, saved


def record(tmp_path, name="a", *, kl=4.0, reconstruction=90.0, epochs=3, changes=(), temperature=1.0, **settings):
    recipe = SMALL.with_changes({key.replace("__", "."): value for key, value in settings.items()})
    losses = Losses(reconstruction + recipe.loss.beta * kl, reconstruction, kl)
    history = tuple(EpochEnded("x", n + 1, losses, losses, False) for n in range(epochs))
    test = {"loss": losses.loss, "reconstruction": reconstruction, "kl": kl, "penalty": 0.0, "standard_error": None}
    kept = KeptRun(
        tmp_path / f"{name}.safetensors", "finished", "small", "tiny", epochs, epochs, test, "", "", 10.0,
        recipe.model.kind, 2, yardstick=Yardstick.of(recipe, temperature).written(),
    )  # fmt: skip
    return RunRecord(kept, recipe, history, tuple(changes), 180.0, 2.0)


def test_settings_that_differ_are_listed_but_for_names(tmp_path):
    records = [record(tmp_path), record(tmp_path, loss__beta=4.0, name="b"), record(tmp_path, model__latent=3)]
    assert differing(records) == ["model.latent", "loss.beta"]
    assert differing(records[:1]) == differing([]) == []


@given(st.lists(st.floats(-1e6, 1e6), max_size=6))
def test_spread_is_that_of_numpy(values):
    found = Spread.of(values)
    if not values:
        assert found is None
        return
    assert found.mean == pytest.approx(np.mean(values), abs=1e-6)
    if len(values) == 1:
        assert found.deviation is None
    else:
        assert found.deviation == pytest.approx(np.std(values, ddof=1), abs=1e-6)


def test_runs_that_differ_only_in_the_seed_have_a_mean_below_them(tmp_path):
    records = [
        record(tmp_path, "a", training__seed=0, kl=4.0),
        record(tmp_path, "b", loss__beta=2.0),
        record(tmp_path, "c", training__seed=1, kl=7.0),
        record(tmp_path, "d", training__seed=2, kl=10.0),
    ]
    assert seed_groups(records) == [[0, 2, 3], [1]]
    table = compare(records)
    assert [row.run for row in table.rows] == [0, 2, 3, None, 1]
    mean = table.rows[3]
    assert mean.figures["kl"].mean == pytest.approx(7)
    assert mean.figures["kl"].deviation == pytest.approx(3)
    assert mean.figures["negative_elbo"].mean == pytest.approx(97)
    assert (len(mean.runs), "training.seed" in mean.settings) == (3, False)
    assert table.rows[0].figures["kl"].deviation is None


@pytest.mark.parametrize(
    "other",
    [
        {"loss__beta": 1.5},
        {"changes": [Changed("x", 1.0, "beta", 3.0)]},
        {"epochs": 2},
    ],
)
def test_other_settings_changes_or_epochs_are_no_seeds(tmp_path, other):
    first, second = record(tmp_path), record(tmp_path, training__seed=1, **other)
    assert seed_groups([first, second]) == [[0], [1]]


def test_a_patience_may_end_seeds_at_other_epochs(tmp_path):
    runs = [record(tmp_path, training__patience=3, training__seed=seed, epochs=2 + seed) for seed in (0, 1)]
    assert seed_groups(runs) == [[0, 1]]


def test_a_loss_with_another_beta_is_in_another_set_but_not_its_elbo(tmp_path):
    records = [record(tmp_path, loss__beta=4.0), record(tmp_path), record(tmp_path)]
    found = comparable_sets(records, "loss")
    assert found.of == (1, 0, 0)
    assert found.reasons == ("", "the loss has β = 1 in one model, β = 4 in the other")
    assert comparable_sets(records, "negative_elbo").of == (0, 0, 0)
    assert comparable_sets([], "loss").of == ()


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"model__output": "linear", "loss__reconstruction": "squared-error"}, "Bernoulli"),
        ({"data__dataset": "mnist"}, "different images"),
        ({"temperature": 0.5}, "tested at T = 1, the other at T = 0.5"),
        ({"corruption__gaussian": 0.2}, "different damage"),
        ({"model__kind": "autoencoder"}, "no ELBO"),
        ({"model__kind": "cvae"}, "told the class"),
    ],
)
@pytest.mark.parametrize("quantity", ["loss", "reconstruction", "kl"])
def test_what_was_measured_otherwise_is_in_another_set(tmp_path, other, reason, quantity):
    if "model__output" in other:
        both = SMALL.with_changes({"model.output": "linear", "loss.reconstruction": "squared-error"})
        second = record(tmp_path)
        second = RunRecord(second.kept._replace(yardstick=Yardstick.of(both).written()), both, (), (), None, None)
    else:
        second = record(tmp_path, **other)
    found = comparable_sets([record(tmp_path), second], quantity)
    assert found.of == (0, 1)
    assert reason in found.reasons[1]


def test_training_losses_at_another_temperature_or_of_other_images_are_in_another_set(tmp_path):
    cool = record(tmp_path, training__temperature=0.5)
    few = record(tmp_path, data__limit=10)
    assert comparable_sets([record(tmp_path), cool, few], "loss", "test").of == (0, 0, 0)
    found = comparable_sets([record(tmp_path), cool, few], "loss", "train")
    assert found.of == (0, 1, 2)
    assert "T = 0.5" in found.reasons[1]
    assert "different images" in found.reasons[2]


def test_a_run_of_a_later_version_is_compared_with_none(tmp_path):
    strange = record(tmp_path)
    strange = RunRecord(strange.kept._replace(yardstick=""), strange.recipe, (), (), None, None)
    assert comparable_sets([record(tmp_path), strange], "kl").reasons[1].startswith("nobody knows")


def test_curves_along_epochs_seconds_and_images(tmp_path):
    one = record(tmp_path, kl=3.0, reconstruction=5.0)
    for along, per_epoch in (("epochs", 1), ("seconds", 2), ("images", 180)):
        places, values = one.curve("test", "negative_elbo", along)
        assert places.tolist() == [per_epoch, 2 * per_epoch, 3 * per_epoch]
        assert values.tolist() == [8.0] * 3
    point = record(tmp_path, model__kind="autoencoder")
    assert point.curve("test", "negative_elbo", "epochs")[0].tolist() == []
    assert point.figure("negative_elbo") is None


def test_curves_along_what_each_epoch_had_and_took(tmp_path):
    one = record(tmp_path)
    epochs = [(10, 1.0), (30, 0.5), (20, 4.0)]  # as of a run that went on with other images, on another machine
    own = [
        replace(ended, images=images, seconds=seconds)
        for ended, (images, seconds) in zip(one.history, epochs, strict=True)
    ]
    told = replace(one, history=tuple(own))
    assert told.curve("test", "loss", "seconds")[0].tolist() == [1.0, 1.5, 5.5]
    assert told.curve("test", "loss", "images")[0].tolist() == [10, 40, 60]
    # Of the first an earlier version told nothing: it counts as one like the others of its training.
    mixed = replace(one, history=(one.history[0], *own[1:]))
    assert mixed.curve("test", "loss", "seconds")[0].tolist() == [2.0, 2.5, 6.5]
    assert mixed.curve("test", "loss", "images")[0].tolist() == [180, 210, 230]


def test_it_is_read_of_a_run_of_this_version_and_an_earlier_one(run, tmp_path):
    found = read_record(saved(run, tmp_path / "now.safetensors"))
    assert found.history == run.history
    assert found.recipe == run.recipe
    assert found.images_per_epoch == pytest.approx(run.training.images / run.epochs)
    assert found.seconds_per_epoch == pytest.approx(run.training.step_seconds / run.epochs)
    assert found.curve("test", "loss", "seconds")[0][-1] == pytest.approx(run.training.step_seconds)
    assert found.curve("test", "loss", "images")[0][-1] == run.training.images
    assert Yardstick.read(found.kept.yardstick) == Yardstick.of(run.recipe)
    fake = read_record(fake_run(tmp_path / "then.safetensors"))
    assert fake.images_per_epoch is None
    assert fake.curve("test", "loss", "seconds")[0].tolist() == []
    assert len(fake.curve("test", "loss", "epochs")[0]) == 3


def test_as_a_file_and_as_text(tmp_path):
    records = [record(tmp_path, "a", training__seed=0, kl=4.0), record(tmp_path, "=b", training__seed=1, kl=6.0)]
    table = compare(records)
    comparison_file.save(tmp_path / "table.csv", table)
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["row"] for line in lines] == ["run", "run", "mean", "standard deviation"]
    assert [line["runs"] for line in lines] == ["1", "1", "2", "2"]
    assert [float(line["kl"]) for line in lines] == pytest.approx([4, 6, 5, np.sqrt(2)])
    assert [line["training.seed"] for line in lines] == ["0", "1", "", ""]
    assert {line["loss_set"] for line in lines} == {"0"}
    text = list(csv.reader(comparison_file.as_text(table).splitlines(), delimiter="\t"))
    assert text[0] == list(lines[0])
    assert len(text) == 5
