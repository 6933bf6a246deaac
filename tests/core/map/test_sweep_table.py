"""The table of a sweep: means and deviations over seeds, against numpy's, of figures that compare."""

from pathlib import Path

import numpy as np
import pytest

from latentlab.core.map.sweep_table import table_of
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.comparison_table import Spread
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.training.sweep_plan import SweepPlan

RECIPE = Recipe.load("digits-vae-2d")


def run(member, reconstruction=100.0, kl=5.0, state="finished", penalty=0.0):
    loss = reconstruction + member.recipe.loss.beta * kl + penalty
    test = {"loss": loss, "reconstruction": reconstruction, "kl": kl, "penalty": penalty, "standard_error": None}
    return KeptRun(Path(member.file_name), state, "r", "d", 1, 1, test, "", "", group=member.group, seconds=2.0)


def test_rows_are_combinations_and_only_finished_runs_count():
    plan = SweepPlan.of(RECIPE, ["beta=1,4"], 3)
    # The seeds of beta = 1 are the members 1, 3 and 5.
    ended = [run(plan.members[0], 100), run(plan.members[2], 104), run(plan.members[4], 0, state="stopped")]
    table = table_of(plan, ended)
    first, second = table.rows
    assert (first.settings, first.runs, first.of) == ({"loss.beta": "1"}, 2, 3)
    assert first.figures["negative_elbo"] == Spread(107.0, pytest.approx(np.sqrt(8)))
    assert first.seconds == Spread(2.0, 0.0)
    assert (second.runs, second.figures, second.seconds) == (0, {}, None)


def test_losses_of_other_weights_are_left_out_and_elbos_compare():
    plan = SweepPlan.of(RECIPE, ["beta=1,4"])
    table = table_of(plan, [run(each) for each in plan.members])
    assert table.figures == ("negative_elbo", "reconstruction", "kl")
    assert {row.figures["negative_elbo"].mean for row in table.rows} == {105.0}
    assert (table.not_compared, table.marked) == ("", frozenset())
    alike = SweepPlan.of(RECIPE, ["latent=2,3", "temperature=0.6"])
    assert "loss" in table_of(alike, [run(each) for each in alike.members]).figures
    learned_otherwise = SweepPlan.of(RECIPE, ["warm_up=0,10", "free_bits=0,0.5"])  # which weighs nothing that is told
    assert "loss" in table_of(learned_otherwise, [run(each) for each in learned_otherwise.members]).figures


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (["loss.reconstruction=bernoulli,squared-error"], "squared"),
        (["model.kind=vae,cvae"], "told the class"),
        (["model.kind=vae,autoencoder"], "no ELBO"),
        (["dataset=digits,patches"], "different images"),
        (["gaussian=0,0.5"], "different damage"),
    ],
)
def test_figures_that_do_not_compare_are_marked(settings, why):
    plan = SweepPlan.of(RECIPE, settings)
    table = table_of(plan, [run(each) for each in plan.members])
    assert why in table.not_compared
    assert table.marked == {1}
    assert "loss" not in table.figures


def test_an_autoencoder_has_terms_and_no_elbo():
    plan = SweepPlan.of(Recipe.load("sparse-ae"), ["sparsity=0.1,1"])
    table = table_of(plan, [run(each, penalty=3.0) for each in plan.members])
    assert table.figures == ("reconstruction", "penalty")
