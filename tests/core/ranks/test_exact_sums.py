"""Sums are the same to the last bit in whatever order, and by however many ranks, they are added up."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from latentlab.core.ranks.exact_sums import ExactSums
from latentlab.core.ranks.ranks import Ranks

UNIT = 2.0**-36
HALF = UNIT / 2


class Noted(Ranks):
    """One of several ranks, that keeps what it would tell the others, and is told what they have together."""

    def __init__(self, others=()):
        self.told, self._others = [], others

    def sum(self, numbers):
        self.told.append(numbers.clone())
        return sum(self._others, numbers)


def summed(groups, count):
    """Give the sum of groups of tensors, each added up by a rank of its own."""
    ranks = []
    for group in groups[1:]:
        sums = ExactSums([torch.zeros(3)], [UNIT], count)
        for each in group:
            sums.add([each])
        sums.over(noted := Noted())
        ranks += noted.told
    sums = ExactSums([torch.zeros(3)], [UNIT], count)
    for each in groups[0]:
        sums.add([each])
    (total,) = sums.over(Noted(ranks))
    return total


numbers = st.floats(-(2.0**20), 2.0**20, width=32) | st.integers(-50, 50).map(lambda count: count * HALF)


@settings(max_examples=50)
@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=12), st.data())
def test_order_and_ranks_do_not_matter_and_the_sum_is_right(rows, data):
    tensors = [torch.tensor(row) for row in rows]
    whole = summed([tensors], len(rows))
    shuffled = data.draw(st.permutations(tensors))
    cut = data.draw(st.integers(0, len(rows)))
    assert torch.equal(summed([shuffled[:cut], shuffled[cut:], []], len(rows)), whole)
    for column, value in zip(zip(*rows, strict=True), whole.tolist(), strict=True):
        assert value == pytest.approx(math.fsum(column), rel=2.0**-23, abs=len(rows) * HALF)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, 3e38, 2.0**24 * 1.001, -(2.0**24) * 1.001])
def test_what_is_too_large_or_no_number_makes_all_of_it_none(wrong):
    """Also where another rank has it: whole numbers would begin again from below."""
    fine, bad = torch.ones(3), torch.tensor([1.0, wrong, 1.0])
    for groups in ([[fine, bad, fine]], [[fine], [bad, fine]], [[bad], [fine]]):
        assert summed(groups, 4).isnan().all()


def test_the_largest_numbers_fit_as_often_as_they_are_added():
    most = torch.full((3,), 2.0**24)
    most[1] *= -1
    assert torch.equal(summed([[most, most], [most, most]], 4), 4 * most)


def test_sums_lie_in_memory_as_what_is_added_and_each_has_its_unit():
    kernel = torch.randn(4, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    like = [kernel.to(memory_format=torch.channels_last), torch.zeros(1)]
    sums = ExactSums(like, [UNIT, 2.0**-4], 2)
    for _ in range(2):
        sums.add([kernel, torch.tensor([0.3])])
    total, coarse = sums.over(Ranks())
    assert total.stride() == like[0].stride() != kernel.stride()
    assert (total - 2 * kernel).abs().max() <= UNIT
    assert coarse.item() == 2 * 5 / 16
