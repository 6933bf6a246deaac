"""Runs in a table: what differs in their recipes, their figures, and mean and spread over seeds."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from latentlab.core.recipe.recipe import NAMES, SEED
from latentlab.core.runs.comparable_sets import ComparableSets, comparable_sets
from latentlab.core.runs.run_record import Quantity, RunRecord

NATS: tuple[Quantity, ...] = ("negative_elbo", "loss", "reconstruction", "kl")
"""Figures of the test images, nats per image: see `RunRecord.figure`."""
Figure = Literal[Quantity, "epochs", "seconds"]
FIGURES: tuple[Figure, ...] = (*NATS, "epochs", "seconds")


@dataclass(frozen=True, slots=True)
class Spread:
    """Figures of several runs: their mean, and their sample standard deviation, None of a single one."""

    mean: float
    deviation: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """Give that of some numbers; None of none."""
        if not values:
            return None
        return cls(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    run : int or None
        Of a run which one it is; None of runs that differ only in the seed, of which it has mean and spread.
    runs : tuple of int
        Those that it is of.
    settings : dict
        Of each dotted key that differs its value; of several runs the seed is left out.
    figures : dict
        Of each of `FIGURES` the spread; left out where it is not known of every run.
    """

    run: int | None
    runs: tuple[int, ...]
    settings: Mapping[str, Any]
    figures: Mapping[Figure, Spread]


@dataclass(frozen=True, slots=True)
class ComparisonTable:
    """What differs between runs.

    Attributes
    ----------
    names : tuple of str
        What the runs are called.
    settings : tuple of str
        Dotted keys whose values differ.
    rows : tuple of Row
        Of runs in their order, those that differ only in the seed together and followed by their mean.
    sets : dict
        Of each of `NATS` which runs may be compared by it.
    """

    names: tuple[str, ...]
    settings: tuple[str, ...]
    rows: tuple[Row, ...]
    sets: Mapping[Quantity, ComparableSets]


def compare(records: Sequence[RunRecord]) -> ComparisonTable:
    """Put runs into a table."""
    flat = [record.recipe.flat() for record in records]
    keys = differing(records)
    rows: list[Row] = []
    for group in seed_groups(records):
        for run in group:
            rows.append(Row(run, (run,), {key: flat[run][key] for key in keys}, _figures([records[run]])))
        if len(group) > 1:
            settings = {key: flat[group[0]][key] for key in keys if key != SEED}
            rows.append(Row(None, tuple(group), settings, _figures([records[run] for run in group])))
    sets = {quantity: comparable_sets(records, quantity) for quantity in NATS}
    return ComparisonTable(tuple(record.kept.name for record in records), tuple(keys), tuple(rows), sets)


def differing(records: Sequence[RunRecord]) -> list[str]:
    """Give the dotted keys of settings that are not the same in all recipes, but for what these are called."""
    if not records:
        return []
    first = records[0].recipe
    found = {key for record in records[1:] for key in first.differences(record.recipe)}
    return [key for key in first.flat() if key in found and key not in NAMES]


def seed_groups(records: Sequence[RunRecord]) -> list[list[int]]:
    """Give which runs differ in nothing but the seed, in the order of the first of each.

    They have the same settings, changed alike on the way, and as many epochs unless a patience has ended them.
    """
    groups: dict[str, list[int]] = {}
    for number, record in enumerate(records):
        recipe = record.recipe
        settings = {key: value for key, value in recipe.flat().items() if key != SEED and key not in NAMES}
        changes = [(change.setting, change.epochs_done, change.value) for change in record.changes]
        epochs = None if recipe.training.patience else record.kept.epochs
        groups.setdefault(repr((settings, changes, epochs)), []).append(number)
    return list(groups.values())


def _figures(records: Sequence[RunRecord]) -> dict[Figure, Spread]:
    found: dict[Figure, Spread] = {}
    for name in FIGURES:
        values = [value for record in records if (value := _value(record, name)) is not None]
        if len(values) == len(records) and (spread := Spread.of(values)) is not None:
            found[name] = spread
    return found


def _value(record: RunRecord, name: Figure) -> float | None:
    if name == "epochs":
        return float(record.kept.epochs)
    return record.kept.seconds if name == "seconds" else record.figure(name)
