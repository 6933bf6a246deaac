"""Numbers of any range, and of opacity, become pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.core.data.arrays.own_arrays import COUNT, GREY, RELAXED, are_same, attempt, load, said_in, saved, together


def test_one_scale_is_for_images_and_test_images(tmp_path):
    bright, dark = np.full((2, 4, 4), 1.0), np.full((2, 4, 4), 0.5)
    images = load(saved(tmp_path, images=dark, test_images=bright))
    assert (int(images.train_images[0, 0, 0, 0]), int(images.test_images[0, 0, 0, 0])) == (128, 255)
    images = load(
        saved(tmp_path, images=np.full((2, 4, 4), 200, np.uint16), test_images=GREY[:2, :4, :4] * np.uint16(40))
    )
    assert int(images.train_images[0, 0, 0, 0]) == round(200 * 255 / 4095)


def test_bytes_that_are_nearly_black_stay_so_and_are_told(tmp_path):
    images = load(saved(tmp_path, images=GREY // 16))
    assert are_same(images, GREY // 16)
    assert said_in(images, "nearly black")


def test_a_float_beyond_one_by_rounding_is_no_reason_for_black_and_white(tmp_path):
    values = GREY / 255
    values[0, 0, 0] = 1.04
    images = load(saved(tmp_path, images=values))
    assert np.abs(np.sort(together(images), axis=None).astype(int) - np.sort(GREY, axis=None)).max() <= 255
    assert len(np.unique(together(images))) > 200
    assert said_in(images, "1.04", "cut")


@settings(max_examples=60, **RELAXED)
@given(
    images=hnp.arrays(
        st.sampled_from([np.bool_, np.uint8, np.int8, np.uint16, np.int32, np.uint64, np.float16, np.float64]),
        st.tuples(st.integers(2, 5), st.just(3), st.just(4)),
    )
)
def test_brighter_numbers_are_never_darker_pixels(images, tmp_path):
    result = attempt(saved(tmp_path, images=images, test_images=images))
    if isinstance(result, str):
        assert "not finite" in result
        return
    order = np.argsort(images, axis=None, kind="stable")
    assert (np.diff(result.train_images.numpy().reshape(-1)[order].astype(int)) >= 0).all()


def test_what_is_transparent_lies_on_the_ground_that_shows_it(tmp_path):
    for ink, ground in ((255, 0), (0, 255)):
        drawn = np.full((COUNT, 6, 5, 4), ink, np.uint8)
        drawn[..., 3] = np.where(GREY > 128, 255, 0)
        images = load(saved(tmp_path, images=drawn))
        assert are_same(images, np.where(GREY > 128, ink, ground).astype(np.uint8))
        assert said_in(images, "transparent", "black" if ground == 0 else "white")


def test_opacity_may_begin_below_zero(tmp_path):
    """Of numbers from -1 to 1, -1 is nothing: white ink lies on black, and what is unseen by all ends nothing."""
    images = np.full((4, 8, 8, 4), -1, np.float32)
    images[:, 2:6, 2:6] = 1
    read = load(saved(tmp_path, images=images))
    assert np.unique(read.train_images[:, :, 2:6, 2:6]).tolist() == [255]
    assert np.unique(read.train_images[:, :, :2]).tolist() == [0]
    unseen = np.zeros((4, 8, 8, 4), np.int16)
    unseen[:2, ..., 3] = -1
    assert not isinstance(attempt(saved(tmp_path, images=unseen)), str)


@pytest.mark.parametrize("largest", [1e154, 1.7e308])
def test_of_the_largest_numbers_the_ground_is_chosen_as_of_others(tmp_path, largest):
    for ink, ground in ((0.0, "white"), (largest, "black")):
        images = np.zeros((COUNT, 4, 6, 5))
        images[:, :3] = ink
        images[:, 3, :3] = largest
        images[0, :3, 3:] = largest - ink  # which nobody sees
        assert said_in(load(saved(tmp_path, images=images)), "transparent", ground)


def test_a_large_array_never_becomes_floating_point_as_a_whole(tmp_path):
    import tracemalloc

    values = np.lib.format.open_memmap(tmp_path / "own.npy", "w+", np.float32, (4000, 64, 64))
    values[:] = np.linspace(0, 1, 64, dtype=np.float32)
    values.flush()
    tracemalloc.start()
    images = load(tmp_path / "own.npy")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(images.train_images) + len(images.test_images) == 4000
    assert most < values.nbytes + 40e6  # a quarter are the pixels themselves, the rest is read a part at a time
