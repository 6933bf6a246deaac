"""A sweep by Slurm: what is missing is submitted, and what happens is told."""

from __future__ import annotations

import shlex
import threading
import time
from argparse import Namespace
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from latentlab.cli import terminal
from latentlab.core.errors import LatentlabError
from latentlab.core.files import is_file

if TYPE_CHECKING:
    from latentlab.cli.sweep_telling import Told
    from latentlab.core.training.slurm_options import Wanted
    from latentlab.core.training.sweep_folder import SweepFolder
    from latentlab.core.training.sweep_plan import SweepPlan
    from latentlab.core.training.sweep_slurm import SlurmArray, Standing


def is_wanted(place: SweepFolder, arguments: Namespace) -> bool:
    """Whether a sweep shall be trained by Slurm, or was given to it and nobody says otherwise."""
    is_so = arguments.launcher == "slurm" or (arguments.launcher is None and is_file(place.slurm))
    if arguments.slurm is not None and not is_so:
        raise LatentlabError("--slurm says what Slurm is told: add --launcher slurm, or leave it out.")
    return is_so


def the_one(folder: Path) -> str:
    """Give the name of the sweep that Slurm trains in a workspace, where it is the only one, or not finished alone."""
    from latentlab.core.runs import workspace
    from latentlab.core.training.sweep_folder import kept_sweeps, progress_of

    found = [each for each in kept_sweeps(folder) if each.is_of_slurm]
    if len(found) > 1:
        found = [each.kept for each in progress_of(found, workspace.runs(folder)) if not each.is_whole] or found
    if len(found) > 1:
        names = ", ".join(each.name for each in found)
        raise LatentlabError(f"Slurm trains several sweeps in {folder}: name one with --resume: {names}.")
    if not found:
        raise LatentlabError(f"Slurm trains no sweep in {folder}: begin one with a recipe; see latentlab sweep --help.")
    return found[0].name


def sweep(plan: SweepPlan, folder: Path, arguments: Namespace, told: Told) -> int:
    """Tell where the runs are, submit those that are missing, and follow until all have ended."""
    from latentlab.core.runs import workspace
    from latentlab.core.training import slurm_options
    from latentlab.core.training.sweep_folder import SweepFolder
    from latentlab.core.training.sweep_run import SweepEvent

    place = SweepFolder(folder, plan.name)
    wanted = _wanted(place, arguments)
    workspace.make_folder(folder)
    plan = told.plan = place.keep(plan.computing_with(wanted.cores or 1))
    array = _array(plan, folder, wanted, arguments)
    stop, begin = threading.Event(), time.monotonic()
    with place.held(is_left=True) as problem:
        if problem:
            terminal.say(f"latentlab: {problem}")
        slurm_options.keep(place, wanted)
        workspace.sweep(folder)
        at_most = "" if wanted.jobs is None else f", {wanted.jobs} at once at most,"
        told.begin(f"by Slurm{at_most}", folder)
        standing = array.look()
        job = array.submit(standing.to_submit) if standing.to_submit else None
    _tell(standing, job, arguments.json, place)
    for member in plan.members:
        if (run := standing.finished.get(member.number)) is not None:
            told.take(SweepEvent(member, "finished", run=run, is_earlier=True))
        elif member.number in standing.refused:
            told.take(SweepEvent(member, "failed", problem=standing.refused[member.number]))
    if standing.to_submit and job is None:
        how = f"sbatch {shlex.quote(str(place.script))}"
        said = "latentlab: There is no Slurm on this machine, where locks alone tell what is trained. The job array is "
        said += f"written, and {how} submits it where there is one; {told.again} tells how far it is."
        return told.end(time.monotonic() - begin, (said, 0))
    jobs = sorted({*standing.jobs, *([job] if job else [])})
    if job is not None:
        standing.waiting.update(standing.to_submit)
    with terminal.interrupt_sets(stop), terminal.shown_runs(plan.name, plan.count) as show:
        for number in range(len(standing.finished) + len(standing.refused)):
            show(-number, "", "finished", 0, 0)
        for event in array.follow(standing, stop):
            told.take(event)
            show(event.member.number, event.member.words, event.what, event.epochs, event.of_epochs)
    left = (f"Stopped: {told.done}; {told.again} goes on from there.", terminal.INTERRUPTED)
    if stop.is_set():
        ends = f", and scancel {' '.join(jobs)} ends them" if jobs else ""
        left = (f"{told.done}. Slurm's jobs go on: {told.again} tells how far they are{ends}.", terminal.INTERRUPTED)
    return told.end(time.monotonic() - begin, left)


def take_from_slurm(plan: SweepPlan, folder: Path) -> None:
    """See that Slurm trains nothing of a sweep that goes on here, and leave it to this machine."""
    from latentlab.core.training import slurm_options
    from latentlab.core.training.sweep_folder import SweepFolder
    from latentlab.core.training.sweep_slurm import SlurmArray

    place = SweepFolder(folder, plan.name)
    if not is_file(place.slurm):
        return
    wanted = slurm_options.kept(place) or slurm_options.Wanted()
    if jobs := SlurmArray(plan, folder, wanted, Path()).look().jobs:
        listed = " ".join(jobs)
        raise LatentlabError(f"Slurm trains this sweep, job {listed}: scancel {listed} first, or use --launcher slurm.")
    with suppress(OSError):
        place.slurm.unlink()


def _wanted(place: SweepFolder, arguments: Namespace) -> Wanted:
    """Give what is wanted of Slurm: what was wanted before, where nobody says otherwise."""
    from latentlab.core.training import slurm_options

    options = None if arguments.slurm is None else slurm_options.read_options(arguments.slurm)
    before = None if options is not None and arguments.jobs else slurm_options.kept(place)
    before = before or slurm_options.Wanted()
    return slurm_options.Wanted(before.options if options is None else options, arguments.jobs or before.jobs)


def _array(plan: SweepPlan, folder: Path, wanted: Wanted, arguments: Namespace) -> SlurmArray:
    from latentlab.core.data import registry
    from latentlab.core.training.sweep_slurm import SlurmArray

    return SlurmArray(plan, folder, wanted, arguments.data_dir or registry.default_data_dir())


def _tell(standing: Standing, job: str | None, as_json: bool, place: SweepFolder) -> None:
    """Tell where the runs are, before any is followed."""
    if as_json:
        terminal.write_json(
            event="standing",
            finished=sorted(standing.finished),
            running=sorted(standing.running),
            waiting=sorted(standing.waiting),
            failed=[{"number": number, "problem": why} for number, why in sorted(standing.failed.items())],
            missing=sorted(standing.missing),
            submitted=standing.to_submit if job else [],
            job=job,
            script=str(place.script) if standing.to_submit else None,
        )
    counts = {
        "finished": len(standing.finished),
        "running": len(standing.running),
        "waiting": len(standing.waiting),
        "failed": len(standing.failed) + len(standing.refused),
        "missing": len(standing.missing),
    }
    words = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    given = f"; {len(standing.to_submit)} submitted as job {job}" if job else ""
    terminal.say(f"{words}{given}; what they say is in {place.words(1).with_name('<number>.words')}.")
    for number, why in sorted(standing.failed.items()):
        terminal.say(f"Run {number} has failed: {why}")
    if standing.unseen:
        terminal.say(
            f"{len(standing.unseen)} run on machines whose locks are not seen in this folder: the window shows them as "
            "interrupted; go on with none of them there."
        )
