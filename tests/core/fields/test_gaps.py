"""Gaps of a map: models built by hand, of which one knows what must come out."""

import numpy as np
import pytest
import torch

from latentlab.core.errors import LatentlabError
from latentlab.core.fields.gaps import GAP, gaps
from latentlab.core.fields.grid import plane_code
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.projection import fit
from latentlab.core.models.building import build
from latentlab.core.models.operations import Operations
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import Recipe

LINEAR = Recipe.load("linear-ae-2d")
PART = (-2.0, 2.0, -1.0, 1.0)


def made(means, *, encoder=None, scale=1.0):
    """Give the map of a linear autoencoder of 8×8 images, whose encoder inverts its decoder, or is what is given."""
    means = np.asarray(means, np.float32)
    latent = means.shape[1]
    model = build(LINEAR.with_changes({"model.latent": latent}), (1, 8, 8), 0)
    columns = torch.linalg.qr(torch.randn(64, latent, generator=torch.Generator().manual_seed(0)))[0] * 0.01 / scale
    inverse = torch.linalg.pinv(columns)
    state = {
        "mean_head.weight": inverse if encoder is None else torch.as_tensor(encoder),
        "mean_head.bias": -inverse @ torch.full((64,), 0.5) if encoder is None else torch.zeros(latent),
    }
    (weight,) = (name for name in model.state_dict() if name.startswith("decoder") and name.endswith("weight"))
    state |= {weight: columns, weight.replace("weight", "bias"): torch.full((64,), 0.5)}
    model.load_state_dict(state)
    snapshot = Snapshot("r", LINEAR.with_changes({"model.latent": latent}), model, ())
    labels = np.full(len(means), -1, np.int64)
    return MapUpdate("r", 1.0, snapshot, means, labels, fit(means), None, None, Operations(0, 0))


def cloud(latent=2, count=400, scale=1.0):
    return np.random.default_rng(0).standard_normal((count, latent)).astype(np.float32) * scale


def measured(model, extent=PART, *, through=None, label=0, cells=200):
    return gaps(model, extent, through=through, label=label, cells=cells)


def test_a_model_whose_encoder_inverts_its_decoder_has_no_gap():
    found = measured(made(cloud()))
    assert found.run_id == "r"
    assert found.share == 0
    assert np.abs(found.values).max() < 1e-3


def test_a_model_that_encodes_everything_to_one_point_has_gaps_everywhere_else():
    means = cloud()
    found = measured(made(means, encoder=np.zeros((2, 64), np.float32)))
    rows, columns = found.values.shape
    assert (rows, columns) == (10, 20)  # cells as square as the part allows
    radius = np.median(np.linalg.norm(means - np.median(means, 0), axis=1))
    corner = np.hypot(1.9, 0.9) / radius  # the way from the middle of the uppermost left cell to the origin
    assert found.values[0, 0] == pytest.approx(corner, rel=1e-3)
    assert found.values[0, 0] > found.values[4, 9]
    # Uniform on the box, the share outside of a disc of half the radius.
    low, high = np.quantile(means, [0.01, 0.99], axis=0)
    outside = 1 - np.pi * (GAP * radius) ** 2 / np.prod(high - low)
    assert found.share == pytest.approx(outside, abs=0.03)


def test_the_scale_of_a_latent_space_makes_no_difference():
    flat = np.zeros((2, 64), np.float32)
    small = measured(made(cloud(), encoder=flat))
    large = measured(made(cloud(scale=50.0), encoder=flat), tuple(50 * side for side in PART))
    assert large.values == pytest.approx(small.values, rel=1e-3)
    assert large.share == pytest.approx(small.share, abs=1e-6)


def test_above_two_dimensions_the_plane_goes_through_the_code():
    model = made(cloud(5), encoder=np.zeros((5, 64), np.float32))
    near, far = measured(model), measured(model, through=model.projection.origin + 10)
    assert (far.values > near.values).all()
    base = plane_code(model.projection, model.projection.origin + 10)
    assert model.projection.position(base) == pytest.approx((0, 0), abs=1e-4)


def test_a_cvae_is_measured_under_the_label():
    recipe = Recipe.load("digits-vae-2d").with_changes({"model.kind": "cvae", "model.encoder.layers": (8,)})
    torch.manual_seed(0)
    snapshot = Snapshot("r", recipe, build(recipe, (1, 28, 28), 3), ("a", "b", "c"))
    model = MapUpdate("r", 1.0, snapshot, cloud(), np.zeros(400, np.int64), fit(cloud()), None, None, Operations(0, 0))
    one, two = measured(model, label=0), measured(model, label=1)
    assert not np.allclose(one.values, two.values)


def test_a_share_that_is_known_is_kept():
    assert gaps(made(cloud()), PART, through=None, label=0, cells=4, share=0.25).share == 0.25


@pytest.mark.parametrize("extent", [(0.0, 1e-12, 0.0, 5.0), (-1e30, 1e30, -1e30, 1e30), (3.0, 3.0, 3.0, 3.0)])
def test_any_part_of_the_plane_can_be_asked_for(extent):
    found = measured(made(cloud()), extent)
    assert found.values.size
    assert found.values.size <= 400


def test_codes_that_are_not_finite_are_no_part_of_the_scale():
    means = cloud()
    broken = np.concatenate([means, np.full((3, 2), np.nan, np.float32)])
    assert measured(made(broken)).share == measured(made(means)).share


def test_what_has_no_gaps_says_why():
    with pytest.raises(LatentlabError, match="one point"):
        measured(made(np.ones((1, 2))))
    with pytest.raises(LatentlabError, match="one point"):
        measured(made(np.full((3, 2), np.nan)))
    recipe = Recipe.load("page-cleaner")
    planes = Snapshot("r", recipe, build(recipe, (1, 32, 32), 0), ())
    means = cloud(recipe.model.latent, 20)
    model = MapUpdate("r", 1.0, planes, means, np.full(20, -1), fit(means), None, None, Operations(0, 0))
    with pytest.raises(LatentlabError, match="planes"):
        measured(model)
