"""Lists of images: who is nearest, worst, most ambiguous, in which order; checked by brute force."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.core.errors import LatentlabError
from latentlab.core.map.browsing import Listing, ListQuestion, Lists, Stopped, rebuild, vote_entropies
from latentlab.core.map.explore import label_probabilities
from latentlab.core.map.image_gaps import gaps_of
from latentlab.core.map.posteriors import deviations_of
from latentlab.core.map.true_posterior import KeptTable
from latentlab.core.measures import image_losses
from latentlab.core.measures.image_losses import FEW_SAMPLES, image_terms


def goes_on(share):
    return True


def question(kind="worst", count=0, order=None, down=False, selected=(), point=None, code=None, label=0):
    own = {"selected": "selected", "worst": "loss", "ambiguous": "ambiguity", "misjudged": "amortisation"}
    listing = Listing(kind, count, order or own.get(kind, "distance"), down)
    return ListQuestion(listing, np.array(selected, np.int64), point, code, label)


def point_question(model, row, **options):
    return question(point=row, code=model.means[row], **options)


def losses_one_by_one(model):
    return np.array(
        [
            np.add(*image_terms(model.snapshot, image[None], model.labels[row : row + 1], FEW_SAMPLES)[:2])[0]
            for row, image in enumerate(model.images)
        ]
    )


def test_the_worst_are_those_of_the_largest_loss(tiny_model):
    model = tiny_model()
    expected = losses_one_by_one(model)
    found = Lists(model).find(question("worst", 7, down=True), goes_on)
    assert found.measure == "elbo"
    np.testing.assert_array_equal(found.rows, np.argsort(-expected, kind="stable")[:7])
    np.testing.assert_allclose(found.values, expected[found.rows], rtol=1e-4)


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_the_most_misjudged_are_those_of_the_largest_amortisation_gap(tiny_model, kind):
    model = tiny_model(model__kind=kind)
    expected = gaps_of(model, KeptTable(), np.arange(60))[0]
    lists = Lists(model)
    found = lists.find(question("misjudged", 7, down=True), goes_on)
    assert found.measure == "amortisation"
    np.testing.assert_allclose(found.values, np.sort(expected)[::-1][:7], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found.values, expected[found.rows], rtol=1e-3, atol=1e-3)
    selected = lists.find(question("selected", order="amortisation", selected=[5, 3, 8]), goes_on)
    np.testing.assert_array_equal(selected.rows, np.array([5, 3, 8])[np.argsort(expected[[5, 3, 8]])])


def test_none_are_misjudged_where_the_true_posterior_is_not_known_and_one_may_turn_away(tiny_model):
    with pytest.raises(LatentlabError, match="1 or 2 latent dimensions"):
        Lists(tiny_model(model__latent=5)).find(question("misjudged"), goes_on)
    with pytest.raises(Stopped):
        Lists(tiny_model()).find(question("misjudged"), lambda share: False)


@pytest.mark.parametrize("changes", [{}, {"model__latent": 5}, {"model__kind": "cvae"}])
def test_the_nearest_are_those_of_brute_force(tiny_model, changes):
    model = tiny_model(**changes)
    for row in (0, 31):
        others = np.delete(np.arange(len(model.means)), row)
        for kind, points, unit in (
            ("near_codes", model.means, 1),
            ("near_pixels", model.images.reshape(len(model.means), -1).astype(np.float64), 255),
        ):
            found = Lists(model).find(point_question(model, row, kind=kind, count=9), goes_on)
            distances = np.linalg.norm(points[others].astype(np.float64) - points[row], axis=1) / unit
            np.testing.assert_allclose(found.values, np.sort(distances)[:9], rtol=1e-4)
            assert set(found.rows.tolist()) <= set(others.tolist())
            own = np.linalg.norm(points[found.rows].astype(np.float64) - points[row], axis=1) / unit
            np.testing.assert_allclose(found.values, own, rtol=1e-4)


def test_a_place_is_compared_by_what_it_is_decoded_to(tiny_model):
    model = tiny_model()
    code = np.array([0.3, -0.2], np.float32)
    looks = model.snapshot.decode(code[None])[0]
    distances = np.sqrt(np.square(model.images / 255 - looks).sum((1, 2, 3)))
    found = Lists(model).find(question("near_pixels", 5, code=code), goes_on)
    np.testing.assert_array_equal(found.rows, np.argsort(distances)[:5])
    np.testing.assert_allclose(found.values, np.sort(distances)[:5], rtol=1e-4)
    near = Lists(model).find(question("near_codes", 1, code=code), goes_on)
    assert near.rows.tolist() == [int(np.linalg.norm(model.means - code, axis=1).argmin())]


def test_a_code_that_is_not_finite_is_near_nothing(tiny_model):
    model = tiny_model()
    means = model.means.copy()
    means[4] = np.nan
    means[5, 0] = np.inf
    broken = replace(model, means=means)
    found = Lists(broken).find(point_question(broken, 0, kind="near_codes"), goes_on)
    assert len(found.rows) == len(means) - 3
    assert not {0, 4, 5} & set(found.rows.tolist())
    assert not len(Lists(broken).find(point_question(broken, 4, kind="near_codes"), goes_on).rows)


def test_twins_are_listed_beside_the_pick_itself_left_out(tiny_model):
    model = tiny_model()
    images = model.images.copy()
    images[9] = images[2]
    twins = replace(model, images=images)
    found = Lists(twins).find(point_question(twins, 2, kind="near_pixels", count=3), goes_on)
    assert found.rows[0] == 9
    assert found.values[0] == 0
    assert 2 not in found.rows


@given(
    data=st.data(),
    kind=st.sampled_from(["selected", "near_codes", "near_pixels", "worst", "ambiguous"]),
    order=st.sampled_from(["selected", "loss", "distance", "ambiguity"]),
    down=st.booleans(),
    count=st.integers(0, 80),
)
@settings(max_examples=40)
def test_an_order_keeps_the_members_and_sorts_them(tiny_model, data, kind, order, down, count):
    model = tiny_model()
    selected = data.draw(st.lists(st.integers(0, 59), unique=True, max_size=60))
    options = {"kind": kind, "count": count, "selected": selected}
    lists = lists_of(model)
    members = lists.find(point_question(model, 3, **options), goes_on).rows
    found = lists.find(point_question(model, 3, order=order, down=down, **options), goes_on)
    assert sorted(found.rows.tolist()) == sorted(members.tolist())
    assert len(found.rows) == len(found.values)
    if order == "selected":
        assert kind != "selected" or found.rows.tolist() == (selected[::-1] if down else selected)
    else:
        steps = np.diff(found.values)
        assert ((steps <= 0) if down else (steps >= 0)).all()


_kept = {}


def lists_of(model):
    return _kept.setdefault(model.run_id, Lists(model))


@given(
    seed=st.integers(0, 2**32 - 1), dimensions=st.integers(1, 6), classes=st.integers(1, 4), count=st.integers(2, 60)
)
@settings(max_examples=25)
def test_votes_are_those_of_the_fifteen_nearest(seed, dimensions, classes, count):
    random = np.random.default_rng(seed)
    means = random.standard_normal((count, dimensions)).astype(np.float32)
    labels = random.integers(-1, classes, count)
    found = vote_entropies(means, labels, goes_on)
    away = np.linalg.norm(means[:, None].astype(np.float64) - means, axis=2)
    for row in range(count):
        voters = [other for other in np.argsort(away[row]) if other != row and labels[other] >= 0][:15]
        _, counts = np.unique(labels[voters], return_counts=True)
        shares = counts / max(counts.sum(), 1)
        if (labels >= 0).any():
            assert found[row] == pytest.approx(-(shares * np.log(shares)).sum(), abs=1e-5)
        else:
            assert np.isnan(found[row])


def test_votes_do_without_codes_that_are_not_finite():
    means = np.random.default_rng(0).standard_normal((40, 2)).astype(np.float32)
    means[7] = np.nan
    labels = np.arange(40) % 2
    found = vote_entropies(means, labels, goes_on)
    rest = np.delete(np.arange(40), 7)
    assert np.isnan(found[7])
    np.testing.assert_array_equal(found[rest], vote_entropies(means[rest], labels[rest], goes_on))


def test_identical_codes_vote_fifteen_times():
    found = vote_entropies(np.zeros((100, 2), np.float32), np.arange(100) % 2, goes_on)
    assert (found <= np.log(2) + 1e-6).all()
    assert np.isfinite(found).all()


def test_of_a_large_map_in_many_dimensions_a_part_votes(monkeypatch):
    monkeypatch.setattr("latentlab.core.map.browsing._MOST_VOTERS", 50)
    random = np.random.default_rng(0)
    labels = np.arange(300) % 2
    means = random.standard_normal((300, 6)).astype(np.float32) * 0.1
    means[:, 0] += np.where(labels, 5, -5)
    means[0, 0] = 0.0  # between both
    found = vote_entropies(means, labels, goes_on)
    assert found.argmax() == 0
    assert (found[1:] < 1e-6).mean() > 0.9


def test_the_ambiguous_lie_where_classes_meet(tiny_model):
    model = tiny_model()
    found = Lists(model).find(question("ambiguous", 5, down=True), goes_on)
    assert found.measure == "votes"
    entropies = vote_entropies(model.means, model.labels, goes_on)
    np.testing.assert_allclose(found.values, np.sort(entropies)[::-1][:5])


def test_a_conditional_model_is_asked_for_the_label(tiny_model):
    model = tiny_model(model__kind="cvae")
    found = Lists(model).find(question("ambiguous", 5, down=True), goes_on)
    assert found.measure == "label_entropy"
    shares = np.stack([label_probabilities(model.snapshot, image / np.float32(255)) for image in model.images])
    entropies = -(shares * np.log(np.maximum(shares, 1e-30))).sum(1)
    np.testing.assert_allclose(found.values, np.sort(entropies)[::-1][:5], rtol=1e-3, atol=1e-5)


def test_without_classes_the_widest_posterior_is_ambiguous(tiny_model):
    model = replace(tiny_model(), labels=np.full(60, -1))
    found = Lists(model).find(question("ambiguous", 4, down=True), goes_on)
    assert found.measure == "posterior_entropy"
    deviations = deviations_of(model)
    widest = np.argsort(-np.log(deviations).sum(1))[:4]
    np.testing.assert_array_equal(found.rows, widest)
    expected = np.log(deviations[widest] * np.sqrt(2 * np.pi * np.e)).sum(1)
    np.testing.assert_allclose(found.values, expected, rtol=1e-5)


def test_an_autoencoder_without_classes_says_why_nothing_is_ambiguous(tiny_model):
    model = replace(tiny_model(model__kind="autoencoder"), labels=np.full(60, -1))
    with pytest.raises(LatentlabError, match="no classes"):
        Lists(model).find(question("ambiguous"), goes_on)


def test_without_images_there_is_what_needs_none(tiny_model):
    model = replace(tiny_model(), images=None)
    lists = Lists(model)
    assert len(lists.find(point_question(model, 0, kind="near_codes", count=5), goes_on).rows) == 5
    assert len(lists.find(question("ambiguous", 5), goes_on).rows) == 5
    found = lists.find(question("selected", selected=[4, 2]), goes_on)
    assert found.rows.tolist() == [4, 2]
    assert np.isnan(found.values).all()
    for asked in (question("worst"), point_question(model, 0, kind="near_pixels")):
        with pytest.raises(LatentlabError, match="not loaded"):
            lists.find(asked, goes_on)
    rows = np.array([5, 1])
    np.testing.assert_allclose(rebuild(model, rows).images, model.snapshot.decode(model.means[rows]), atol=1e-6)


def test_without_a_pick_nothing_is_nearest(tiny_model):
    for kind in ("near_codes", "near_pixels"):
        with pytest.raises(LatentlabError, match="Nothing is picked"):
            Lists(tiny_model()).find(question(kind), goes_on)


def test_reconstructions_are_those_of_the_model(tiny_model):
    model = tiny_model(model__kind="cvae")
    rows = np.array([8, 3])
    rebuilt = rebuild(model, rows)
    np.testing.assert_allclose(
        rebuilt.images, model.snapshot.restore(model.images[rows], model.labels[rows]), atol=1e-6
    )


def test_an_answer_that_is_not_wanted_stops_and_what_was_found_is_kept(tiny_model, monkeypatch):
    model, many = tiny_model(), np.arange(2000) % 60
    model = replace(
        model, means=model.means[many], labels=model.labels[many], images=model.images[many], ids=model.ids.taken(many)
    )
    lists, steps = Lists(model), iter(range(100))
    with pytest.raises(Stopped):
        lists.find(question("worst"), lambda share: next(steps) < 3)
    measured = []
    monkeypatch.setattr(image_losses, "image_terms", lambda *args: measured.append(len(args[1])) or image_terms(*args))
    lists.find(question("worst"), goes_on)
    assert sum(measured) == 500  # the last of four parts
