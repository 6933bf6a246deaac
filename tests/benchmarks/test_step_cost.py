"""The simulation of a step that processes share, which CONTRIBUTING plans with, beside such processes."""

from statistics import median

import pytest

from tests.benchmarks.step_cost import predicted_and_measured

ROUNDS = 2


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("recipe", "batch"), [("conv-vae-2d", 64), ("mlp-vae-20d", 512)])
def test_what_a_step_costs_beside_what_is_predicted(benchmark, row, recipe, batch):
    rounds = []
    benchmark.pedantic(lambda: rounds.extend(predicted_and_measured(recipe, batch) for _ in range(ROUNDS)), rounds=1)
    ratios = {}
    for count in rounds[0]:
        predicted, measured = (median(1000 * each[count][part] for each in rounds) for part in (0, 1))
        ratio = ratios[count] = median(each[count][0] / each[count][1] for each in rounds)
        row(
            f"a step of {recipe}, {batch} images, {count} processes, of a processor's time",
            f"predicted {predicted:.1f} ms",
            "within a third",
            f"{measured:.1f} ms, predicted {ratio:.2f} times",
            2 / 3 < ratio < 4 / 3,
        )
    assert all(2 / 3 < ratio < 4 / 3 for ratio in ratios.values()), ratios
