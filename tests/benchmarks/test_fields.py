"""What a field behind the points costs at 128 × 128, beside 2,000 Gaussians added up one by one, and beside gaps."""

import numpy as np
import pytest

from latentlab.core.fields.fields import Effort, FieldQuestion, answer, prepare_field
from latentlab.core.fields.grid import middles
from latentlab.core.fields.prepared_map import PreparedMap
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.projection import fit
from latentlab.core.models.building import build
from latentlab.core.models.operations import Operations
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import Recipe

BOX = (-4.0, 4.0, -4.0, 4.0)
CELLS = 128**2


@pytest.fixture(params=[10_000, 70_000], ids="{:,} points".format)
def count(request, benchmark):
    benchmark.group = f"a field of 128 × 128 cells, {request.param:,} points"
    return request.param


def prepared(count, latent):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, count)
    means = (rng.normal(size=(10, latent))[labels] + 0.4 * rng.normal(size=(count, latent))).astype(np.float32)
    deviations = rng.uniform(0.05, 0.3, means.shape).astype(np.float32)
    recipe = Recipe.load("mlp-vae-2d").with_changes({"model.latent": latent})
    snapshot = Snapshot("r", recipe, build(recipe, (1, 28, 28), 0), tuple("0123456789"))
    update = MapUpdate("r", 1.0, snapshot, means, labels, fit(means), None, None, Operations(0, 0), None, deviations)
    return PreparedMap(update)


@pytest.mark.parametrize("kind", ["density", "ratio", "regions"])
def test_two_dimensions(benchmark, count, kind):
    question = FieldQuestion(kind, prepared(count, 2), BOX, None, 0, Effort(CELLS, count))
    prepare_field(question)
    benchmark.pedantic(answer, (question,), rounds=3)


def test_twenty_dimensions_with_2000_images(benchmark, count):
    question = FieldQuestion("density", prepared(count, 20), BOX, None, 0, Effort(CELLS, 2_000))
    prepare_field(question)
    benchmark.pedantic(answer, (question,), rounds=3)


def test_2000_gaussians_one_by_one(benchmark, count):
    each = prepared(count, 2)
    x, y = np.meshgrid(*middles(BOX, CELLS))
    deviations = each.deviations(2_000)

    def add_up():
        total = np.zeros_like(x)
        for (mx, my), (sx, sy) in zip(each.points[:2_000].tolist(), deviations.tolist(), strict=True):
            total += np.exp(-0.5 * (((x - mx) / sx) ** 2 + ((y - my) / sy) ** 2)) / (2 * np.pi * sx * sy)

    benchmark.pedantic(add_up, rounds=1)


def test_gaps(benchmark, count):
    question = FieldQuestion("gaps", prepared(count, 2), BOX, None, 0, Effort(CELLS, 0))
    benchmark.pedantic(answer, (question,), rounds=1)
