"""What a sweep has come to: of each combination of what it varies, the test figures over its seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from latentlab.core.map.comparability import why_no_tests
from latentlab.core.recipe.recipe import SEED, Recipe
from latentlab.core.runs.comparison_table import Spread
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.training.sweep_plan import SweepPlan

FIGURES = ("negative_elbo", "loss", "reconstruction", "kl", "penalty")


@dataclass(frozen=True, slots=True)
class SweepRow:
    """What is known of one combination.

    Attributes
    ----------
    settings : dict of str to str
        What is varied but for the seed, by dotted keys.
    runs, of : int
        How many are finished, and of how many.
    figures : dict of str to Spread
        Those of `FIGURES` that the table has, of the finished runs, nats per test image: see `SweepTable`.
    seconds : Spread or None
        That a run was trained for.
    """

    settings: dict[str, str]
    runs: int
    of: int
    figures: dict[str, Spread]
    seconds: Spread | None


@dataclass(frozen=True, slots=True)
class SweepTable:
    """All combinations in the order of the plan.

    Attributes
    ----------
    rows : tuple of SweepRow
        The losses of models that weigh their terms otherwise, such as with another β, do not compare: then no row has
        its loss. The negative ELBO, which has no weights, is that of VAEs; of others there are the terms alone.
    not_compared : str
        Why no figures of all rows compare, in a sentence; empty where they do.
    marked : frozenset of int
        The rows whose figures do not compare with those of the first.
    """

    rows: tuple[SweepRow, ...]
    not_compared: str
    marked: frozenset[int]

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures that any row has."""
        return tuple(name for name in FIGURES if any(name in row.figures for row in self.rows))


def table_of(plan: SweepPlan, ended: Sequence[KeptRun]) -> SweepTable:
    """Make the table of a sweep.

    Parameters
    ----------
    plan : SweepPlan
    ended : sequence of KeptRun
        Its runs; those that are not finished count for nothing.
    """
    known = {run.group["number"]: run for run in ended if run.group is not None and run.state == "finished"}
    recipes: dict[tuple[tuple[str, str], ...], Recipe] = {}
    numbers: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for member in plan.members:
        key = tuple(pair for pair in member.group["settings"].items() if pair[0] != SEED)
        recipes.setdefault(key, member.recipe)
        numbers.setdefault(key, []).append(member.number)
    first = next(iter(recipes.values()))
    why = [why_no_tests(first, recipe) for recipe in recipes.values()]
    has_loss = not any(why) and all(recipe.loss.weights == first.loss.weights for recipe in recipes.values())
    rows = []
    for key, recipe in recipes.items():
        runs = [known[number] for number in numbers[key] if number in known]
        tests = [run.test for run in runs if run.test is not None]
        is_bound = recipe.model.kind != "autoencoder"
        bounds = [run.negative_elbo for run in runs if run.negative_elbo is not None]
        figures = {
            "negative_elbo": bounds if is_bound else [],
            "loss": [_of(test, "loss") for test in tests] if has_loss else [],
            "reconstruction": [_of(test, "reconstruction") for test in tests],
            "kl": [_of(test, "kl") for test in tests] if is_bound else [],
            "penalty": [_of(test, "penalty") for test in tests] if _has_penalty(recipe) else [],
        }
        rows.append(
            SweepRow(
                dict(key),
                len(runs),
                len(numbers[key]),
                {name: spread for name, values in figures.items() if (spread := Spread.of(values)) is not None},
                Spread.of([run.seconds for run in runs if run.seconds is not None]),
            )
        )
    marked = frozenset(number for number, each in enumerate(why) if each)
    return SweepTable(tuple(rows), next(filter(None, why), ""), marked)


def _of(test: dict[str, float | None], name: str) -> float:
    return test[name] or 0.0


def _has_penalty(recipe: Recipe) -> bool:
    return bool(recipe.loss.sparsity or recipe.loss.contraction)
