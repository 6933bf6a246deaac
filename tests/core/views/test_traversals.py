"""How much each latent dimension tells, and the row of images along each."""

import dataclasses

import numpy as np
import pytest
import torch

from latentlab.core.errors import LatentlabError
from latentlab.core.map.posteriors import deviations_of
from latentlab.core.views import dimension_use
from latentlab.core.views.dimension_use import DimensionsQuestion
from latentlab.core.views.traversals import TraversalsQuestion
from latentlab.core.views.units import UnitsQuestion


def asked(model, **changes):
    facts = {"through": None, "radius": 3.0, "steps": 5, "rows": 20, "with_unused": False, "label": 0}
    return TraversalsQuestion(**facts | changes).answer(model)


def spread(model, deviations):
    """Give the same model with means that deviate by so much along each dimension."""
    random = np.random.default_rng(0)
    means = random.normal(size=(len(model.means), len(deviations))) * deviations
    return dataclasses.replace(model, means=means.astype(np.float32), deviations=np.ones_like(model.means))


def test_the_use_of_dimensions_is_their_kl(tiny_model):
    model = tiny_model(model__latent=5)
    means, logvars = model.snapshot.encode(model.images)
    model = dataclasses.replace(model, deviations=np.exp(0.5 * logvars))
    use = DimensionsQuestion().answer(model)
    kl = torch.distributions.kl_divergence(
        torch.distributions.Normal(torch.from_numpy(means), torch.from_numpy(model.deviations)),
        torch.distributions.Normal(0.0, 1.0),
    )
    np.testing.assert_allclose(use.amounts, kl.mean(0), rtol=1e-4)
    assert (use.run_id, use.is_kl, use.images) == (model.run_id, True, 60)
    np.testing.assert_array_equal(use.order, np.argsort(-use.amounts))
    units = UnitsQuestion(0).answer(model)
    np.testing.assert_allclose(use.amounts[use.order], units.kl, rtol=1e-4)
    np.testing.assert_array_equal(use.used[use.order], units.active)


def test_deviations_that_the_map_does_not_carry_are_found(tiny_model):
    model = tiny_model(model__latent=5)
    _, logvars = model.snapshot.encode(model.images)
    known = DimensionsQuestion().answer(dataclasses.replace(model, deviations=np.exp(0.5 * logvars)))
    encoded = DimensionsQuestion().answer(dataclasses.replace(model, deviations=None))
    np.testing.assert_allclose(encoded.amounts, known.amounts, rtol=1e-4)
    nameless = dataclasses.replace(model, deviations=None, images=None)
    np.testing.assert_allclose(DimensionsQuestion().answer(nameless).amounts, known.amounts, rtol=0.5, atol=0.5)


def test_what_is_known_of_the_dimensions_is_found_once_for_a_map(tiny_model, monkeypatch):
    model, asked = dataclasses.replace(tiny_model(model__latent=5)), []
    monkeypatch.setattr(dimension_use, "deviations_of", lambda *of: asked.append(of) or deviations_of(*of))
    question = TraversalsQuestion(None, 2.0, 3, 5, True, 0)
    before = question.operations(model)
    first = question.answer(model)
    assert question.answer(model).use is first.use is DimensionsQuestion().answer(model)
    np.testing.assert_array_equal(UnitsQuestion(0).answer(model).dimensions, first.use.order)
    assert len(asked) == 1
    assert question.operations(model) == 15 * model.operations.decode < before
    assert UnitsQuestion(0).operations(model) == 0
    moved = dataclasses.replace(model, means=2 * model.means)
    assert question.operations(moved) == before
    assert question.answer(moved).use is not first.use
    assert len(asked) == 2


def test_dimensions_of_an_autoencoder_are_ordered_by_variance(tiny_model):
    model = spread(tiny_model(model__kind="autoencoder", model__latent=4), [0.5, 2, 0.001, 0.03])
    use = DimensionsQuestion().answer(model)
    assert not use.is_kl
    np.testing.assert_allclose(use.amounts, model.means.var(0), rtol=1e-4)
    assert use.order.tolist() == [1, 0, 3, 2]
    assert use.used.tolist() == [True, True, False, True]


