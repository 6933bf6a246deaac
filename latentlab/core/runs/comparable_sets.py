"""Which of some runs have losses that may be drawn on one axis, or set into one column, and why others may not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from latentlab.core.runs import yardstick
from latentlab.core.runs.run_record import Quantity, RunRecord, Split
from latentlab.core.runs.yardstick import Yardstick

_UNKNOWN = "nobody knows how one of the models was tested"


@dataclass(frozen=True, slots=True)
class ComparableSets:
    """Runs in sets within which a number means the same.

    Attributes
    ----------
    of : tuple of int
        The set of each run; 0 is that of most runs, of several that of the first run.
    reasons : tuple of str
        Of each set why it is not compared with set 0, in half a sentence; empty of that itself.
    """

    of: tuple[int, ...]
    reasons: tuple[str, ...]


def comparable_sets(records: Sequence[RunRecord], quantity: Quantity, split: Split = "test") -> ComparableSets:
    """Tell which runs may be compared by a quantity of their training or test losses."""
    keys = [(record.kept.yardstick, *_weighing(record, quantity), *_learning(record, split)) for record in records]
    if not keys:
        return ComparableSets((), ())
    counts = Counter(keys)  # in the order of the runs: of several with most runs the first is taken
    names = [key for key, _ in counts.most_common()]
    first = records[keys.index(names[0])]
    others = (records[keys.index(name)] for name in names[1:])
    reasons = ("", *(_why(first, other, quantity) for other in others))
    return ComparableSets(tuple(map(names.index, keys)), reasons)


def _weighing(record: RunRecord, quantity: Quantity) -> tuple[float, ...]:
    return record.recipe.loss.weights if quantity == "loss" else ()


def _learning(record: RunRecord, split: Split) -> tuple[object, ...]:
    recipe = record.recipe
    if split == "test":
        return ()
    augmentation = tuple(recipe.training.augmentation.model_dump().items())
    return recipe.sampling_temperature, recipe.data.limit, recipe.validation_share, augmentation


def _why(first: RunRecord, other: RunRecord, quantity: Quantity) -> str:
    mine, theirs = (Yardstick.read(each.kept.yardstick) for each in (first, other))
    if mine is None or theirs is None:
        return _UNKNOWN
    if why := yardstick.why_no_tests(mine, theirs):
        return why
    if _weighing(first, quantity) != _weighing(other, quantity):
        one, two = first.recipe.loss, other.recipe.loss
        if one.beta != two.beta:
            return f"the loss has β = {one.beta:g} in one model, β = {two.beta:g} in the other"
        return "the loss has other penalties in one model than in the other"
    return _why_not_learned(first, other)


def _why_not_learned(first: RunRecord, other: RunRecord) -> str:
    one, two = first.recipe, other.recipe
    if one.sampling_temperature != two.sampling_temperature:
        return f"one model learned at T = {one.sampling_temperature:g}, the other at T = {two.sampling_temperature:g}"
    if one.training.augmentation != two.training.augmentation:
        return "the images that the models learned from were changed in other ways"
    return "the models learned from different images"
