"""Maps of several runs as one: the images that they share, and how far their reconstructions are apart."""

from dataclasses import replace

import numpy as np
import pytest

from latentlab.core.errors import LatentlabError
from latentlab.core.map.image_ids import ImageIds
from latentlab.core.map.many_maps import ManyMaps
from latentlab.core.progress import GivenUp, watched


@pytest.fixture
def updates(tiny_model):
    return [tiny_model(training__seed=seed) for seed in range(3)]


def taken(update, rows):
    """Give a map with these of its images, in this order."""
    return replace(
        update, means=update.means[rows], labels=update.labels[rows], images=update.images[rows],
        ids=update.ids.taken(rows), deviations=None,
    )  # fmt: skip


def test_maps_of_one_set_share_all_images(updates):
    many = ManyMaps.of(updates)
    assert many.shared == 60
    assert all(np.array_equal(one.rows, np.arange(60)) for one in many.maps)
    assert [one.alignment is None for one in many.maps] == [True, False, False]


def test_images_are_found_by_their_ids_in_other_orders_and_parts(updates):
    shuffled = np.random.default_rng(0).permutation(60)[:40]
    many = ManyMaps.of([updates[0], taken(updates[1], shuffled), updates[2]])
    assert many.shared == 40
    for number in range(40):
        images = [one.update.images[one.rows[number]] for one in many.maps]
        assert all(np.array_equal(images[0], each) for each in images)
    first = many.maps[1]
    assert np.array_equal(first.numbers[first.rows], np.arange(40))


def test_a_map_of_other_images_shares_none_and_leaves_the_others_theirs(updates):
    strange = replace(updates[1], ids=ImageIds.unknown())
    many = ManyMaps.of([updates[0], strange, updates[2]])
    assert many.shared == 60
    assert [one.shares for one in many.maps] == [True, False, True]
    assert many.nearest(1, (0, 0), is_aligned=True) is None
    assert [made is None for made in many.reconstructions(5)] == [False, True, False]
    with pytest.raises(LatentlabError, match="disagree about images that two of them share"):
        ManyMaps.of([updates[0], strange]).disagreement()


def test_the_nearest_image_is_that_of_brute_force_also_where_a_map_is_turned(updates):
    many = ManyMaps.of(updates)
    one, place = many.maps[2], np.array([0.3, -0.4])
    for is_aligned in (False, True):
        away = np.linalg.norm(one.placed(is_aligned=is_aligned) - place, axis=1)
        assert many.nearest(2, tuple(place), is_aligned=is_aligned) == away.argmin()


def test_a_map_that_is_another_turned_lies_upon_it(updates):
    first = updates[0]
    many = ManyMaps.of([first, replace(first, means=first.means @ np.array([[0, 1], [-1, 0]], np.float32) + 2)])
    np.testing.assert_allclose(many.maps[1].placed(is_aligned=True), many.maps[0].points, atol=1e-4)
    assert many.maps[1].alignment.residual < 1e-6
    assert np.array_equal(many.maps[1].placed(is_aligned=False), many.maps[1].points)


def test_the_disagreement_is_that_of_brute_force(updates):
    many = ManyMaps.of(updates)
    found = many.disagreement()
    for number in (0, 17, 59):
        made = np.stack(many.reconstructions(number)).astype(np.float64)
        wanted = np.sqrt(np.mean((made - made.mean(0)) ** 2))
        assert found[number] == pytest.approx(wanted, rel=1e-5)
        alone = updates[1].snapshot.decode(updates[1].means[number][None], updates[1].labels[[number]])[0]
        np.testing.assert_allclose(made[1], alone, atol=1e-6)


def test_a_run_agrees_with_itself(updates):
    assert ManyMaps.of([updates[0], updates[0]]).disagreement().max() == 0


def test_it_tells_how_far_it_is_and_ends_when_nobody_waits(updates):
    many, told = ManyMaps.of(updates), []
    with watched(told.append, lambda: False):
        many.disagreement()
    assert told[-1] == 1.0
    with watched(told.append, lambda: True), pytest.raises(GivenUp):
        many.disagreement()
