from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.core.data.columns import Column, of_texts
from latentlab.core.errors import LatentlabError
from latentlab.core.map.explore import data_point
from latentlab.core.map.point_values import MOST_CATEGORIES, Colouring, LiveValues
from latentlab.core.measures.gaps import gaps
from latentlab.core.measures.image_losses import FEW_SAMPLES, SAMPLES, image_terms
from latentlab.core.measures.posterior_table import PosteriorTable
from latentlab.core.measures.true_posterior import true_posterior


def values_of(model, kind, column=""):
    live = LiveValues(Colouring(kind, column))
    while (found := live.update(model)).pending:
        pass
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"model__kind": "cvae"},
        {"model__kind": "autoencoder"},
        {"loss__beta": 3.0},
        {"model__kind": "autoencoder", "loss__contraction": 0.1},
        {"model__latent": 5},
    ],
    ids=str,
)
def test_values_are_the_terms_of_each_image_as_its_data_point_has_them(tiny_model, changes):
    model = tiny_model(**changes)
    snapshot = model.snapshot
    reconstruction, kl, penalty = snapshot.loss_terms(model.images, model.labels)
    np.testing.assert_allclose(values_of(model, "reconstruction").values, reconstruction, rtol=1e-4)
    if snapshot.is_variational:
        np.testing.assert_allclose(values_of(model, "kl").values, kl, rtol=1e-3, atol=1e-3)
    losses = values_of(model, "loss").values
    for row in (0, 17, 59):
        image = (model.images[row] / 255).astype(np.float32)
        point = data_point(snapshot, model.projection, row, model.means[row], int(model.labels[row]), image)
        if snapshot.is_variational:  # a few samples beside more
            assert losses[row] == pytest.approx(point.losses.loss, abs=0.1 * point.losses.loss)
            own = image_terms(snapshot, model.images[row][None], model.labels[row : row + 1], FEW_SAMPLES)
            assert losses[row] == pytest.approx(own[0][0] + own[1][0], rel=1e-4)
            own = image_terms(snapshot, image[None], model.labels[row : row + 1], SAMPLES)
            assert point.losses.loss == pytest.approx(own[0][0] + own[1][0], rel=1e-4)
        else:
            assert losses[row] == pytest.approx(point.losses.loss, rel=1e-4)
            assert losses[row] == pytest.approx(reconstruction[row] + penalty[row], rel=1e-4)
    found = values_of(model, "loss")
    assert found.samples == (FEW_SAMPLES if snapshot.is_variational else 0)
    assert values_of(model, "reconstruction").samples == 0


def test_a_step_that_is_short_finds_a_part_and_the_next_goes_on(tiny_model, monkeypatch):
    model = tiny_model()
    monkeypatch.setattr(type(model.snapshot), "chunk", 25)
    live = LiveValues(Colouring("loss"))
    found = [live.update(model, seconds=0) for _ in range(3)]
    assert [part.pending for part in found] == [35, 10, 0]
    assert [np.isfinite(part.values).sum() for part in found] == [25, 50, 60]
    assert [(part.levels > 0).sum() for part in found] == [25, 50, 60]
    # A model that is further trained: the others' values stay until it is their turn.
    again = live.update(replace(model), seconds=0)
    assert (again.missing, again.pending) == (0, 35)
    assert np.isfinite(again.values).all()


def test_an_autoencoder_has_no_kl_and_a_map_without_images_no_loss(tiny_model):
    with pytest.raises(LatentlabError, match="no posterior"):
        values_of(tiny_model(model__kind="autoencoder"), "kl")
    without = replace(tiny_model(), images=None)
    for kind in ("loss", "reconstruction"):
        with pytest.raises(LatentlabError, match="not loaded"):
            values_of(without, kind)
    with pytest.raises(LatentlabError, match="no column 'age'"):
        values_of(tiny_model(), "column", "age")


@pytest.mark.parametrize("changes", [{}, {"model__kind": "cvae"}, {"model__latent": 1}], ids=str)
def test_gaps_are_those_of_each_image_under_its_own_label(tiny_model, changes):
    model = tiny_model(**changes)
    amortisation, approximation = (values_of(model, kind).values for kind in ("amortisation", "approximation"))
    assert (amortisation >= 0).all()
    assert (approximation >= 0).all()
    for row in (0, 17, 59):
        image = (model.images[row] / 255).astype(np.float32)
        label = int(model.labels[row]) if model.snapshot.uses_labels else None
        table = PosteriorTable(model.snapshot, label, float(np.abs(model.means).max()))
        mean, logvar = (part[0] for part in model.snapshot.encode(image[None], model.labels[row : row + 1]))
        one = gaps(table, image, mean, logvar, true_posterior(table, image, mean))
        assert amortisation[row] == pytest.approx(one.amortisation, abs=0.1)
        assert approximation[row] == pytest.approx(one.approximation, abs=0.1)


