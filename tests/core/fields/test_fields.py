"""Fields by their kinds: what an effort costs, and that what belongs to a map is worked out once."""

from dataclasses import replace

import numpy as np
import pytest

from latentlab.core.fields import prepared_map
from latentlab.core.fields.aggregate_posterior import Density, DensityRatio
from latentlab.core.fields.class_regions import Regions
from latentlab.core.fields.fields import FieldQuestion, affordable, answer, efforts, prepare_field, rate, work
from latentlab.core.fields.gaps import Gaps
from latentlab.core.fields.magnification import Magnification
from latentlab.core.fields.prepared_map import PreparedMap
from latentlab.core.map.posteriors import deviations_of

BOX = (-3.0, 3.0, -3.0, 3.0)
KINDS = {"gaps": Gaps, "magnification": Magnification, "density": Density, "ratio": DensityRatio, "regions": Regions}


@pytest.fixture
def prepared(tiny_model):
    return PreparedMap(tiny_model())


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_is_answered_at_each_effort(prepared, kind):
    steps = efforts(kind, prepared)
    assert list(steps) == sorted(steps)
    for effort in (steps[0], steps[-1]):
        question = FieldQuestion(kind, prepared, BOX, None, 0, effort)
        prepare_field(question)
        found = answer(question)
        assert isinstance(found, KINDS[kind])
        assert (found.run_id, found.extent) == (prepared.model.run_id, BOX)
        values = found.labels if kind == "regions" else found.values
        assert values.size == pytest.approx(effort.cells, rel=0.1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("latent", [2, 5])
def test_as_much_is_done_as_there_is_time_for(tiny_model, kind, latent):
    prepared = PreparedMap(tiny_model(model__latent=latent))
    steps = efforts(kind, prepared)
    costs = [work(kind, step, prepared) for step in steps]
    assert costs == sorted(costs)
    assert affordable(kind, prepared, None, 1.0) == steps[0]
    assert affordable(kind, prepared, 1e-12, 1.0) == steps[-1]
    assert affordable(kind, prepared, 1e6, 1.0) == steps[0]
    middle = steps[1]
    assert affordable(kind, prepared, 1.0, work(kind, middle, prepared)) >= middle
    question = FieldQuestion(kind, prepared, BOX, None, 0, middle)
    assert rate(question, 2.0) * costs[1] == pytest.approx(
        1.0 if kind == "gaps" else 2.0
    )  # gaps: and as much for the share
    assert rate(replace(question, known=Gaps("r", None, BOX, 0.5)), 2.0) * costs[1] == pytest.approx(2.0)


def test_a_share_that_is_known_is_not_measured_again(prepared):
    effort = efforts("gaps", prepared)[0]
    known = Gaps("r", np.zeros((1, 1), np.float32), BOX, 0.125)
    assert answer(FieldQuestion("gaps", prepared, BOX, None, 0, effort, known)).share == 0.125


def test_posteriors_are_encoded_once_and_no_more_than_are_asked_for(prepared, monkeypatch):
    asked = []
    prepared = PreparedMap(replace(prepared.model, deviations=None))
    monkeypatch.setattr(prepared_map, "deviations_of", lambda *args: asked.append(args[1]) or deviations_of(*args))
    some, more = prepared.deviations(10), prepared.deviations(25)
    assert prepared.deviations(25) == pytest.approx(more)
    assert [len(rows) for rows in asked] == [10, 15]
    assert more[:10] == pytest.approx(some)
    assert more == pytest.approx(deviations_of(prepared.model, prepared.rows[:25]), rel=1e-4)


def test_codes_that_are_not_finite_are_left_out_and_the_order_is_the_same_each_time(prepared):
    means = prepared.model.means.copy()
    means[3] = np.nan
    broken = PreparedMap(replace(prepared.model, means=means))
    assert set(broken.rows.tolist()) == set(range(len(means))) - {3}
    assert np.array_equal(broken.rows, [row for row in prepared.rows if row != 3])
    assert np.isfinite(broken.points).all()
