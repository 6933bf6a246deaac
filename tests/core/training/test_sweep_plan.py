"""The plan of a sweep: every combination with every seed, once, under names that every disk takes."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.errors import LatentlabError
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.sweep_plan import MOST_RUNS, SweepError, SweepPlan

RECIPE = Recipe.load("digits-vae-2d")
BETAS = st.lists(st.floats(0, 1000).map(lambda value: round(value, 3)), min_size=1, max_size=4, unique=True)
LATENTS = st.lists(st.integers(1, 64), min_size=1, max_size=3, unique=True)
LAYERS = st.lists(st.lists(st.integers(1, 300), min_size=1, max_size=3).map(tuple), min_size=1, max_size=3, unique=True)


def typed(values):
    return ",".join(map(str, values))


@given(BETAS, LATENTS, LAYERS, st.integers(1, 3), st.integers(0, 5))
def test_every_combination_is_trained_with_every_seed_once(betas, latents, layers, seeds, first):
    recipe = RECIPE.with_changes({"training.seed": first})
    settings = [f"beta={typed(betas)}", f"latent={typed(latents)}", f"encoder.layers={';'.join(map(typed, layers))};"]
    wanted = {*itertools.product(betas, latents, layers, range(first, first + seeds))}
    if len(wanted) == 1:
        with pytest.raises(SweepError, match="single run"):
            SweepPlan.of(recipe, settings, seeds)
        return
    plan = SweepPlan.of(recipe, settings, seeds)
    members = plan.members
    found = [
        (each.recipe.loss.beta, each.recipe.model.latent, each.recipe.model.encoder.layers, each.recipe.training.seed)
        for each in members
    ]
    assert len(found) == len(wanted) == plan.count
    assert set(found) == wanted
    assert [each.number for each in members] == list(range(1, len(members) + 1))
    assert [seed for *_, seed in found] == sorted(seed for *_, seed in found)  # something of all is known early
    assert len({each.file_name.casefold() for each in members}) == len(members)
    for each in members:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.=+,-]{0,180}\.safetensors", each.file_name)
        # What the file says that the run has makes its recipe of the first.
        assert (
            recipe.with_changes({"beta": betas[0], "latent": latents[0], "encoder.layers": layers[0]}).with_changes(
                each.group["settings"]
            )
            == each.recipe
        )


@given(BETAS.filter(lambda values: len(values) > 1), st.integers(1, 3))
def test_the_same_runs_are_the_same_sweep_however_they_are_written(betas, seeds):
    plan = SweepPlan.of(RECIPE, [f"beta={typed(betas)}"], seeds)
    other = SweepPlan.of(RECIPE, ["latent=2", f"loss.beta={';'.join(f'{each:e}' for each in betas)}"], seeds)
    assert (other.id, other.name) == (plan.id, plan.name)
    assert SweepPlan.of(RECIPE.with_changes({"epochs": 1}), [f"beta={typed(betas)}"], seeds).id != plan.id
    assert SweepPlan.from_json(plan.to_json()) == plan
    threaded = plan.computing_with(3)
    assert threaded.id == plan.id
    assert {each.recipe.training.threads for each in threaded.members} == {3}


def test_threads_that_a_recipe_has_are_its_own():
    plan = SweepPlan.of(RECIPE, ["threads=1,2"]).computing_with(7)
    assert [each.recipe.training.threads for each in plan.members] == [1, 2]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["beta"], "key=values, not as 'beta'"),
        (["=1,2"], "key=values"),
        (["bta=1,2"], "There is no setting 'bta'"),
        (["layers=1;2"], "could mean model.encoder.layers or model.decoder.layers"),
        (["encoder.layers=512,256"], "'encoder.layers=512,256;' is one, 'encoder.layers=512;256' are several"),
        (["data.size=32,48"], "may be one value with commas or several"),
        (["dataset=pairs:a,b"], "may be one value with commas or several"),
        (["beta=1,,2"], "a value that is empty"),
        (["beta=1;;2"], "a value that is empty"),
        (["beta=1,1.0"], "Two runs would be the same, beta=1 seed=0 and beta=1.0 seed=0"),
        (["beta=1,2", "loss.beta=3"], "'loss.beta' is set twice"),
        (["beta=1,-1"], "^loss.beta = '-1' is not allowed"),
        (["beta=1,banana", "latent=2,3"], r"^loss.beta = 'banana' is not allowed: it should be a number\.$"),
        (["epochs=1.5,2"], r"^training.epochs = '1.5' is not allowed: it should be a whole number\.$"),
        (["output=tanh,linear"], "^output=tanh: the bernoulli reconstruction needs"),
        (["beta=1,2", "samples=1,4", "free_bits=0.5"], "beta=1 samples=4 free_bits=0.5: .*have no KL"),
        (["beta=2"], "a single run"),
        ([], "a single run"),
        (["seed=" + typed(range(MOST_RUNS + 1))], "That makes 1,001 runs, and 1,000 are the most"),
        ([f"{key}={typed(range(1, 4000))}" for key in ("beta", "latent", "epochs", "batch_size")], "are the most"),
    ],
)
def test_what_is_wrong_is_one_sentence(settings, said):
    with pytest.raises(LatentlabError, match=said) as raised:
        SweepPlan.of(RECIPE, settings)
    assert "\n" not in str(raised.value)


def test_seeds_and_names_that_cannot_be():
    for seeds in (0, MOST_RUNS + 1):
        with pytest.raises(SweepError, match="1 to 1,000 seeds"):
            SweepPlan.of(RECIPE, [], seeds)
    with pytest.raises(SweepError, match="twice"):
        SweepPlan.of(RECIPE, ["seed=3,4"], 2)
    assert [each.recipe.training.seed for each in SweepPlan.of(RECIPE, ["seed=3"], 2).members] == [3, 4]
    for name in ("../up", "a b", "-a", "a" * 61, "é"):
        with pytest.raises(SweepError, match="letters, digits"):
            SweepPlan.of(RECIPE, [], 2, name)
    assert SweepPlan.of(RECIPE, [], 2, "mine").name == "mine"


def test_long_values_make_short_names():
    rows = [",".join(map(str, range(start, start + 300))) for start in (0, 1)]
    plan = SweepPlan.of(RECIPE, [f"images={';'.join(rows)}"])
    names = [each.file_name for each in plan.members]
    assert len(set(names)) == 2
    assert max(map(len, names)) < 200


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"name": "a", "recipe": {}, "settings": [], "seeds": 0}'])
def test_a_damaged_plan_is_one_sentence(text):
    with pytest.raises(SweepError, match="damaged"):
        SweepPlan.from_json(text)


@pytest.mark.parametrize("key", ["bta", "beta", "loss.beta.x", ""])
def test_a_plan_with_keys_that_are_not_whole_is_damaged(key):
    plan = SweepPlan.of(RECIPE, ["beta=1,2"], name="mine")
    with pytest.raises(SweepError, match="damaged"):
        SweepPlan.from_json(plan.to_json().replace('"loss.beta"', f'"{key}"'))
