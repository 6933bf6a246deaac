"""Runs of a sweep that its workspace did not take, as its disk was full, and that lie among temporary files since."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from latentlab.core.errors import LatentlabError
from latentlab.core.files import exists
from latentlab.core.runs import workspace
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.runs.run_header import RunError
from latentlab.core.runs.run_notes import notes_file
from latentlab.core.training.sweep_plan import SweepPlan
from latentlab.core.writing import told, whole_file


def spares_of(plan: SweepPlan) -> dict[int, KeptRun]:
    """Find, by the number of its member, the run among temporary files that has come furthest."""
    found: dict[int, KeptRun] = {}
    for run in workspace.spare_runs():
        if run.group is not None and run.group["id"] == plan.id:
            number = run.group["number"]
            if number not in found or _how_far(run) > _how_far(found[number]):
                found[number] = run
    return found


def take_back(spare: KeptRun, place: Path) -> None:
    """Move a run with its notes to its place in the workspace, unless another is there, or the same and further.

    Raises
    ------
    RunError
        When it is being trained, or the workspace does not take it; then it is where it was.
    """
    presence = workspace.Presence(place)  # nobody begins to train it meanwhile
    try:
        if exists(place) and not _is_earlier(place, spare):
            return
        pairs = [(spare.path, place)]
        if exists(notes_file(spare.path)) and not exists(notes_file(place)):
            pairs.insert(0, (notes_file(spare.path), notes_file(place)))
        for source, target in pairs:
            _copy(source, target)
        for source, _ in pairs:
            with suppress(OSError):
                source.unlink()
    finally:
        presence.end()


def _copy(source: Path, target: Path) -> None:
    what = f"The run {source}"
    try:
        with told(target, what, RunError), whole_file(target, what, RunError) as partial:
            shutil.copyfile(source, partial)
    except RunError as error:
        raise RunError(f"{workspace.without_advice(error)}: make room there.") from error


def _is_earlier(place: Path, spare: KeptRun) -> bool:
    """Whether what is there is an earlier save of the same training."""
    with suppress(LatentlabError):
        there = workspace.known_of(place)
        return there.run == spare.run and _how_far(there) < _how_far(spare)
    return False


def _how_far(run: KeptRun) -> tuple[bool, int]:
    return run.state == "finished", run.epochs
