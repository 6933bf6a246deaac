"""Which images of its data set a map shows, and where another map shows them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.map.image_ids import ImageIds
from latentlab.core.map.map_images import MapSource, choose
from latentlab.core.map.selected_images import on_map
from latentlab.core.recipe.recipe import Recipe

ROWS = st.lists(st.integers(0, 40), max_size=20)


@pytest.fixture(scope="module")
def recipe():
    return Recipe.load("mlp-vae-2d").with_changes({"data.dataset": "tiny"})


@given(
    source=st.builds(MapSource, st.sampled_from(["test", "training", "both"]), st.integers(0, 300)),
    limit=st.none() | st.integers(1, 200),
    images=st.lists(st.integers(0, 239), max_size=12),
    exclude=st.lists(st.integers(0, 239), max_size=12),
)
def test_ids_lead_back_to_the_images_of_the_map(tiny_images, recipe, source, limit, images, exclude):
    recipe = recipe.with_changes({"data.limit": limit, "data.images": images, "data.exclude": exclude})
    shown = on_map(tiny_images, recipe, source)
    assert len(shown.ids.rows) == len(shown.labels)
    everything = torch.cat([tiny_images.train_images, tiny_images.test_images])
    assert torch.equal(everything[torch.from_numpy(shown.ids.rows)], shown.images)


def test_the_same_part_of_the_same_images_has_the_same_ids_however_often_they_are_loaded(tiny_images, recipe):
    from dataclasses import replace

    source = MapSource("test", 20)
    again = replace(tiny_images, test_images=tiny_images.test_images.clone(), fingerprint="")
    assert choose(tiny_images, source).ids == choose(again, source).ids
    assert choose(tiny_images, source).ids == on_map(again, recipe, source).ids
    for other in (
        replace(tiny_images, test_images=255 - tiny_images.test_images, fingerprint=""),
        replace(tiny_images, test_labels=tiny_images.test_labels.flip(0), fingerprint=""),
        replace(tiny_images, name="others", fingerprint=""),
    ):
        assert choose(tiny_images, source).ids != choose(other, source).ids
    assert choose(tiny_images, source).ids != choose(tiny_images, MapSource("test", 21)).ids
    assert choose(tiny_images, source).ids != choose(tiny_images, MapSource("training", 20)).ids


def test_ids_that_nobody_knows_are_equal_to_themselves_alone():
    one, other = ImageIds.unknown(), ImageIds.unknown()
    assert one == one
    assert one != other
    assert one.find(one, np.array([3, 1])).tolist() == [3, 1]
    assert one.find(other, np.array([3, 1])).tolist() == []
    assert other.find_rows(np.array([0])).tolist() == []
    assert one.taken(np.array([0])) != one


def test_codes_that_runs_keep_are_of_the_same_images_where_their_recipes_and_labels_say_so(recipe):
    labels = np.array([0, 1, 2])
    ids = ImageIds.of_run(recipe.data, labels)
    assert ids.rows is None
    assert ids == ImageIds.of_run(recipe.with_changes({"training.epochs": 3}).data, labels.copy())
    for change in ({"data.dataset": "mnist"}, {"data.images": (1, 2, 3)}, {"data.exclude": (7,)}):
        assert ids != ImageIds.of_run(recipe.with_changes(change).data, labels)
    assert ids != ImageIds.of_run(recipe.data, labels[::-1])


@given(ROWS, ROWS, st.lists(st.integers(0, 19), max_size=8))
def test_images_are_found_on_another_map_where_they_come_first(mine, theirs, rows):
    one, other = (ImageIds.of("set", np.array(numbers, np.int64)) for numbers in (mine, theirs))
    rows = [row for row in rows if row < len(theirs)]
    found = one.find(other, np.array(rows, np.int64)).tolist()
    if mine == theirs:
        assert found == rows
    else:
        assert found == [mine.index(theirs[row]) for row in rows if theirs[row] in mine]
    assert ImageIds.of("another set", one.rows).find(other, np.arange(len(theirs))).tolist() == []


@given(ROWS, ROWS, st.lists(st.integers(0, 25), max_size=8))
def test_images_are_in_place_where_both_maps_show_them_in_the_same_rows(mine, theirs, rows):
    one, other = (ImageIds.of("set", np.array(numbers, np.int64)) for numbers in (mine, theirs))
    expected = mine == theirs or all(row < len(mine) and row < len(theirs) and mine[row] == theirs[row] for row in rows)
    assert one.has_in_place(other, np.array(rows, np.int64)) == expected
    if rows:
        assert not one.has_in_place(ImageIds.of("another set", one.rows), np.array(rows, np.int64))
        assert not one.has_in_place(ImageIds.unknown(), np.array(rows, np.int64))


def test_what_a_set_does_not_have_is_on_no_map():
    ids = ImageIds.of("set", np.array([5, 7, 5]))
    assert ids.find_rows(np.array([10**6, 7, -1, 6, 5])).tolist() == [1, 0]
    assert ids.taken(np.array([2, 1])) == ImageIds.of("set", np.array([5, 7]))
