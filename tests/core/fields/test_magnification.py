"""Magnification: a linear decoder, whose is known, and others against Jacobians that torch differentiates exactly."""

import copy

import numpy as np
import pytest
import torch

from latentlab.core.errors import LatentlabError
from latentlab.core.fields.grid import middles, places
from latentlab.core.fields.magnification import magnification
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.projection import fit
from latentlab.core.models.building import build
from latentlab.core.models.operations import Operations
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import Recipe

PART = (-2.0, 2.0, -1.0, 1.0)


def map_with(recipe, model, latent, names=()):
    """Give a map of codes drawn from the prior, for a model with any weights."""
    means = np.random.default_rng(0).standard_normal((300, latent)).astype(np.float32)
    snapshot = Snapshot("r", recipe, model, names)
    return MapUpdate("r", 1.0, snapshot, means, np.full(300, -1), fit(means), None, None, Operations(0, 0))


def linear(weights):
    """Give the map of a decoder that adds the columns of weights, (64, L), to a grey image of 8×8."""
    latent = weights.shape[1]
    recipe = Recipe.load("linear-ae-2d").with_changes({"model.latent": latent})
    model = build(recipe, (1, 8, 8), 0)
    (name,) = (each for each in model.state_dict() if each.startswith("decoder") and each.endswith("weight"))
    state = {name: weights, name.replace("weight", "bias"): torch.full((64,), 0.5)}
    model.load_state_dict(state, strict=False)
    return map_with(recipe, model, latent)


def measured(model, extent=PART, *, through=None, label=0, cells=60):
    return magnification(model, extent, through=through, label=label, cells=cells)


def brute_force(monkeypatch, model, extent=PART, *, through=None, label=0, cells=60):
    """Give the roots of the determinants, by torch's reverse mode in float64, of the same places."""
    exact = copy.deepcopy(model.snapshot.model).double()
    base = model.projection.origin if through is None else through
    directions = torch.tensor(model.projection.directions, dtype=torch.float64)
    base = torch.tensor(base - (base - model.projection.origin) @ directions.numpy().T @ directions.numpy())
    labels = torch.tensor(model.snapshot.under(label, 1)) if model.snapshot.uses_labels else None
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)  # models round to float32
    jacobians = [
        torch.autograd.functional.jacobian(
            lambda place: exact.pixels(exact.decode((base + place @ directions)[None], labels)).flatten(),
            torch.tensor(place, dtype=torch.float64),
        )
        for place in places(*middles(extent, cells))
    ]
    return np.array([torch.linalg.det(each.T @ each).sqrt().item() for each in jacobians])


@pytest.mark.parametrize("latent", [2, 5])
def test_a_linear_decoder_magnifies_alike_everywhere(latent):
    weights = torch.randn(64, latent, generator=torch.Generator().manual_seed(0)) * 0.02
    model = linear(weights)
    on_plane = weights.numpy() @ model.projection.directions.T
    expected = np.linalg.det(on_plane.T @ on_plane) ** 0.5
    found = measured(model)
    assert (found.run_id, found.extent, found.is_line) == ("r", PART, False)
    assert found.values == pytest.approx(np.full(found.values.shape, expected), rel=1e-3)
    assert found.low < expected
    assert found.high == pytest.approx(expected, rel=1e-3)


def test_a_line_is_magnified_in_pixels_per_unit():
    weights = torch.randn(64, 1, generator=torch.Generator().manual_seed(0)) * 0.02
    found = measured(linear(weights))
    assert found.is_line
    assert found.values == pytest.approx(np.full(found.values.shape, weights.norm().item()), rel=1e-3)


CHANGES = {
    "mlp": {},
    "conv": {"model.decoder.kind": "conv", "model.decoder.layers": (6, 4), "model.decoder.planes": 4},
    "cvae": {"model.kind": "cvae"},
    "many": {"model.latent": 5},
}


@pytest.mark.parametrize("name", CHANGES)
def test_it_is_that_of_exact_derivatives(name, monkeypatch):
    recipe = Recipe.load("digits-vae-2d").with_changes(
        {"model.encoder.layers": (8,), "model.decoder.layers": (16,)} | CHANGES[name]
    )
    names = ("a", "b", "c")
    torch.manual_seed(0)
    model = map_with(recipe, build(recipe, (1, 12, 12), 3), recipe.model.latent, names)
    through = model.means[3] if name == "many" else None
    found = measured(model, through=through, label=1)
    with monkeypatch.context() as patched:
        wanted = brute_force(patched, model, through=through, label=1)
    far = np.abs(found.values.ravel() / wanted - 1)
    assert np.median(far) < 2e-3
    assert far.max() < 0.05  # where a ReLU bends within a step
    if name in ("cvae", "many"):
        assert not np.allclose(measured(model, label=2).values, found.values, rtol=1e-2)


@pytest.mark.parametrize("extent", [(0.0, 1e-12, 0.0, 5.0), (-1e30, 1e30, -1e30, 1e30), (3.0, 3.0, 3.0, 3.0)])
def test_any_part_of_the_plane_can_be_asked_for(extent):
    found = measured(linear(torch.zeros(64, 2)), extent, cells=20)
    assert found.values.size <= 20
    assert 0 < found.low < found.high


def test_a_code_of_planes_has_none():
    recipe = Recipe.load("page-cleaner")
    model = map_with(recipe, build(recipe, (1, 32, 32), 0), recipe.model.latent)
    with pytest.raises(LatentlabError, match="planes"):
        measured(model)