def test_a_row_changes_one_dimension_alone(tiny_model):
    model = tiny_model(model__latent=5)
    code = tuple(float(number) for number in range(5))
    rows = asked(model, through=code, with_unused=True, radius=2.0, steps=9)
    assert rows.dimensions.tolist() == rows.use.order.tolist()
    assert rows.images.shape == (5, 9, 1, 28, 28)
    for row, dimension in enumerate(rows.dimensions):
        np.testing.assert_allclose(rows.values[row], np.linspace(-2, 2, 9), atol=1e-6)
        codes = np.tile(np.array(code, np.float32), (9, 1))
        codes[:, dimension] = np.linspace(-2, 2, 9)
        np.testing.assert_allclose(rows.images[row], model.snapshot.decode(codes), atol=1e-5)


def test_rows_lead_through_an_image_a_code_or_the_mean(tiny_model):
    model = tiny_model(model__latent=5)
    np.testing.assert_array_equal(asked(model, through=7).code, model.means[7])
    np.testing.assert_array_equal(asked(model, through=(1.0, 2.0, 3.0, 4.0, 5.0)).code, [1, 2, 3, 4, 5])
    mean = model.means.mean(0, dtype=np.float64)
    # What was picked of another model does not fit; nor does an image that is not encoded yet.
    for through in (None, (1.0, 2.0), 60):
        np.testing.assert_allclose(asked(model, through=through).code, mean, atol=1e-5)
    means = model.means.copy()
    means[7] = np.nan
    half = asked(dataclasses.replace(model, means=means), through=7)
    np.testing.assert_allclose(half.code, np.delete(model.means, 7, 0).mean(0), atol=1e-5)
    assert np.isfinite(half.images).all()


def test_values_of_an_autoencoder_are_deviations_from_the_mean(tiny_model):
    model = tiny_model(model__kind="autoencoder", model__latent=3)
    rows = asked(model, radius=2.0)
    for row, dimension in enumerate(rows.dimensions):
        codes = model.means[:, dimension]
        expected = codes.mean() + codes.std() * np.array([-2, -1, 0, 1, 2])
        np.testing.assert_allclose(rows.values[row], expected, rtol=1e-4, atol=1e-4)


def test_a_cvae_decodes_under_the_label(tiny_model):
    model = tiny_model(model__kind="cvae")
    one, other = asked(model, label=1, with_unused=True), asked(model, label=2, with_unused=True)
    assert not np.allclose(one.images, other.images, atol=1e-3)
    codes = np.tile(one.code, (5, 1))
    codes[:, one.dimensions[0]] = one.values[0]
    np.testing.assert_allclose(one.images[0], model.snapshot.decode(codes, np.full(5, 1)), atol=1e-5)


def test_unused_dimensions_are_left_out_and_the_others_come_in_pages(tiny_model):
    model = tiny_model(model__latent=30)
    model = spread(model, np.where(np.arange(30) < 25, 1, 0.01))
    first = asked(model)
    assert len(first.dimensions) == 20
    assert first.left == 5
    assert first.use.used.sum() == 25
    whole = asked(model, rows=40)
    assert sorted(whole.dimensions) == list(range(25))
    assert whole.left == 0
    assert len(asked(model, rows=40, with_unused=True).dimensions) == 30


def test_a_model_that_uses_no_dimension_is_told(tiny_model):
    model = spread(tiny_model(), [0.01, 0.01])
    with pytest.raises(LatentlabError, match="uses none of its latent dimensions"):
        asked(model)
    assert len(asked(model, with_unused=True).dimensions) == 2


def test_one_dimension_has_one_row(tiny_model):
    rows = asked(tiny_model(model__latent=1), with_unused=True)
    assert rows.images.shape[:2] == (1, 5)


def test_codes_that_are_not_finite_are_left_out_or_told(tiny_model):
    model = tiny_model(model__latent=5)
    means = model.means.copy()
    means[:10] = np.nan
    use = DimensionsQuestion().answer(dataclasses.replace(model, means=means))
    assert np.isfinite(use.amounts).all()
    assert use.images == 50
    with pytest.raises(LatentlabError, match="no longer finite"):
        DimensionsQuestion().answer(dataclasses.replace(model, means=means * np.nan))


def test_a_code_of_planes_is_refused(tiny_model):
    model = dataclasses.replace(tiny_model(), snapshot=type("Planes", (), {"takes_any_size": True})())
    with pytest.raises(LatentlabError, match="stack of planes"):
        asked(model)
