"""Listing 5,000 runs from their index, and as a tree: beside reading the head of each, as if there were none."""

from statistics import median
from time import perf_counter

import pytest

from latentlab.core.runs import run_index
from latentlab.core.runs.collection import ordered
from latentlab.core.runs.run_tree import planted
from latentlab.core.runs.workspace import all_runs
from tests.core.runs.fakes import fake_run

pytestmark = pytest.mark.timeout(600)
_RUNS, _EPOCHS = 5_000, 40
_TIMES = 5.0


def test_5000_runs_are_listed(race, row, tmp_path):
    for number in range(_RUNS):
        path = tmp_path / f"mlp-vae-2d-20300101-{number:06}.safetensors"
        came_from = [(f"run{number // 2}", _EPOCHS // 2)] if number % 3 else []  # trees as deep as twelve
        fake_run(path, epochs=_EPOCHS, loss=float(number), run=f"run{number}", came_from=came_from, beta=number % 7)

    def read_all():
        (tmp_path / run_index.NAME).unlink(missing_ok=True)
        all_runs(tmp_path)

    def with_one_changed():
        fake_run(tmp_path / f"mlp-vae-2d-20300101-{0:06}.safetensors", epochs=_EPOCHS, loss=1.0)
        all_runs(tmp_path)

    def from_index():
        assert len(all_runs(tmp_path).runs) == _RUNS

    def as_tree():
        runs = all_runs(tmp_path).runs
        assert len(planted(ordered(runs, "loss"), runs)) == _RUNS

    found = {"heads": [], "index": [], "tree": [], "changed": []}
    race({"all": lambda: _round(found, read_all, from_index, as_tree, with_one_changed)}, 5, warm_up=1)
    speed = median(heads / index for heads, index in zip(found["heads"][1:], found["index"][1:], strict=True))
    heads, index, tree, changed = (1000 * median(found[name][1:]) for name in found)
    row(
        f"{_RUNS:,} runs listed by their index",
        f"the heads of all, {heads:,.0f} ms",
        f"{_TIMES}",
        f"{speed:.1f} ({index:.0f} ms; {tree:.0f} ms as a tree; {changed:.0f} ms where one has changed)",
        speed >= _TIMES,
    )
    assert speed >= _TIMES


def _round(found, read_all, from_index, as_tree, with_one_changed):
    """Take each in the same moment: the index is there as soon as the heads have been read."""
    for name, work in zip(found, (read_all, from_index, as_tree, with_one_changed), strict=True):
        begin = perf_counter()
        work()
        found[name].append(perf_counter() - begin)