def test_gaps_are_refused_where_there_is_no_table_of_codes_and_nothing_where_numbers_are_not_finite(tiny_model):
    for changes, why in (({"model__latent": 5}, "1 or 2 latent"), ({"model__kind": "autoencoder"}, "no posterior")):
        with pytest.raises(LatentlabError, match=why):
            values_of(tiny_model(**changes), "amortisation")
    with pytest.raises(LatentlabError, match="not loaded"):
        values_of(replace(tiny_model(), images=None), "approximation")
    model = tiny_model()
    broken = deepcopy(model.snapshot)
    next(broken.model.decoder.parameters()).fill_(np.nan)
    found = values_of(replace(model, snapshot=broken), "amortisation")
    assert np.isnan(found.values).all()
    assert not found.levels.any()


def test_without_images_the_kl_is_an_estimate_and_says_so(tiny_model):
    model = tiny_model()
    exact = values_of(model, "kl")
    guessed = values_of(replace(model, images=None, deviations=None), "kl")
    assert not exact.is_estimate
    assert guessed.is_estimate
    assert np.corrcoef(exact.values, guessed.values)[0, 1] > 0.5


def test_images_whose_codes_are_not_there_yet_have_no_kl(tiny_model):
    model = tiny_model()
    means, deviations = model.means.copy(), np.ones_like(model.means)
    means[3], deviations[3] = np.nan, np.nan
    means[4] = np.inf
    found = values_of(replace(model, means=means, deviations=deviations), "kl")
    assert found.levels[3] == found.levels[4] == 0
    assert (np.delete(found.levels, [3, 4]) > 0).all()


def column_values(model, *values, texts=None):
    column = of_texts("c", np.array(texts)) if texts is not None else Column("c", np.array(values, np.float64))
    count = len(column.values)
    return values_of(replace(model, columns=(column,), labels=model.labels[:count]), "column", "c")


def test_the_scale_ends_at_robust_percentiles_and_tells_what_is_beyond(tiny_model):
    values = np.linspace(0, 1, 1001)
    values[0], values[-1] = -1e9, 1e9
    found = column_values(tiny_model(), *values)
    assert (found.low, found.high) == (pytest.approx(0.01), pytest.approx(0.99))
    assert found.is_cut == (True, True)
    assert found.levels[0] == 1
    assert found.levels[-1] == 255
    assert found.levels[500] == 128
    assert column_values(tiny_model(), *([0.5] * 3), 0.5).is_cut == (False, False)


def test_few_whole_numbers_are_groups_in_their_order_and_others_a_scale(tiny_model):
    found = column_values(tiny_model(), 2020, 2019, np.nan, 2023, 2019)
    assert found.categories == ("2019", "2020", "2023")
    assert found.levels.tolist() == [2, 1, 0, 3, 1]
    assert column_values(tiny_model(), 0.5, 1, 2).categories == ()
    assert column_values(tiny_model(), *range(11)).categories == ()
    nothing = column_values(tiny_model(), np.nan, np.nan)
    assert not nothing.levels.any()


def test_ids_that_float64_does_not_hold_are_groups_of_their_own(tiny_model):
    ids = 2**62 + np.arange(60) % 3
    found = values_of(replace(tiny_model(), columns=(Column("id", ids),)), "column", "id")
    assert found.categories == tuple(str(2**62 + place) for place in range(3))
    assert found.levels.tolist() == (1 + np.arange(60) % 3).tolist()


def test_texts_are_groups_and_of_many_those_with_most_images_have_colours(tiny_model):
    found = column_values(tiny_model(), texts=["Bo", "", "Ann", "Bo"])
    assert found.categories == ("Ann", "Bo")
    assert found.levels.tolist() == [2, 0, 1, 2]
    texts = [f"{number:02}" for number in range(30)] + ["29"] * 3 + ["10"]
    found = column_values(tiny_model(), texts=texts)
    assert len(found.categories) == MOST_CATEGORIES
    assert found.others == 10
    assert {"10", "29"} < set(found.categories)
    assert (found.levels == 0).sum() == 10
    assert list(found.categories) == sorted(found.categories)


@given(st.lists(st.floats(width=64), min_size=1, max_size=40))
@settings(max_examples=60)
def test_whatever_a_column_holds_its_levels_go_up_with_its_values(tiny_model, values):
    found = column_values(tiny_model(), *values)
    values = np.array(values)
    assert (found.levels[~np.isfinite(values)] == 0).all()
    finite = np.isfinite(values)
    if finite.any():
        assert (found.levels[finite] > 0).all()
        assert (np.diff(found.levels[finite][np.argsort(values[finite], kind="stable")].astype(int)) >= 0).all()
        assert found.low <= found.high
