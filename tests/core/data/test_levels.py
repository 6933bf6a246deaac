"""Numbers of any type become levels on one scale for the whole set, and what was assumed is said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from latentlab.core.data.levels import Range, scale_of


def range_of(parts) -> Range:
    """Give the range of several arrays together."""
    found = Range()
    for part in parts:
        found.learn(part)
    return found


def levels(*parts: np.ndarray) -> list[list[int]]:
    scales = range_of(parts).scales()
    return [scales.apply(part).tolist() for part in parts]


@pytest.mark.parametrize(
    ("kind", "lowest", "highest", "expected"),
    [
        ("bool", 0, 1, (0, 1)),
        ("uint8", 0, 255, (0, 255)),
        ("uint8", 3, 40, (0, 255)),  # dark pictures are dark
        ("uint8", 0, 0, (0, 255)),
        ("uint8", 0, 1, (0, 1)),  # a mask
        ("uint16", 0, 200, (0, 255)),
        ("uint16", 5, 1023, (0, 1023)),
        ("uint16", 5, 3900, (0, 4095)),
        ("uint16", 0, 16_000, (0, 16_383)),
        ("uint16", 0, 16_384, (0, 65_535)),
        ("int16", 0, 30_000, (0, 32_767)),
        ("int64", 0, 255, (0, 255)),
        ("int64", 0, 16, (0, 16)),  # scikit-learn's digits
        ("uint32", 7, 1_000_000, (7, 1_000_000)),
        ("int16", -1000, 2000, (-1000, 2000)),
        ("int8", -100, 100, (-128, 127)),
        ("int64", -1, 1, (-1, 1)),
        ("float", 0, 1, (0, 1)),
        ("float", 0.1, 0.6, (0, 1)),
        ("float", -0.1, 1.13, (0, 1)),  # resampled
        ("float", -0.19, 0.18, (-1, 1)),  # no range of 0 to 1 reaches as far below as above
        ("float", -1, 1, (-1, 1)),
        ("float", -0.9, 0.95, (-1, 1)),
        ("float", -1.1, 1.1, (-1, 1)),
        ("float", 0, 255, (0, 255)),
        ("float", -8, 263, (0, 255)),
        ("float", 0, 16, (0, 16)),
        ("float", -2.1, 2.6, (-2.1, 2.6)),  # standardised
        ("float", 1200.5, 3400.5, (1200.5, 3400.5)),  # heights
        ("float", 0, 1e-3, (0, 1e-3)),
    ],
)
def test_the_range_is_told_from_type_and_values(kind, lowest, highest, expected) -> None:
    scale = scale_of(kind, lowest, highest)
    assert (scale.black, scale.white) == expected
    assert bool(scale.note) == (kind not in ("bool", "uint8") or (highest == 1 and kind == "uint8"))


def test_frames_keep_their_brightness_against_each_other() -> None:
    dark, light = np.full(3, 1000, np.uint16), np.full(3, 60_000, np.uint16)
    assert levels(dark, light) == [[4] * 3, [233] * 3]


def test_types_beside_each_other_have_a_scale_each_and_floats_share_one() -> None:
    assert levels(np.uint8([0, 255]), np.uint16([0, 65_535])) == [[0, 255], [0, 255]]
    assert levels(np.float32([0, 255]), np.float64([0, 1])) == [[0, 255], [0, 1]]
    assert levels(np.array([True, False]), np.uint8([7])) == [[255, 0], [7]]


def test_what_was_assumed_is_said() -> None:
    assert scale_of("uint16", 3, 4000).note == (
        "Numbers from 3 to 4,000 are taken as a range from 0 (black) to 4,095 (white)."
    )
    assert "from -0.02 to 1.03" in scale_of("float", -0.02, 1.03).note
    assert "cut there" in scale_of("float", -0.02, 1.03).note
    assert "from -9.5 to 1,200 are of no known range" in scale_of("float", -9.5, 1200.4).note
    assert range_of([np.uint8([0, 9])]).scales().notes == ()


def test_numbers_that_are_not_finite_are_cut_and_do_not_choose_the_scale() -> None:
    assert levels(np.float32([np.nan, 0.5, np.inf, -np.inf, 1])) == [[0, 128, 255, 0, 255]]
    assert levels(np.float32([np.nan])) == [[0]]


_ARRAYS = hnp.arrays(
    st.sampled_from([np.bool_, np.uint8, np.int8, np.uint16, np.int32, np.int64, np.uint64, np.float16, np.float64]),
    hnp.array_shapes(max_dims=2, max_side=4),
)


@given(_ARRAYS, _ARRAYS)
def test_levels_rise_with_the_numbers_whatever_they_are(first, second) -> None:
    scales = range_of([first, second]).scales()
    other_way = Range()
    for part in (second, first):
        other_way.learn(part)
    assert other_way.scales() == scales
    for part in (first, second):
        found = scales.apply(part)
        assert (found.dtype, found.shape) == (np.uint8, part.shape)
        numbers = part.ravel()
        order = np.argsort(numbers)[: np.count_nonzero(~np.isnan(numbers))]
        assert (np.diff(found.ravel()[order].astype(int)) >= 0).all()


def test_whole_numbers_of_all_types_are_judged_together() -> None:
    found = range_of([np.array([0, 4000], np.uint16), np.array([0, 1000], np.int32), np.array([0, 200], np.uint8)])
    scales = found.scales()
    assert scales.apply(np.array([1000], np.uint16)) == scales.apply(np.array([1000], np.int32)) == 62
    assert scales.apply(np.array([200], np.uint8)) == 200
    assert len(scales.notes) == 1
