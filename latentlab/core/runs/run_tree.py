"""Which run came from which: runs as a tree, in a line for each, those that came from one below it."""

from __future__ import annotations

from collections.abc import Sequence
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


def sources(runs: Sequence[KeptRun]) -> list[KeptRun | None]:
    """Give the run that each came from, or the nearest of those before that, among all that there are.

    Of files of one run, as of its earlier epochs, that of most epochs is the run, and the others came from it.
    """
    return [None if place is None else runs[place] for place in _places(runs)]


def planted(shown: Sequence[KeptRun], runs: Sequence[KeptRun]) -> list[Placed]:
    """Give runs as a tree.

    Parameters
    ----------
    shown : sequence of KeptRun
        In an order: where in a family stands what comes first, there stands the family, and so at each fork.
    runs : sequence of KeptRun
        All that there are, and those among them: the same objects. One that is not shown stands between those that it
        came from and that came from it.

    Returns
    -------
    list of Placed
        All that are shown, each once, below the nearest that it came from.
    """
    came_from = _places(runs)  # all is told by places among them: thousands of paths would be compared
    place_of = {id(run): place for place, run in enumerate(runs)}
    order = [place_of[id(run)] for run in shown]
    above = _above(order, came_from)
    ranks = _ranks(order, above)
    below: dict[int | None, list[int]] = {}
    for place in order:
        below.setdefault(above[place], []).append(place)
    for family in below.values():
        family.sort(key=ranks.__getitem__, reverse=True)
    found: list[Placed] = []
    waiting = [(place, 0, False) for place in below.get(None, [])]
    while waiting:
        place, depth, is_last = waiting.pop()
        source = came_from[place]
        found.append(Placed(runs[place], depth, is_last, None if source is None else runs[source]))
        if children := below.get(place):
            waiting += [(child, depth + 1, child == children[0]) for child in children]
    return found


def in_a_row(shown: Sequence[KeptRun], runs: Sequence[KeptRun]) -> list[Placed]:
    """Give runs in their order, and no tree, with what each came from: see `planted`."""
    came_from = {id(run): source for run, source in zip(runs, sources(runs), strict=True)}
    return [Placed(run, 0, False, came_from[id(run)]) for run in shown]


def _places(runs: Sequence[KeptRun]) -> list[int | None]:
    """Give the place, among all, of what each came from."""
    of_id: dict[str, int] = {}
    for place, run in enumerate(runs):
        if run.run and ((known := of_id.get(run.run)) is None or _standing(run) < _standing(runs[known])):
            of_id[run.run] = place
    found: list[int | None] = []
    for place, run in enumerate(runs):
        head = of_id.get(run.run)
        if head is None or head == place:
            before = (of_id.get(run_id) for run_id, _ in run.ancestors if run_id != run.run)
            head = next((each for each in before if each is not None), None)
        found.append(head)
    return found


def _standing(run: KeptRun) -> tuple[int, float, str]:
    """Give what is least of the file that stands for a run: one of its earlier epochs, or a copy, does not."""
    return -run.epochs, run.moment, run.path.name


def _above(shown: Sequence[int], came_from: Sequence[int | None]) -> dict[int, int | None]:
    """Give the nearest that is shown of those that a run came from; of runs that say they came from each other none."""
    are_shown = set(shown)
    nearest: dict[int, int | None] = {}  # of runs that are not shown, too
    for first in shown:
        walked: list[int] = []
        here: int | None = first
        while here is not None:
            walked.append(here)
            nearest[here] = None  # whoever comes here again walks in a circle
            here = came_from[here]
            if here in are_shown:
                break
            if here is not None and here in nearest:
                here = nearest[here]
                break
        nearest.update(dict.fromkeys(walked, here))
    above = {place: nearest[place] for place in shown}
    _cut_circles(above)
    return above


def _cut_circles(above: dict[int, int | None]) -> None:
    """Let one stand at the top of those that say they came from each other."""
    walks: dict[int, int] = {}  # by each place where the walk began that came there first
    for first in above:
        here: int | None = first
        while here is not None and here not in walks:
            walks[here] = first
            here = above[here]
        if here is not None and walks[here] == first:
            above[here] = None


def _ranks(shown: Sequence[int], above: dict[int, int | None]) -> dict[int, int]:
    """Give where in the order is the first of a run and all that came from it."""
    ranks: dict[int, int] = {}
    for number, place in enumerate(shown):
        here: int | None = place
        while here is not None and here not in ranks:
            ranks[here] = number
            here = above[here]
    return ranks
