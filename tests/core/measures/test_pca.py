"""The plane of a decoder beside PCA's: exact for planes that are put there, and found by training."""

import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

from latentlab.core.measures import pca as principal_plane
from latentlab.core.measures.pca import PcaError, compare, principal
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer

LINEAR = Recipe.load("linear-ae-2d").with_changes({"data.dataset": "tiny", "batch_size": 60, "device": "cpu"})


def snapshot_of(images, recipe=LINEAR):
    return Trainer(recipe, images).snapshot()


def pca_of(images, count):
    return PCA(count, svd_solver="full").fit(images.flatten(1).double().numpy() / 255)


def with_plane(images, rows, origin):
    """Give a linear autoencoder whose decoder spans some orthonormal rows, by a skewed basis of them."""
    latent = len(rows)
    snapshot = snapshot_of(images, LINEAR.with_changes({"latent": latent}))
    skew = np.eye(latent) + 0.5 * np.random.default_rng(0).normal(size=(latent, latent))
    model, decoder = snapshot.model, snapshot.model.decoder[0]
    with torch.no_grad():
        for parameter, value in (
            (model.mean_head.weight, np.linalg.inv(skew).T @ rows),
            (model.mean_head.bias, 3 - np.linalg.inv(skew).T @ rows @ origin),
            (decoder.weight, rows.T @ skew.T),
            (decoder.bias, origin - rows.T @ skew.T @ np.full(latent, 3)),
        ):
            parameter.copy_(torch.from_numpy(value))
    return snapshot


@pytest.mark.parametrize("latent", [1, 2, 5])
def test_a_model_that_is_pca_has_its_plane_whatever_its_basis(tiny_images, latent):
    images = tiny_images.train_images
    pca = pca_of(images, latent)
    answer = compare(with_plane(tiny_images, pca.components_, pca.mean_), images)
    assert answer.angles.shape == (latent,)
    assert answer.angles.max() < 0.01
    scores = pca.transform(images.flatten(1).double().numpy() / 255)
    signs = np.sign((answer.principal_positions[:, :latent] * scores[:, :2]).sum(0))  # a component has none of its own
    expected = np.zeros((180, 2))
    expected[:, : min(latent, 2)] = signs * scores[:, :2]
    np.testing.assert_allclose(answer.principal_positions, expected, atol=1e-3)
    np.testing.assert_allclose(answer.positions, expected, atol=1e-3)
    assert answer.error == pytest.approx(answer.principal_error, rel=1e-4)
    assert answer.explained == pytest.approx(pca.explained_variance_ratio_.sum(), rel=1e-4)
    assert answer.principal_explained == pytest.approx(pca.explained_variance_ratio_.sum(), rel=1e-4)


def test_angles_are_those_between_the_planes_in_ascending_order(tiny_images):
    images = tiny_images.train_images
    pca = pca_of(images, 4)
    first, _, third, fourth = pca.components_
    turned = np.stack([np.cos(np.radians(20)) * first + np.sin(np.radians(20)) * third, fourth])
    answer = compare(with_plane(tiny_images, turned, pca.mean_), images)
    np.testing.assert_allclose(answer.angles, [20, 90], atol=0.01)
    assert answer.error > answer.principal_error
    assert answer.explained < answer.principal_explained
    kept = pca.transform(images.flatten(1).double().numpy() / 255) @ (pca.components_ @ turned.T)
    variance = pca.explained_variance_.sum() / pca.explained_variance_ratio_.sum() * 179 / 180
    assert answer.error == pytest.approx(variance - np.square(kept).sum(1).mean(), rel=1e-3)
    # What the model knows of the first component is what its first direction shares with it; of the second, nothing.
    assert np.abs(answer.positions[:, 1]).max() < np.abs(answer.principal_positions[:, 1]).max()


def test_a_linear_autoencoder_finds_the_principal_plane(tiny_images):
    recipe = LINEAR.with_changes({"epochs": 150, "learning_rate": 3e-3, "batch_size": 30})
    trainer = Trainer(recipe, tiny_images)
    before = compare(trainer.snapshot(), tiny_images.train_images)
    list(trainer.events())
    after = compare(trainer.snapshot(), tiny_images.train_images)
    assert before.angles.min() > 60
    assert after.angles.max() < 5
    assert after.error < 1.01 * after.principal_error
    difference = after.positions - after.principal_positions
    assert np.square(difference).mean() < 0.01 * np.square(after.principal_positions).mean()


