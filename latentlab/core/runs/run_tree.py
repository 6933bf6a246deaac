"""Which run came from which: runs as a tree, in a line for each, those that came from one below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from latentlab.core.runs.kept_run import KeptRun


class Placed(NamedTuple):
    """A run at its place in the tree.

    Attributes
    ----------
    run : KeptRun
    depth : int
        How many of those above it it came from, one from the other.
    is_last : bool
        Whether no other that came from the same one follows it.
    source : KeptRun or None
        The file of the run that it came from, or, of an earlier epoch of a run or a copy of it, that run's; None where
        there is none, or it is not among all that there are.
    """

    run: KeptRun
    depth: int
    is_last: bool
    source: KeptRun | None


def sources(runs: Iterable[KeptRun]) -> Callable[[KeptRun], KeptRun | None]:
    """Give what finds the run that one came from, or the nearest of those before that, among all that there are.

    Of files of one run, as of its earlier epochs, that of most epochs is the run, and the others came from it.
    """
    of_id: dict[str, KeptRun] = {}
    for run in runs:
        if run.run and ((known := of_id.get(run.run)) is None or _standing(run) < _standing(known)):
            of_id[run.run] = run

    def source(run: KeptRun) -> KeptRun | None:
        head = of_id.get(run.run)
        if head is not None and head.path != run.path:
            return head
        found = (of_id.get(run_id) for run_id, _ in run.ancestors if run_id != run.run)
        return next((each for each in found if each is not None), None)

    return source


def planted(shown: Sequence[KeptRun], runs: Sequence[KeptRun]) -> list[Placed]:
    """Give runs as a tree.

    Parameters
    ----------
    shown : sequence of KeptRun
        In an order: where in a family stands what comes first, there stands the family, and so at each fork.
    runs : sequence of KeptRun
        All that there are; one of them that is not shown stands between those that it came from and that came from it.

    Returns
    -------
    list of Placed
        All that are shown, each once, below the nearest that it came from.
    """
    source = sources(runs)
    came_from = {run.path: source(run) for run in runs}
    above = _above(shown, came_from)
    below: dict[Path | None, list[KeptRun]] = {}
    for run in shown:
        below.setdefault(above[run.path], []).append(run)
    rank = _ranks(shown, above)
    found: list[Placed] = []
    waiting = [(run, 0, False) for run in sorted(below.get(None, []), key=lambda run: -rank[run.path])]
    while waiting:
        run, depth, is_last = waiting.pop()
        found.append(Placed(run, depth, is_last, came_from[run.path]))
        children = sorted(below.get(run.path, []), key=lambda child: -rank[child.path])
        waiting += [(child, depth + 1, number == 0) for number, child in enumerate(children)]
    return found


def _standing(run: KeptRun) -> tuple[int, float, str]:
    """Give what is least of the file that stands for a run: one of its earlier epochs, or a copy, does not."""
    return -run.epochs, run.moment, run.path.name


def _above(shown: Sequence[KeptRun], came_from: dict[Path, KeptRun | None]) -> dict[Path, Path | None]:
    """Give the nearest that is shown of those that a run came from; of runs that say they came from each other none."""
    are_shown = {run.path for run in shown}
    nearest: dict[Path, Path | None] = {}  # of runs that are not shown, too
    for run in shown:
        walked: list[Path] = []
        here: Path | None = run.path
        while here is not None:
            walked.append(here)
            nearest[here] = None  # whoever comes here again walks in a circle
            source = came_from[here]
            here = None if source is None else source.path
            if here in are_shown:
                break
            if here in nearest:
                here = nearest[here]
                break
        nearest.update(dict.fromkeys(walked, here))
    above = {run.path: nearest[run.path] for run in shown}
    _cut_circles(above)
    return above


def _cut_circles(above: dict[Path, Path | None]) -> None:
    """Let one stand at the top of those that say they came from each other."""
    walks: dict[Path, Path] = {}  # by each place where the walk began that came there first
    for first in above:
        here: Path | None = first
        while here is not None and here not in walks:
            walks[here] = first
            here = above[here]
        if here is not None and walks[here] == first:
            above[here] = None


def _ranks(shown: Sequence[KeptRun], above: dict[Path, Path | None]) -> dict[Path, int]:
    """Give the place in the order of what is first of a run and all that came from it."""
    ranks: dict[Path, int] = {}
    for number, run in enumerate(shown):
        here: Path | None = run.path
        while here is not None and here not in ranks:
            ranks[here] = number
            here = above[here]
    return ranks
