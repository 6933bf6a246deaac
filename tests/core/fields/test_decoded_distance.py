"""Distances of decoded images from the picked one: against the images themselves, and what is kept."""

from dataclasses import replace

import numpy as np
import pytest

from latentlab.core.errors import LatentlabError
from latentlab.core.fields.decoded_distance import COARSE, FINE, DistanceQuestion

BOX = (-2.0, 2.0, -1.0, 1.0)


def asked(model, code, *, extent=BOX, label=None, cells=200, known=None):
    return DistanceQuestion(tuple(np.float32(code).tolist()), extent, label, cells, known).answer(model)


@pytest.mark.parametrize("changes", [{}, {"model__latent": 1}, {"model__latent": 5}, {"model__kind": "autoencoder"}])
def test_each_value_is_the_distance_of_two_images(tiny_model, changes):
    model = tiny_model(**changes)
    code = model.means[3]
    found = asked(model, code, cells=4000)
    picked = model.snapshot.decode(code[None])[0]
    plane = found.plane
    assert (found.run_id, found.extent) == (model.run_id, BOX)
    assert found.place == pytest.approx(model.projection.position(code))
    assert (plane.xs[0], plane.xs[-1], plane.ys[0], plane.ys[-1]) == (-2, 2, 1, -1)
    for row, column in ((0, 0), (3, 7), (-1, -1)):
        place = (plane.xs[column], plane.ys[row] if model.snapshot.latent > 1 else 0.0)
        image = model.snapshot.decode(model.projection.moved(code, place)[None])[0]
        assert found.values[row, column] == pytest.approx(np.linalg.norm(image - picked), abs=1e-3)
    assert found.levels
    for level, pieces in zip(found.levels, found.curves, strict=True):
        assert len(pieces)
        codes = np.stack([model.projection.moved(code, tuple(at)) for at in pieces.mean(1).tolist()])
        far = np.linalg.norm((model.snapshot.decode(codes) - picked).reshape(len(codes), -1), axis=1)
        assert np.median(np.abs(far / level - 1)) < 0.05


def test_a_cvae_decodes_under_the_label(tiny_model):
    model = tiny_model(model__kind="cvae")
    one, two = (asked(model, model.means[3], label=label) for label in (0, 2))
    assert not np.allclose(one.values, two.values, atol=1e-3)


def test_a_plane_that_is_known_is_decoded_once(tiny_model, monkeypatch):
    model = tiny_model(model__latent=5)
    first = asked(model, model.means[3])
    moved = model.projection.moved(model.means[3], (0.5, 0.5))
    assert asked(model, moved, known=first.plane).plane is first.plane
    assert asked(model, moved, known=first.plane).values == pytest.approx(asked(model, moved).values, abs=1e-3)
    others = (
        {"cells": FINE},
        {"extent": (-1.0, 1.0, -1.0, 1.0)},
        {"label": 1},
    )
    for other in others:
        assert asked(model, moved, known=first.plane, **other).plane is not first.plane
    assert asked(model, model.means[4], known=first.plane).plane is not first.plane  # another plane
    assert asked(replace(model), moved, known=first.plane).plane is not first.plane  # trained on
    assert COARSE < FINE


@pytest.mark.parametrize("extent", [(0.0, 1e-12, 0.0, 5.0), (-1e30, 1e30, -1e30, 1e30), (3.0, 3.0, 3.0, 3.0)])
def test_any_part_of_the_plane_can_be_asked_for(tiny_model, extent):
    model = tiny_model()
    found = asked(model, model.means[0], extent=extent)
    assert len(found.levels) == len(found.curves)


def test_a_code_of_planes_has_none(tiny_model):
    from latentlab.core.models.building import build
    from latentlab.core.models.snapshot import Snapshot
    from latentlab.core.recipe.recipe import Recipe

    recipe = Recipe.load("page-cleaner")
    planes = Snapshot("r", recipe, build(recipe, (1, 32, 32), 0), ())
    with pytest.raises(LatentlabError, match="planes"):
        asked(replace(tiny_model(), snapshot=planes), (0.0, 0.0))
