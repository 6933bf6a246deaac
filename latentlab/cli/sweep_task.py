"""One run of a sweep, trained in this process: what each task of Slurm's job array does."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from argparse import Namespace
from typing import TYPE_CHECKING

from latentlab.cli import terminal, training
from latentlab.cli.arguments import parser
from latentlab.core.errors import LatentlabError
from latentlab.core.files import absolute

if TYPE_CHECKING:
    from latentlab.core.training.sweep_folder import SweepFolder

_LOOK_SECONDS = 2.0  # between two looks whether the sweep is to stop


def task(arguments: Namespace) -> int:
    """Train one run of a sweep in this process, to its end, unless it is finished or the sweep is asked to stop."""
    from latentlab.core.runs import workspace
    from latentlab.core.training import sweep_run
    from latentlab.core.training.sweep_folder import SweepFolder
    from latentlab.core.training.sweep_spares import spares_of

    if arguments.resume is None:
        raise LatentlabError("A task trains a run of a sweep that is there: name it with --resume.")
    folder = absolute(arguments.workspace or workspace.default_folder())
    number, place = arguments.task, SweepFolder(folder, arguments.resume)
    plan = place.plan()
    if number > plan.count:
        raise LatentlabError(f"The sweep '{plan.name}' has the runs 1 to {plan.count}, and no run {number}.")
    member = plan.members[number - 1]
    path = folder / member.file_name
    ended = sweep_run.ended(member, path) or sweep_run.taken_back(member, path, spares_of(plan).get(number))
    if ended is not None and ended.problem:
        raise LatentlabError(ended.problem)
    if ended is not None:
        terminal.say(f"{member.words} is finished.")
        return 0
    if place.is_asked_to_stop():
        terminal.say("The sweep is asked to stop.")
        return terminal.INTERRUPTED
    words, recipe = sweep_run.command_of(member, path)
    words += ["--json", "--workspace", str(folder)]
    words += [] if arguments.data_dir is None else ["--data-dir", str(arguments.data_dir)]
    is_over = threading.Event()
    watch = threading.Thread(target=_end_when_asked, args=(place, is_over), daemon=True)
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(recipe.encode()))
    watch.start()
    try:
        return (training.train if recipe else training.resume)(parser().parse_args(words))
    finally:
        sys.stdin = before
        is_over.set()
        watch.join()


def _end_when_asked(place: SweepFolder, is_over: threading.Event) -> None:
    """Have this process save what it has, and end, when the sweep is asked to stop."""
    while not is_over.wait(_LOOK_SECONDS):
        if place.is_asked_to_stop():
            os.kill(os.getpid(), signal.SIGTERM)
            return
