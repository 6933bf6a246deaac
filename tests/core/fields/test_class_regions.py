"""Class regions beside neighbours that are looked for one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.errors import LatentlabError
from latentlab.core.fields.class_regions import NEIGHBOURS, class_regions
from latentlab.core.fields.grid import middles
from latentlab.core.fields.prepared_map import PreparedMap
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.projection import fit
from latentlab.core.models.building import build
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import Recipe

RECIPE = Recipe.load("digits-vae-2d").with_changes({"model.encoder.layers": (4,), "model.decoder.layers": (4,)})
BOX = (-3.0, 3.0, -3.0, 3.0)
SNAPSHOT = Snapshot("r", RECIPE, build(RECIPE, (8, 8), 0), ("a", "b", "c"))


def made(means, labels, snapshot=SNAPSHOT):
    means = np.asarray(means, np.float32)
    update = MapUpdate("r", 1.0, snapshot, means, np.asarray(labels), fit(means), None, None, 0.001)
    return PreparedMap(update)


def at(found, x, y):
    left, right, bottom, top = found.extent
    rows, columns = found.labels.shape
    place = int((top - y) / (top - bottom) * rows), int((x - left) / (right - left) * columns)
    return found.labels[place], float(found.certainty[place]), float(found.nearness[place])


@given(st.integers(1, 60), st.integers(0, 1000))
def test_each_place_has_the_class_of_most_of_its_neighbours(count, seed):
    rng = np.random.default_rng(seed)
    points, labels = rng.normal(size=(count, 2)).astype(np.float32), rng.integers(-1, 3, count)
    labels[0] = 1
    found = class_regions(made(points, labels), BOX, cells=49)
    known, classes = points[labels >= 0], labels[labels >= 0]
    k = min(NEIGHBOURS, len(known))
    assert found.neighbours == k
    places = np.stack(np.meshgrid(*middles(BOX, 49)), -1).reshape(-1, 2)
    for place, label, certainty in zip(places, found.labels.ravel(), found.certainty.ravel(), strict=True):
        nearest = np.argsort(np.hypot(*(known - place).T))[:k]
        votes = np.bincount(classes[nearest], minlength=3)
        assert votes[label] == votes.max()
        even = 1 / min(3, k)
        assert certainty == pytest.approx((votes.max() / k - even) / (1 - even) if k > 1 else 1, abs=1e-5)


def test_regions_are_certain_within_a_class_uncertain_between_two_and_fade_where_nothing_is_near():
    rng = np.random.default_rng(0)
    left, right = rng.uniform((-1, -1), (0, 1), (2000, 2)), rng.uniform((0, -1), (1, 1), (2000, 2))
    found = class_regions(made(np.concatenate([left, right]), np.repeat([0, 2], 2000)), BOX, cells=121**2)
    assert at(found, -0.5, 0.3) == (0, 1, 1)
    assert at(found, 0.5, -0.3) == (2, 1, 1)
    assert min(at(found, 0.0, y)[1] for y in np.linspace(-0.8, 0.8, 30)) < 0.6
    assert at(found, 2.5, 0)[2] == 0
    assert found.nearness[:, 60].min() == 0
    assert 0 < found.nearness.mean() < 0.3  # of 36, the square of 4 and a rim


def test_a_latent_space_of_one_dimension_has_bands():
    found = class_regions(made(np.linspace(-2, 2, 200)[:, None], np.repeat([0, 1], 100)), BOX, cells=100)
    assert (found.labels == found.labels[0]).all()
    assert found.labels[0, 2] == 0
    assert found.labels[0, -3] == 1
    assert (found.nearness == found.nearness[0]).all()


def test_codes_at_one_point_are_near_there_alone():
    found = class_regions(made(np.zeros((30, 2)), np.zeros(30, np.int64)), BOX, cells=81)
    assert found.nearness[4, 4] == 1
    assert found.nearness.sum() == 1


def test_images_without_classes_have_no_regions():
    with pytest.raises(LatentlabError, match="no classes"):
        class_regions(made(np.zeros((5, 2)), np.full(5, -1)), BOX, cells=4)
    with pytest.raises(LatentlabError, match="no classes"):
        class_regions(made(np.full((5, 2), np.nan), np.zeros(5, np.int64)), BOX, cells=4)
