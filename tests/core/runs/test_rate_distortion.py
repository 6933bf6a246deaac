"""Rate and distortion of what is listed: the terms as they are stored, of comparable VAEs alone."""

import itertools
import json
import struct

import pytest

from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import workspace
from latentlab.core.runs.kept_run import KeptRun, read_kept
from latentlab.core.runs.rate_distortion import iso_levels, rate_distortion
from latentlab.core.runs.yardstick import Yardstick
from tests.core.runs.fakes import fake_run

RECIPE = Recipe.load("mlp-vae-2d")


def kept(tmp_path, name, rate=5.0, distortion=100.0, temperature=1.0, **changes):
    recipe = RECIPE.with_changes({key.replace("__", "."): value for key, value in changes.items()})
    loss = distortion + recipe.loss.beta * rate
    test = {"loss": loss, "reconstruction": distortion, "kl": rate, "penalty": 0.0, "standard_error": 0.1}
    return KeptRun(
        tmp_path / f"{name}.safetensors", "finished", "r", "mnist", 3, 3, test, "", "", 1.0, recipe.model.kind, 2,
        yardstick=Yardstick.of(recipe, temperature).written(),
    )  # fmt: skip


def test_the_terms_are_those_that_are_stored_whatever_the_weight(tmp_path):
    found = rate_distortion([kept(tmp_path, "a", 5, 100), kept(tmp_path, "b", 2, 120, loss__beta=4.0)])
    assert [(point.name, point.rate, point.distortion) for point in found.points] == [("a", 5, 100), ("b", 2, 120)]
    assert found.left_out == ()


def test_what_is_not_comparable_is_left_out_and_said(tmp_path):
    runs = [
        kept(tmp_path, "a"),
        kept(tmp_path, "b"),
        kept(tmp_path, "cool", temperature=0.5),
        kept(tmp_path, "point", model__kind="autoencoder"),
        kept(tmp_path, "other", data__dataset="kmnist"),
        kept(tmp_path, "told", model__kind="cvae"),
        kept(tmp_path, "later")._replace(yardstick=""),
        kept(tmp_path, "new")._replace(test=None),
        kept(tmp_path, "exploded", rate=float("nan")),
    ]
    found = rate_distortion(runs)
    assert [point.name for point in found.points] == ["a", "b"]
    reasons = dict(found.left_out)
    assert sum(reasons.values()) == len(runs) - 2
    for words in ("T = 0.5", "no ELBO", "different images", "told the class", "nobody knows", "no epoch", "finite"):
        assert sum(words in reason for reason in reasons) == 1, words


def test_no_runs_give_no_points():
    assert rate_distortion([]).points == ()


@pytest.mark.parametrize(("low", "high"), [(100.0, 180.0), (0.3, 0.9), (-5.0, 900.0), (131.9, 132.4)])
def test_lines_are_at_a_few_round_values(low, high):
    levels = iso_levels(low, high)
    assert 4 <= len(levels) <= 12
    assert all(low <= level <= high for level in levels)
    steps = {round(second - first, 9) for first, second in itertools.pairwise(levels)}
    assert len(steps) == 1
    assert f"{steps.pop():e}"[0] in "125"
    assert iso_levels(3.0, 3.0) == []


def test_the_index_knows_it_and_an_earlier_version_was_tested_at_the_temperature_of_training(tmp_path):
    path = fake_run(tmp_path / "run.safetensors", loss=100.0)
    assert Yardstick.read(read_kept(path).yardstick).temperature == "1"
    for _ in range(2):  # read, then from the index
        (run,) = workspace.runs(tmp_path)
        assert run.yardstick == read_kept(path).yardstick
        (point,) = rate_distortion([run]).points
        assert (point.rate, point.distortion) == (10, 90)


def test_a_recipe_of_a_later_version_still_lists(tmp_path):
    path = fake_run(tmp_path / "run.safetensors")
    stored = path.read_bytes()
    head = json.loads(stored[8:])
    recipe = json.loads(head["__metadata__"]["recipe"]) | {"novelty": 1}
    head["__metadata__"]["recipe"] = json.dumps(recipe)
    said = json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", len(said)) + said)
    (run,) = workspace.runs(tmp_path)
    assert run.yardstick == ""
    assert rate_distortion([run]).left_out == (("nobody knows how it was tested", 1),)
