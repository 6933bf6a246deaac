"""One run of a sweep, whoever launches it: whether it is done, and what trains it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from latentlab.core.errors import LatentlabError
from latentlab.core.files import exists
from latentlab.core.runs import workspace
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.training.sweep_plan import Member
from latentlab.core.training.sweep_spares import take_back

What = Literal["begun", "resumed", "awaited", "progress", "finished", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class SweepEvent:
    """Something that happened to a run of a sweep.

    Attributes
    ----------
    member : Member
    what : str
        It is trained anew (`begun`), to its end (`resumed`), or by a process of before, which is `awaited`; it has come
        further (`progress`), to its end (`finished`), `failed`, or was `stopped` before its end.
    epochs, of_epochs : int
        So far, and in all, where it is trained.
    run : KeptRun or None
        What its file says in the end.
    is_earlier : bool
        Whether it had come to its end before.
    problem : str
        Why it failed, in a sentence.
    """

    member: Member
    what: What
    epochs: int = 0
    of_epochs: int = 0
    run: KeptRun | None = None
    is_earlier: bool = False
    problem: str = ""


def ended(member: Member, path: Path) -> SweepEvent | None:
    """Tell that a run, which is kept as `path`, needs no training, or cannot be trained; None where it can."""
    if not exists(path):
        return None
    try:
        run = workspace.known_of(path)
    except LatentlabError as error:
        return SweepEvent(member, "failed", problem=str(error))
    if run.group is None or (run.group["id"], run.group["number"]) != (member.group["id"], member.number):
        problem = f"{path} is no run of this sweep: move it away, or choose another --name."
        return SweepEvent(member, "failed", problem=problem)
    return SweepEvent(member, "finished", run=run, is_earlier=True) if run.state == "finished" else None


def taken_back(member: Member, path: Path, spare: KeptRun | None) -> SweepEvent | None:
    """Bring a run to its place that could not be kept there; tell what `ended` does, or that it still cannot."""
    if spare is None:
        return None
    try:
        take_back(spare, path)
    except LatentlabError as error:
        return SweepEvent(member, "failed", problem=str(error))
    return ended(member, path)


def command_of(member: Member, path: Path) -> tuple[list[str], str]:
    """Give the arguments that train a run from where it is to its end, and the recipe that they read, as TOML."""
    if exists(path):
        return ["resume", str(path)], ""
    arguments = ["train", "-", "--out", str(path), "--group", json.dumps(member.group)]
    return arguments, member.recipe.to_toml()
