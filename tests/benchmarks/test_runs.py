"""Listing 5,000 runs from their index: beside reading the head of each, as if there were none."""

from statistics import median
from time import perf_counter

import pytest

from latentlab.core.runs import run_index
from latentlab.core.runs.workspace import all_runs
from tests.core.runs.fakes import fake_run

pytestmark = pytest.mark.timeout(600)
_RUNS, _EPOCHS = 5_000, 40
_TIMES = 5.0


def test_5000_runs_are_listed(race, row, tmp_path):
    for number in range(_RUNS):
        fake_run(tmp_path / f"mlp-vae-2d-20300101-{number:06}.safetensors", epochs=_EPOCHS, loss=float(number))

    def read_all():
        (tmp_path / run_index.NAME).unlink(missing_ok=True)
        all_runs(tmp_path)

    def with_one_changed():
        fake_run(tmp_path / f"mlp-vae-2d-20300101-{0:06}.safetensors", epochs=_EPOCHS, loss=1.0)
        all_runs(tmp_path)

    def from_index():
        assert len(all_runs(tmp_path).runs) == _RUNS

    found = {"heads": [], "index": [], "changed": []}
    race({"all": lambda: _round(found, read_all, from_index, with_one_changed)}, 5, warm_up=1)
    speed = median(heads / index for heads, index in zip(found["heads"][1:], found["index"][1:], strict=True))
    heads, index, changed = (1000 * median(found[name][1:]) for name in ("heads", "index", "changed"))
    row(
        f"{_RUNS:,} runs listed by their index",
        f"the heads of all, {heads:,.0f} ms",
        f"{_TIMES}",
        f"{speed:.1f} ({index:.0f} ms; {changed:.0f} ms where one has changed)",
        speed >= _TIMES,
    )
    assert speed >= _TIMES


def _round(found, read_all, from_index, with_one_changed):
    """Take each in the same moment: the index is there as soon as the heads have been read."""
    for name, work in (("heads", read_all), ("index", from_index), ("changed", with_one_changed)):
        begin = perf_counter()
        work()
        found[name].append(perf_counter() - begin)
