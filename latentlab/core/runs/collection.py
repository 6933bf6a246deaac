"""The runs in a folder as a collection: in an order, and those of them that one looks for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.runs.run_group import in_words


def _loss(name: str) -> Callable[[KeptRun], float | None]:
    def of(run: KeptRun) -> float | None:
        loss = None if run.test is None else run.test[name]
        return None if loss is None or math.isnan(loss) else loss

    return of


# By each, what runs are ordered by, and whether the largest is first; None of a run is none that is known.
_ORDERS: dict[str, tuple[Callable[[KeptRun], Any], bool]] = {
    "saved": (lambda run: run.moment or None, True),
    "name": (lambda run: run.name.casefold(), False),
    "state": (lambda run: run.state, False),
    "recipe": (lambda run: run.recipe.casefold(), False),
    "dataset": (lambda run: run.dataset.casefold(), False),
    "differs": (lambda run: run.differs or None, False),
    "latent": (lambda run: run.latent or None, False),
    "epochs": (lambda run: run.epochs, True),
    "loss": (_loss("loss"), False),
    "reconstruction": (_loss("reconstruction"), False),
    "kl": (_loss("kl"), False),
    "seconds": (lambda run: run.seconds, True),
    "group": (lambda run: (run.group["name"].casefold(), run.group["number"]) if run.group else None, False),
    "size": (lambda run: run.size, True),
}
ORDERS = tuple(_ORDERS)
"""What runs can be ordered by."""


def is_falling(by: str) -> bool:
    """Whether the largest is first, unless one wants it otherwise."""
    return _ORDERS[by][1]


def ordered(runs: Iterable[KeptRun], by: str, *, is_reversed: bool = False) -> list[KeptRun]:
    """Put runs in an order; those of which what it goes by is not known are last in either direction.

    Parameters
    ----------
    runs : iterable of KeptRun
        Those that are alike stay in their order.
    by : str
        One of `ORDERS`.
    is_reversed : bool
        Whether the direction is not the usual one, see `is_falling`.
    """
    value, falls = _ORDERS[by]
    known: list[KeptRun] = []
    unknown: list[KeptRun] = []
    for run in runs:
        (known if value(run) is not None else unknown).append(run)
    return sorted(known, key=value, reverse=falls != is_reversed) + unknown


def matching(runs: Iterable[KeptRun], words: str) -> list[KeptRun]:
    """Give the runs that have every word somewhere: in name, recipe, image set, notes, state, kind, sweep or file."""
    wanted = words.casefold().split()
    if not wanted:
        return list(runs)
    return [run for run in runs if _has(run, wanted)]


def _has(run: KeptRun, words: list[str]) -> bool:
    parts = [run.title, run.path.stem, run.recipe, run.dataset, run.notes, run.state, run.kind]
    if run.group is not None:
        parts += [run.group["name"], in_words(run.group["settings"])]
    text = "\n".join(parts).casefold()
    return all(word in text for word in words)