def test_errors_are_those_of_pixels_before_they_are_cut_off(tiny_images):
    snapshot, images = snapshot_of(tiny_images), tiny_images.train_images
    x = images / 255
    with torch.inference_mode():
        output = snapshot.model.reconstruct(x)
    assert output.min() < 0
    expected = float((output - x).square().sum((1, 2, 3)).mean())
    assert compare(snapshot, images).error == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {"model.kind": "vae", "latent": 3},
        {"model.kind": "autoencoder", "latent": 2, "model.decoder.activation": "gelu"},
        {"model.kind": "vae", "output": "tanh", "reconstruction": "squared-error"},
    ],
)
def test_a_curved_decoder_has_the_plane_at_its_mean_code(tiny_images, changes):
    recipe = Recipe.load("mlp-vae-2d").with_changes({"device": "cpu"} | changes)
    trainer = Trainer(recipe, tiny_images)
    with torch.no_grad():  # so little curved over the codes that differences are the differential
        for parameter in trainer.model.mean_head.parameters():
            parameter *= 0.01
    snapshot, images = trainer.snapshot(), tiny_images.train_images
    middle = torch.from_numpy(snapshot.encode(images)[0].mean(0, keepdims=True))
    jacobian = torch.func.jacrev(lambda z: snapshot.model.pixels(snapshot.model.decode(z)))(middle)
    components = pca_of(images, snapshot.latent).components_
    expected = np.degrees(subspace_angles(jacobian.reshape(784, -1).double().numpy(), components.T))
    answer = compare(snapshot, images)
    np.testing.assert_allclose(answer.angles, np.sort(expected), atol=0.5)
    assert 0 <= answer.angles[0] <= answer.angles[-1] <= 90
    assert answer.positions.dtype == answer.angles.dtype == np.float32


def test_a_dimension_that_the_decoder_ignores_has_no_angle(tiny_images):
    snapshot = snapshot_of(tiny_images)
    with torch.no_grad():
        snapshot.model.decoder[0].weight[:, 1] = 0
    assert compare(snapshot, tiny_images.train_images).angles.shape == (1,)
    with torch.no_grad():
        snapshot.model.decoder[0].weight.zero_()
    assert compare(snapshot, tiny_images.train_images).angles.shape == (0,)


def test_no_more_images_are_shown_than_a_scatter_takes(tiny_images, monkeypatch):
    monkeypatch.setattr(principal_plane, "MOST_SHOWN", 20)
    snapshot, images = snapshot_of(tiny_images), tiny_images.train_images
    answer = compare(snapshot, images)
    assert answer.positions.shape == answer.principal_positions.shape == (20, 2)
    whole = pca_of(images, 2)  # fitted to all
    scores = whole.transform(images[:20].flatten(1).double().numpy() / 255)
    np.testing.assert_allclose(np.abs(answer.principal_positions), np.abs(scores), atol=1e-3)


def test_components_are_those_of_all_images_however_many_pixels_they_have(tiny_images, monkeypatch):
    images, whole = tiny_images.train_images, pca_of(tiny_images.train_images, 3).components_.T
    for most_exact in (1500, 100):
        monkeypatch.setattr(principal_plane, "_MOST_EXACT", most_exact)
        found = principal(images, 3)
        assert found.images == len(images)
        np.testing.assert_allclose(np.abs((found.components[:, :3] * whole).sum(0)), 1, atol=1e-4)


@pytest.mark.parametrize("columns", [(2, 2), (3, 1), (1, 4)])
def test_angles_between_planes_are_those_that_scipy_finds(columns):
    random = np.random.default_rng(0)
    one, other = (random.normal(size=(9, count)) for count in columns)
    for share in (1.0, 1e-3, 1e-9, 0.0):  # the last two are nearly the same
        near = share * other
        near[:, : min(columns)] += (1 - share) * one[:, : min(columns)]
        expected = np.degrees(np.sort(subspace_angles(one, near)))
        np.testing.assert_allclose(principal_plane.subspace_angles(one, near), expected, atol=1e-9)


def test_what_cannot_be_compared_is_told_in_a_sentence(tiny_images):
    images = tiny_images.train_images
    with pytest.raises(PcaError, match=r"^A CVAE has another plane for each label: .*\.$"):
        compare(snapshot_of(tiny_images, Recipe.load("conv-cvae-2d")), images)
    with pytest.raises(PcaError, match=r"^A model of 51 dimensions is too large .* at most 50\.$"):
        compare(snapshot_of(tiny_images, LINEAR.with_changes({"latent": 51})), images)
    snapshot = snapshot_of(tiny_images)
    for few in (images[:2], images[:1].repeat(9, 1, 1, 1)):
        with pytest.raises(PcaError, match=rf"^PCA finds no 2 components in {len(few)} images: .*\.$"):
            compare(snapshot, few)
    with torch.no_grad():
        snapshot.model.mean_head.weight[0, 0] = torch.nan
    with pytest.raises(PcaError, match=r"no longer finite.*\.$"):
        compare(snapshot, images)


def test_an_answer_belongs_to_its_run(tiny_images):
    model = snapshot_of(tiny_images).model
    answer = compare(Snapshot("abc", LINEAR, model, ()), tiny_images.test_images)
    assert answer.run_id == "abc"
